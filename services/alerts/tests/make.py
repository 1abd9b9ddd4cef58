"""Valid facts with sensible defaults; a test names only what it is about."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

from contracts.alerts.searches_v1 import SearchRemoved, SearchSaved
from contracts.common_v1 import Point
from contracts.missions.driver_v1 import (
    DriverRegistered,
    HomeChanged,
    QualificationKind,
    QualificationObtained,
)
from contracts.missions.trip_v1 import Slot, Stop, TripPublished, Vehicle
from services.alerts.alert import Alert, Match
from services.alerts.reactions import from_missions_trip

NOON = datetime(2030, 5, 1, 12, 0, tzinfo=UTC)
LATER = NOON + timedelta(hours=1)
TODAY = date(2030, 5, 1)
DAY = timedelta(days=1)
FROM = date(2030, 5, 6)
UNTIL = date(2030, 5, 10)
PARIS = Point(latitude=48.84, longitude=2.38)
LILLE = Stop(city="Lille", postal_code="59000", point=Point(latitude=50.63, longitude=3.06))
ORLEANS = Stop(city="Orléans", postal_code="45000", point=Point(latitude=47.90, longitude=1.91))
"""Some 110 km from Paris."""


def saved(
    search: str = "s-1",
    driver: str = "ada",
    organisation: str = "hiflow",
    *,
    text: str | None = None,
    within_km: int | None = None,
    from_day: date | None = None,
    until_day: date | None = None,
    shortest_km: int | None = None,
    longest_km: int | None = None,
) -> SearchSaved:
    return SearchSaved(
        driver_id=driver,
        organisation_id=organisation,
        search_id=search,
        text=text,
        within_km=within_km,
        from_day=from_day,
        until_day=until_day,
        shortest_km=shortest_km,
        longest_km=longest_km,
        saved_at=NOON,
    )


def removed(search: str = "s-1", at: datetime = LATER) -> SearchRemoved:
    return SearchRemoved(driver_id="ada", search_id=search, removed_at=at)


def published(
    trip: str = "t-1",
    organisation: str = "hiflow",
    departure: Stop = ORLEANS,
    process: str | None = None,
    services: tuple[str, ...] = (),
) -> TripPublished:
    return TripPublished(
        trip_id=trip,
        organisation_id=organisation,
        client_brand="Atlas",
        tags=(),
        departure=departure,
        arrival=LILLE,
        from_slot=Slot(FROM, fixed=False),
        until_slot=Slot(UNTIL, fixed=False),
        vehicle=Vehicle(make="Renault", model="Clio"),
        delivery_type="depot",
        distance_km=340,
        duration_minutes=240,
        client_process=process,
        additional_services=services,
        published_at=NOON,
        time_zone=None,
        reference=None,
    )


def registered(driver: str = "ada", organisation: str = "hiflow") -> DriverRegistered:
    return DriverRegistered(
        driver_id=driver,
        organisation_id=organisation,
        name="Ada Lovelace",
        phone=None,
        registered_at=NOON,
    )


def at_home(driver: str = "ada", place: Point | None = PARIS) -> HomeChanged:
    return HomeChanged(
        driver_id=driver,
        street="1 rue de Rivoli",
        postal_code="75001",
        city="Paris",
        location=place,
        changed_at=NOON,
    )


def qualified(code: str = "atlas", until: date | None = None) -> QualificationObtained:
    return QualificationObtained(
        driver_id="ada",
        kind=QualificationKind.CLIENT_PROCESS,
        code=code,
        valid_until=until,
        obtained_at=NOON,
    )


def alert(trip: str = "t-1", *matches: Match) -> Alert:
    """The alert of a published trip, for the drivers of these matches."""
    [command] = from_missions_trip.react(published(trip))
    return replace(command, matches=matches)
