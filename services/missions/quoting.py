"""A driver's quote for a trip: submitted, modified, withdrawn, or refused."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import ClassVar, assert_never

from contracts.common_v1 import Money
from contracts.missions.trip_v1 import (
    QuoteAccepted,
    QuotedExpense,
    QuoteExpired,
    QuoteModified,
    QuoteRefused,
    QuoteSubmitted,
    QuoteWithdrawn,
    TripEvent,
    TripPublished,
)
from services.missions import terms
from services.missions.terms import Qualification

COMMENT_LIMIT = 1000
REASON_LIMIT = 500

# --- Commands ---------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class SubmitQuote:
    """`qualifications` are those of the driver that hold on the first day of the trip.

    Who is `lacking_papers` gets no new work today (C6).
    """

    fact: QuoteSubmitted
    organisation_id: str
    qualifications: frozenset[Qualification]
    today: date
    lacking_papers: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ModifyQuote:
    fact: QuoteModified
    organisation_id: str
    today: date


@dataclass(frozen=True, slots=True)
class WithdrawQuote:
    fact: QuoteWithdrawn
    organisation_id: str


@dataclass(frozen=True, slots=True)
class RefuseQuote:
    fact: QuoteRefused
    organisation_id: str


Command = SubmitQuote | ModifyQuote | WithdrawQuote | RefuseQuote

# --- Rejections -------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class NoSuchQuote:
    pass


@dataclass(frozen=True, slots=True)
class AlreadyQuoted:
    price: Money


@dataclass(frozen=True, slots=True)
class QuoteIsRefused:
    reason: str


@dataclass(frozen=True, slots=True)
class QuoteIsWithdrawn:
    pass


@dataclass(frozen=True, slots=True)
class QuoteIsExpired:
    expired_at: datetime


@dataclass(frozen=True, slots=True)
class ReasonMissing:
    field: ClassVar[str] = "reason"


@dataclass(frozen=True, slots=True)
class ExpenseTwice:
    field: ClassVar[str] = "expenses"
    kind: str


@dataclass(frozen=True, slots=True)
class ExpensesAbovePrice:
    field: ClassVar[str] = "expenses"
    total_minor: int
    price: Money


@dataclass(frozen=True, slots=True)
class ValidityIsOver:
    field: ClassVar[str] = "valid_until"
    valid_until: datetime


BadQuote = ValidityIsOver | ExpenseTwice | ExpensesAbovePrice | terms.BadTerms
NotLive = NoSuchQuote | QuoteIsRefused | QuoteIsWithdrawn | QuoteIsExpired
Rejection = (
    NotLive
    | AlreadyQuoted
    | ReasonMissing
    | terms.TripIsPast
    | terms.QualificationsMissing
    | terms.PapersLacking
    | BadQuote
)

# --- State ------------------------------------------------------------------

Live = QuoteSubmitted | QuoteModified
Quote = Live | QuoteRefused | QuoteWithdrawn | QuoteExpired
"""A quote is what happened to it last."""

Event = Quote | QuoteAccepted

# --- Decisions --------------------------------------------------------------

Decision = list[TripEvent] | Rejection


def decide(command: Command, offer: TripPublished, quote: Quote | None) -> Decision:
    """As in every aggregate; `quote` is the driver's one for this open trip."""
    match command:
        case SubmitQuote():
            return submit(command, offer, quote)
        case ModifyQuote():
            return modify(command, offer, quote)
        case WithdrawQuote():
            return withdraw(command, quote)
        case RefuseQuote():
            return refuse(command, quote)
        case unhandled:
            assert_never(unhandled)


def submit(command: SubmitQuote, offer: TripPublished, quote: Quote | None) -> Decision:
    if isinstance(quote, Live):
        return [] if same_terms(command.fact, quote) else AlreadyQuoted(quote.price)
    return (
        terms.past(offer, command.today)
        or terms.gate(offer, command.qualifications, command.lacking_papers)
        or bad_terms(command.fact, offer)
        or [command.fact]
    )


def modify(command: ModifyQuote, offer: TripPublished, quote: Quote | None) -> Decision:
    if not isinstance(quote, Live):
        return not_live(quote)
    if same_terms(command.fact, quote):
        return []
    return terms.past(offer, command.today) or bad_terms(command.fact, offer) or [command.fact]


def withdraw(command: WithdrawQuote, quote: Quote | None) -> Decision:
    match quote:
        case QuoteSubmitted() | QuoteModified():
            return [command.fact]
        case QuoteWithdrawn():
            return []
        case None | QuoteRefused() | QuoteExpired():
            return not_live(quote)
        case unhandled:
            assert_never(unhandled)


def refuse(command: RefuseQuote, quote: Quote | None) -> Decision:
    reason = command.fact.reason
    if not isinstance(quote, Live):
        repeated = isinstance(quote, QuoteRefused) and quote.reason == reason
        return [] if repeated else not_live(quote)
    if not reason.strip():
        return ReasonMissing()
    return terms.too_long("reason", reason, REASON_LIMIT) or [command.fact]


def same_terms(one: Live, other: Live) -> bool:
    return offered(one) == offered(other)


def offered(quote: Live) -> tuple[object, ...]:
    """What the quote says, whenever it was said."""
    days = (quote.pickup_on, quote.delivery_on)
    return (quote.price, quote.expenses, quote.comment, quote.valid_until, *days)


def bad_terms(quote: Live, offer: TripPublished) -> BadQuote | None:
    return (
        terms.bad_price(quote.price)
        or bad_validity(quote)
        or bad_expenses(quote.expenses, quote.price)
        or terms.too_long("comment", quote.comment, COMMENT_LIMIT)
        or terms.bad_days(offer, quote.pickup_on, quote.delivery_on)
    )


def bad_validity(quote: Live) -> ValidityIsOver | None:
    said_at = quote.submitted_at if isinstance(quote, QuoteSubmitted) else quote.modified_at
    end = quote.valid_until
    return ValidityIsOver(end) if end is not None and end <= said_at else None


def expired(quote: Live, at: datetime) -> QuoteIsExpired | None:
    """A quote holds up to its instant, not at it; without one until it is answered (C8)."""
    end = quote.valid_until
    return QuoteIsExpired(end) if end is not None and end <= at else None


def bad_expenses(expenses: tuple[QuotedExpense, ...], price: Money) -> BadQuote | None:
    """Each kind once, each more than nothing, together no more than the price they are part of."""
    bad = [terms.bad_price(expense.amount, "expenses") for expense in expenses]
    total = sum(expense.amount.amount_minor for expense in expenses)
    kinds = [expense.kind for expense in expenses]
    twice = next((kind for kind in kinds if kinds.count(kind) > 1), None)
    return (
        next((rule for rule in bad if rule), None)
        or (ExpenseTwice(twice.name.lower()) if twice else None)
        or (ExpensesAbovePrice(total, price) if total > price.amount_minor else None)
    )


def not_live(
    quote: QuoteRefused | QuoteWithdrawn | QuoteExpired | None,
) -> NotLive:
    match quote:
        case None:
            return NoSuchQuote()
        case QuoteRefused():
            return QuoteIsRefused(quote.reason)
        case QuoteWithdrawn():
            return QuoteIsWithdrawn()
        case QuoteExpired():
            return QuoteIsExpired(quote.expired_at)
        case unhandled:
            assert_never(unhandled)
