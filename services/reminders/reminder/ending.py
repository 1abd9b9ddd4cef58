"""The end of a reminder: it stops by itself and says why (R2), goes into another one (R4), or
somebody deletes it (FLB-155)."""

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from contracts.reminders.reminder_v1 import (
    DueWork,
    ReminderClosed,
    ReminderEvent,
    ReminderStopped,
    StopReason,
    WorkEnd,
    WorkEnded,
)
from services.reminders.reminder.matter import Matter

# --- Commands ---------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class StopReminder:
    """Follows from what happened to the customer, the vehicle or the plan of the case."""

    reminder_id: str
    organisation_id: str
    reason: StopReason
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class EndWork:
    """Follows from a case that has the work."""

    reminder_id: str
    work_id: str
    end: WorkEnd
    by_case_id: str
    by_work_id: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class MergeReminder:
    """Its works go to another reminder of the customer, which waits to be sent as well. `seen` are
    the works of this one, as whoever merges saw them."""

    organisation_id: str
    into_reminder_id: str
    seen: int
    by: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class CloseReminder:
    organisation_id: str
    by: str
    at: datetime


# --- Rejections -------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class ReminderMergedIntoItself:
    field: ClassVar[str] = "into_reminder_id"


# --- Decisions --------------------------------------------------------------


def end_work(command: EndWork, matter: Matter, *, live: bool) -> list[ReminderEvent]:
    """With the last of its works a reminder that has no answer stops (R1)."""
    known = matter.ended.get(command.work_id)
    if known is not None and known.end in {command.end, WorkEnd.CARRIED_OUT}:
        return []
    if command.work_id not in {one.work_id for one in matter.works}:
        return []
    ended = work_ended(command, matter, into=None)
    left = [one for one in matter.open_works if one.work_id != command.work_id]
    if left or not live:
        return [ended]
    return [ended, stopped(matter, StopReason.WORKS_SETTLED, command.at)]


def work_ended(command: EndWork, matter: Matter, into: str | None) -> WorkEnded:
    created = matter.created
    return WorkEnded(
        reminder_id=created.reminder_id,
        organisation_id=created.organisation_id,
        dealership_id=created.dealership_id,
        work_id=command.work_id,
        end=command.end,
        by_case_id=command.by_case_id,
        by_work_id=command.by_work_id,
        ended_at=command.at,
        into_reminder_id=into,
    )


def stopped(
    matter: Matter,
    reason: StopReason,
    at: datetime,
    *,
    into: str | None = None,
    by: str | None = None,
    works: tuple[DueWork, ...] = (),
) -> ReminderStopped:
    created = matter.created
    return ReminderStopped(
        reminder_id=created.reminder_id,
        organisation_id=created.organisation_id,
        dealership_id=created.dealership_id,
        reason=reason,
        into_reminder_id=into,
        stopped_by=by,
        stopped_at=at,
        works=works,
    )


def closed(command: CloseReminder, matter: Matter) -> ReminderClosed:
    created = matter.created
    return ReminderClosed(
        reminder_id=created.reminder_id,
        organisation_id=created.organisation_id,
        dealership_id=created.dealership_id,
        closed_by=command.by,
        closed_at=command.at,
    )
