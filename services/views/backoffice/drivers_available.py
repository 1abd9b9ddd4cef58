"""Which drivers are available, and what for? One row a driver."""

from dataclasses import dataclass, replace
from datetime import date
from typing import Annotated, assert_never

from contracts.missions.driver_v1 import (
    AvailabilityDeclared,
    AvailabilityWithdrawn,
    DriverEngaged,
    DriverRegistered,
    DriverReinstated,
    DriverReleased,
    DriverSuspended,
    HomeChanged,
    PhoneChanged,
    QualificationKind,
    QualificationObtained,
    SubjectForgotten,
    contract,
)
from infra.consumers.views import OutOfOrder, View
from infra.http.answers import Answer, Answered, Listed, Router
from infra.http.models import Day, Named
from infra.http.pages import Paging
from infra.http.problems import invalid
from infra.http.request_context import RequestContext, requires
from infra.reading import Rows, Table

Reads = (
    DriverRegistered
    | HomeChanged
    | PhoneChanged
    | QualificationObtained
    | AvailabilityDeclared
    | AvailabilityWithdrawn
    | DriverEngaged
    | DriverReleased
    | DriverSuspended
    | DriverReinstated
    | SubjectForgotten
)


@dataclass(frozen=True, slots=True)
class Qualification:
    """Something the driver has shown, held through `valid_until` when there is one."""

    kind: str
    code: str
    valid_until: date | None


@dataclass(frozen=True, slots=True)
class Availability:
    """Days that the driver declared, both included."""

    availability_id: str
    from_day: date
    until_day: date


@dataclass(frozen=True, slots=True)
class Engagement:
    """A mission that is not delivered, both days included."""

    trip_id: str
    from_day: date
    until_day: date


@dataclass(frozen=True, slots=True, kw_only=True)
class Driver:
    """The texts are empty once the driver is forgotten."""

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


def key(event: Reads) -> tuple[str]:
    return (event.driver_id,)


def project(row: Driver | None, event: Reads) -> Driver:
    if isinstance(event, DriverRegistered):
        return Driver(
            driver_id=event.driver_id,
            organisation_id=event.organisation_id,
            name=event.name,
            phone=event.phone or "",
        )
    if row is None:
        raise OutOfOrder(event)
    match event:
        case HomeChanged():
            return replace(row, city=event.city)
        case PhoneChanged():
            return replace(row, phone=event.phone)
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
    reads=Reads,
    row=Driver,
    primary_key=("driver_id",),
    key=key,
    project=project,
    indexes=("(organisation_id, driver_id)",),
)

# --- The question -----------------------------------------------------------

drivers = Table(view, "drivers")
BY_ID = drivers.order("by-id", "driver_id")


def available(organisation_id: str, from_day: date, until_day: date) -> Rows[Driver]:
    """Drivers who declared all of these days, and whom no mission occupies on one of them."""
    return (
        drivers.of(organisation_id)
        .where("not (forgotten or suspended)")
        .where(
            "(select range_agg(daterange(a.from_day, a.until_day, '[]'))"
            " from jsonb_to_recordset(availabilities) as a(from_day date, until_day date))"
            " @> daterange(%(from_day)s, %(until_day)s, '[]')",
            from_day=from_day,
            until_day=until_day,
        )
        .where(
            "not exists ("
            " select from jsonb_to_recordset(engagements) as e(from_day date, until_day date)"
            " where e.from_day <= %(until_day)s and e.until_day >= %(from_day)s)"
        )
    )


class QualificationShown(Answer):
    """Something the driver has shown; without `valid_until` it holds for ever."""

    kind: Annotated[QualificationKind, Named()]
    code: str
    valid_until: date | None


class AvailabilityShown(Answer):
    """Days that the driver declared, both included."""

    availability_id: str
    from_day: date
    until_day: date


class EngagementShown(Answer):
    """A mission that is not delivered, both days included."""

    trip_id: str
    from_day: date
    until_day: date


class AvailableDriver(Answer):
    """A driver who can be given a mission."""

    driver_id: str
    organisation_id: str
    name: str
    phone: str
    city: str
    qualifications: list[QualificationShown]
    availabilities: list[AvailabilityShown]
    engagements: list[EngagementShown]
    suspended: bool
    forgotten: bool


router = Router("Drivers")
Logistics = Annotated[RequestContext, requires("logistics")]


@router.get("/drivers/available")
async def available_drivers(
    context: Logistics, page: Paging, from_day: Day, until_day: Day
) -> Answered[Listed[AvailableDriver]]:
    """Drivers who are available on all these days and not on a mission."""
    if until_day < from_day:
        raise invalid("query:until_day", "not_before")
    found = available(context.principal.organisation_id, from_day, until_day)
    return await page.show(found, BY_ID, AvailableDriver.of)
