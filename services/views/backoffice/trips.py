"""The trips that were offered, with quotes that wait and the mission: one row a trip."""

from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import assert_never
from zoneinfo import ZoneInfo

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
from infra.days import midnight
from infra.http.answers import Answer
from infra.reading import Table
from infra.searching import Words, words

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

USUAL_ZONE = "Europe/Paris"
"""Where the days of a trip are days that names no zone."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Trip:
    """`waiting` holds the drivers whose quote waits for an answer.

    Its first day begins at `begins_at` and its last one is over at `over_at`, where its days are
    days. `search` has the words that find it.
    """

    trip_id: str
    organisation_id: str
    client_brand: str
    departure_city: str
    departure_postal_code: str
    departure_latitude: float
    departure_longitude: float
    arrival_city: str
    arrival_postal_code: str
    from_day: date
    until_day: date
    begins_at: datetime
    over_at: datetime
    make: str
    model: str
    distance_km: int
    published_at: datetime
    search: Words
    status: str = "open"
    waiting: tuple[str, ...] = ()
    driver_id: str | None = None
    price_minor: int | None = None
    price_currency: str | None = None
    assigned_at: datetime | None = None
    delivered_at: datetime | None = None


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
            return replace(
                row,
                status="assigned",
                driver_id=event.driver_id,
                price_minor=event.price.amount_minor if event.price else None,
                price_currency=event.price.currency if event.price else None,
                assigned_at=event.assigned_at,
            )
        case DeliveryConfirmed():
            return replace(row, status="delivered", delivered_at=event.confirmed_at)
        case TripExpired():
            return replace(row, status="expired")
        case unhandled:
            assert_never(unhandled)


def _others(row: Trip, driver_id: str) -> tuple[str, ...]:
    return tuple(driver for driver in row.waiting if driver != driver_id)


def _published(event: TripPublished) -> Trip:
    from_day, until_day = event.from_slot.date, event.until_slot.date
    zone = ZoneInfo(event.time_zone or USUAL_ZONE)
    return Trip(
        trip_id=event.trip_id,
        organisation_id=event.organisation_id,
        client_brand=event.client_brand,
        departure_city=event.departure.city,
        departure_postal_code=event.departure.postal_code,
        departure_latitude=event.departure.point.latitude,
        departure_longitude=event.departure.point.longitude,
        arrival_city=event.arrival.city,
        arrival_postal_code=event.arrival.postal_code,
        from_day=from_day,
        until_day=until_day,
        begins_at=midnight(from_day, zone),
        over_at=midnight(until_day + timedelta(days=1), zone),
        make=event.vehicle.make,
        model=event.vehicle.model,
        distance_km=event.distance_km,
        published_at=event.published_at,
        search=words(
            event.trip_id,
            event.client_brand,
            event.departure.city,
            event.departure.postal_code,
            event.arrival.city,
            event.arrival.postal_code,
            event.vehicle.make,
            event.vehicle.model,
        ),
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
        "(organisation_id, from_day, trip_id)",
        "(organisation_id, published_at, trip_id)",
        "(organisation_id, over_at, trip_id) where driver_id is not null",
        "(organisation_id, assigned_at, trip_id) where driver_id is not null",
        "(organisation_id, driver_id) where driver_id is not null",
    ),
)
trips = Table(view, "trips", key="trip_id")
FIRST_TO_START = trips.order("first-to-start", "from_day", "trip_id")

# --- Parts of answers -------------------------------------------------------


class TripStatus(StrEnum):
    """How far a trip has come."""

    OPEN = "open"
    ASSIGNED = "assigned"
    DELIVERED = "delivered"
    EXPIRED = "expired"


class VehicleShown(Answer):
    """The vehicle to be moved."""

    make: str
    model: str


class TownShown(Answer):
    """Where a vehicle leaves from or goes to."""

    city: str
    postal_code: str


def departure(row: Trip) -> TownShown:
    return TownShown(city=row.departure_city, postal_code=row.departure_postal_code)


def arrival(row: Trip) -> TownShown:
    return TownShown(city=row.arrival_city, postal_code=row.arrival_postal_code)
