"""The callers whom routes admit."""

from typing import Annotated

from infra.http.request_context import RequestContext, requires
from infra.lookups import organisations, users

ManagerContext = Annotated[RequestContext, requires("administration")]
CounterContext = Annotated[RequestContext, requires("operator", "depot_agent")]
DepotContext = Annotated[RequestContext, requires("administration", "operator", "depot_agent")]


async def refuse_others(context: RequestContext) -> None:
    """Refuse whoever is signed out, and whose organisation is no depot that was let in (G-20).

    Raises a 401 or 403 `Problem`.
    """
    await users.refuse_ended(context)
    await organisations.require_depot(context)


def manages(context: RequestContext) -> bool:
    """Whether the caller sees what is expected."""
    return "administration" in context.principal.roles
