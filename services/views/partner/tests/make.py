"""Valid events with sensible defaults; a test names only what it is about."""

from datetime import UTC, date, datetime, timedelta

from contracts.common_v1 import Money, Point, Rule
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
    AttachmentAdded,
    AttachmentRemoved,
    Channel,
    DeliveryConfirmed,
    ExpenseKind,
    ExtraCostAccepted,
    ExtraCostRefused,
    ExtraCostRequested,
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

PARIS = Stop(city="Paris", postal_code="75012", point=Point(latitude=48.84, longitude=2.38))
VERSAILLES = Stop(
    city="Versailles", postal_code="78000", point=Point(latitude=48.80, longitude=2.13)
)
LYON = Stop(city="Lyon", postal_code="69003", point=Point(latitude=45.76, longitude=4.86))
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
        vehicle=Vehicle(make="Renault", model="Clio"),
        delivery_type="depot",
        distance_km=465,
        duration_minutes=290,
        client_process=process,
        additional_services=services,
        published_at=at,
        time_zone="Europe/Paris",
        reference=None,
    )


def submitted(
    driver: str = "ada", amount: int = 12_500, trip: str = "t-1", at: datetime = NOON
) -> QuoteSubmitted:
    return QuoteSubmitted(
        trip_id=trip,
        driver_id=driver,
        price=Money(amount, "EUR"),
        comment="soon",
        pickup_on=FROM,
        delivery_on=None,
        submitted_at=at,
        expenses=(),
        valid_until=None,
    )


def modified(driver: str = "ada", amount: int = 11_000) -> QuoteModified:
    return QuoteModified(
        trip_id="t-1",
        driver_id=driver,
        price=Money(amount, "EUR"),
        comment=None,
        pickup_on=None,
        delivery_on=UNTIL,
        modified_at=LATER,
        expenses=(),
        valid_until=None,
    )


def withdrawn(driver: str = "ada") -> QuoteWithdrawn:
    return QuoteWithdrawn(trip_id="t-1", driver_id=driver, withdrawn_at=LATER)


def refused(
    driver: str = "ada", reason: str = "too dear", rule: Rule | None = None
) -> QuoteRefused:
    return QuoteRefused(trip_id="t-1", driver_id=driver, reason=reason, rule=rule, refused_at=LATER)


def accepted(driver: str = "ada") -> QuoteAccepted:
    return QuoteAccepted(trip_id="t-1", driver_id=driver, accepted_at=LATER)


def assigned(
    driver: str = "ada", trip: str = "t-1", price: int | None = 12_500, at: datetime = LATER
) -> MissionAssigned:
    money = Money(price, "EUR") if price else None
    return MissionAssigned(
        trip_id=trip,
        driver_id=driver,
        price=money,
        direct=False,
        from_day=FROM,
        until_day=UNTIL,
        assigned_at=at,
        expenses=(),
    )


def delivered(driver: str = "ada", trip: str = "t-1") -> DeliveryConfirmed:
    return DeliveryConfirmed(
        trip_id=trip,
        driver_id=driver,
        channel=Channel.APP,
        confirmed_at=LATER + HOUR,
        client_told=False,
    )


def expired(trip: str = "t-1") -> TripExpired:
    return TripExpired(trip_id=trip, expired_at=LATER)


def extra_cost_requested(id: str = "x-1", amount: int = 4_200) -> ExtraCostRequested:
    return ExtraCostRequested(
        trip_id="t-1",
        driver_id="ada",
        request_id=id,
        kind=ExpenseKind.TAXI,
        amount=Money(amount, "EUR"),
        reason="no bus",
        photo_file_id="f-1",
        requested_at=LATER,
    )


def extra_cost_accepted(id: str = "x-1", amount: int = 4_200) -> ExtraCostAccepted:
    return ExtraCostAccepted(
        trip_id="t-1",
        driver_id="ada",
        request_id=id,
        kind=ExpenseKind.TAXI,
        amount=Money(amount, "EUR"),
        accepted_at=LATER,
    )


def extra_cost_refused(id: str = "x-1") -> ExtraCostRefused:
    return ExtraCostRefused(
        trip_id="t-1",
        driver_id="ada",
        request_id=id,
        reason="there was one",
        refused_at=LATER,
    )


def attached(file: str = "f-3") -> AttachmentAdded:
    return AttachmentAdded(
        trip_id="t-1", driver_id="ada", file_id=file, label="note", added_at=LATER
    )


def attachment_removed(file: str = "f-3") -> AttachmentRemoved:
    return AttachmentRemoved(trip_id="t-1", driver_id="ada", file_id=file, removed_at=LATER)


# --- Driver -----------------------------------------------------------------


def registered(driver: str = "ada", organisation: str = "hiflow") -> DriverRegistered:
    return DriverRegistered(
        driver_id=driver,
        organisation_id=organisation,
        name="Ada Lovelace",
        phone="+33 6 12 34 56 78",
        registered_at=NOON,
    )


def home_changed(location: Point | None = PARIS.point) -> HomeChanged:
    return HomeChanged(
        driver_id="ada",
        street="1 rue de Rivoli",
        postal_code="75001",
        city="Paris",
        location=location,
        changed_at=LATER,
    )


def training(code: str = "atlas") -> TrainingStarted:
    return TrainingStarted(
        driver_id="ada", kind=QualificationKind.CLIENT_PROCESS, code=code, started_at=NOON
    )


def qualified(code: str = "atlas", valid_until: date | None = None) -> QualificationObtained:
    return QualificationObtained(
        driver_id="ada",
        kind=QualificationKind.CLIENT_PROCESS,
        code=code,
        valid_until=valid_until,
        obtained_at=LATER,
    )


def declared(
    id: str = "a-1", from_day: date = FROM, until_day: date = UNTIL, driver: str = "ada"
) -> AvailabilityDeclared:
    return AvailabilityDeclared(
        driver_id=driver,
        availability_id=id,
        period=Period.WEEK,
        from_day=from_day,
        until_day=until_day,
        reason=None,
        declared_at=NOON,
    )


def engaged(trip: str = "t-1", driver: str = "ada") -> DriverEngaged:
    return DriverEngaged(
        driver_id=driver, trip_id=trip, from_day=FROM, until_day=FROM + DAY, engaged_at=LATER
    )
