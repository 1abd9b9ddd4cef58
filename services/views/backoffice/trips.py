"""The trips that were offered, and whose quotes on them wait for an answer: one row a trip."""

from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import assert_never

from contracts.missions.trip_v1 import (
    DeliveryConfirmed,
    MissionAssigned,
    QuoteAccepted,
    QuoteExpired,
    QuoteRefused,
    QuoteSubmitted,
    QuoteWithdrawn,
    TripExpired,
    TripPublished,
    contract,
)
from infra.consumers.views import OutOfOrder, View
from infra.reading import Table

Reads = (
    TripPublished
    | QuoteSubmitted
    | QuoteWithdrawn
    | QuoteRefused
    | QuoteAccepted
    | QuoteExpired
    | MissionAssigned
    | DeliveryConfirmed
    | TripExpired
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Trip:
    """`waiting` holds the drivers whose quote waits for an answer."""

    trip_id: str
    organisation_id: str
    client_brand: str
    departure_city: str
    arrival_city: str
    from_day: date
    until_day: date
    make: str
    model: str
    distance_km: int
    published_at: datetime
    status: str = "open"
    waiting: tuple[str, ...] = ()
    driver_id: str | None = None


def key(event: Reads) -> tuple[str]:
    return (event.trip_id,)


def project(row: Trip | None, event: Reads) -> Trip:
    if isinstance(event, TripPublished):
        return _published(event)
    if row is None:
        raise OutOfOrder(event)
    match event:
        case QuoteSubmitted():
            return replace(row, waiting=(*_others(row, event.driver_id), event.driver_id))
        case QuoteWithdrawn() | QuoteRefused() | QuoteAccepted() | QuoteExpired():
            return replace(row, waiting=_others(row, event.driver_id))
        case MissionAssigned():
            return replace(row, status="assigned", driver_id=event.driver_id)
        case DeliveryConfirmed():
            return replace(row, status="delivered")
        case TripExpired():
            return replace(row, status="expired")
        case unhandled:
            assert_never(unhandled)


def _others(row: Trip, driver_id: str) -> tuple[str, ...]:
    return tuple(driver for driver in row.waiting if driver != driver_id)


def _published(event: TripPublished) -> Trip:
    return Trip(
        trip_id=event.trip_id,
        organisation_id=event.organisation_id,
        client_brand=event.client_brand,
        departure_city=event.departure.city,
        arrival_city=event.arrival.city,
        from_day=event.from_slot.date,
        until_day=event.until_slot.date,
        make=event.vehicle.make,
        model=event.vehicle.model,
        distance_km=event.distance_km,
        published_at=event.published_at,
    )


view = View(
    name="trips",
    contract=contract,
    reads=Reads,
    row=Trip,
    primary_key=("trip_id",),
    key=key,
    project=project,
    indexes=(
        "(organisation_id, from_day, trip_id) where status = 'open' and cardinality(waiting) > 0",
    ),
)
trips = Table(view, "trips")
