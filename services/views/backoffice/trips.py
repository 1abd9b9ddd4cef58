"""On which trips do quotes wait for an answer? One row a trip."""

from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import assert_never

from psycopg import sql

from contracts.missions.trip_v1 import (
    AttachmentAdded,
    AttachmentRemoved,
    ClientNamed,
    CounterAccepted,
    CounterDeclined,
    CounterOffered,
    DeliveryConfirmed,
    ExtraCostAccepted,
    ExtraCostRefused,
    ExtraCostRequested,
    MissionAssigned,
    QuoteAccepted,
    QuoteExpired,
    QuoteModified,
    QuoteRefused,
    QuoteSubmitted,
    QuoteWithdrawn,
    StopDetailed,
    SubjectForgotten,
    TripEvent,
    TripExpired,
    TripProposed,
    TripPublished,
    contract,
)
from infra.consumers.views import OutOfOrder, View
from infra.store.postgres import Pool


@dataclass(frozen=True, slots=True)
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


def key(event: TripEvent) -> tuple[str]:
    return (event.trip_id,)


def project(row: Trip | None, event: TripEvent) -> Trip:
    if isinstance(event, TripPublished):
        return _published(event)
    if row is None:
        raise OutOfOrder(event)
    match event:
        case QuoteSubmitted():
            return replace(row, waiting=(*_others(row, event.driver_id), event.driver_id))
        case QuoteWithdrawn() | QuoteRefused() | QuoteAccepted() | QuoteExpired():
            return replace(row, waiting=_others(row, event.driver_id))
        case QuoteModified() | CounterOffered() | CounterAccepted() | CounterDeclined():
            return row
        case MissionAssigned():
            return replace(row, status="assigned", driver_id=event.driver_id)
        case DeliveryConfirmed():
            return replace(row, status="delivered")
        case TripExpired():
            return replace(row, status="expired")
        case ExtraCostRequested() | ExtraCostAccepted() | ExtraCostRefused():
            return row
        case AttachmentAdded() | AttachmentRemoved():
            return row
        case TripProposed() | StopDetailed() | ClientNamed() | SubjectForgotten():
            return row
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
    row=Trip,
    primary_key=("trip_id",),
    key=key,
    project=project,
    indexes=(
        "(organisation_id, from_day, trip_id) where status = 'open' and cardinality(waiting) > 0",
    ),
)

# --- Queries ----------------------------------------------------------------

_COLUMNS = sql.SQL(", ").join(map(sql.Identifier, view.columns))


async def to_process(
    pool: Pool, organisation_id: str, after: tuple[date, str] | None, limit: int
) -> list[Trip]:
    """Open trips with quotes that wait for an answer, the first to start first."""
    query = sql.SQL(
        "select {columns} from backoffice.trips"
        " where organisation_id = %s and status = 'open' and cardinality(waiting) > 0"
        " and (from_day, trip_id) > (%s, %s) order by from_day, trip_id limit %s"
    ).format(columns=_COLUMNS)
    day, id = after or (date.min, "")
    async with pool.connection() as connection:
        cursor = connection.cursor(row_factory=view.row_factory)
        await cursor.execute(query, (organisation_id, day, id, limit))
        return await cursor.fetchall()


async def one(pool: Pool, organisation_id: str, trip_id: str) -> Trip | None:
    """One trip of the organisation, whatever its status."""
    query = sql.SQL(
        "select {columns} from backoffice.trips where organisation_id = %s and trip_id = %s"
    ).format(columns=_COLUMNS)
    async with pool.connection() as connection:
        cursor = connection.cursor(row_factory=view.row_factory)
        await cursor.execute(query, (organisation_id, trip_id))
        return await cursor.fetchone()
