"""The callers whom routes admit."""

from typing import Annotated

from infra.http.request_context import RequestContext, requires
from infra.lookups import organisations, users
from services.depot_tours.order.preparation import Worker

ManagerContext = Annotated[RequestContext, requires("administration")]
DepotContext = Annotated[RequestContext, requires("administration", "operator", "depot_agent")]
CourierContext = Annotated[RequestContext, requires("courier")]
AnyContext = Annotated[
    RequestContext, requires("administration", "operator", "depot_agent", "courier")
]


async def refuse_others(context: RequestContext) -> None:
    """Refuse whoever is signed out, and whose organisation is no depot that was let in (G-20).

    Raises a 401 or 403 `Problem`.
    """
    await users.refuse_ended(context)
    await organisations.require_depot(context)


def worker_of(context: RequestContext) -> Worker:
    """The caller, as the rules of preparation know who works on an order."""
    who = context.principal
    return Worker(user_id=who.subject, manages="administration" in who.roles)


def is_of_depot(context: RequestContext) -> bool:
    return not context.principal.roles.isdisjoint({"administration", "operator", "depot_agent"})
