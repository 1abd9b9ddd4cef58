"""The callers whom routes admit: everybody may ask, also who is not let in yet (G-20)."""

from typing import Annotated

from infra.http.request_context import RequestContext, requires
from infra.lookups import organisations
from services.support.request import Agent

RequesterContext = Annotated[
    RequestContext,
    requires(
        "driver",
        "logistics",
        "administration",
        "analyst",
        "operator",
        "billing",
        "courier",
        "depot_agent",
        "pending",
        "rejected",
    ),
]
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
