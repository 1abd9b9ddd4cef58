"""The callers whom routes of settlements admit, and the settlement that they ask about."""

from typing import Annotated

from infra.http.request_context import RequestContext, requires
from services.payments.aggregates import SETTLEMENT
from services.payments.settlement import NoSuchSettlement, Settlement

OPERATOR = "marketplace_manager"
OperatorContext = Annotated[RequestContext, requires("marketplace_manager")]
EitherContext = Annotated[RequestContext, requires("marketplace_manager", "provider_manager")]


def is_operator(context: RequestContext) -> bool:
    return OPERATOR in context.principal.roles


async def settled(context: RequestContext, settlement_id: str) -> Settlement:
    """A settlement of the caller's, from either side. Raises the same 404 for any other."""
    state = (await context.load(SETTLEMENT, settlement_id)).state
    own = context.principal.organisation_id
    if own != (state.organisation_id if is_operator(context) else state.provider_id):
        raise context.refuse(NoSuchSettlement())
    return state
