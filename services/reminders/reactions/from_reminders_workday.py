"""Reactions: a place that was taken is the answer of its reminder, also where the request that took
it went no further; one that is freed ends the appointment (R7)."""

from typing import assert_never

from contracts.reminders.workday_v1 import PlaceFreed, PlaceTaken
from services.reminders.reminder.booking import Appointment, FollowCancellation, FollowPlace

Reads = PlaceTaken | PlaceFreed


def react(event: Reads) -> list[FollowPlace | FollowCancellation]:
    """The command on the reminder of the place."""
    match event:
        case PlaceTaken():
            return [
                FollowPlace(
                    reminder_id=event.reminder_id,
                    workday_id=event.workday_id,
                    accepted=event.work_ids,
                    appointment=Appointment(event.starts_at, event.ends_at),
                    at=event.taken_at,
                )
            ]
        case PlaceFreed():
            return [
                FollowCancellation(
                    reminder_id=event.reminder_id,
                    starts_at=event.starts_at,
                    by=event.freed_by,
                    at=event.freed_at,
                )
            ]
        case unhandled:
            assert_never(unhandled)


def target(command: FollowPlace | FollowCancellation) -> str:
    """The reminder whose stream takes the command."""
    return command.reminder_id
