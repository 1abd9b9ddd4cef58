"""The plan of a case over HTTP: which of its works are due when, and what a change would do to the
reminders (R8)."""

from typing import Annotated
from zoneinfo import ZoneInfo

from pydantic import Field

from contracts.reminders.plan_v1 import PlannedWork
from infra.http.answers import Answered, Recorded, Router
from infra.http.history import HistoryPart
from infra.http.models import Body, Id
from infra.http.request_context import RequestContext
from services.reminders import plan, reminder
from services.reminders.aggregates import PLAN, REMINDER
from services.reminders.http.access import (
    READERS,
    WRITERS,
    ReaderContext,
    WriterContext,
    house_of,
    plan_of,
    terms_at,
)
from services.reminders.http.answers import (
    PlanHistory,
    PlanShown,
    RegroupingShown,
    group_shown,
    plan_shown,
)
from services.reminders.http.fields import PlannedWorkBody, WorkId

router = Router("Plans")

# --- Bodies -----------------------------------------------------------------


class PreviewBody(Body):
    """The works of a case that are to be planned: all but those of reminders that went out."""

    works: Annotated[tuple[PlannedWorkBody, ...], Field(max_length=100, strict=False)]


class PlanBody(PreviewBody):
    groups: Annotated[
        tuple[Annotated[tuple[WorkId, ...], Field(max_length=100, strict=False)], ...],
        Field(max_length=100, strict=False),
    ]
    """The groups that the preview showed; 412 when they are others now."""


# --- Routes -----------------------------------------------------------------


@router.get("/plans/{case_id}")
async def show_plan(case_id: Id, context: ReaderContext) -> Answered[PlanShown]:
    """Show which works of a case are due when, in groups, with the calculation by mileage."""
    state = await plan_of(context, case_id, READERS)
    return context.show(plan_shown(state), await context.load(PLAN, case_id))


@router.get("/plans/{case_id}/history")
async def plan_history(
    case_id: Id, context: ReaderContext, part: HistoryPart
) -> Answered[PlanHistory]:
    """List every fact about the plan of a case."""
    await plan_of(context, case_id, READERS)
    return await context.history(PLAN, case_id, PlanHistory, part)


@router.post("/plans/{case_id}/previews")
async def preview_plan(
    case_id: Id, body: PreviewBody, context: WriterContext
) -> Answered[RegroupingShown]:
    """Show which reminders a change would make, merge and split; nothing is recorded."""
    state = await plan_of(context, case_id, WRITERS)
    command = await regrouping(context, state, body, ())
    if bad := plan.bad_works(command, state):
        raise context.refuse(bad)
    return Answered(preview(state, command))


@router.put("/plans/{case_id}")
async def change_plan(case_id: Id, body: PlanBody, context: WriterContext) -> Answered[Recorded]:
    """Change the works or their days; the reminders follow, as the preview showed."""
    state = await plan_of(context, case_id, WRITERS)
    command = await regrouping(context, state, body, body.groups)
    return await context.handle(PLAN, case_id, command)


async def regrouping(
    context: RequestContext,
    state: plan.Planned,
    body: PreviewBody,
    seen: tuple[tuple[str, ...], ...],
) -> plan.RegroupWorks:
    """The command, with how the dealership works now and which reminders are beyond change."""
    known = state.planned
    house = await house_of(context, known.dealership_id)
    works, who = terms_at(house, known.brand), context.principal
    before = {one.work_id: one for group in known.groups for one in group.works}
    return plan.RegroupWorks(
        organisation_id=who.organisation_id,
        works=tuple(planned_work(one, before.get(one.work_id)) for one in body.works),
        seen=seen,
        fixed=await fixed_of(context, state),
        terms=plan.Terms(
            brand=known.brand,
            customer_id=known.customer_id,
            currency=known.currency,
            time_zone=known.time_zone,
            lead_days=works.reminder_lead_days,
            grouping_days=works.reminder_grouping_days,
            today=context.at.astimezone(ZoneInfo(known.time_zone)).date(),
        ),
        by=who.subject,
        at=context.at,
    )


async def fixed_of(context: RequestContext, state: plan.Planned) -> frozenset[str]:
    """The reminders of the plan that do not wait to be sent any more. One that the plan has just
    made, and that is not there yet, waits."""
    fixed = set()
    for one in state.planned.groups:
        found = (await context.load(REMINDER, one.reminder_id)).state
        if not isinstance(found, reminder.Uncreated | reminder.Pending):
            fixed.add(one.reminder_id)
    return frozenset(fixed)


def planned_work(body: PlannedWorkBody, before: PlannedWork | None) -> PlannedWork:
    """The contract's value. The estimate stands while the mileage is the same."""
    same = before is not None and before.due_mileage_km == body.due_mileage_km
    return PlannedWork(
        work_id=body.work_id,
        label=body.label,
        level=body.level,
        price=body.price.money() if body.price else None,
        due_on=body.due_on,
        due_mileage_km=body.due_mileage_km,
        estimate=before.estimate if before and same else None,
    )


def preview(state: plan.Planned, command: plan.RegroupWorks) -> RegroupingShown:
    """The effect of the change: a reminder is merged where works of several come into one group,
    and split where its works come into several."""
    groups = plan.regrouped(state, command)
    origins = [
        tuple(dict.fromkeys(filter(None, (state.reminder_of(w.work_id) for w in group.works))))
        for group in groups
    ]
    places: dict[str, int] = {}
    for origin in origins:
        for reminder_id in origin:
            places[reminder_id] = places.get(reminder_id, 0) + 1
    return RegroupingShown(
        groups=tuple(tuple(one.work_id for one in group.works) for group in groups),
        merged=tuple(one for one in origins if len(one) > 1),
        split=tuple(sorted(one for one, count in places.items() if count > 1)),
        proposal=tuple(group_shown(one, state) for one in groups),
    )
