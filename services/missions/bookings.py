"""Reaction: an assigned mission occupies its driver until the delivery is confirmed."""

from typing import assert_never

from contracts.missions.trip_v1 import (
    AttachmentAdded,
    AttachmentRemoved,
    DeliveryConfirmed,
    ExtraCostAccepted,
    ExtraCostRefused,
    ExtraCostRequested,
    MissionAssigned,
    QuoteAccepted,
    QuoteModified,
    QuoteRefused,
    QuoteSubmitted,
    QuoteWithdrawn,
    TripEvent,
    TripExpired,
    TripPublished,
)
from services.missions.driver import Engage, Release


def react(event: TripEvent) -> list[Engage | Release]:
    match event:
        case MissionAssigned():
            return [
                Engage(
                    driver_id=event.driver_id,
                    trip_id=event.trip_id,
                    from_day=event.from_day,
                    until_day=event.until_day,
                    at=event.assigned_at,
                )
            ]
        case DeliveryConfirmed():
            return [Release(event.driver_id, event.trip_id, event.confirmed_at)]
        case TripPublished() | TripExpired():
            return []
        case QuoteSubmitted() | QuoteModified() | QuoteWithdrawn():
            return []
        case QuoteAccepted() | QuoteRefused():
            return []
        case ExtraCostRequested() | ExtraCostAccepted() | ExtraCostRefused():
            return []
        case AttachmentAdded() | AttachmentRemoved():
            return []
        case unhandled:
            assert_never(unhandled)


def target(command: Engage | Release) -> str:
    """The driver whose stream takes the command."""
    return command.driver_id
