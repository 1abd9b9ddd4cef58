"""The plan of a case: the works that its customer put off, in groups, each of them a reminder."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import ClassVar, assert_never

from contracts.decisions import Changed, changed
from contracts.reminders.plan_v1 import (
    PlanCause,
    PlanEvent,
    PlannedWork,
    Settlement,
    WorkGroup,
    WorkSettled,
    WorksPlanned,
    WorksRegrouped,
)
from services.reminders.plan.grouping import due_day, grouped, send_day

MOST_WORKS = 100

# --- Commands ---------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """How the dealership works when the works are planned."""

    brand: str
    customer_id: str
    currency: str
    time_zone: str
    lead_days: int
    grouping_days: int
    today: date
    """Where the dealership is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanWorks:
    """Follows from a work report that was sent, or a case that was answered. `terms` and `works`
    are looked up; without terms the case is not known here."""

    case_id: str
    organisation_id: str
    dealership_id: str
    version: int
    cause: PlanCause
    terms: Terms | None = None
    works: tuple[PlannedWork, ...] = ()
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class RegroupWorks:
    """All works that are to be planned from now on, but for those of the reminders in `fixed`,
    which were sent, closed or stopped. `seen` are the groups that whoever saves this was shown."""

    organisation_id: str
    works: tuple[PlannedWork, ...]
    seen: tuple[tuple[str, ...], ...]
    fixed: frozenset[str]
    terms: Terms
    by: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class SettleWork:
    """Follows from a case that has the work."""

    case_id: str
    organisation_id: str
    work_id: str
    settlement: Settlement
    by_case_id: str
    by_work_id: str
    at: datetime


Command = PlanWorks | RegroupWorks | SettleWork

# --- Rejections -------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class NoSuchPlan:
    pass


@dataclass(frozen=True, slots=True)
class CaseIsNotKnown:
    """The facts of the case have not come here."""

    case_id: str


@dataclass(frozen=True, slots=True)
class PlannedDayIsPast:
    field: ClassVar[str] = "works"
    work: str
    due_on: date
    today: date


@dataclass(frozen=True, slots=True)
class WorkNamedTwice:
    field: ClassVar[str] = "works"
    work: str


@dataclass(frozen=True, slots=True)
class TooManyDueWorks:
    field: ClassVar[str] = "works"
    most: int


@dataclass(frozen=True, slots=True)
class WorkIsNotPlanned:
    """It is in a reminder that went out, or is done."""

    field: ClassVar[str] = "works"
    work: str


BadWorks = PlannedDayIsPast | WorkNamedTwice | TooManyDueWorks | WorkIsNotPlanned
Rejection = NoSuchPlan | CaseIsNotKnown | BadWorks | Changed

# --- State ------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Unplanned:
    pass


@dataclass(frozen=True, slots=True)
class Planned:
    """`planned` is the last word; `settled` has what became of works since, `made` how many ids of
    reminders were given."""

    planned: WorksPlanned | WorksRegrouped
    made: int
    settled: Mapping[str, Settlement] = field(default_factory=dict)

    def reminder_of(self, work_id: str) -> str | None:
        """The reminder that a work is in."""
        return next(
            (
                group.reminder_id
                for group in self.planned.groups
                if work_id in {one.work_id for one in group.works}
            ),
            None,
        )


Plan = Unplanned | Planned

initial: Plan = Unplanned()


def evolve(plan: Plan, event: PlanEvent) -> Plan:
    """Take history as recorded: a rule added today must not break yesterday's events."""
    match event:
        case WorksPlanned():
            return Planned(event, made=len(event.groups))
        case WorksRegrouped():
            if isinstance(plan, Unplanned):
                return Planned(event, made=len(event.groups))
            known = {one.reminder_id for one in plan.planned.groups}
            new = [one for one in event.groups if one.reminder_id not in known]
            return replace(plan, planned=event, made=plan.made + len(new))
        case WorkSettled():
            if isinstance(plan, Unplanned):
                return plan
            return replace(plan, settled={**plan.settled, event.work_id: event.settlement})
        case unhandled:
            assert_never(unhandled)


def id_of(case_id: str, number: int) -> str:
    """The id of a reminder of a case: the same each time that the works are planned."""
    return f"{case_id}-R{number}"


# --- Decisions --------------------------------------------------------------

Decision = list[PlanEvent] | Rejection


def decide(command: Command, plan: Plan) -> Decision:
    """New facts, an empty list when they are already recorded, or the rule that says no."""
    match command:
        case PlanWorks():
            return plan_works(command, plan)
        case RegroupWorks():
            return regroup(command, plan)
        case SettleWork():
            return settle(command, plan)
        case unhandled:
            assert_never(unhandled)


def plan_works(command: PlanWorks, plan: Plan) -> Decision:
    """Once a case, however often it is sent; nothing without works (G-84)."""
    terms = command.terms
    if isinstance(plan, Planned):
        return []
    if terms is None:
        return CaseIsNotKnown(command.case_id)
    if not command.works:
        return []
    groups = grouped(command.works, terms.grouping_days)
    return [
        WorksPlanned(
            case_id=command.case_id,
            organisation_id=command.organisation_id,
            dealership_id=command.dealership_id,
            brand=terms.brand,
            cause=command.cause,
            customer_id=terms.customer_id,
            currency=terms.currency,
            time_zone=terms.time_zone,
            lead_days=terms.lead_days,
            grouping_days=terms.grouping_days,
            groups=tuple(
                group_of(id_of(command.case_id, number), works, terms)
                for number, works in enumerate(groups, 1)
            ),
            planned_at=command.at,
        )
    ]


def regroup(command: RegroupWorks, plan: Plan) -> Decision:
    if isinstance(plan, Unplanned) or plan.planned.organisation_id != command.organisation_id:
        return NoSuchPlan()
    if bad := bad_works(command, plan):
        return bad
    groups = regrouped(plan, command)
    now = tuple(tuple(one.work_id for one in group.works) for group in groups)
    kept = tuple(one for one in plan.planned.groups if one.reminder_id in command.fixed)
    former = [one for one in plan.planned.groups if one.reminder_id not in command.fixed]
    if [*groups] == former:
        return []
    if stale := changed({"groups": command.seen}, {"groups": now}):
        return stale
    there = {one.reminder_id for one in groups}
    known, terms = plan.planned, command.terms
    return [
        WorksRegrouped(
            case_id=known.case_id,
            organisation_id=known.organisation_id,
            dealership_id=known.dealership_id,
            brand=known.brand,
            cause=known.cause,
            customer_id=known.customer_id,
            currency=known.currency,
            time_zone=known.time_zone,
            lead_days=terms.lead_days,
            grouping_days=terms.grouping_days,
            groups=(*kept, *groups),
            dissolved_reminder_ids=tuple(
                one.reminder_id for one in former if one.reminder_id not in there
            ),
            regrouped_by=command.by,
            regrouped_at=command.at,
        )
    ]


def bad_works(command: RegroupWorks, plan: Planned) -> BadWorks | None:
    """Why works cannot be planned so, if they cannot. A day that was planned before may be over."""
    if len(command.works) > MOST_WORKS:
        return TooManyDueWorks(MOST_WORKS)
    known = {one.work_id: one for group in plan.planned.groups for one in group.works}
    seen: set[str] = set()
    for work in command.works:
        if work.work_id in seen:
            return WorkNamedTwice(work.label)
        seen.add(work.work_id)
        before = known.get(work.work_id)
        if before is not None and plan.reminder_of(work.work_id) in command.fixed:
            return WorkIsNotPlanned(work.label)
        if work.work_id in plan.settled:
            return WorkIsNotPlanned(work.label)
        moved = before is None or before.due_on != work.due_on
        if moved and work.due_on < command.terms.today:
            return PlannedDayIsPast(work.label, work.due_on, command.terms.today)
    return None


def regrouped(plan: Planned, command: RegroupWorks) -> tuple[WorkGroup, ...]:
    """The groups that the works make. A group goes on in the reminder that has the first of its
    works that was in one, unless an earlier group does."""
    taken, number, groups = set(command.fixed), plan.made, []
    for works in grouped(command.works, command.terms.grouping_days):
        before = [plan.reminder_of(one.work_id) for one in works]
        reminder_id = next((one for one in before if one and one not in taken), None)
        if reminder_id is None:
            number += 1
            reminder_id = id_of(plan.planned.case_id, number)
        taken.add(reminder_id)
        groups.append(group_of(reminder_id, works, command.terms))
    return tuple(groups)


def group_of(reminder_id: str, works: Iterable[PlannedWork], terms: Terms) -> WorkGroup:
    works = tuple(works)
    due_on = due_day(works[0])
    return WorkGroup(
        reminder_id=reminder_id,
        due_on=due_on,
        send_on=send_day(due_on, terms.lead_days, terms.today),
        works=works,
    )


def settle(command: SettleWork, plan: Plan) -> list[PlanEvent]:
    """Once taken up a work can still be carried out; nothing comes after that. A work that is not
    planned here is none of ours."""
    if isinstance(plan, Unplanned) or plan.planned.organisation_id != command.organisation_id:
        return []
    reminder_id = plan.reminder_of(command.work_id)
    known = plan.settled.get(command.work_id)
    if reminder_id is None or known in {command.settlement, Settlement.CARRIED_OUT}:
        return []
    return [
        WorkSettled(
            case_id=command.case_id,
            organisation_id=command.organisation_id,
            dealership_id=plan.planned.dealership_id,
            work_id=command.work_id,
            reminder_id=reminder_id,
            settlement=command.settlement,
            by_case_id=command.by_case_id,
            by_work_id=command.by_work_id,
            settled_at=command.at,
        )
    ]
