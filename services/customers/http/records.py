"""The records of customers over HTTP: made by hand, shown, corrected (FLB-118, FLB-120)."""

from collections.abc import Sequence
from typing import Annotated

from pydantic import Field

from infra.database import Connection
from infra.host import Running
from infra.http import readable_ids
from infra.http.answers import Answered, Recorded, Router
from infra.http.history import HistoryPart
from infra.http.models import Body, Email, Id, Language, Line, Phone
from infra.http.problems import Problem
from infra.http.request_context import RequestContext
from infra.lookups import dealerships
from infra.store import InTransaction
from infra.vault import Vault
from services.customers.adapters import register
from services.customers.adapters.register import Marks, marks_of
from services.customers.aggregates import CUSTOMER
from services.customers.customer.commands import ChangeCustomer, RecordCustomer
from services.customers.customer.record import Details
from services.customers.http.access import STAFF, StaffContext, own
from services.customers.http.answers import Customer, CustomerHistory, CustomerTitle, shown

MOST_BESIDE = 20


class DetailsBody(Body):
    """A customer's name, and how they are reached."""

    title: CustomerTitle | None = None
    last_name: Line
    """Of a company, its name."""
    first_name: Line | None = None
    email: Email | None = None
    phone: Phone | None = None
    """Without a country code it is of the country of the dealership."""
    language: Language | None = None
    """In which they are written to; by default that of the dealership."""
    beside: Annotated[tuple[Id, ...], Field(max_length=MOST_BESIDE, strict=False)] = ()
    """The customers of the dealership with the same phone or e-mail who were seen, and are somebody
    else; 409 tells which there are."""


class CustomerBody(DetailsBody):
    """A customer to record by hand."""

    dealership_id: Id


def router(running: Running) -> Router:
    """The routes of records."""
    routes = Router("Customers")
    vault = Vault(running.pool, running.settings.masters)

    @routes.post("/customers", status_code=201)
    async def record_customer(body: CustomerBody, context: StaffContext) -> Answered[Recorded]:
        """Record a customer by hand. Whoever has the phone or the e-mail is told of."""
        context.require_dealership(body.dealership_id, *STAFF)
        dealership = await dealerships.require(context, "dealership_id", body.dealership_id)
        details = details_of(context, body, dealership.country)
        customer_id = context.new_id(readable_ids.CUSTOMER)
        command = RecordCustomer(
            customer_id=customer_id,
            organisation_id=context.principal.organisation_id,
            dealership_id=body.dealership_id,
            details=details,
            by=context.principal.subject,
            at=context.at,
        )
        marks = await marks_of(vault, body.dealership_id, details)
        return await context.handle(
            CUSTOMER,
            customer_id,
            command,
            created=f"/customers/customers/{customer_id}",
            in_transaction=keeping(customer_id, body.dealership_id, marks, body.beside),
        )

    @routes.get("/customers/{customer_id}")
    async def show_customer(customer_id: Id, context: StaffContext) -> Answered[Customer]:
        """Show the record of a customer, never stale."""
        mine = await own(context, customer_id, *STAFF)
        merged_ids = await register.family_of(running.pool, customer_id)
        answer = shown(customer_id, mine.state, merged_ids)
        return context.show(answer, mine.found, beside=True)

    @routes.get("/customers/{customer_id}/history")
    async def customer_history(
        customer_id: Id, context: StaffContext, part: HistoryPart
    ) -> Answered[CustomerHistory]:
        """List every fact about a customer."""
        await own(context, customer_id, *STAFF)
        return await context.history(CUSTOMER, customer_id, CustomerHistory, part)

    @routes.put("/customers/{customer_id}/details")
    async def change_customer(
        customer_id: Id, body: DetailsBody, context: StaffContext
    ) -> Answered[Recorded]:
        """Correct who a customer is; what is left out is not known any more."""
        mine = await own(context, customer_id, *STAFF)
        dealership = await dealerships.require(context, "dealership_id", mine.dealership_id)
        details = details_of(context, body, dealership.country)
        command = ChangeCustomer(
            customer_id=customer_id,
            organisation_id=context.principal.organisation_id,
            details=details,
            by=context.principal.subject,
            at=context.at,
        )
        marks = await marks_of(vault, mine.dealership_id, details)
        return await context.handle(
            CUSTOMER,
            customer_id,
            command,
            in_transaction=keeping(customer_id, mine.dealership_id, marks, body.beside),
        )

    return routes


def details_of(context: RequestContext, body: DetailsBody, country: str) -> Details:
    """Raises the 422 `Problem` of a phone that does not exist."""
    return Details(
        title=body.title,
        last_name=body.last_name,
        first_name=body.first_name,
        email=body.email,
        phone=context.phone("phone", body.phone, country) if body.phone else None,
        language=body.language,
    )


def keeping(
    customer_id: str, dealership_id: str, marks: Marks, beside: Sequence[str]
) -> InTransaction:
    """Keeps the marks of a customer together with the fact; raises 409 where others have one of
    them who were not seen."""

    async def keep(connection: Connection) -> None:
        await register.lock(connection, dealership_id)
        found = await register.holders(connection, marks)
        others = [one.customer_id for one in found if one.customer_id != customer_id]
        if unseen := [id for id in others if id not in beside]:
            raise Problem(409, "customer-is-known", facts={"customer_ids": unseen})
        await register.keep(connection, customer_id, dealership_id, marks)

    return keep
