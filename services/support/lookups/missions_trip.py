"""Trips, for requests about one: how far it is, and whose mission."""

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


@dataclass(frozen=True, slots=True, kw_only=True)
class Trip:
    """A trip as support is told of it."""

    trip_id: str
    organisation_id: str
    called: str
    status: str = "open"
    carrier_id: str | None = None


def key(event: Reads) -> tuple[str]:
    return (event.trip_id,)


def project(row: Trip | None, event: Reads) -> Trip:
    if isinstance(event, TripPublished):
        trip_id = event.trip_id
        return Trip(trip_id=trip_id, organisation_id=event.organisation_id, called=trip_id)
    if row is None:
        raise OutOfOrder(event)
    match event:
        case MissionAssigned():
            return replace(row, status="assigned", carrier_id=event.driver_id)
        case DeliveryConfirmed():
            return replace(row, status="delivered")
        case TripExpired():
            return replace(row, status="expired")
        case unhandled:
            assert_never(unhandled)


lookup = View(
    name="trips",
    contract=contract,
    reads=Reads,
    row=Trip,
    primary_key=("trip_id",),
    key=key,
    project=project,
)
