"""The quotes on a trip, the decisions about them, and the reasons: one row a driver and trip."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from enum import StrEnum
from typing import Annotated, assert_never

from contracts.missions.trip_v1 import (
    CounterAccepted,
    CounterDeclined,
    CounterOffered,
    ExpenseKind,
    QuoteAccepted,
    QuotedExpense,
    QuoteExpired,
    QuoteModified,
    QuoteRefused,
    QuoteSubmitted,
    QuoteWithdrawn,
    contract,
)
from infra.consumers.views import OutOfOrder, View
from infra.http.answers import FORMER, Answer, MoneyShown, RuleInputShown
from infra.http.models import Coded, Instant, Named
from infra.reading import Table
from infra.words import told
from services.views.backoffice.candidates import Candidates, CandidateShown
from services.views.backoffice.trips import (
    TownShown,
    Trip,
    TripStatus,
    VehicleShown,
    arrival,
    departure,
)

Reads = (
    QuoteSubmitted
    | QuoteModified
    | QuoteWithdrawn
    | QuoteRefused
    | QuoteAccepted
    | QuoteExpired
    | CounterOffered
    | CounterAccepted
    | CounterDeclined
)


@dataclass(frozen=True, slots=True)
class Input:
    """One thing that a rule looked at."""

    name: str
    value: str


@dataclass(frozen=True, slots=True)
class Expense:
    """The part of the price that is for a kind of expense; the rest is the service."""

    kind: str
    amount_minor: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Quote:
    """The latest quote of a driver on a trip. `rule_id` is absent where a person decided.

    `counter_status`, where logistics named another price: offered, accepted, declined.
    """

    trip_id: str
    driver_id: str
    status: str
    amount_minor: int
    currency: str
    expenses: tuple[Expense, ...]
    comment: str | None
    pickup_on: date | None
    delivery_on: date | None
    submitted_at: datetime
    modified_at: datetime | None = None
    processed_at: datetime | None = None
    refusal_reason: str | None = None
    rule_id: str | None = None
    rule_version: int | None = None
    rule_inputs: tuple[Input, ...] = ()
    valid_until: datetime | None = None
    counter_minor: int | None = None
    counter_status: str | None = None


def key(event: Reads) -> tuple[str, str]:
    return event.trip_id, event.driver_id


def project(row: Quote | None, event: Reads) -> Quote:
    if isinstance(event, QuoteSubmitted):
        return _submitted(event)
    if row is None:
        raise OutOfOrder(event)
    match event:
        case QuoteModified():
            return replace(
                row,
                amount_minor=event.price.amount_minor,
                currency=event.price.currency,
                expenses=_expenses(event.expenses),
                comment=event.comment,
                pickup_on=event.pickup_on,
                delivery_on=event.delivery_on,
                modified_at=event.modified_at,
                valid_until=event.valid_until,
            )
        case CounterOffered():
            offered = event.price.amount_minor
            return replace(row, counter_minor=offered, counter_status="offered")
        case CounterAccepted():
            return replace(row, counter_status="accepted")
        case CounterDeclined():
            return replace(row, counter_status="declined")
        case QuoteExpired():
            return replace(row, status="expired", processed_at=event.expired_at)
        case QuoteWithdrawn():
            return replace(row, status="withdrawn", processed_at=event.withdrawn_at)
        case QuoteRefused():
            return _refused(row, event)
        case QuoteAccepted():
            return replace(row, status="accepted", processed_at=event.accepted_at)
        case unhandled:
            assert_never(unhandled)


def _submitted(event: QuoteSubmitted) -> Quote:
    return Quote(
        trip_id=event.trip_id,
        driver_id=event.driver_id,
        status="submitted",
        amount_minor=event.price.amount_minor,
        currency=event.price.currency,
        expenses=_expenses(event.expenses),
        comment=event.comment,
        pickup_on=event.pickup_on,
        delivery_on=event.delivery_on,
        submitted_at=event.submitted_at,
        valid_until=event.valid_until,
    )


def _expenses(quoted: Sequence[QuotedExpense]) -> tuple[Expense, ...]:
    return tuple(Expense(one.kind.name.lower(), one.amount.amount_minor) for one in quoted)


def _refused(row: Quote, event: QuoteRefused) -> Quote:
    rule = event.rule
    return replace(
        row,
        status="refused",
        processed_at=event.refused_at,
        refusal_reason=event.reason,
        rule_id=rule.id if rule else None,
        rule_version=rule.version if rule else None,
        rule_inputs=tuple(Input(i.name, i.value) for i in rule.inputs) if rule else (),
    )


view = View(
    name="quotes",
    contract=contract,
    reads=Reads,
    row=Quote,
    primary_key=("trip_id", "driver_id"),
    key=key,
    project=project,
    subject="driver_id",
    personal=("comment",),
)
quotes = Table(
    view,
    "quotes join trips using (trip_id)",
    organisation="trips.organisation_id",
)
CHEAPEST = quotes.order("cheapest", "trip_id", "amount_minor", "driver_id")

# --- Answers ----------------------------------------------------------------


class QuoteStatus(StrEnum):
    """The standing of a quote."""

    SUBMITTED = "submitted"
    WITHDRAWN = "withdrawn"
    REFUSED = "refused"
    ACCEPTED = "accepted"
    EXPIRED = "expired"


class CounterStatus(StrEnum):
    """The standing of the price that logistics named instead."""

    OFFERED = "offered"
    ACCEPTED = "accepted"
    DECLINED = "declined"


class QuotedExpenseShown(Answer):
    """The part of a price that is for a kind of expense."""

    kind: Annotated[ExpenseKind, Named()]
    amount: MoneyShown


class WhyShown(Answer):
    """The rule that decided by itself, with its version and what it looked at."""

    rule: Annotated[str, Coded("Rule")]
    version: int
    inputs: list[RuleInputShown]


class CounterOfferShown(Answer):
    """Another price that logistics named."""

    status: CounterStatus
    price: MoneyShown


class QuoteShown(Answer):
    """A quote with what was decided about it."""

    driver_id: str
    driver: CandidateShown
    status: QuoteStatus
    price: MoneyShown
    service: MoneyShown
    """The price without its expenses."""
    expenses: list[QuotedExpenseShown]
    comment: str | None
    pickup_on: date | None
    delivery_on: date | None
    submitted_at: Instant
    modified_at: Instant | None
    processed_at: Instant | None
    refusal_reason: str | None
    """What logistics wrote, or the words for the rule in the language of `Accept-Language`."""
    why: WhyShown | None
    """Null where a person decided, whom the history of the trip names."""
    valid_until: Instant | None
    counter_offer: CounterOfferShown | None


class TripWithQuotes(Answer):
    """A trip with quotes on it, cheapest first."""

    trip_id: str
    status: TripStatus
    client_brand: str
    departure: TownShown
    arrival: TownShown
    departure_city: Annotated[str, FORMER]
    arrival_city: Annotated[str, FORMER]
    from_day: date
    until_day: date
    vehicle: VehicleShown
    distance_km: int
    published_at: Instant
    driver_id: str | None
    """The driver whom the mission was assigned to."""
    quotes: list[QuoteShown]


def trip_with_quotes(
    trip: Trip, its_quotes: Sequence[Quote], candidates: Candidates, language: str
) -> TripWithQuotes:
    return TripWithQuotes(
        trip_id=trip.trip_id,
        status=TripStatus(trip.status),
        client_brand=trip.client_brand,
        departure=departure(trip),
        arrival=arrival(trip),
        departure_city=trip.departure_city,
        arrival_city=trip.arrival_city,
        from_day=trip.from_day,
        until_day=trip.until_day,
        vehicle=VehicleShown(make=trip.make, model=trip.model),
        distance_km=trip.distance_km,
        published_at=trip.published_at,
        driver_id=trip.driver_id,
        quotes=[
            quote_shown(row, candidates.on(trip, row.driver_id), language) for row in its_quotes
        ],
    )


def quote_shown(row: Quote, driver: CandidateShown, language: str) -> QuoteShown:
    def money(amount_minor: int) -> MoneyShown:
        return MoneyShown(amount_minor=amount_minor, currency=row.currency)

    return QuoteShown(
        driver_id=row.driver_id,
        driver=driver,
        status=QuoteStatus(row.status),
        price=money(row.amount_minor),
        service=money(row.amount_minor - sum(one.amount_minor for one in row.expenses)),
        expenses=[
            QuotedExpenseShown(kind=ExpenseKind[one.kind.upper()], amount=money(one.amount_minor))
            for one in row.expenses
        ],
        comment=row.comment,
        pickup_on=row.pickup_on,
        delivery_on=row.delivery_on,
        submitted_at=row.submitted_at,
        modified_at=row.modified_at,
        processed_at=row.processed_at,
        refusal_reason=told(language, row.rule_id, row.refusal_reason),
        why=_why(row),
        valid_until=row.valid_until,
        counter_offer=_counter_offer(row),
    )


def _why(row: Quote) -> WhyShown | None:
    if row.rule_id is None or row.rule_version is None:
        return None
    inputs = [RuleInputShown.of(one) for one in row.rule_inputs]
    return WhyShown(rule=row.rule_id, version=row.rule_version, inputs=inputs)


def _counter_offer(row: Quote) -> CounterOfferShown | None:
    if row.counter_minor is None or row.counter_status is None:
        return None
    price = MoneyShown(amount_minor=row.counter_minor, currency=row.currency)
    return CounterOfferShown(status=CounterStatus(row.counter_status), price=price)
