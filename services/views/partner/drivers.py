"""Who am I, what may I do, when am I free? One row a driver."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import assert_never

from psycopg import sql
from psycopg.rows import class_row

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
    """Held from the day it was obtained, through `valid_until` when there is one."""

    kind: str
    code: str
    valid_until: date | None
    obtained_at: datetime


@dataclass(frozen=True, slots=True)
class Training:
    """Begun and not completed yet."""

    kind: str
    code: str
    started_at: datetime


@dataclass(frozen=True, slots=True)
class Availability:
    """Both days included."""

    availability_id: str
    period: str
    from_day: date
    until_day: date
    reason: str | None


@dataclass(frozen=True, slots=True)
class Engagement:
    """An assigned mission that is not delivered, both days included."""

    trip_id: str
    from_day: date
    until_day: date


@dataclass(frozen=True, slots=True)
class Driver:
    """Text is empty and the home unknown once the driver was forgotten."""

    driver_id: str
    organisation_id: str
    name: str
    phone: str
    registered_at: datetime
    street: str = ""
    postal_code: str = ""
    city: str = ""
    latitude: float | None = None
    longitude: float | None = None
    qualifications: tuple[Qualification, ...] = ()
    trainings: tuple[Training, ...] = ()
    availabilities: tuple[Availability, ...] = ()
    engagements: tuple[Engagement, ...] = ()
    suspended: bool = False
    forgotten: bool = False

    @property
    def skills(self) -> Mapping[str, date]:
        """The last day of each qualification, by `<kind>:<code>`."""
        return {f"{q.kind}:{q.code}": q.valid_until or date.max for q in self.qualifications}


def key(event: DriverEvent) -> tuple[str]:
    return (event.driver_id,)


def project(row: Driver | None, event: DriverEvent) -> Driver:
    if isinstance(event, DriverRegistered):
        who = (event.driver_id, event.organisation_id, event.name, event.phone or "")
        return Driver(*who, event.registered_at)
    if row is None:
        raise OutOfOrder(event)
    match event:
        case HomeChanged():
            return replace(
                row,
                street=event.street,
                postal_code=event.postal_code,
                city=event.city,
                latitude=event.location.latitude if event.location else None,
                longitude=event.location.longitude if event.location else None,
            )
        case PhoneChanged():
            return replace(row, phone=event.phone)
        case TrainingStarted():
            begun = Training(event.kind.name.lower(), event.code, event.started_at)
            return replace(row, trainings=(*_others(row, event), begun))
        case QualificationObtained():
            return _qualified(row, event)
        case AvailabilityDeclared():
            return _available(row, event)
        case AvailabilityWithdrawn():
            left = tuple(
                a for a in row.availabilities if a.availability_id != event.availability_id
            )
            return replace(row, availabilities=left)
        case DriverEngaged():
            engaged = Engagement(event.trip_id, event.from_day, event.until_day)
            others = tuple(e for e in row.engagements if e.trip_id != event.trip_id)
            return replace(row, engagements=(*others, engaged))
        case DriverReleased():
            others = tuple(e for e in row.engagements if e.trip_id != event.trip_id)
            return replace(row, engagements=others)
        case DriverSuspended() | DriverReinstated():
            return replace(row, suspended=isinstance(event, DriverSuspended))
        case SubjectForgotten():
            return _forgotten(row)
        case unhandled:
            assert_never(unhandled)


def _others(row: Driver, event: TrainingStarted | QualificationObtained) -> tuple[Training, ...]:
    same = (event.kind.name.lower(), event.code)
    return tuple(t for t in row.trainings if (t.kind, t.code) != same)


def _qualified(row: Driver, event: QualificationObtained) -> Driver:
    kind = event.kind.name.lower()
    others = tuple(q for q in row.qualifications if (q.kind, q.code) != (kind, event.code))
    obtained = Qualification(kind, event.code, event.valid_until, event.obtained_at)
    return replace(row, qualifications=(*others, obtained), trainings=_others(row, event))


def _available(row: Driver, event: AvailabilityDeclared) -> Driver:
    declared = Availability(
        event.availability_id,
        event.period.name.lower(),
        event.from_day,
        event.until_day,
        event.reason,
    )
    others = (a for a in row.availabilities if a.availability_id != event.availability_id)
    ordered = sorted((*others, declared), key=lambda a: a.from_day)
    return replace(row, availabilities=tuple(ordered))


def _forgotten(row: Driver) -> Driver:
    return replace(
        row,
        name="",
        phone="",
        street="",
        postal_code="",
        city="",
        latitude=None,
        longitude=None,
        availabilities=(),
        forgotten=True,
    )


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


async def profile(pool: Pool, organisation_id: str, driver_id: str) -> Driver | None:
    """The driver as the partner account shows them; None in another organisation."""
    async with pool.connection() as connection:
        cursor = connection.cursor(row_factory=view.row_factory)
        await cursor.execute(
            sql.SQL(
                "select {columns} from partner.drivers"
                " where organisation_id = %s and driver_id = %s"
            ).format(columns=_COLUMNS),
            (organisation_id, driver_id),
        )
        return await cursor.fetchone()


async def available(
    pool: Pool, organisation_id: str, from_day: date, until_day: date, after: str, limit: int
) -> list[Driver]:
    """Drivers who declared the whole stretch and whom no mission occupies (HIF-32), by id."""
    async with pool.connection() as connection:
        cursor = connection.cursor(row_factory=view.row_factory)
        await cursor.execute(
            sql.SQL(
                """
                select {columns} from partner.drivers d
                 where organisation_id = %(organisation)s and driver_id > %(after)s
                   and not (forgotten or suspended)
                   and (
                     select range_agg(daterange(a.from_day, a.until_day, '[]'))
                       from jsonb_to_recordset(d.availabilities)
                            as a(from_day date, until_day date)
                   ) @> daterange(%(from)s, %(until)s, '[]')
                   and not exists (
                     select from jsonb_to_recordset(d.engagements)
                            as e(from_day date, until_day date)
                      where e.from_day <= %(until)s and e.until_day >= %(from)s)
                 order by driver_id limit %(limit)s
                """
            ).format(columns=_COLUMNS),
            {
                "organisation": organisation_id,
                "from": from_day,
                "until": until_day,
                "after": after,
                "limit": limit,
            },
        )
        return await cursor.fetchall()


@dataclass(frozen=True, slots=True)
class Trainee:
    """A driver who went to a training and has not completed it."""

    driver_id: str
    name: str
    kind: str
    code: str
    started_at: datetime


async def in_training(
    pool: Pool, organisation_id: str, after: tuple[datetime, str, str] | None, limit: int
) -> list[Trainee]:
    """Trainings that wait to be completed, the first begun first (G-11)."""
    time, who, skill = after or (None, "", "")
    async with pool.connection() as connection:
        cursor = connection.cursor(row_factory=class_row(Trainee))
        await cursor.execute(
            "select driver_id, name, kind, code, started_at from partner.drivers d,"
            " jsonb_to_recordset(d.trainings) as t(kind text, code text, started_at timestamptz)"
            " where organisation_id = %s and not forgotten and (%s::timestamptz is null"
            "   or (started_at, driver_id, kind || ':' || code) > (%s, %s, %s))"
            " order by started_at, driver_id, kind || ':' || code limit %s",
            (organisation_id, time, time, who, skill, limit),
        )
        return await cursor.fetchall()
