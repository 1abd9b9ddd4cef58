"""The callers whom routes admit, and what of a case each of them may do (FLB-017 to FLB-023)."""

from typing import Annotated

from contracts.dealers import Dealership, Effective, all_in_all, effective
from contracts.interventions.case_v1 import Module
from infra.http.request_context import RequestContext, requires
from infra.lookups import dealerships
from infra.tokens import Role
from services.interventions import case
from services.interventions.aggregates import CASE
from services.interventions.case.dossier import SALES, Dossier

WriterContext = Annotated[
    RequestContext, requires("administrative_agent", "sales_representative", "device")
]
"""They make and send cases; a manager who does is an administrative agent as well (G-32)."""
ReaderContext = Annotated[
    RequestContext,
    requires(
        "administrative_agent",
        "sales_representative",
        "device",
        "dealership_manager",
        "group_manager",
    ),
]
DeleterContext = Annotated[RequestContext, requires("administrative_agent", "dealership_manager")]

WRITERS: tuple[Role, ...] = ("administrative_agent", "device")
MANAGERS: tuple[Role, ...] = ("dealership_manager", "group_manager")
SELLER: Role = "sales_representative"


def writers(module: Module) -> tuple[Role, ...]:
    """Sellers have nothing to do with after-sales (FLB-019)."""
    return (*WRITERS, SELLER) if module in SALES else WRITERS


async def to_write(context: RequestContext, case_id: str) -> case.Created:
    """The case, if the caller works on it. Raises the same 404 for any other."""
    state = (await context.load(CASE, case_id)).state
    return require_writer(context, ours(context, state))


def require_writer(context: RequestContext, state: case.Created) -> case.Created:
    created = state.dossier.created
    if created.dealership_id not in context.dealerships(*writers(created.module)):
        raise context.refuse(case.NoSuchCase())
    return state


def may_read(context: RequestContext, dossier: Dossier) -> bool:
    """Stock cases are for the sellers of all dealerships of the group (G-89)."""
    created = dossier.created
    roles = (*writers(created.module), *MANAGERS)
    if dossier.is_stock:
        held = context.dealerships(*roles)
        return held.everywhere or bool(held.ids)
    return created.dealership_id in context.dealerships(*roles)


def ours(context: RequestContext, state: case.Case) -> case.Created:
    """A case of the caller's organisation that was not deleted. Raises 404 otherwise."""
    if (
        isinstance(state, case.Uncreated | case.Deleted)
        or state.dossier.created.organisation_id != context.principal.organisation_id
    ):
        raise context.refuse(case.NoSuchCase())
    return state


async def dealership_of(context: RequestContext, dossier: Dossier) -> Dealership:
    """The dealership of a case, as it is now."""
    return await dealerships.require(context, "dealership_id", dossier.created.dealership_id)


async def terms_of(context: RequestContext, dossier: Dossier) -> Effective:
    """How the dealership works with the brand of the case now."""
    return terms_at(await dealership_of(context, dossier), dossier)


def terms_at(dealership: Dealership, dossier: Dossier) -> Effective:
    """How the dealership works with the brand of the case; all in all, without that brand."""
    return effective(dealership, dossier.brand) or all_in_all(dealership)
