"""Reaction: an assigned mission occupies its driver until the delivery is confirmed."""

from typing import assert_never

from contracts.missions.trip_v1 import DeliveryConfirmed, MissionAssigned
from services.missions.driver import Engage, Release

Reads = MissionAssigned | DeliveryConfirmed


def react(event: Reads) -> list[Engage | Release]:
    """Engage the driver of the mission, or release them."""
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
            return [
                Release(driver_id=event.driver_id, trip_id=event.trip_id, at=event.confirmed_at)
            ]
        case unhandled:
            assert_never(unhandled)


def target(command: Engage | Release) -> str:
    """The driver whose stream takes the command."""
    return command.driver_id
