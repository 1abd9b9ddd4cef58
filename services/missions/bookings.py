"""Reaction: an assigned mission occupies its driver until the delivery is confirmed."""

from typing import assert_never

from contracts.missions.driver_v1 import DriverEngaged, DriverReleased
from contracts.missions.trip_v1 import (
    DeliveryConfirmed,
    MissionAssigned,
    TripEvent,
    TripExpired,
    TripProposed,
    TripPublished,
)
from services.missions import carrying, countering, detailing, quoting
from services.missions.driver import Engage, Release


def react(event: TripEvent) -> list[Engage | Release]:
    if isinstance(event, quoting.Event | countering.Counter | carrying.Event | detailing.Event):
        return []
    match event:
        case MissionAssigned(trip_id=trip_id, driver_id=who):
            days = (event.from_day, event.until_day)
            return [Engage(DriverEngaged(who, trip_id, *days, event.assigned_at))]
        case DeliveryConfirmed():
            return [
                Release(
                    DriverReleased(
                        driver_id=event.driver_id,
                        trip_id=event.trip_id,
                        released_at=event.confirmed_at,
                    )
                )
            ]
        case TripPublished() | TripProposed() | TripExpired():
            return []
        case unhandled:
            assert_never(unhandled)


def target(command: Engage | Release) -> str:
    """The driver whose stream takes the command."""
    return command.fact.driver_id
