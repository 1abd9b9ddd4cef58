"""The callers whom routes admit."""

from typing import Annotated

from infra.http.request_context import RequestContext, requires
from services.depot_tours.order.preparation import Worker

ManagerContext = Annotated[RequestContext, requires("administration")]
DepotContext = Annotated[RequestContext, requires("administration", "operator")]
CourierContext = Annotated[RequestContext, requires("courier")]
AnyContext = Annotated[RequestContext, requires("administration", "operator", "courier")]


def worker_of(context: RequestContext) -> Worker:
    """The caller, as the rules of preparation know who works on an order."""
    who = context.principal
    return Worker(user_id=who.subject, manages="administration" in who.roles)


def is_of_depot(context: RequestContext) -> bool:
    return not context.principal.roles.isdisjoint({"administration", "operator"})
