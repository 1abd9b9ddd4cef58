"""Where a driver lives, what they are qualified for, and whether they get work at all."""

from dataclasses import dataclass, replace
from datetime import date
from typing import assert_never

from contracts.missions import driver_v1
from contracts.missions.driver_v1 import (
    DriverRegistered,
    DriverReinstated,
    DriverSuspended,
    HomeChanged,
    QualificationObtained,
    SubjectForgotten,
)
from infra.consumers.views import OutOfOrder, View

Reads = (
    DriverRegistered
    | HomeChanged
    | QualificationObtained
    | DriverSuspended
    | DriverReinstated
    | SubjectForgotten
)


@dataclass(frozen=True, slots=True)
class Skill:
    """`<kind>:<code>` of a qualification, with the last day it holds."""

    skill: str
    last_day: date


@dataclass(frozen=True, slots=True)
class Driver:
    driver_id: str
    organisation_id: str
    latitude: float | None = None
    longitude: float | None = None
    skills: tuple[Skill, ...] = ()
    suspended: bool = False


def key(event: Reads) -> tuple[str]:
    return (event.driver_id,)


def project(row: Driver | None, event: Reads) -> Driver:
    if isinstance(event, DriverRegistered):
        return Driver(event.driver_id, event.organisation_id)
    if row is None:
        raise OutOfOrder(event)
    match event:
        case HomeChanged(location=home):
            latitude, longitude = (home.latitude, home.longitude) if home else (None, None)
            return replace(row, latitude=latitude, longitude=longitude)
        case QualificationObtained():
            obtained = f"{event.kind.name.lower()}:{event.code}"
            others = (held for held in row.skills if held.skill != obtained)
            last_day = event.valid_until or date.max
            return replace(row, skills=(*others, Skill(obtained, last_day)))
        case DriverSuspended() | DriverReinstated():
            return replace(row, suspended=isinstance(event, DriverSuspended))
        case SubjectForgotten():
            return Driver(row.driver_id, row.organisation_id, suspended=True)
        case unhandled:
            assert_never(unhandled)


lookup = View(
    name="drivers",
    contract=driver_v1.contract,
    reads=Reads,
    row=Driver,
    primary_key=("driver_id",),
    key=key,
    project=project,
)
