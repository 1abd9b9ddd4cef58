"""A driver's quote for a trip: submitted, modified, withdrawn, or refused."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import ClassVar, assert_never

from contracts.common_v1 import Money
from contracts.decisions import Changed
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


@dataclass(frozen=True, slots=True, kw_only=True)
class QuoteTerms:
    """The content of a quote. Its expenses are a part of its price; the rest is the service."""

    price: Money
    expenses: tuple[QuotedExpense, ...] = ()
    comment: str | None = None
    pickup_on: date | None = None
    delivery_on: date | None = None
    valid_until: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SubmitQuote:
    """`qualifications` are those of the driver that hold on the first day of the trip.

    A driver with `lacking_papers` gets no new work today.
    """

    trip_id: str
    driver_id: str
    organisation_id: str
    terms: QuoteTerms
    qualifications: frozenset[Qualification]
    lacking_papers: tuple[str, ...] = ()
    today: date
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ModifyQuote:
    trip_id: str
    driver_id: str
    organisation_id: str
    terms: QuoteTerms
    today: date
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class WithdrawQuote:
    trip_id: str
    driver_id: str
    organisation_id: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class RefuseQuote:
    trip_id: str
    driver_id: str
    organisation_id: str
    reason: str
    seen: terms.SeenQuote
    at: datetime


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
class ValidityIsOver:
    field: ClassVar[str] = "valid_until"
    valid_until: datetime


BadQuote = ValidityIsOver | terms.BadExpenses | terms.BadTerms
NotLive = NoSuchQuote | QuoteIsRefused | QuoteIsWithdrawn | QuoteIsExpired
Rejection = (
    NotLive
    | AlreadyQuoted
    | terms.AbovePriceAgreed
    | ReasonMissing
    | Changed
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
        return [] if command.terms == terms_of(quote) else AlreadyQuoted(quote.price)
    return (
        terms.past(offer, command.today)
        or terms.gate(offer, command.qualifications, command.lacking_papers)
        or bad_terms(command, offer)
        or [
            QuoteSubmitted(
                trip_id=command.trip_id,
                driver_id=command.driver_id,
                price=command.terms.price,
                comment=command.terms.comment,
                pickup_on=command.terms.pickup_on,
                delivery_on=command.terms.delivery_on,
                submitted_at=command.at,
                expenses=command.terms.expenses,
                valid_until=command.terms.valid_until,
            )
        ]
    )


def modify(command: ModifyQuote, offer: TripPublished, quote: Quote | None) -> Decision:
    if not isinstance(quote, Live):
        return not_live(quote)
    if command.terms == terms_of(quote):
        return []
    return (
        terms.past(offer, command.today)
        or bad_terms(command, offer)
        or [modified(quote, command.terms, command.at)]
    )


def withdraw(command: WithdrawQuote, quote: Quote | None) -> Decision:
    match quote:
        case QuoteSubmitted() | QuoteModified():
            return [
                QuoteWithdrawn(
                    trip_id=command.trip_id, driver_id=command.driver_id, withdrawn_at=command.at
                )
            ]
        case QuoteWithdrawn():
            return []
        case None | QuoteRefused() | QuoteExpired():
            return not_live(quote)
        case unhandled:
            assert_never(unhandled)


def refuse(command: RefuseQuote, quote: Quote | None) -> Decision:
    if not isinstance(quote, Live):
        repeated = isinstance(quote, QuoteRefused) and quote.reason == command.reason
        return [] if repeated else not_live(quote)
    if stale := terms.not_as_seen(command.seen, quote):
        return stale
    if not command.reason.strip():
        return ReasonMissing()
    return terms.too_long("reason", command.reason, REASON_LIMIT) or [
        QuoteRefused(
            trip_id=command.trip_id,
            driver_id=command.driver_id,
            reason=command.reason,
            rule=None,
            refused_at=command.at,
        )
    ]


# --- Parts of a decision ----------------------------------------------------


def terms_of(quote: Live) -> QuoteTerms:
    return QuoteTerms(
        price=quote.price,
        expenses=quote.expenses,
        comment=quote.comment,
        pickup_on=quote.pickup_on,
        delivery_on=quote.delivery_on,
        valid_until=quote.valid_until,
    )


def modified(quote: Live, new: QuoteTerms, at: datetime) -> QuoteModified:
    return QuoteModified(
        trip_id=quote.trip_id,
        driver_id=quote.driver_id,
        price=new.price,
        comment=new.comment,
        pickup_on=new.pickup_on,
        delivery_on=new.delivery_on,
        modified_at=at,
        expenses=new.expenses,
        valid_until=new.valid_until,
    )


def bad_terms(command: SubmitQuote | ModifyQuote, offer: TripPublished) -> BadQuote | None:
    new = command.terms
    return (
        terms.bad_price(new.price)
        or bad_validity(new, command.at)
        or terms.bad_expenses(new.expenses, new.price)
        or terms.too_long("comment", new.comment, COMMENT_LIMIT)
        or terms.bad_days(offer, pickup_on=new.pickup_on, delivery_on=new.delivery_on)
    )


def bad_validity(new: QuoteTerms, at: datetime) -> ValidityIsOver | None:
    end = new.valid_until
    return ValidityIsOver(end) if end is not None and end <= at else None


def expired(quote: Live, at: datetime) -> QuoteIsExpired | None:
    """A quote holds up to its instant, not at it; without one until it is answered."""
    end = quote.valid_until
    return QuoteIsExpired(end) if end is not None and end <= at else None


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
