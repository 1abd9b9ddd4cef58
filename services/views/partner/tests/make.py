"""Valid events with sensible defaults; a test names only what it is about."""

from datetime import UTC, date, datetime, timedelta

from contracts.common_v1 import Money, Point
from contracts.missions.driver_v1 import (
    AvailabilityDeclared,
    DriverEngaged,
    DriverRegistered,
    HomeChanged,
    Period,
    QualificationKind,
    QualificationObtained,
    TrainingStarted,
)
from contracts.missions.trip_v1 import (
    Channel,
    DeliveryConfirmed,
    MissionAssigned,
    QuoteAccepted,
    QuoteModified,
    QuoteRefused,
    QuoteSubmitted,
    QuoteWithdrawn,
    Slot,
    Stop,
    TripExpired,
    TripPublished,
    Vehicle,
)

NOON = datetime(2030, 5, 1, 12, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)
LATER = NOON + HOUR
TODAY = date(2030, 5, 1)
FROM = date(2030, 5, 6)
UNTIL = date(2030, 5, 10)
DAY = timedelta(days=1)

PARIS = Stop("Paris", "75012", Point(48.84, 2.38))
VERSAILLES = Stop("Versailles", "78000", Point(48.80, 2.13))
LYON = Stop("Lyon", "69003", Point(45.76, 4.86))
HOME = (48.85, 2.35)
"""In Paris."""


# --- Trip -------------------------------------------------------------------


def published(
    trip: str = "t-1",
    departure: Stop = PARIS,
    brand: str = "Atlas",
    process: str | None = None,
    services: tuple[str, ...] = (),
    organisation: str = "hiflow",
    until_day: date = UNTIL,
    at: datetime = NOON,
) -> TripPublished:
    return TripPublished(
        trip_id=trip,
        organisation_id=organisation,
        client_brand=brand,
        tags=("trade_plate_required",),
        departure=departure,
        arrival=LYON,
        from_slot=Slot(FROM, fixed=True),
        until_slot=Slot(until_day, fixed=False),
        vehicle=Vehicle("Renault", "Clio"),
        delivery_type="depot",
        distance_km=465,
        duration_minutes=290,
        client_process=process,
        additional_services=services,
        published_at=at,
        time_zone="Europe/Paris",
    )


def submitted(
    driver: str = "ada", amount: int = 12_500, trip: str = "t-1", at: datetime = NOON
) -> QuoteSubmitted:
    return QuoteSubmitted(trip, driver, Money(amount, "EUR"), "soon", FROM, None, at, (), None)


def modified(driver: str = "ada", amount: int = 11_000) -> QuoteModified:
    return QuoteModified("t-1", driver, Money(amount, "EUR"), None, None, UNTIL, LATER, (), None)


def withdrawn(driver: str = "ada") -> QuoteWithdrawn:
    return QuoteWithdrawn("t-1", driver, LATER)


def refused(driver: str = "ada", reason: str = "too dear") -> QuoteRefused:
    return QuoteRefused("t-1", driver, reason, None, LATER)


def accepted(driver: str = "ada") -> QuoteAccepted:
    return QuoteAccepted("t-1", driver, LATER)


def assigned(
    driver: str = "ada", trip: str = "t-1", price: int | None = 12_500, at: datetime = LATER
) -> MissionAssigned:
    money = Money(price, "EUR") if price else None
    return MissionAssigned(trip, driver, money, False, FROM, UNTIL, at, ())


def delivered(driver: str = "ada", trip: str = "t-1") -> DeliveryConfirmed:
    return DeliveryConfirmed(trip, driver, Channel.APP, LATER + HOUR, False)


def expired(trip: str = "t-1") -> TripExpired:
    return TripExpired(trip, LATER)


# --- Driver -----------------------------------------------------------------


def registered(driver: str = "ada", organisation: str = "hiflow") -> DriverRegistered:
    return DriverRegistered(driver, organisation, "Ada Lovelace", "+33 6 12 34 56 78", NOON)


def home_changed(location: Point | None = PARIS.point) -> HomeChanged:
    return HomeChanged("ada", "1 rue de Rivoli", "75001", "Paris", location, LATER)


def training(code: str = "atlas") -> TrainingStarted:
    return TrainingStarted("ada", QualificationKind.CLIENT_PROCESS, code, NOON)


def qualified(code: str = "atlas", valid_until: date | None = None) -> QualificationObtained:
    return QualificationObtained("ada", QualificationKind.CLIENT_PROCESS, code, valid_until, LATER)


def declared(
    id: str = "a-1", from_day: date = FROM, until_day: date = UNTIL, driver: str = "ada"
) -> AvailabilityDeclared:
    return AvailabilityDeclared(driver, id, Period.WEEK, from_day, until_day, None, NOON)


def engaged(trip: str = "t-1", driver: str = "ada") -> DriverEngaged:
    return DriverEngaged(driver, trip, FROM, FROM + DAY, LATER)
