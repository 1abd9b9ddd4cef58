"""The callers whom routes admit, and whose customers they see (FLB-018)."""

from dataclasses import dataclass
from typing import Annotated, Final

from infra.commands import Loaded
from infra.http.request_context import RequestContext, requires
from infra.tokens import Role
from services.customers.aggregates import CUSTOMER
from services.customers.customer import Customer, Recorded, Unknown, recorded_as
from services.customers.customer.commands import NoSuchCustomer

MANAGERS: Final[tuple[Role, ...]] = ("dealership_manager", "group_manager")
STAFF: Final[tuple[Role, ...]] = ("administrative_agent", *MANAGERS)
StaffContext = Annotated[RequestContext, requires(*STAFF)]
ManagerContext = Annotated[RequestContext, requires(*MANAGERS)]


@dataclass(frozen=True, slots=True)
class Own:
    """A customer of a dealership at which the caller holds a role."""

    customer_id: str
    state: Recorded
    found: Loaded[Customer]

    @property
    def dealership_id(self) -> str:
        return recorded_as(self.state).dealership_id


async def own(context: RequestContext, customer_id: str, *roles: Role) -> Own:
    """The customer, if one of the roles holds at their dealership. Raises 404 for everybody else,
    as if there were no such customer."""
    found = await context.load(CUSTOMER, customer_id)
    state = found.state
    if isinstance(state, Unknown):
        raise context.refuse(NoSuchCustomer())
    recorded = recorded_as(state)
    if recorded.organisation_id != context.principal.organisation_id:
        raise context.refuse(NoSuchCustomer())
    if recorded.dealership_id not in context.dealerships(*roles):
        raise context.refuse(NoSuchCustomer())
    return Own(customer_id, state, found)
