"""The appointment that a customer makes with the answer to a reminder (R7)."""

from dataclasses import dataclass
from datetime import datetime

from contracts.reminders.reminder_v1 import (
    AppointmentCancelled,
    AppointmentMade,
    PlaceUnused,
    ReminderEvent,
)
from services.reminders.reminder.matter import Matter


@dataclass(frozen=True, slots=True)
class Appointment:
    starts_at: datetime
    ends_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class FollowPlace:
    """Follows from a place that was taken in the workshop."""

    reminder_id: str
    workday_id: str
    accepted: tuple[str, ...]
    appointment: Appointment
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class FollowCancellation:
    """Follows from a place that was freed."""

    reminder_id: str
    starts_at: datetime
    by: str | None
    at: datetime


def made(appointment: Appointment, matter: Matter, at: datetime) -> AppointmentMade:
    created = matter.created
    return AppointmentMade(
        reminder_id=created.reminder_id,
        organisation_id=created.organisation_id,
        dealership_id=created.dealership_id,
        starts_at=appointment.starts_at,
        ends_at=appointment.ends_at,
        made_at=at,
    )


def is_made(wanted: Appointment | None, matter: Matter) -> bool:
    """Whether the appointment is the one that there is; whoever wants none has all they want."""
    known = matter.appointment
    if wanted is None:
        return True
    return isinstance(known, AppointmentMade) and known.starts_at == wanted.starts_at


def unused(command: FollowPlace, matter: Matter) -> list[ReminderEvent]:
    """The place is nobody's appointment, told once of each time that it was taken."""
    if command.at in matter.unused:
        return []
    created = matter.created
    return [
        PlaceUnused(
            reminder_id=created.reminder_id,
            organisation_id=created.organisation_id,
            dealership_id=created.dealership_id,
            workday_id=command.workday_id,
            starts_at=command.appointment.starts_at,
            taken_at=command.at,
            found_at=command.at,
        )
    ]


def cancel(command: FollowCancellation, matter: Matter) -> list[ReminderEvent]:
    """Once, and only the appointment that there is."""
    known = matter.appointment
    if not isinstance(known, AppointmentMade) or known.starts_at != command.starts_at:
        return []
    created = matter.created
    return [
        AppointmentCancelled(
            reminder_id=created.reminder_id,
            organisation_id=created.organisation_id,
            dealership_id=created.dealership_id,
            starts_at=known.starts_at,
            ends_at=known.ends_at,
            cancelled_by=command.by,
            cancelled_at=command.at,
        )
    ]
