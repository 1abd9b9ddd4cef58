"""The drivers, what they may do and when they are free: one row a driver."""

from dataclasses import dataclass, replace
from datetime import date, datetime
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
from infra.http.answers import Answer
from infra.http.models import Named
from infra.reading import Table
from infra.searching import NO_WORDS, Words, filed_under, words

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
    """The texts are empty and the home unknown once the driver is forgotten.

    `filed_under` is the name as it is put in order, `search` the words that find the driver.
    """

    driver_id: str
    organisation_id: str
    name: str
    phone: str
    registered_at: datetime
    filed_under: str
    search: Words
    city: str = ""
    latitude: float | None = None
    longitude: float | None = None
    qualifications: tuple[Qualification, ...] = ()
    availabilities: tuple[Availability, ...] = ()
    engagements: tuple[Engagement, ...] = ()
    suspended: bool = False
    forgotten: bool = False


def key(event: Reads) -> tuple[str]:
    return (event.driver_id,)


def project(row: Driver | None, event: Reads) -> Driver:
    if isinstance(event, DriverRegistered):
        return _registered(event)
    if row is None:
        raise OutOfOrder(event)
    match event:
        case HomeChanged():
            return _moved(row, event)
        case PhoneChanged():
            return _found_by_its_words(replace(row, phone=event.phone))
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
            return _forgotten(row)
        case unhandled:
            assert_never(unhandled)


def _found_by_its_words(row: Driver) -> Driver:
    search = words(row.name, row.phone, row.city)
    return replace(row, filed_under=filed_under(row.name), search=search)


def _registered(event: DriverRegistered) -> Driver:
    registered = Driver(
        driver_id=event.driver_id,
        organisation_id=event.organisation_id,
        name=event.name,
        phone=event.phone or "",
        registered_at=event.registered_at,
        filed_under="",
        search=NO_WORDS,
    )
    return _found_by_its_words(registered)


def _moved(row: Driver, event: HomeChanged) -> Driver:
    moved = replace(
        row,
        city=event.city,
        latitude=event.location.latitude if event.location else None,
        longitude=event.location.longitude if event.location else None,
    )
    return _found_by_its_words(moved)


def _forgotten(row: Driver) -> Driver:
    gone = replace(row, name="", phone="", city="", latitude=None, longitude=None)
    return _found_by_its_words(replace(gone, availabilities=(), forgotten=True))


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
    indexes=(
        "(organisation_id, driver_id)",
        "(organisation_id, filed_under, driver_id)",
        "(organisation_id, registered_at, driver_id)",
    ),
)
drivers = Table(view, "drivers", key="driver_id")
BY_NAME = drivers.order("by-name", "filed_under", "driver_id")

# --- Parts of answers -------------------------------------------------------


class QualificationShown(Answer):
    """Something the driver has shown; without `valid_until` it holds for ever."""

    kind: Annotated[QualificationKind, Named()]
    code: str
    valid_until: date | None


class EngagementShown(Answer):
    """A mission that is not delivered, both days included."""

    trip_id: str
    from_day: date
    until_day: date
