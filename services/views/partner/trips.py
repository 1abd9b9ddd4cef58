"""Which trips can I take, which missions are mine? One row a trip."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any, assert_never

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
from infra.searching import LATEST, away_km, normalised, pattern
from infra.store.postgres import Pool


@dataclass(frozen=True, slots=True)
class Expense:
    """What of the price of a mission is for a kind of expense (C4)."""

    kind: str
    amount_minor: int


@dataclass(frozen=True, slots=True)
class ExtraCost:
    """Asked for; once accepted, `granted_minor` may be declared (C5)."""

    request_id: str
    kind: str
    amount_minor: int
    status: str = "requested"
    granted_minor: int | None = None


@dataclass(frozen=True, slots=True)
class Trip:
    """`quoting` holds the drivers with a quote that neither was withdrawn nor expired (HIF-15)."""

    trip_id: str
    organisation_id: str
    client_brand: str
    tags: tuple[str, ...]
    departure_city: str
    departure_postal_code: str
    departure_latitude: float
    departure_longitude: float
    arrival_city: str
    arrival_postal_code: str
    from_day: date
    from_fixed: bool
    until_day: date
    until_fixed: bool
    make: str
    model: str
    delivery_type: str
    distance_km: int
    duration_minutes: int
    client_process: str | None
    additional_services: tuple[str, ...]
    published_at: datetime
    status: str
    quoting: tuple[str, ...]
    search: str
    proposed: tuple[str, ...] = ()
    driver_id: str | None = None
    price_minor: int | None = None
    price_currency: str | None = None
    assigned_at: datetime | None = None
    delivered_at: datetime | None = None
    expenses: tuple[Expense, ...] = ()
    extras: tuple[ExtraCost, ...] = ()
    attachments: tuple[str, ...] = ()
    """Files, without their labels, which are personal: the trip itself has them."""


def key(event: TripEvent) -> tuple[str]:
    return (event.trip_id,)


def project(row: Trip | None, event: TripEvent) -> Trip:
    if isinstance(event, TripPublished):
        return _published(event)
    if row is None:
        raise OutOfOrder(event)
    match event:
        case QuoteSubmitted():
            others = tuple(driver for driver in row.quoting if driver != event.driver_id)
            return replace(row, quoting=(*others, event.driver_id))
        case QuoteWithdrawn() | QuoteExpired():
            left = tuple(driver for driver in row.quoting if driver != event.driver_id)
            return replace(row, quoting=left)
        case QuoteModified() | QuoteRefused() | QuoteAccepted():
            return row
        case CounterOffered() | CounterAccepted() | CounterDeclined():
            return row
        case MissionAssigned():
            return replace(
                row,
                status="assigned",
                driver_id=event.driver_id,
                price_minor=event.price.amount_minor if event.price else None,
                price_currency=event.price.currency if event.price else None,
                assigned_at=event.assigned_at,
                expenses=tuple(
                    Expense(one.kind.name.lower(), one.amount.amount_minor)
                    for one in event.expenses
                ),
            )
        case DeliveryConfirmed():
            return replace(row, status="delivered", delivered_at=event.confirmed_at)
        case TripExpired():
            return replace(row, status="expired")
        case ExtraCostRequested() | ExtraCostAccepted() | ExtraCostRefused():
            return _extra_cost(row, event)
        case AttachmentAdded() | AttachmentRemoved():
            left = tuple(file for file in row.attachments if file != event.file_id)
            added = (event.file_id,) if isinstance(event, AttachmentAdded) else ()
            return replace(row, attachments=(*left, *added))
        case TripProposed():
            others = tuple(driver for driver in row.proposed if driver != event.driver_id)
            return replace(row, proposed=(*others, event.driver_id))
        case StopDetailed() | ClientNamed() | SubjectForgotten():
            return row
        case unhandled:
            assert_never(unhandled)


def _extra_cost(
    row: Trip, event: ExtraCostRequested | ExtraCostAccepted | ExtraCostRefused
) -> Trip:
    known = {one.request_id: one for one in row.extras}
    id = event.request_id
    match event:
        case ExtraCostRequested():
            known[id] = ExtraCost(id, event.kind.name.lower(), event.amount.amount_minor)
        case ExtraCostAccepted(amount=granted):
            known[id] = replace(known[id], status="accepted", granted_minor=granted.amount_minor)
        case ExtraCostRefused():
            known[id] = replace(known[id], status="refused")
        case unhandled:
            assert_never(unhandled)
    return replace(row, extras=tuple(known.values()))


def _published(event: TripPublished) -> Trip:
    return Trip(
        trip_id=event.trip_id,
        organisation_id=event.organisation_id,
        client_brand=event.client_brand,
        tags=event.tags,
        departure_city=event.departure.city,
        departure_postal_code=event.departure.postal_code,
        departure_latitude=event.departure.point.latitude,
        departure_longitude=event.departure.point.longitude,
        arrival_city=event.arrival.city,
        arrival_postal_code=event.arrival.postal_code,
        from_day=event.from_slot.date,
        from_fixed=event.from_slot.fixed,
        until_day=event.until_slot.date,
        until_fixed=event.until_slot.fixed,
        make=event.vehicle.make,
        model=event.vehicle.model,
        delivery_type=event.delivery_type,
        distance_km=event.distance_km,
        duration_minutes=event.duration_minutes,
        client_process=event.client_process,
        additional_services=event.additional_services,
        published_at=event.published_at,
        status="open",
        quoting=(),
        search=normalised(
            event.departure.city, event.arrival.city, event.trip_id, event.client_brand
        ),
    )


view = View(
    name="trips",
    contract=contract,
    row=Trip,
    primary_key=("trip_id",),
    key=key,
    project=project,
    indexes=(
        "(organisation_id, published_at desc, trip_id desc) where status = 'open'",
        "(driver_id, assigned_at desc, trip_id desc) where driver_id is not null",
    ),
)

# --- Queries ----------------------------------------------------------------


def bucket(quoting: Sequence[str], viewer: str) -> str:
    """How many other drivers quoted, as coarse as a driver may know it (HIF-15)."""
    others = sum(driver != viewer for driver in quoting)
    if others <= 2:
        return "0-2"
    return "3-5" if others <= 5 else "6+"


def missing(trip: Trip, skills: Mapping[str, date]) -> tuple[str, ...]:
    """The qualifications a driver still needs for a trip: `client_process:<code>` and the like."""
    process = [f"client_process:{trip.client_process}"] if trip.client_process else []
    needed = (*process, *(f"additional_service:{code}" for code in trip.additional_services))
    return tuple(skill for skill in needed if skills.get(skill, date.min) < trip.from_day)


@dataclass(frozen=True, slots=True)
class Viewer:
    """Who looks: only this organisation's trips, gated by `skills` on the first day of each.

    A skill is named as in `missing`, with its last day.
    """

    organisation_id: str
    driver_id: str
    skills: Mapping[str, date]
    today: date


_OPEN = """
organisation_id = %(organisation)s and status = 'open' and until_day >= %(today)s
and search like %(pattern)s
"""
_NEEDED = """
(select 'client_process:' || client_process where client_process is not null
 union all select 'additional_service:' || s from unnest(additional_services) s) as needed(skill)
"""
_HELD = """
exists (select from unnest(%(skills)s::text[], %(last_days)s::date[]) as held(skill, last_day)
         where held.skill = needed.skill and held.last_day >= from_day)
"""
# As `missing`, the other way round.
_GATE = f"not exists (select from {_NEEDED} where not {_HELD})"
_NEWEST = "(published_at, trip_id) < (%(after_time)s, %(after_id)s)"
# From the viewer's home to the departure.
_AWAY = away_km("departure_latitude", "departure_longitude", "%(latitude)s", "%(longitude)s")
_COLUMNS = sql.SQL(", ").join(map(sql.Identifier, view.columns))

TimeCursor = tuple[datetime, str]
_START: TimeCursor = (LATEST, "")


async def near_home(
    pool: Pool,
    viewer: Viewer,
    home: tuple[float, float],
    radius_km: float,
    text: str,
    after: tuple[float, str] | None,
    limit: int,
) -> list[tuple[float, Trip]]:
    """Open trips whose gate is passed, departing within the radius, nearest first (HIF-05)."""
    away, id = after or (-1.0, "")
    query = sql.SQL(
        "select away, {columns} from (select {away} as away, t.* from partner.trips t"
        " where {open} and {gate}) near where away <= %(radius)s"
        " and (away, trip_id) > (%(away)s, %(id)s) order by away, trip_id limit %(limit)s"
    ).format(columns=_COLUMNS, away=sql.SQL(_AWAY), open=sql.SQL(_OPEN), gate=sql.SQL(_GATE))
    arguments = _arguments(viewer, text, limit) | {
        "latitude": home[0],
        "longitude": home[1],
        "radius": radius_km,
        "away": away,
        "id": id,
    }
    async with pool.connection() as connection:
        cursor = await connection.execute(query, arguments)
        make = view.row_factory(connection.cursor())
        return [(row[0], make(row[1:])) for row in await cursor.fetchall()]


async def everywhere(
    pool: Pool, viewer: Viewer, text: str, after: TimeCursor | None, limit: int
) -> list[Trip]:
    """Every open trip whose gate is passed, newest first (HIF-06, G-19)."""
    return await _newest(pool, _GATE, viewer, text, after, limit)


async def behind_a_qualification(
    pool: Pool, viewer: Viewer, text: str, after: TimeCursor | None, limit: int
) -> list[Trip]:
    """Open trips the driver lacks a qualification for, newest first (HIF-07, G-19)."""
    return await _newest(pool, f"not {_GATE}", viewer, text, after, limit)


async def _newest(
    pool: Pool, gate: str, viewer: Viewer, text: str, after: TimeCursor | None, limit: int
) -> list[Trip]:
    query = sql.SQL(
        "select {columns} from partner.trips where {open} and {gate} and {newest}"
        " order by published_at desc, trip_id desc limit %(limit)s"
    ).format(
        columns=_COLUMNS,
        open=sql.SQL(_OPEN),
        gate=sql.SQL(gate),
        newest=sql.SQL(_NEWEST),
    )
    time, id = after or _START
    arguments = _arguments(viewer, text, limit) | {"after_time": time, "after_id": id}
    return await _fetch(pool, query, arguments)


async def offered(pool: Pool, viewer: Viewer) -> list[tuple[str, int]]:
    """The skills the viewer lacks for open trips, and for how many; the most wanted first."""
    query = (
        f"select skill, count(*) from partner.trips, lateral {_NEEDED}"
        f" where {_OPEN} and not {_HELD} group by skill order by 2 desc, skill"
    )
    async with pool.connection() as connection:
        cursor = await connection.execute(query.encode(), _arguments(viewer, "", 0))
        return [(skill, trips) for skill, trips in await cursor.fetchall()]


async def missions_of(
    pool: Pool,
    organisation_id: str,
    driver_id: str,
    text: str,
    after: TimeCursor | None,
    limit: int,
) -> list[Trip]:
    """The driver's missions, past ones too, latest assigned first (HIF-22)."""
    time, id = after or _START
    query = sql.SQL(
        "select {columns} from partner.trips where organisation_id = %(organisation)s"
        " and driver_id = %(driver)s and search like %(pattern)s"
        " and (assigned_at, trip_id) < (%(time)s, %(id)s)"
        " order by assigned_at desc, trip_id desc limit %(limit)s"
    ).format(columns=_COLUMNS)
    arguments = {
        "organisation": organisation_id,
        "driver": driver_id,
        "pattern": pattern(text),
        "time": time,
        "id": id,
        "limit": limit,
    }
    return await _fetch(pool, query, arguments)


async def one(pool: Pool, organisation_id: str, trip_id: str) -> Trip | None:
    """One trip of the organisation, whatever its status."""
    query = sql.SQL(
        "select {columns} from partner.trips"
        " where organisation_id = %(organisation)s and trip_id = %(trip)s"
    ).format(columns=_COLUMNS)
    found = await _fetch(pool, query, {"organisation": organisation_id, "trip": trip_id})
    return found[0] if found else None


async def _fetch(pool: Pool, query: sql.Composed, arguments: dict[str, Any]) -> list[Trip]:
    async with pool.connection() as connection:
        cursor = connection.cursor(row_factory=view.row_factory)
        await cursor.execute(query, arguments)
        return await cursor.fetchall()


def _arguments(viewer: Viewer, text: str, limit: int) -> dict[str, Any]:
    return {
        "organisation": viewer.organisation_id,
        "today": viewer.today,
        "pattern": pattern(text),
        "skills": list(viewer.skills.keys()),
        "last_days": list(viewer.skills.values()),
        "limit": limit,
    }
