"""Valid messages with sensible defaults; a test names only what it is about."""

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
    CounterOffered,
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
from services.missions.driver import (
    ChangeHome,
    ChangePhone,
    CompleteTraining,
    Engage,
    ForgetDriver,
    Home,
    RegisterDriver,
    Release,
    StartTraining,
)
from services.missions.driver.availability import DeclareAvailability, WithdrawAvailability
from services.missions.terms import SeenQuote
from services.missions.trip import (
    AssignDirectly,
    AwardTrip,
    ConfirmDelivery,
    ExpireTrip,
    ProposeTrip,
    PublishTrip,
)
from services.missions.trip.counter_offers import OfferCounter
from services.missions.trip.quotes import (
    ModifyQuote,
    QuoteTerms,
    RefuseQuote,
    SubmitQuote,
    WithdrawQuote,
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

PARIS = Stop(city="Paris", postal_code="75012", point=Point(latitude=48.84, longitude=2.38))
LYON = Stop(city="Lyon", postal_code="69003", point=Point(latitude=45.76, longitude=4.86))
HATCHBACK = Vehicle(make="Renault", model="Clio")
EXPIRED_RULE = Rule("trip-expired", 1, (RuleInput(name="until_day", value="2030-05-10"),))
ASSIGNED_RULE = Rule("trip-assigned", 1, ())


def eur(amount_minor: int = 12_500) -> Money:
    return Money(amount_minor, "EUR")


PRICE = eur()
LOWER_PRICE = eur(11_000)
COUNTER_PRICE = eur(9_000)


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
    return PublishTrip(
        trip_id="t-1",
        organisation_id=organisation,
        reference=None,
        client_brand="Atlas",
        tags=tags,
        departure=departure,
        arrival=LYON,
        from_slot=Slot(from_day, fixed=False),
        until_slot=Slot(until_day, fixed=False),
        vehicle=HATCHBACK,
        delivery_type="depot",
        distance_km=distance_km,
        duration_minutes=duration_minutes,
        client_process=None,
        additional_services=(),
        time_zone="Europe/Paris",
        today=today,
        at=at,
    )


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
        reference=None,
    )


def submit(
    driver: str = "ada",
    price: Money = PRICE,
    comment: str | None = None,
    pickup_on: date | None = None,
    delivery_on: date | None = None,
    held: frozenset[tuple[str, str]] = frozenset(),
    lacking: tuple[str, ...] = (),
    organisation: str = "hiflow",
    today: date = TODAY,
    expenses: tuple[QuotedExpense, ...] = (),
    valid_until: datetime | None = None,
) -> SubmitQuote:
    return SubmitQuote(
        trip_id="t-1",
        driver_id=driver,
        organisation_id=organisation,
        terms=QuoteTerms(
            price=price,
            expenses=expenses,
            comment=comment,
            pickup_on=pickup_on,
            delivery_on=delivery_on,
            valid_until=valid_until,
        ),
        qualifications=held,
        lacking_papers=lacking,
        today=today,
        at=LATER,
    )


def submitted(
    driver: str = "ada",
    price: Money = PRICE,
    comment: str | None = None,
    pickup_on: date | None = None,
    delivery_on: date | None = None,
    expenses: tuple[QuotedExpense, ...] = (),
    valid_until: datetime | None = None,
) -> QuoteSubmitted:
    return QuoteSubmitted(
        trip_id="t-1",
        driver_id=driver,
        price=price,
        comment=comment,
        pickup_on=pickup_on,
        delivery_on=delivery_on,
        submitted_at=LATER,
        expenses=expenses,
        valid_until=valid_until,
    )


def modify(
    driver: str = "ada",
    price: Money = LOWER_PRICE,
    pickup_on: date | None = None,
    today: date = TODAY,
) -> ModifyQuote:
    return ModifyQuote(
        trip_id="t-1",
        driver_id=driver,
        organisation_id="hiflow",
        terms=QuoteTerms(price=price, pickup_on=pickup_on),
        today=today,
        at=LATER,
    )


def modified(driver: str = "ada", price: Money = LOWER_PRICE) -> QuoteModified:
    return QuoteModified(
        trip_id="t-1",
        driver_id=driver,
        price=price,
        comment=None,
        pickup_on=None,
        delivery_on=None,
        modified_at=LATER,
        expenses=(),
        valid_until=None,
    )


def withdraw(driver: str = "ada") -> WithdrawQuote:
    return WithdrawQuote(trip_id="t-1", driver_id=driver, organisation_id="hiflow", at=LATER)


def withdrawn(driver: str = "ada") -> QuoteWithdrawn:
    return QuoteWithdrawn(trip_id="t-1", driver_id=driver, withdrawn_at=LATER)


def seen(
    price: Money = PRICE,
    expenses: tuple[QuotedExpense, ...] = (),
    pickup_on: date | None = None,
    delivery_on: date | None = None,
) -> SeenQuote:
    return SeenQuote(price=price, expenses=expenses, pickup_on=pickup_on, delivery_on=delivery_on)


SEEN = seen()


def refuse(driver: str = "ada", reason: str = "too dear", quote: SeenQuote = SEEN) -> RefuseQuote:
    return RefuseQuote(
        trip_id="t-1",
        driver_id=driver,
        organisation_id="hiflow",
        reason=reason,
        seen=quote,
        at=LATER,
    )


def refused(
    driver: str = "ada",
    reason: str = "too dear",
    rule: Rule | None = None,
    at: datetime = LATER,
) -> QuoteRefused:
    return QuoteRefused(trip_id="t-1", driver_id=driver, reason=reason, rule=rule, refused_at=at)


def offer_counter(
    price: Money = COUNTER_PRICE,
    at: datetime = LATER,
    driver: str = "ada",
    quote: SeenQuote = SEEN,
) -> OfferCounter:
    return OfferCounter(
        trip_id="t-1",
        driver_id=driver,
        organisation_id="hiflow",
        price=price,
        seen=quote,
        offered_by="lea",
        at=at,
    )


def counter_offered(price: Money = COUNTER_PRICE) -> CounterOffered:
    return CounterOffered(
        trip_id="t-1", driver_id="ada", price=price, offered_at=LATER, offered_by="lea"
    )


def propose(driver: str = "ada", today: date = TODAY) -> ProposeTrip:
    return ProposeTrip(
        trip_id="t-1", driver_id=driver, organisation_id="hiflow", today=today, at=LATER
    )


def proposed(driver: str = "ada") -> TripProposed:
    return TripProposed(trip_id="t-1", driver_id=driver, proposed_at=LATER)


def award(
    driver: str = "ada",
    today: date = TODAY,
    held: frozenset[tuple[str, str]] = frozenset(),
    lacking: tuple[str, ...] = (),
    at: datetime = LATER,
    quote: SeenQuote = SEEN,
) -> AwardTrip:
    return AwardTrip(
        trip_id="t-1",
        organisation_id="hiflow",
        driver_id=driver,
        seen=quote,
        qualifications=held,
        lacking_papers=lacking,
        today=today,
        at=at,
    )


def accepted(driver: str = "ada") -> QuoteAccepted:
    return QuoteAccepted(trip_id="t-1", driver_id=driver, accepted_at=LATER)


def assign(
    driver: str = "ada",
    price: Money | None = None,
    held: frozenset[tuple[str, str]] = frozenset(),
    lacking: tuple[str, ...] = (),
    today: date = TODAY,
) -> AssignDirectly:
    return AssignDirectly(
        trip_id="t-1",
        organisation_id="hiflow",
        driver_id=driver,
        price=price,
        qualifications=held,
        lacking_papers=lacking,
        today=today,
        at=LATER,
    )


def assigned(
    driver: str = "ada",
    price: Money | None = PRICE,
    direct: bool = False,
    expenses: tuple[QuotedExpense, ...] = (),
) -> MissionAssigned:
    return MissionAssigned(
        trip_id="t-1",
        driver_id=driver,
        price=price,
        direct=direct,
        from_day=FROM,
        until_day=UNTIL,
        assigned_at=LATER,
        expenses=expenses,
    )


def confirm(
    driver: str = "ada", channel: Channel = Channel.APP, today: date = FROM
) -> ConfirmDelivery:
    return ConfirmDelivery(
        trip_id="t-1",
        driver_id=driver,
        organisation_id="hiflow",
        channel=channel,
        today=today,
        at=LATER,
    )


def confirmed(
    driver: str = "ada", channel: Channel = Channel.APP, client_told: bool = False
) -> DeliveryConfirmed:
    return DeliveryConfirmed(
        trip_id="t-1",
        driver_id=driver,
        channel=channel,
        confirmed_at=LATER,
        client_told=client_told,
    )


def expire(at: datetime = OVER) -> ExpireTrip:
    return ExpireTrip(trip_id="t-1", at=at)


def expired(at: datetime = OVER) -> TripExpired:
    return TripExpired(trip_id="t-1", expired_at=at)


# --- Driver -----------------------------------------------------------------


def register(
    name: str = "Ada Lovelace", organisation: str = "hiflow", at: datetime = NOON
) -> RegisterDriver:
    return RegisterDriver(
        driver_id="ada", organisation_id=organisation, name=name, phone="+33 6 12 34 56 78", at=at
    )


def registered(phone: str = "+33 6 12 34 56 78") -> DriverRegistered:
    return DriverRegistered(
        driver_id="ada",
        organisation_id="hiflow",
        name="Ada Lovelace",
        phone=phone,
        registered_at=NOON,
    )


def change_home(city: str = "Paris") -> ChangeHome:
    return ChangeHome(driver_id="ada", organisation_id="hiflow", home=home(city), at=LATER)


def home(city: str = "Paris") -> Home:
    return Home(
        street="1 rue de Rivoli",
        postal_code="75001",
        city=city,
        location=Point(latitude=48.85, longitude=2.35),
    )


def home_changed(city: str = "Paris", at: datetime = LATER) -> HomeChanged:
    return HomeChanged(
        driver_id="ada",
        street="1 rue de Rivoli",
        postal_code="75001",
        city=city,
        location=Point(latitude=48.85, longitude=2.35),
        changed_at=at,
    )


def change_phone(phone: str = "+33 7 00 00 00 00", organisation: str = "hiflow") -> ChangePhone:
    return ChangePhone(driver_id="ada", organisation_id=organisation, phone=phone, at=LATER)


def phone_changed(phone: str = "+33 7 00 00 00 00") -> PhoneChanged:
    return PhoneChanged(driver_id="ada", phone=phone, changed_at=LATER)


def start_training(code: str = "atlas") -> StartTraining:
    return StartTraining(
        driver_id="ada",
        organisation_id="hiflow",
        kind=QualificationKind.CLIENT_PROCESS,
        code=code,
        at=LATER,
    )


def training_started(code: str = "atlas") -> TrainingStarted:
    return TrainingStarted(
        driver_id="ada", kind=QualificationKind.CLIENT_PROCESS, code=code, started_at=LATER
    )


def complete_training(code: str = "atlas", valid_until: date | None = None) -> CompleteTraining:
    return CompleteTraining(
        driver_id="ada",
        organisation_id="hiflow",
        kind=QualificationKind.CLIENT_PROCESS,
        code=code,
        valid_until=valid_until,
        at=LATER,
    )


def qualified(
    code: str = "atlas",
    valid_until: date | None = None,
    kind: QualificationKind = QualificationKind.CLIENT_PROCESS,
) -> QualificationObtained:
    return QualificationObtained(
        driver_id="ada", kind=kind, code=code, valid_until=valid_until, obtained_at=LATER
    )


def declare(
    id: str = "a-1",
    period: Period = Period.DAY,
    starting: date = FROM,
    reason: str | None = None,
    today: date = TODAY,
) -> DeclareAvailability:
    return DeclareAvailability(
        driver_id="ada",
        organisation_id="hiflow",
        availability_id=id,
        period=period,
        starting=starting,
        reason=reason,
        today=today,
        at=LATER,
    )


def declared(
    id: str = "a-1",
    period: Period = Period.DAY,
    from_day: date = FROM,
    until_day: date = FROM,
    reason: str | None = None,
) -> AvailabilityDeclared:
    return AvailabilityDeclared(
        driver_id="ada",
        availability_id=id,
        period=period,
        from_day=from_day,
        until_day=until_day,
        reason=reason,
        declared_at=LATER,
    )


def take_back(id: str = "a-1", today: date = TODAY) -> WithdrawAvailability:
    return WithdrawAvailability(
        driver_id="ada", organisation_id="hiflow", availability_id=id, today=today, at=LATER
    )


def taken_back(id: str = "a-1") -> AvailabilityWithdrawn:
    return AvailabilityWithdrawn(driver_id="ada", availability_id=id, withdrawn_at=LATER)


def engage(trip: str = "t-1") -> Engage:
    return Engage(driver_id="ada", trip_id=trip, from_day=FROM, until_day=UNTIL, at=LATER)


def engaged(trip: str = "t-1") -> DriverEngaged:
    return DriverEngaged(
        driver_id="ada", trip_id=trip, from_day=FROM, until_day=UNTIL, engaged_at=LATER
    )


def release(trip: str = "t-1") -> Release:
    return Release(driver_id="ada", trip_id=trip, at=LATER)


def released(trip: str = "t-1") -> DriverReleased:
    return DriverReleased(driver_id="ada", trip_id=trip, released_at=LATER)


def forget(organisation: str = "hiflow") -> ForgetDriver:
    return ForgetDriver(driver_id="ada", organisation_id=organisation, at=LATER)


def forgotten() -> SubjectForgotten:
    return SubjectForgotten(driver_id="ada", forgotten_at=LATER)
