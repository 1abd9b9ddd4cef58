"""What a new trip is compared with: searches, and who looks from where; and what came of it."""

from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any, assert_never

from psycopg import sql

from contracts.alerts import alert_v1, searches_v1
from contracts.alerts.alert_v1 import DriverAlerted
from contracts.alerts.searches_v1 import SearchesEvent, SearchRemoved, SearchSaved
from contracts.missions import driver_v1
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
)
from infra.consumers.views import OutOfOrder, View
from infra.http.pages import Order
from infra.searching import pattern
from infra.store.postgres import Pool

LATEST = Order("latest", (datetime, str))


@dataclass(frozen=True, slots=True)
class Search:
    """`pattern` finds its text in a normalised line; None is as good as anything."""

    driver_id: str
    search_id: str
    organisation_id: str
    pattern: str
    within_km: int | None
    from_day: date | None
    until_day: date | None
    shortest_km: int | None
    longest_km: int | None


def key_of_search(event: SearchesEvent) -> tuple[str, str] | None:
    """A removal for each search comes before their owner is forgotten."""
    if isinstance(event, searches_v1.SubjectForgotten):
        return None
    return (event.driver_id, event.search_id)


def project_search(_: Search | None, event: SearchesEvent) -> Search | None:
    match event:
        case SearchSaved():
            return Search(
                driver_id=event.driver_id,
                search_id=event.search_id,
                organisation_id=event.organisation_id,
                pattern=pattern(event.text or ""),
                within_km=event.within_km,
                from_day=event.from_day,
                until_day=event.until_day,
                shortest_km=event.shortest_km,
                longest_km=event.longest_km,
            )
        case SearchRemoved() | searches_v1.SubjectForgotten():
            return None
        case unhandled:
            assert_never(unhandled)


searches = View(
    name="searches",
    contract=searches_v1.contract,
    row=Search,
    primary_key=("driver_id", "search_id"),
    key=key_of_search,
    project=project_search,
    indexes=("(organisation_id)",),
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


def key_of_driver(event: DriverEvent) -> tuple[str]:
    return (event.driver_id,)


def project_driver(row: Driver | None, event: DriverEvent) -> Driver:
    if isinstance(event, DriverRegistered):
        return Driver(event.driver_id, event.organisation_id)
    if row is None:
        raise OutOfOrder(event)
    match event:
        case HomeChanged(location=home):
            place = (home.latitude, home.longitude) if home else (None, None)
            return replace(row, latitude=place[0], longitude=place[1])
        case QualificationObtained():
            obtained = f"{event.kind.name.lower()}:{event.code}"
            others = (held for held in row.skills if held.skill != obtained)
            last_day = event.valid_until or date.max
            return replace(row, skills=(*others, Skill(obtained, last_day)))
        case DriverSuspended() | DriverReinstated():
            return replace(row, suspended=isinstance(event, DriverSuspended))
        case SubjectForgotten():
            return Driver(row.driver_id, row.organisation_id, suspended=True)
        case PhoneChanged() | TrainingStarted():
            return row
        case AvailabilityDeclared() | AvailabilityWithdrawn():
            return row
        case DriverEngaged() | DriverReleased():
            return row
        case unhandled:
            assert_never(unhandled)


drivers = View(
    name="drivers",
    contract=driver_v1.contract,
    row=Driver,
    primary_key=("driver_id",),
    key=key_of_driver,
    project=project_driver,
)


def key_of_alert(event: DriverAlerted) -> tuple[str, str]:
    return (event.trip_id, event.driver_id)


def project_alert(_: DriverAlerted | None, event: DriverAlerted) -> DriverAlerted:
    """The event says all that a driver reads."""
    return event


alerts = View(
    name="alerts",
    contract=alert_v1.contract,
    row=DriverAlerted,
    primary_key=("trip_id", "driver_id"),
    key=key_of_alert,
    project=project_alert,
    indexes=("(organisation_id, driver_id, alerted_at desc, trip_id desc)",),
)

# --- Queries ----------------------------------------------------------------

_COLUMNS = sql.SQL(", ").join(map(sql.Identifier, alerts.columns))


async def alerts_of(
    pool: Pool, organisation_id: str, driver_id: str, after: tuple[Any, ...] | None, limit: int
) -> list[DriverAlerted]:
    """What was pointed out to a driver, latest first, from a place in that order on."""
    beyond = sql.SQL("and (alerted_at, trip_id) < (%(at)s, %(id)s)" if after else "")
    at, id = after or (None, None)
    async with pool.connection() as connection:
        cursor = connection.cursor(row_factory=alerts.row_factory)
        await cursor.execute(
            sql.SQL(
                "select {columns} from alerts.alerts where organisation_id = %(organisation)s"
                " and driver_id = %(driver)s {beyond}"
                " order by alerted_at desc, trip_id desc limit %(limit)s"
            ).format(columns=_COLUMNS, beyond=beyond),
            {
                "organisation": organisation_id,
                "driver": driver_id,
                "at": at,
                "id": id,
                "limit": limit,
            },
        )
        return await cursor.fetchall()
