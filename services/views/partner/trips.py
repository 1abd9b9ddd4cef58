"""Which trips can I take, which missions are mine? One row a trip."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Annotated, assert_never

from psycopg.rows import class_row

from contracts.missions.trip_v1 import (
    AttachmentAdded,
    AttachmentRemoved,
    DeliveryConfirmed,
    ExpenseKind,
    ExtraCostAccepted,
    ExtraCostRefused,
    ExtraCostRequested,
    MissionAssigned,
    QuoteExpired,
    QuoteSubmitted,
    QuoteWithdrawn,
    TripExpired,
    TripProposed,
    TripPublished,
    contract,
)
from infra.consumers.rows import replace
from infra.consumers.views import OutOfOrder, View
from infra.database import Pool
from infra.http.answers import FORMER, Answer, MoneyShown
from infra.http.models import Day, Named
from infra.reading import Asked, KeyPart, Order, Rows, Table
from infra.searching import Words, words

Reads = (
    TripPublished
    | QuoteSubmitted
    | QuoteWithdrawn
    | QuoteExpired
    | MissionAssigned
    | DeliveryConfirmed
    | TripExpired
    | ExtraCostRequested
    | ExtraCostAccepted
    | ExtraCostRefused
    | AttachmentAdded
    | AttachmentRemoved
    | TripProposed
)


@dataclass(frozen=True, slots=True)
class Expense:
    """The part of a price that is for a kind of expense; the rest is the service."""

    kind: str
    amount_minor: int


@dataclass(frozen=True, slots=True)
class ExtraCost:
    """Asked for; once accepted, `granted_minor` may be declared."""

    request_id: str
    kind: str
    amount_minor: int
    currency: str
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
    search: Words
    needs: str = ""
    """The qualifications it asks for, each named as in `missing`, with a space between them."""
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


def key(event: Reads) -> tuple[str]:
    return (event.trip_id,)


def project(row: Trip | None, event: Reads) -> Trip:
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
        case unhandled:
            assert_never(unhandled)


def _extra_cost(
    row: Trip, event: ExtraCostRequested | ExtraCostAccepted | ExtraCostRefused
) -> Trip:
    known = {one.request_id: one for one in row.extras}
    id = event.request_id
    match event:
        case ExtraCostRequested():
            asked = event.amount
            known[id] = ExtraCost(id, event.kind.name.lower(), asked.amount_minor, asked.currency)
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
        search=words(
            event.departure.city,
            event.departure.postal_code,
            event.arrival.city,
            event.arrival.postal_code,
            event.trip_id,
            event.client_brand,
        ),
        needs=" ".join(_needs(event)),
    )


def _needs(event: TripPublished) -> Iterator[str]:
    if event.client_process:
        yield f"client_process:{event.client_process}"
    yield from (f"additional_service:{code}" for code in event.additional_services)


_NEEDS = "needs <> ''"
"""Whether a trip is for drivers with a qualification at all."""

view = View(
    name="trips",
    contract=contract,
    reads=Reads,
    row=Trip,
    primary_key=("trip_id",),
    key=key,
    project=project,
    indexes=(
        "(organisation_id, published_at desc, trip_id desc) where status = 'open'",
        f"(organisation_id, published_at desc, trip_id desc) where status = 'open' and {_NEEDS}",
        # `wanted` goes through it from one set of needs to the next, without a look at the rows.
        f"(organisation_id, needs, from_day, until_day) where status = 'open' and {_NEEDS}",
        "(driver_id, assigned_at desc, trip_id desc) where driver_id is not null",
        "(departure_latitude, departure_longitude) where status = 'open'",
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
    needed = trip.needs.split()
    return tuple(skill for skill in needed if skills.get(skill, date.min) < trip.from_day)


@dataclass(frozen=True, slots=True)
class Viewer:
    """The driver who looks at trips of their organisation, gated by `skills` on their first day.

    A skill is named as in `missing`, with its last day.
    """

    organisation_id: str
    driver_id: str
    skills: Mapping[str, date]
    today: date


_NEEDED = "string_to_table(needs, ' ') as needed(skill)"
_HELD = """
exists (select from unnest(%(skills)s::text[], %(last_days)s::date[]) as held(skill, last_day)
         where held.skill = needed.skill and held.last_day >= from_day)
"""
# As `missing`, the other way round.
_GATE = f"not exists (select from {_NEEDED} where not {_HELD})"

trips = Table(view, "trips")
NEWEST = trips.order("newest", "published_at", "trip_id", descending=True)


def open_to(viewer: Viewer) -> Rows[Trip]:
    """Open trips whose gate is passed (HIF-06)."""
    return _open(viewer).where(_GATE, **_skills(viewer))


def behind_a_qualification(viewer: Viewer) -> Rows[Trip]:
    """Open trips that the driver lacks a qualification for (HIF-07, G-19)."""
    return _open(viewer).where(_NEEDS).where(f"not {_GATE}", **_skills(viewer))


MOST_COUNTED = 1_000
"""So many open trips are counted for each skill."""


def wanted(viewer: Viewer, most_counted: int = MOST_COUNTED) -> Asked["WantedSkill"]:
    """The skills that the viewer lacks for open trips, the most wanted first (HIF-37).

    Of the trips that ask for one, so many and the next are looked at: the cost follows the number
    of skills, not that of trips.
    """
    rows = _open(viewer).where(_NEEDS)
    query = _WANTED.format(open=" and ".join(rows.conditions))

    async def read(pool: Pool, after: Sequence[KeyPart] | None, limit: int) -> list[WantedSkill]:
        number, skill = after or (most_counted, "")
        values = {
            **rows.values,
            **_skills(viewer),
            "most_counted": most_counted,
            "after_number": number,
            "after_skill": skill,
            "most": limit,
        }
        async with pool.connection() as connection:
            cursor = connection.cursor(row_factory=class_row(WantedSkill))
            return await (await cursor.execute(query.encode(), values)).fetchall()

    return Asked(read)


# What trips ask for together, from one to the next; then trips of these, until there are enough.
_WANTED = """
with recursive together (needs) as (
  (select needs from trips where {open} order by needs limit 1)
  union all
  select following.needs from together, lateral (
    select needs from trips where {open} and trips.needs > together.needs order by needs limit 1
  ) following
),
asked (skill) as (select distinct string_to_table(needs, ' ') from together),
counted as materialized (
  select skill, (
    select count(*) from (
      select from together, lateral (
        select from trips where {open} and trips.needs = together.needs
           and trips.from_day > coalesce(held.last_day, '-infinity')
         limit %(most_counted)s + 1
      ) one
       where skill = any(string_to_array(together.needs, ' ')) limit %(most_counted)s + 1
    ) enough
  ) as found
  from asked left join unnest(%(skills)s::text[], %(last_days)s::date[]) as held(skill, last_day)
    using (skill)
)
select skill, least(found, %(most_counted)s) as open_trips, found > %(most_counted)s as more
  from counted where found > 0
   and (-least(found, %(most_counted)s), skill) > (-%(after_number)s::bigint, %(after_skill)s)
 order by open_trips desc, skill limit %(most)s
"""


def _open(viewer: Viewer) -> Rows[Trip]:
    return trips.of(viewer.organisation_id).where(
        "status = 'open' and until_day >= %(today)s", today=viewer.today
    )


def _skills(viewer: Viewer) -> dict[str, object]:
    return {"skills": list(viewer.skills.keys()), "last_days": list(viewer.skills.values())}


@dataclass(frozen=True, slots=True)
class WantedSkill:
    """A skill that open trips ask for, named as in `missing`, and how many of them do: `more` than
    that where so many were counted and there is another one."""

    skill: str
    open_trips: int
    more: bool


MOST_WANTED: Order[WantedSkill] = Order("most-wanted", ("open_trips", "skill"), (int, str))

# --- Parts of answers -------------------------------------------------------


class TownShown(Answer):
    """Where a vehicle leaves from or goes to."""

    city: str
    postal_code: str


class SlotShown(Answer):
    """A day of the window; fixed when the client imposes exactly this day."""

    date: Day
    fixed: bool


class VehicleShown(Answer):
    make: str
    model: str


class ExpenseShown(Answer):
    """The part of a price that is for a kind of expense."""

    kind: Annotated[ExpenseKind, Named()]
    amount: MoneyShown
    amount_minor: Annotated[int, FORMER]


def expenses_shown(found: Iterable[Expense], currency: str) -> tuple[ExpenseShown, ...]:
    """The parts of a price in this currency."""
    return tuple(
        ExpenseShown(
            kind=ExpenseKind[one.kind.upper()],
            amount=MoneyShown(amount_minor=one.amount_minor, currency=currency),
            amount_minor=one.amount_minor,
        )
        for one in found
    )


def departure(row: Trip) -> TownShown:
    return TownShown(city=row.departure_city, postal_code=row.departure_postal_code)


def arrival(row: Trip) -> TownShown:
    return TownShown(city=row.arrival_city, postal_code=row.arrival_postal_code)


def first_day(row: Trip) -> SlotShown:
    return SlotShown(date=row.from_day, fixed=row.from_fixed)


def last_day(row: Trip) -> SlotShown:
    return SlotShown(date=row.until_day, fixed=row.until_fixed)


def vehicle(row: Trip) -> VehicleShown:
    return VehicleShown(make=row.make, model=row.model)
