"""A driver, what they may do and when they are free: one row a driver."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Annotated, assert_never

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
    Period,
    PhoneChanged,
    QualificationKind,
    QualificationObtained,
    SubjectForgotten,
    TrainingStarted,
    contract,
)
from infra.consumers.rows import replace
from infra.consumers.views import OutOfOrder, View
from infra.http.answers import FORMER, Answer, PointShown
from infra.http.models import Coded, Day, Instant, Named
from infra.http.problems import Problem
from infra.http.request_context import RequestContext
from infra.reading import Table


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
    def location(self) -> PointShown | None:
        """Home on the map; None where it is not known."""
        if self.latitude is None or self.longitude is None:
            return None
        return PointShown(latitude=self.latitude, longitude=self.longitude)

    @property
    def skills(self) -> Mapping[str, date]:
        """The last day of each qualification, by `<kind>:<code>`."""
        return {f"{q.kind}:{q.code}": q.valid_until or date.max for q in self.qualifications}


def key(event: DriverEvent) -> tuple[str]:
    return (event.driver_id,)


def project(row: Driver | None, event: DriverEvent) -> Driver:
    if isinstance(event, DriverRegistered):
        return Driver(
            driver_id=event.driver_id,
            organisation_id=event.organisation_id,
            name=event.name,
            phone=event.phone or "",
            registered_at=event.registered_at,
        )
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
    reads=DriverEvent,
    row=Driver,
    primary_key=("driver_id",),
    key=key,
    project=project,
    indexes=("(organisation_id, driver_id)",),
)

drivers = Table(view, "drivers")


async def own_row(context: RequestContext) -> Driver:
    """The row of the driver who asks. Raises the 404 `Problem` without one."""
    who = context.principal
    found = await drivers.of(who.organisation_id, driver_id=who.subject).one(context.pool)
    if found is None:
        raise Problem(404, "no-such-driver")
    return found


# --- Answers ----------------------------------------------------------------

Kind = Annotated[QualificationKind, Named()]


class QualificationShown(Answer):
    """Held from the day it was obtained, through `valid_until` when there is one."""

    kind: Kind
    code: Annotated[str, Coded("AdditionalService")]
    valid_until: Day | None
    obtained_at: Instant


class TrainingShown(Answer):
    """Begun and not completed yet."""

    kind: Kind
    code: Annotated[str, Coded("AdditionalService")]
    started_at: Instant


class AvailabilityShown(Answer):
    """Days that the driver declared, both included."""

    availability_id: str
    period: Annotated[Period, Named()]
    from_day: Day
    until_day: Day
    reason: str | None


class EngagementShown(Answer):
    """A mission that is not delivered, both days included."""

    trip_id: str
    from_day: Day
    until_day: Day


class DriverShown(Answer):
    """A driver; the texts are empty and the home unknown once they were forgotten."""

    driver_id: str
    organisation_id: str
    name: str
    phone: str
    registered_at: Instant
    street: str
    postal_code: str
    city: str
    location: PointShown | None
    latitude: Annotated[float | None, FORMER]
    longitude: Annotated[float | None, FORMER]
    qualifications: tuple[QualificationShown, ...]
    trainings: tuple[TrainingShown, ...]
    availabilities: tuple[AvailabilityShown, ...]
    engagements: tuple[EngagementShown, ...]
    suspended: bool
    forgotten: bool
