"""Reactions: a reminder whose time has come goes out, if it may; one that was merged hands on its
works, and what becomes of them; a place in the workshop that led to no answer is free again."""

from typing import assert_never

from contracts.reminders.reminder_v1 import (
    PlaceUnused,
    ReminderStopped,
    SendingDue,
    WorkEnded,
)
from services.reminders.reminder.content import AbsorbWorks
from services.reminders.reminder.ending import EndWork
from services.reminders.reminder.sending import SendDue
from services.reminders.workday import FreePlace

Reads = SendingDue
Merges = ReminderStopped | WorkEnded
Returns = PlaceUnused


def react(event: Reads) -> list[SendDue]:
    """The sending; how the customer may be written to is looked up."""
    return [
        SendDue(
            reminder_id=event.reminder_id,
            brand=event.brand,
            dealership_id=event.dealership_id,
            customer_id=event.customer_id,
            case_id=event.case_id,
            kind=event.kind,
            due_at=event.due_at,
        )
    ]


def merge(event: Merges) -> list[AbsorbWorks | EndWork]:
    """Nothing, but for a reminder that went into another one."""
    if event.into_reminder_id is None:
        return []
    match event:
        case ReminderStopped():
            return [
                AbsorbWorks(
                    reminder_id=event.into_reminder_id,
                    organisation_id=event.organisation_id,
                    works=event.works,
                    at=event.stopped_at,
                )
            ]
        case WorkEnded():
            return [
                EndWork(
                    reminder_id=event.into_reminder_id,
                    work_id=event.work_id,
                    end=event.end,
                    by_case_id=event.by_case_id,
                    by_work_id=event.by_work_id,
                    at=event.ended_at,
                )
            ]
        case unhandled:
            assert_never(unhandled)


def give_back(event: Returns) -> list[FreePlace]:
    """The place is free, unless it was taken anew since."""
    return [
        FreePlace(
            workday_id=event.workday_id,
            organisation_id=event.organisation_id,
            reminder_id=event.reminder_id,
            taken_at=event.taken_at,
            by=None,
            at=event.found_at,
        )
    ]


def day_of(command: FreePlace) -> str:
    """The day of the workshop whose stream takes the command."""
    return command.workday_id


def target(command: SendDue | AbsorbWorks | EndWork) -> str:
    """The reminder whose stream takes the command."""
    return command.reminder_id
