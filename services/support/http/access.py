"""The callers whom routes admit: `Everybody` may ask."""

from typing import Annotated

from infra.http.request_context import RequestContext, requires
from infra.lookups import organisations
from services.support.request import Agent

SupportContext = Annotated[RequestContext, requires("logistics", "administration")]
"""Support is who has these roles in the organisation that operates the platform; see
`organisations.require_operator`."""

AGENT = frozenset({"logistics", "administration"})
SUPERVISOR = "administration"


async def is_support(context: RequestContext) -> bool:
    """Whether the caller answers requests."""
    return not AGENT.isdisjoint(context.principal.roles) and await organisations.is_operator(
        context
    )


def agent_of(context: RequestContext) -> Agent:
    """The caller, as the rules know somebody of support."""
    who = context.principal
    return Agent(user_id=who.subject, supervises=SUPERVISOR in who.roles)
