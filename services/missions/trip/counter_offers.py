"""Logistics names the price at which it would take a quote, once; the driver answers."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import assert_never

from contracts.common_v1 import Money
from contracts.decisions import Changed, changed
from contracts.missions.trip_v1 import (
    CounterAccepted,
    CounterDeclined,
    CounterOffered,
    QuoteExpired,
    QuoteModified,
    QuoteRefused,
    TripEvent,
)
from services.missions import terms
from services.missions.trip import quotes

# --- Commands ---------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class OfferCounter:
    trip_id: str
    driver_id: str
    organisation_id: str
    price: Money
    seen: terms.SeenQuote
    offered_by: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class AcceptCounter:
    """Names the price that the driver saw, and takes it."""

    trip_id: str
    driver_id: str
    organisation_id: str
    price: Money
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class DeclineCounter:
    trip_id: str
    driver_id: str
    organisation_id: str
    price: Money
    at: datetime


Command = OfferCounter | AcceptCounter | DeclineCounter

# --- Rejections -------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class NoCounterOffer:
    pass


@dataclass(frozen=True, slots=True)
class AlreadyCountered:
    pass


Rejection = NoCounterOffer | AlreadyCountered | Changed | quotes.NotLive | quotes.BadQuote

# --- State ------------------------------------------------------------------

CounterOffer = CounterOffered | CounterAccepted | CounterDeclined
"""A counter-offer is what happened to it last."""

Event = CounterOffer

# --- Decisions --------------------------------------------------------------

Decision = list[TripEvent] | Rejection


def decide(command: Command, quote: quotes.Quote | None, counter: CounterOffer | None) -> Decision:
    """As in every aggregate; `quote` and `counter` are the driver's ones for this open trip."""
    if not isinstance(quote, quotes.Live):
        return quotes.not_live(quote)
    if stale := another_price(command, counter):
        return stale
    match command:
        case OfferCounter():
            return offer(command, quote, counter)
        case AcceptCounter():
            return accept(command, quote, counter)
        case DeclineCounter():
            return decline(command, counter)
        case unhandled:
            assert_never(unhandled)


def offer(command: OfferCounter, quote: quotes.Live, counter: CounterOffer | None) -> Decision:
    """One a quote: the driver is to answer, not to be bargained down."""
    if counter is not None:
        repeated = isinstance(counter, CounterOffered) and counter.price == command.price
        return [] if repeated else AlreadyCountered()
    return (
        terms.not_as_seen(command.seen, quote)
        or quotes.expired(quote, command.at)
        or terms.bad_price(command.price)
        or terms.bad_expenses(quote.expenses, command.price)
        or [
            CounterOffered(
                trip_id=command.trip_id,
                driver_id=command.driver_id,
                price=command.price,
                offered_at=command.at,
                offered_by=command.offered_by,
            )
        ]
    )


def accept(command: AcceptCounter, quote: quotes.Live, counter: CounterOffer | None) -> Decision:
    match counter:
        case CounterOffered():
            return quotes.expired(quote, command.at) or [
                CounterAccepted(
                    trip_id=command.trip_id,
                    driver_id=command.driver_id,
                    accepted_at=command.at,
                    offered_by=counter.offered_by,
                    price=counter.price,
                ),
                at_price(quote, counter.price, command.at),
            ]
        case CounterAccepted():
            return []
        case None | CounterDeclined():
            return NoCounterOffer()
        case unhandled:
            assert_never(unhandled)


def decline(command: DeclineCounter, counter: CounterOffer | None) -> Decision:
    match counter:
        case CounterOffered():
            return [declined(counter, command.at)]
        case CounterDeclined():
            return []
        case None | CounterAccepted():
            return NoCounterOffer()
        case unhandled:
            assert_never(unhandled)


# --- Parts of a decision ----------------------------------------------------


def another_price(command: Command, counter: CounterOffer | None) -> Changed | None:
    """An answer is to the price that was read; the oldest events do not tell theirs."""
    if isinstance(command, OfferCounter) or counter is None or counter.price is None:
        return None
    return changed({"price": command.price}, {"price": counter.price})


def price_agreed(quote: quotes.Quote | None, counter: CounterOffer | None) -> Money | None:
    """The price of an accepted counter-offer; it holds until the quote is refused or expires."""
    if isinstance(quote, QuoteRefused | QuoteExpired) or not isinstance(counter, CounterAccepted):
        return None
    return counter.price


def at_price(quote: quotes.Live, price: Money, at: datetime) -> QuoteModified:
    """The quote as it was, at the price of the counter-offer."""
    return quotes.modified(quote, replace(quotes.terms_of(quote), price=price), at)


def declined(counter: CounterOffered, at: datetime) -> CounterDeclined:
    return CounterDeclined(
        trip_id=counter.trip_id,
        driver_id=counter.driver_id,
        declined_at=at,
        offered_by=counter.offered_by,
        price=counter.price,
    )


def answered_by_change(decision: list[TripEvent], counter: CounterOffer | None) -> list[TripEvent]:
    """A driver who changes the quote instead of answering has declined the counter-offer."""
    match decision, counter:
        case [QuoteModified() as change], CounterOffered() as counter:
            return [declined(counter, change.modified_at), change]
        case _:
            return decision
