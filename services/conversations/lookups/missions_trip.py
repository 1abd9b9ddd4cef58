"""Missions, for the threads between those who give one and the driver who has it."""

from dataclasses import dataclass, replace
from typing import assert_never

from contracts.missions.trip_v1 import (
    DeliveryConfirmed,
    MissionAssigned,
    TripExpired,
    TripPublished,
    contract,
)
from infra.consumers.views import OutOfOrder, View

Reads = TripPublished | MissionAssigned | DeliveryConfirmed | TripExpired
OPEN, CLOSED = "open", "closed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Mission:
    trip_id: str
    organisation_id: str
    driver_id: str | None = None
    """None until it is awarded."""
    state: str = OPEN


def key(event: Reads) -> tuple[str]:
    return (event.trip_id,)


def project(row: Mission | None, event: Reads) -> Mission:
    if isinstance(event, TripPublished):
        return Mission(trip_id=event.trip_id, organisation_id=event.organisation_id)
    if row is None:
        raise OutOfOrder(event)
    match event:
        case MissionAssigned():
            return replace(row, driver_id=event.driver_id)
        case DeliveryConfirmed() | TripExpired():
            return replace(row, state=CLOSED)
        case unhandled:
            assert_never(unhandled)


lookup = View(
    name="missions",
    contract=contract,
    reads=Reads,
    row=Mission,
    primary_key=("trip_id",),
    key=key,
    project=project,
)
