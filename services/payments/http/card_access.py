"""The callers whom routes of card payments admit, and the dealership that they ask about."""

from typing import Annotated

from contracts.dealers import Dealership
from infra.http.request_context import RequestContext, requires
from infra.lookups import dealerships, organisations
from infra.tokens import Role
from services.payments.account import NoSuchCardAccount

MANAGERS: tuple[Role, ...] = ("dealership_manager", "group_manager")
READERS: tuple[Role, ...] = (*MANAGERS, "administrative_agent")

AdministrationContext = Annotated[RequestContext, requires("administration")]
ManagerContext = Annotated[RequestContext, requires(*MANAGERS)]
ReaderContext = Annotated[RequestContext, requires(*READERS)]


async def own(context: RequestContext, dealership_id: str, *roles: Role) -> Dealership:
    """The dealership, if the caller has one of the roles at it. Raises a 404 `Problem`."""
    context.require_dealership(dealership_id, *roles)
    found = await context.lookup(dealerships.lookup, dealership_id)
    if found is None or found.organisation_id != context.principal.organisation_id:
        raise context.refuse(NoSuchCardAccount())
    return found


async def of_any(context: RequestContext, dealership_id: str) -> Dealership:
    """The dealership, for the operator of the platform. Raises a 403 or a 404 `Problem`."""
    await organisations.require_operator(context)
    found = await context.lookup(dealerships.lookup, dealership_id)
    if found is None:
        raise context.refuse(NoSuchCardAccount())
    return found
