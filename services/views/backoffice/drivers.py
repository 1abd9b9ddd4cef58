"""Who is available, and what for? One row a driver."""

from dataclasses import dataclass, replace
from datetime import date
from typing import assert_never

from psycopg import sql

from contracts.missions.driver_v1 import (
    AvailabilityDeclared,
    AvailabilityWithdrawn,
    DriverEngaged,
    DriverEvent,
    DriverRegistered,
    DriverReinstated,
    DriverReleased,
    DriverSuspended,
    HomeChanged,
    PhoneChanged,
    QualificationObtained,
    SubjectForgotten,
    TrainingStarted,
    contract,
)
from infra.consumers.views import OutOfOrder, View
from infra.store.postgres import Pool


@dataclass(frozen=True, slots=True)
class Qualification:
    """Held through `valid_until` when there is one."""

    kind: str
    code: str
    valid_until: date | None


@dataclass(frozen=True, slots=True)
class Availability:
    """Both days included."""

    availability_id: str
    from_day: date
    until_day: date


@dataclass(frozen=True, slots=True)
class Engagement:
    """A mission that is not delivered, both days included."""

    trip_id: str
    from_day: date
    until_day: date


@dataclass(frozen=True, slots=True)
class Driver:
    """Text is empty once the driver was forgotten."""

    driver_id: str
    organisation_id: str
    name: str
    phone: str
    city: str = ""
    qualifications: tuple[Qualification, ...] = ()
    availabilities: tuple[Availability, ...] = ()
    engagements: tuple[Engagement, ...] = ()
    suspended: bool = False
    forgotten: bool = False


def key(event: DriverEvent) -> tuple[str]:
    return (event.driver_id,)


def project(row: Driver | None, event: DriverEvent) -> Driver:
    if isinstance(event, DriverRegistered):
        return Driver(event.driver_id, event.organisation_id, event.name, event.phone or "")
    if row is None:
        raise OutOfOrder(event)
    match event:
        case HomeChanged():
            return replace(row, city=event.city)
        case PhoneChanged():
            return replace(row, phone=event.phone)
        case TrainingStarted():
            return row
        case QualificationObtained():
            return _qualified(row, event)
        case AvailabilityDeclared():
            declared = Availability(event.availability_id, event.from_day, event.until_day)
            ordered = sorted((*_free(row, event.availability_id), declared), key=_first_day)
            return replace(row, availabilities=tuple(ordered))
        case AvailabilityWithdrawn():
            return replace(row, availabilities=_free(row, event.availability_id))
        case DriverEngaged():
            engaged = Engagement(event.trip_id, event.from_day, event.until_day)
            return replace(row, engagements=(*_busy(row, event.trip_id), engaged))
        case DriverReleased():
            return replace(row, engagements=_busy(row, event.trip_id))
        case DriverSuspended() | DriverReinstated():
            return replace(row, suspended=isinstance(event, DriverSuspended))
        case SubjectForgotten():
            return replace(row, name="", phone="", city="", availabilities=(), forgotten=True)
        case unhandled:
            assert_never(unhandled)


def _qualified(row: Driver, event: QualificationObtained) -> Driver:
    kind = event.kind.name.lower()
    others = tuple(q for q in row.qualifications if (q.kind, q.code) != (kind, event.code))
    obtained = Qualification(kind, event.code, event.valid_until)
    return replace(row, qualifications=(*others, obtained))


def _free(row: Driver, but: str) -> tuple[Availability, ...]:
    return tuple(a for a in row.availabilities if a.availability_id != but)


def _busy(row: Driver, but: str) -> tuple[Engagement, ...]:
    return tuple(e for e in row.engagements if e.trip_id != but)


def _first_day(availability: Availability) -> date:
    return availability.from_day


view = View(
    name="drivers",
    contract=contract,
    row=Driver,
    primary_key=("driver_id",),
    key=key,
    project=project,
    indexes=("(organisation_id, driver_id)",),
)

# --- Queries ----------------------------------------------------------------

_COLUMNS = sql.SQL(", ").join(map(sql.Identifier, view.columns))
_AVAILABLE = """
select {columns} from backoffice.drivers d
 where organisation_id = %(organisation)s and driver_id > %(after)s and not (forgotten or suspended)
   and (select range_agg(daterange(a.from_day, a.until_day, '[]'))
          from jsonb_to_recordset(d.availabilities) as a(from_day date, until_day date)
       ) @> daterange(%(from)s, %(until)s, '[]')
   and not exists (
     select from jsonb_to_recordset(d.engagements) as e(from_day date, until_day date)
      where e.from_day <= %(until)s and e.until_day >= %(from)s)
 order by driver_id limit %(limit)s
"""


async def available(
    pool: Pool, organisation_id: str, from_day: date, until_day: date, after: str, limit: int
) -> list[Driver]:
    """Drivers who declared the whole stretch and whom no mission occupies (HIF-32), by id."""
    arguments = {
        "organisation": organisation_id,
        "from": from_day,
        "until": until_day,
        "after": after,
        "limit": limit,
    }
    async with pool.connection() as connection:
        cursor = connection.cursor(row_factory=view.row_factory)
        await cursor.execute(sql.SQL(_AVAILABLE).format(columns=_COLUMNS), arguments)
        return await cursor.fetchall()
