"""Logistics names the price at which it would take a quote, once; the driver answers (C8)."""

from dataclasses import dataclass
from datetime import datetime
from typing import assert_never

from contracts.common_v1 import Money
from contracts.missions.trip_v1 import (
    CounterAccepted,
    CounterDeclined,
    CounterOffered,
    QuoteModified,
    TripEvent,
)
from services.missions import quoting, terms

# --- Commands ---------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class OfferCounter:
    fact: CounterOffered
    organisation_id: str


@dataclass(frozen=True, slots=True)
class AcceptCounter:
    trip_id: str
    driver_id: str
    organisation_id: str
    at: datetime


@dataclass(frozen=True, slots=True)
class DeclineCounter:
    trip_id: str
    driver_id: str
    organisation_id: str
    at: datetime


Command = OfferCounter | AcceptCounter | DeclineCounter

# --- Rejections -------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class NoCounterOffer:
    pass


@dataclass(frozen=True, slots=True)
class AlreadyCountered:
    pass


Rejection = NoCounterOffer | AlreadyCountered | quoting.NotLive | quoting.BadQuote

# --- State ------------------------------------------------------------------

Counter = CounterOffered | CounterAccepted | CounterDeclined
"""A counter-offer is what happened to it last."""

# --- Decisions --------------------------------------------------------------

Decision = list[TripEvent] | Rejection


def decide(command: Command, quote: quoting.Quote | None, counter: Counter | None) -> Decision:
    """As in every aggregate; `quote` and `counter` are the driver's ones for this open trip."""
    if not isinstance(quote, quoting.Live):
        return quoting.not_live(quote)
    match command:
        case OfferCounter():
            return offer(command, quote, counter)
        case AcceptCounter():
            return accept(command, quote, counter)
        case DeclineCounter():
            return decline(command, counter)
        case unhandled:
            assert_never(unhandled)


def offer(command: OfferCounter, quote: quoting.Live, counter: Counter | None) -> Decision:
    """One a quote: the driver is to answer, not to be bargained down."""
    fact = command.fact
    if counter is not None:
        repeated = isinstance(counter, CounterOffered) and counter.price == fact.price
        return [] if repeated else AlreadyCountered()
    return (
        quoting.expired(quote, fact.offered_at)
        or terms.bad_price(fact.price)
        or quoting.bad_expenses(quote.expenses, fact.price)
        or [fact]
    )


def accept(command: AcceptCounter, quote: quoting.Live, counter: Counter | None) -> Decision:
    match counter:
        case CounterOffered(price=price, offered_by=by):
            at, who = command.at, command.driver_id
            taken = CounterAccepted(
                trip_id=command.trip_id, driver_id=who, accepted_at=at, offered_by=by, price=price
            )
            return quoting.expired(quote, at) or [taken, at_price(quote, price, command)]
        case CounterAccepted():
            return []
        case None | CounterDeclined():
            return NoCounterOffer()
        case unhandled:
            assert_never(unhandled)


def decline(command: DeclineCounter, counter: Counter | None) -> Decision:
    match counter:
        case CounterOffered():
            return [declined(counter, command.at)]
        case CounterDeclined():
            return []
        case None | CounterAccepted():
            return NoCounterOffer()
        case unhandled:
            assert_never(unhandled)


def at_price(quote: quoting.Live, price: Money, command: AcceptCounter) -> QuoteModified:
    """The quote as it was, at the price of the counter-offer."""
    return QuoteModified(
        trip_id=quote.trip_id,
        driver_id=quote.driver_id,
        price=price,
        comment=quote.comment,
        pickup_on=quote.pickup_on,
        delivery_on=quote.delivery_on,
        modified_at=command.at,
        expenses=quote.expenses,
        valid_until=quote.valid_until,
    )


def declined(counter: CounterOffered, at: datetime) -> CounterDeclined:
    who = (counter.trip_id, counter.driver_id)
    return CounterDeclined(*who, at, counter.offered_by, counter.price)


def modified(decision: list[TripEvent], counter: Counter | None) -> list[TripEvent]:
    """Who changes the quote instead of answering has declined the counter-offer."""
    match decision, counter:
        case [QuoteModified() as change], CounterOffered() as counter:
            return [declined(counter, change.modified_at), change]
        case _:
            return decision
