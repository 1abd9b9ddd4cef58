"""Valid messages with sensible defaults; a test names only what it is about."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

from contracts.common_v1 import Money, Point, Rule, RuleInput
from contracts.missions.driver_v1 import (
    AvailabilityDeclared,
    AvailabilityWithdrawn,
    DriverEngaged,
    DriverRegistered,
    DriverReleased,
    HomeChanged,
    Period,
    PhoneChanged,
    QualificationKind,
    QualificationObtained,
    SubjectForgotten,
    TrainingStarted,
)
from contracts.missions.trip_v1 import (
    Channel,
    DeliveryConfirmed,
    MissionAssigned,
    QuoteAccepted,
    QuotedExpense,
    QuoteModified,
    QuoteRefused,
    QuoteSubmitted,
    QuoteWithdrawn,
    Slot,
    Stop,
    TripExpired,
    TripProposed,
    TripPublished,
    Vehicle,
)
from services.missions.availability import DeclareAvailability, WithdrawAvailability
from services.missions.driver import (
    ChangeHome,
    ChangePhone,
    CompleteTraining,
    Engage,
    ForgetDriver,
    RegisterDriver,
    Release,
    StartTraining,
)
from services.missions.quoting import ModifyQuote, RefuseQuote, SubmitQuote, WithdrawQuote
from services.missions.trip import (
    AssignDirectly,
    AwardTrip,
    ConfirmDelivery,
    ExpireTrip,
    ProposeTrip,
    PublishTrip,
)

NOON = datetime(2030, 5, 1, 12, 0, tzinfo=UTC)
LATER = NOON + timedelta(minutes=40)
TODAY = date(2030, 5, 1)
FROM = date(2030, 5, 6)
MIDDLE = date(2030, 5, 8)
UNTIL = date(2030, 5, 10)
DAY = timedelta(days=1)
OVER = datetime(2030, 5, 10, 22, tzinfo=UTC)
"""When the last day is over in Paris."""

PARIS = Stop("Paris", "75012", Point(48.84, 2.38))
LYON = Stop("Lyon", "69003", Point(45.76, 4.86))
HATCHBACK = Vehicle("Renault", "Clio")
EXPIRED_RULE = Rule("trip-expired", 1, (RuleInput("until_day", "2030-05-10"),))
ASSIGNED_RULE = Rule("trip-assigned", 1, ())


def eur(amount_minor: int = 12_500) -> Money:
    return Money(amount_minor, "EUR")


PRICE = eur()
LOWER_PRICE = eur(11_000)


# --- Trip -------------------------------------------------------------------


def publish(
    departure: Stop = PARIS,
    from_day: date = FROM,
    until_day: date = UNTIL,
    distance_km: int = 465,
    duration_minutes: int = 290,
    tags: tuple[str, ...] = (),
    organisation: str = "hiflow",
    today: date = TODAY,
    at: datetime = NOON,
) -> PublishTrip:
    offer = replace(
        published(from_day, until_day),
        organisation_id=organisation,
        tags=tags,
        departure=departure,
        distance_km=distance_km,
        duration_minutes=duration_minutes,
        published_at=at,
    )
    return PublishTrip(offer, today)


def published(
    from_day: date = FROM,
    until_day: date = UNTIL,
    from_fixed: bool = False,
    until_fixed: bool = False,
    client_process: str | None = None,
    services: tuple[str, ...] = (),
) -> TripPublished:
    return TripPublished(
        trip_id="t-1",
        organisation_id="hiflow",
        client_brand="Atlas",
        tags=(),
        departure=PARIS,
        arrival=LYON,
        from_slot=Slot(from_day, from_fixed),
        until_slot=Slot(until_day, until_fixed),
        vehicle=HATCHBACK,
        delivery_type="depot",
        distance_km=465,
        duration_minutes=290,
        client_process=client_process,
        additional_services=services,
        published_at=NOON,
        time_zone="Europe/Paris",
    )


def submit(
    driver: str = "ada",
    price: Money = PRICE,
    comment: str | None = None,
    pickup_on: date | None = None,
    delivery_on: date | None = None,
    held: frozenset[tuple[str, str]] = frozenset(),
    organisation: str = "hiflow",
    today: date = TODAY,
    expenses: tuple[QuotedExpense, ...] = (),
) -> SubmitQuote:
    fact = submitted(driver, price, comment, pickup_on, delivery_on, expenses)
    return SubmitQuote(fact, organisation, held, today)


def submitted(
    driver: str = "ada",
    price: Money = PRICE,
    comment: str | None = None,
    pickup_on: date | None = None,
    delivery_on: date | None = None,
    expenses: tuple[QuotedExpense, ...] = (),
    valid_until: datetime | None = None,
) -> QuoteSubmitted:
    days = (pickup_on, delivery_on)
    return QuoteSubmitted("t-1", driver, price, comment, *days, LATER, expenses, valid_until)


def modify(
    driver: str = "ada",
    price: Money = LOWER_PRICE,
    pickup_on: date | None = None,
    today: date = TODAY,
) -> ModifyQuote:
    fact = replace(modified(driver, price), pickup_on=pickup_on)
    return ModifyQuote(fact, "hiflow", today)


def modified(driver: str = "ada", price: Money = LOWER_PRICE) -> QuoteModified:
    return QuoteModified("t-1", driver, price, None, None, None, LATER, (), None)


def withdraw(driver: str = "ada") -> WithdrawQuote:
    return WithdrawQuote(withdrawn(driver), "hiflow")


def withdrawn(driver: str = "ada") -> QuoteWithdrawn:
    return QuoteWithdrawn("t-1", driver, LATER)


def refuse(driver: str = "ada", reason: str = "too dear") -> RefuseQuote:
    return RefuseQuote(refused(driver, reason), "hiflow")


def refused(
    driver: str = "ada",
    reason: str = "too dear",
    rule: Rule | None = None,
    at: datetime = LATER,
) -> QuoteRefused:
    return QuoteRefused("t-1", driver, reason, rule, at)


def propose(driver: str = "ada", today: date = TODAY) -> ProposeTrip:
    return ProposeTrip(proposed(driver), "hiflow", today)


def proposed(driver: str = "ada") -> TripProposed:
    return TripProposed("t-1", driver, LATER)


def award(driver: str = "ada", today: date = TODAY) -> AwardTrip:
    return AwardTrip("t-1", "hiflow", driver, today, LATER)


def accepted(driver: str = "ada") -> QuoteAccepted:
    return QuoteAccepted("t-1", driver, LATER)


def assign(
    driver: str = "ada",
    price: Money | None = None,
    held: frozenset[tuple[str, str]] = frozenset(),
    today: date = TODAY,
) -> AssignDirectly:
    return AssignDirectly("t-1", "hiflow", driver, price, held, today, LATER)


def assigned(
    driver: str = "ada",
    price: Money | None = PRICE,
    direct: bool = False,
    expenses: tuple[QuotedExpense, ...] = (),
) -> MissionAssigned:
    return MissionAssigned("t-1", driver, price, direct, FROM, UNTIL, LATER, expenses)


def confirm(
    driver: str = "ada", channel: Channel = Channel.APP, today: date = FROM
) -> ConfirmDelivery:
    return ConfirmDelivery(confirmed(driver, channel), "hiflow", today)


def confirmed(
    driver: str = "ada", channel: Channel = Channel.APP, client_told: bool = False
) -> DeliveryConfirmed:
    return DeliveryConfirmed("t-1", driver, channel, LATER, client_told)


def expire(at: datetime = OVER) -> ExpireTrip:
    return ExpireTrip("t-1", at)


def expired(at: datetime = OVER) -> TripExpired:
    return TripExpired("t-1", at)


# --- Driver -----------------------------------------------------------------


def register(
    name: str = "Ada Lovelace", organisation: str = "hiflow", at: datetime = NOON
) -> RegisterDriver:
    phone = "+33 6 12 34 56 78"
    return RegisterDriver(DriverRegistered("ada", organisation, name, phone, at))


def registered(phone: str = "+33 6 12 34 56 78") -> DriverRegistered:
    return DriverRegistered("ada", "hiflow", "Ada Lovelace", phone, NOON)


def change_home(city: str = "Paris") -> ChangeHome:
    return ChangeHome(home_changed(city), "hiflow")


def home_changed(city: str = "Paris", at: datetime = LATER) -> HomeChanged:
    return HomeChanged("ada", "1 rue de Rivoli", "75001", city, Point(48.85, 2.35), at)


def change_phone(phone: str = "+33 7 00 00 00 00", organisation: str = "hiflow") -> ChangePhone:
    return ChangePhone(phone_changed(phone), organisation)


def phone_changed(phone: str = "+33 7 00 00 00 00") -> PhoneChanged:
    return PhoneChanged("ada", phone, LATER)


def start_training(code: str = "atlas") -> StartTraining:
    return StartTraining(training_started(code), "hiflow")


def training_started(code: str = "atlas") -> TrainingStarted:
    return TrainingStarted("ada", QualificationKind.CLIENT_PROCESS, code, LATER)


def complete_training(code: str = "atlas", valid_until: date | None = None) -> CompleteTraining:
    return CompleteTraining(qualified(code, valid_until), "hiflow")


def qualified(
    code: str = "atlas",
    valid_until: date | None = None,
    kind: QualificationKind = QualificationKind.CLIENT_PROCESS,
) -> QualificationObtained:
    return QualificationObtained("ada", kind, code, valid_until, LATER)


def declare(
    id: str = "a-1",
    period: Period = Period.DAY,
    starting: date = FROM,
    reason: str | None = None,
    today: date = TODAY,
) -> DeclareAvailability:
    return DeclareAvailability("ada", "hiflow", id, period, starting, reason, today, LATER)


def declared(
    id: str = "a-1",
    period: Period = Period.DAY,
    from_day: date = FROM,
    until_day: date = FROM,
    reason: str | None = None,
) -> AvailabilityDeclared:
    return AvailabilityDeclared("ada", id, period, from_day, until_day, reason, LATER)


def take_back(id: str = "a-1", today: date = TODAY) -> WithdrawAvailability:
    return WithdrawAvailability("ada", "hiflow", id, today, LATER)


def taken_back(id: str = "a-1") -> AvailabilityWithdrawn:
    return AvailabilityWithdrawn("ada", id, LATER)


def engage(trip: str = "t-1") -> Engage:
    return Engage(engaged(trip))


def engaged(trip: str = "t-1") -> DriverEngaged:
    return DriverEngaged("ada", trip, FROM, UNTIL, LATER)


def release(trip: str = "t-1") -> Release:
    return Release(released(trip))


def released(trip: str = "t-1") -> DriverReleased:
    return DriverReleased("ada", trip, LATER)


def forget(organisation: str = "hiflow") -> ForgetDriver:
    return ForgetDriver("ada", organisation, LATER)


def forgotten() -> SubjectForgotten:
    return SubjectForgotten("ada", LATER)
