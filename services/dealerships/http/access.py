"""The callers whom routes admit, and the dealership that they ask about."""

from typing import Annotated

from contracts.dealers import Brand, Dealership, brand_of
from infra.http.request_context import RequestContext, requires
from infra.lookups import organisations
from infra.tokens import Role
from services.dealerships import dealership
from services.dealerships.aggregates import DEALERSHIP
from services.dealerships.dealership import NoSuchBrand, NoSuchDealership

MANAGERS: tuple[Role, ...] = ("dealership_manager", "group_manager")
READERS: tuple[Role, ...] = (*MANAGERS, "administrative_agent", "sales_representative", "device")
"""They make cases with what managers have written."""

AdministrationContext = Annotated[RequestContext, requires("administration")]
"""The administration of a dealership or a group; the operator is it where a route says so."""
ManagerContext = Annotated[RequestContext, requires(*MANAGERS)]
GroupManagerContext = Annotated[RequestContext, requires("group_manager")]
ReaderContext = Annotated[RequestContext, requires(*READERS)]
SettingsContext = Annotated[RequestContext, requires(*MANAGERS, "administration")]
ListContext = Annotated[RequestContext, requires(*READERS, "administration")]


async def own(context: RequestContext, dealership_id: str, *roles: Role) -> Dealership:
    """The dealership, if the caller has one of the roles at it. Raises a 404 `Problem`."""
    context.require_dealership(dealership_id, *roles)
    return await of_organisation(context, dealership_id)


async def of_organisation(context: RequestContext, dealership_id: str) -> Dealership:
    """The dealership, if it is of the caller's organisation. Raises a 404 `Problem`."""
    state = (await context.load(DEALERSHIP, dealership_id)).state
    if isinstance(state, dealership.Open) and (
        state.dealership.organisation_id == context.principal.organisation_id
    ):
        return state.dealership
    raise context.refuse(NoSuchDealership())


async def seen(context: RequestContext, dealership_id: str) -> None:
    """Refuse who may not see all that was said of the dealership: its managers may, the
    administration of its organisation, and that of the operator. Raises a 404 `Problem`."""
    if "administration" not in context.principal.roles:
        await own(context, dealership_id, *MANAGERS)
    elif not await organisations.is_operator(context):
        await of_organisation(context, dealership_id)


def brand_named(context: RequestContext, known: Dealership, brand: str) -> Brand:
    """The brand of the dealership. Raises a 404 `Problem` for one that it does not have."""
    if (found := brand_of(known, brand)) is None:
        raise context.refuse(NoSuchBrand(brand))
    return found
