"""The callers whom routes admit, and the reminders that they work on (FLB-017, FLB-147)."""

from typing import Annotated

from contracts.dealers import Dealership, Effective, all_in_all, effective
from infra.http.request_context import RequestContext, requires
from infra.lookups import dealerships
from infra.tokens import Role
from services.reminders import plan, reminder
from services.reminders.aggregates import PLAN, REMINDER

WRITERS: tuple[Role, ...] = ("administrative_agent",)
READERS: tuple[Role, ...] = (*WRITERS, "dealership_manager", "group_manager")
WriterContext = Annotated[RequestContext, requires("administrative_agent")]
"""Reminders are of after-sales; a manager who sends them is an administrative agent too (G-32)."""
ReaderContext = Annotated[
    RequestContext, requires("administrative_agent", "dealership_manager", "group_manager")
]


async def to_write(context: RequestContext, reminder_id: str) -> reminder.Created:
    """The reminder, if the caller works on it. Raises the same 404 for any other."""
    return ours(context, (await context.load(REMINDER, reminder_id)).state, WRITERS)


def ours(
    context: RequestContext, state: reminder.Reminder, roles: tuple[Role, ...]
) -> reminder.Created:
    """A reminder of a dealership at which the caller has one of the roles; one that was deleted is
    none. Raises 404 otherwise."""
    if isinstance(state, reminder.Uncreated | reminder.Closed):
        raise context.refuse(reminder.NoSuchReminder())
    created = state.matter.created
    mine = created.organisation_id == context.principal.organisation_id
    if not mine or created.dealership_id not in context.dealerships(*roles):
        raise context.refuse(reminder.NoSuchReminder())
    return state


async def plan_of(context: RequestContext, case_id: str, roles: tuple[Role, ...]) -> plan.Planned:
    """The plan of a case, if the caller may see it. Raises the same 404 for any other."""
    state = (await context.load(PLAN, case_id)).state
    if isinstance(state, plan.Unplanned):
        raise context.refuse(plan.NoSuchPlan())
    known = state.planned
    mine = known.organisation_id == context.principal.organisation_id
    if not mine or known.dealership_id not in context.dealerships(*roles):
        raise context.refuse(plan.NoSuchPlan())
    return state


async def house_of(context: RequestContext, dealership_id: str) -> Dealership:
    """The dealership of a reminder, as it is now."""
    return await dealerships.require(context, "dealership_id", dealership_id)


def terms_at(house: Dealership, brand: str) -> Effective:
    """How the dealership works with the brand; all in all, without that brand."""
    return effective(house, brand) or all_in_all(house)
