"""Reactions: each group of a plan is a reminder; what became of a work is told to its reminder."""

from datetime import datetime
from typing import assert_never
from zoneinfo import ZoneInfo

from contracts.reminders.plan_v1 import (
    PlanCause,
    Settlement,
    WorkGroup,
    WorkSettled,
    WorksPlanned,
    WorksRegrouped,
)
from contracts.reminders.reminder_v1 import (
    DueWork,
    ReminderCause,
    StopReason,
    WorkEnd,
    WorkLevel,
)
from services.reminders.reminder.content import ArrangeReminder
from services.reminders.reminder.ending import EndWork, StopReminder
from services.reminders.reminder.hours import send_time

Reads = WorksPlanned | WorksRegrouped | WorkSettled
Commands = ArrangeReminder | StopReminder | EndWork

CAUSES = {
    PlanCause.WORK_REPORT: ReminderCause.WORK_REPORT,
    PlanCause.ANSWERED_CASE: ReminderCause.ANSWERED_CASE,
}
ENDS = {
    Settlement.TAKEN_UP: WorkEnd.TAKEN_UP,
    Settlement.CARRIED_OUT: WorkEnd.CARRIED_OUT,
}


def react(event: Reads) -> list[Commands]:
    match event:
        case WorksPlanned():
            return [arrangement(event, one, event.planned_at) for one in event.groups]
        case WorksRegrouped():
            arranged = (arrangement(event, one, event.regrouped_at) for one in event.groups)
            return [*arranged, *(dissolved(event, one) for one in event.dissolved_reminder_ids)]
        case WorkSettled():
            return [
                EndWork(
                    reminder_id=event.reminder_id,
                    work_id=work_id(event.case_id, event.work_id),
                    end=ENDS[event.settlement],
                    by_case_id=event.by_case_id,
                    by_work_id=event.by_work_id,
                    at=event.settled_at,
                )
            ]
        case unhandled:
            assert_never(unhandled)


def arrangement(
    event: WorksPlanned | WorksRegrouped, group: WorkGroup, at: datetime
) -> ArrangeReminder:
    return ArrangeReminder(
        reminder_id=group.reminder_id,
        organisation_id=event.organisation_id,
        dealership_id=event.dealership_id,
        brand=event.brand,
        cause=CAUSES[event.cause],
        case_id=event.case_id,
        customer_id=event.customer_id,
        currency=event.currency,
        time_zone=event.time_zone,
        works=tuple(
            DueWork(
                work_id=work_id(event.case_id, one.work_id),
                label=one.label,
                level=WorkLevel[one.level.name],
                price=one.price,
                due_on=one.due_on,
                due_mileage_km=one.due_mileage_km,
                case_id=event.case_id,
                case_work_id=one.work_id,
            )
            for one in group.works
        ),
        send_on=group.send_on,
        send_at=send_time(group.send_on, ZoneInfo(event.time_zone)),
        at=at,
    )


def dissolved(event: WorksRegrouped, reminder_id: str) -> StopReminder:
    return StopReminder(
        reminder_id=reminder_id,
        organisation_id=event.organisation_id,
        reason=StopReason.REGROUPED,
        at=event.regrouped_at,
    )


def work_id(case_id: str, id: str) -> str:
    """The id of the work of a case in a reminder, which may have works of several cases."""
    return f"{case_id}.{id}"


def target(command: Commands) -> str:
    """The reminder whose stream takes the command."""
    return command.reminder_id
