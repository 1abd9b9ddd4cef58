"""The demands of a trip on its dates, on a quote, and on the driver who makes it."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import ClassVar
from zoneinfo import ZoneInfo

from contracts.common_v1 import Money
from contracts.decisions import Changed, changed
from contracts.missions.trip_v1 import (
    QuotedExpense,
    QuoteModified,
    QuoteSubmitted,
    Slot,
    TripPublished,
)

CURRENCY = "EUR"
USUAL_ZONE = "Europe/Paris"
HORIZON = timedelta(days=730)
"""Nobody plans further ahead; a later day is a slip of the keyboard."""

Qualification = tuple[str, str]
"""Kind and code: ("client_process", "atlas") or ("additional_service", "exterior_wash")."""

# --- A quote as it was seen --------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class SeenQuote:
    """A quote as whoever decides on it saw it; the driver may have changed it since."""

    price: Money
    expenses: tuple[QuotedExpense, ...] = ()
    pickup_on: date | None = None
    delivery_on: date | None = None


Quoted = SeenQuote | QuoteSubmitted | QuoteModified


def not_as_seen(seen: SeenQuote, quote: Quoted) -> Changed | None:
    """Names what the driver has changed. The comment is no term of a quote."""
    return changed(_named(seen), _named(quote))


def _named(quote: Quoted) -> dict[str, object]:
    return {
        "quote/price": quote.price,
        "quote/expenses": by_kind(quote.expenses),
        "quote/pickup_on": quote.pickup_on,
        "quote/delivery_on": quote.delivery_on,
    }


def by_kind(expenses: tuple[QuotedExpense, ...]) -> tuple[QuotedExpense, ...]:
    """The same expenses in an order that does not depend on who lists them."""
    return tuple(sorted(expenses, key=lambda expense: expense.kind))


# --- Rejections -------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class TripIsPast:
    until_day: date


@dataclass(frozen=True, slots=True)
class QualificationsMissing:
    missing: tuple[Qualification, ...]

    @property
    def codes(self) -> tuple[str, ...]:
        return tuple(code for _, code in self.missing)


@dataclass(frozen=True, slots=True)
class PapersLacking:
    """Required papers that were never accepted or have expired."""

    kinds: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class NotPositive:
    field: str
    value: int


@dataclass(frozen=True, slots=True, kw_only=True)
class CurrencyNotAccepted:
    field: str
    currency: str
    accepted: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TextTooLong:
    field: str
    length: int
    limit: int


@dataclass(frozen=True, slots=True, kw_only=True)
class DayNotPossible:
    """Both ends are included; any day up to `last` is possible when there is no `first`."""

    field: str
    day: date
    first: date | None
    last: date


@dataclass(frozen=True, slots=True)
class AbovePriceAgreed:
    """A counter-offer that the driver accepted holds until the quote is decided on."""

    agreed: Money


@dataclass(frozen=True, slots=True)
class ExpenseTwice:
    field: ClassVar[str] = "expenses"
    kind: str


@dataclass(frozen=True, slots=True)
class ExpensesAbovePrice:
    field: ClassVar[str] = "expenses"
    total_minor: int
    price: Money

    @property
    def total(self) -> Money:
        return Money(self.total_minor, self.price.currency)


BadExpenses = ExpenseTwice | ExpensesAbovePrice
BadPrice = NotPositive | CurrencyNotAccepted
BadCosts = BadExpenses | BadPrice
BadTerms = BadPrice | TextTooLong | DayNotPossible

# --- Rules ------------------------------------------------------------------


def over_at(offer: TripPublished) -> datetime:
    """The instant after the last day of a trip, where its days are days (G-03)."""
    next_day = offer.until_slot.date + timedelta(days=1)
    zone = ZoneInfo(offer.time_zone or USUAL_ZONE)
    return datetime.combine(next_day, time(), zone).astimezone(UTC)


def past(offer: TripPublished, today: date) -> TripIsPast | None:
    until_day = offer.until_slot.date
    return TripIsPast(until_day) if until_day < today else None


def gate(
    offer: TripPublished, held: frozenset[Qualification], lacking: tuple[str, ...]
) -> QualificationsMissing | PapersLacking | None:
    """The trip is open to those who hold its client process and all of its services.

    A driver who is `lacking` a paper gets no new work.
    """
    needed = {("additional_service", code) for code in offer.additional_services}
    if offer.client_process is not None:
        needed.add(("client_process", offer.client_process))
    missing = tuple(sorted(needed - held))
    if missing:
        return QualificationsMissing(missing)
    return PapersLacking(lacking) if lacking else None


def not_positive(field: str, value: int) -> NotPositive | None:
    return NotPositive(field, value) if value <= 0 else None


def bad_price(price: Money, field: str = "price") -> BadPrice | None:
    if price.currency != CURRENCY:
        return CurrencyNotAccepted(field=field, currency=price.currency, accepted=CURRENCY)
    return not_positive(field, price.amount_minor)


def above_agreed(price: Money, agreed: Money | None) -> AbovePriceAgreed | None:
    if agreed is None or price.amount_minor <= agreed.amount_minor:
        return None
    return AbovePriceAgreed(agreed)


def bad_expenses(expenses: tuple[QuotedExpense, ...], price: Money) -> BadCosts | None:
    """Each kind once, each more than nothing, together no more than the price they are part of."""
    bad = [bad_price(expense.amount, "expenses") for expense in expenses]
    total = sum(expense.amount.amount_minor for expense in expenses)
    kinds = [expense.kind for expense in expenses]
    twice = next((kind for kind in kinds if kinds.count(kind) > 1), None)
    return (
        next((rule for rule in bad if rule), None)
        or (ExpenseTwice(twice.name.lower()) if twice else None)
        or (ExpensesAbovePrice(total, price) if total > price.amount_minor else None)
    )


def too_long(field: str, text: str | None, limit: int) -> TextTooLong | None:
    length = len(text or "")
    return TextTooLong(field=field, length=length, limit=limit) if length > limit else None


def bad_window(*, from_slot: Slot, until_slot: Slot, today: date) -> DayNotPossible | None:
    """A window that does not end before it begins, nor before today, nor too far ahead."""
    first, last = max(from_slot.date, today), today + HORIZON
    return not_possible("from_slot", from_slot.date, first=None, last=last) or not_possible(
        "until_slot", until_slot.date, first=first, last=last
    )


def bad_days(
    offer: TripPublished, *, pickup_on: date | None, delivery_on: date | None
) -> DayNotPossible | None:
    """Days inside the window, on the fixed slots, and the pickup not after the delivery."""
    start, end = offer.from_slot, offer.until_slot
    last_pickup = start.date if start.fixed else end.date
    first_delivery = end.date if end.fixed else pickup_on or start.date
    return not_possible("pickup_on", pickup_on, first=start.date, last=last_pickup) or not_possible(
        "delivery_on", delivery_on, first=first_delivery, last=end.date
    )


def not_possible(
    field: str, day: date | None, *, first: date | None, last: date
) -> DayNotPossible | None:
    if day is None or (first or date.min) <= day <= last:
        return None
    return DayNotPossible(field=field, day=day, first=first, last=last)
