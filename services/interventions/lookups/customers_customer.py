"""Customers, for the cases that name one, and the channels that they blocked (FLB-121, G-49)."""

from dataclasses import dataclass, replace
from typing import assert_never

from contracts.customers import customer_v1
from contracts.customers.customer_v1 import (
    CaseLinked,
    ChannelsBlocked,
    CustomerErased,
    CustomerRecorded,
)
from infra.consumers.views import OutOfOrder, View
from infra.http.problems import unknown_reference
from infra.http.request_context import RequestContext

Reads = CustomerRecorded | ChannelsBlocked | CustomerErased


@dataclass(frozen=True, slots=True)
class Customer:
    customer_id: str
    organisation_id: str
    dealership_id: str
    email_blocked: bool = False
    sms_blocked: bool = False


@dataclass(frozen=True, slots=True)
class CustomerOfCase:
    """The customer of a case, as `customers` knows it."""

    case_id: str
    customer_id: str


def key(event: Reads) -> tuple[str]:
    return (event.customer_id,)


def project(row: Customer | None, event: Reads) -> Customer | None:
    match event:
        case CustomerRecorded():
            return Customer(event.customer_id, event.organisation_id, event.dealership_id)
        case ChannelsBlocked():
            if row is None:
                raise OutOfOrder(event)
            return replace(row, email_blocked=event.email, sms_blocked=event.sms)
        case CustomerErased():
            return None
        case unhandled:
            assert_never(unhandled)


def key_of_case(event: CaseLinked) -> tuple[str]:
    return (event.case_id,)


def project_case(_: CustomerOfCase | None, event: CaseLinked) -> CustomerOfCase:
    return CustomerOfCase(event.case_id, event.customer_id)


lookup = View(
    name="customers",
    contract=customer_v1.contract,
    reads=Reads,
    row=Customer,
    primary_key=("customer_id",),
    key=key,
    project=project,
)
cases = View(
    name="customers_of_cases",
    contract=customer_v1.contract,
    reads=CaseLinked,
    row=CustomerOfCase,
    primary_key=("case_id",),
    key=key_of_case,
    project=project_case,
)


async def require(context: RequestContext, customer_id: str, dealership_id: str) -> None:
    """Refuse a command that names no customer of the dealership. Raises the 422 `Problem`."""
    found = await context.lookup(lookup, customer_id)
    organisation_id = context.principal.organisation_id
    if found is None or (found.organisation_id, found.dealership_id) != (
        organisation_id,
        dealership_id,
    ):
        raise unknown_reference("customer_id", "customer")


async def of_case(context: RequestContext, case_id: str, contact_id: str) -> Customer | None:
    """The customer of a case: the one it was linked to, or the one that it names."""
    linked = await context.lookup(cases, case_id)
    return await context.lookup(lookup, linked.customer_id if linked else contact_id)
