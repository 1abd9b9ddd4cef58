"""Quotes of drivers and the counter-offers of logistics."""

from enum import StrEnum
from typing import assert_never

from contracts.missions.trip_v1 import (
    CounterAccepted,
    CounterDeclined,
    CounterOffered,
    QuoteExpired,
    QuoteModified,
    QuoteRefused,
    QuoteSubmitted,
    QuoteWithdrawn,
)
from infra.http.answers import Answer, Answered, MoneyShown, Recorded, Router, RuleShown
from infra.http.models import Body, Day, Id, Instant, MoneyBody, Text
from services.missions import trip
from services.missions.aggregates import TRIP
from services.missions.http.access import DriverContext, LogisticsContext
from services.missions.http.eligibility import lacking_papers, qualifications_on_first_day
from services.missions.http.fields import (
    Expenses,
    ExpenseShown,
    QuoteSeen,
    RefusalBody,
    itemised,
)
from services.missions.trip.counter_offers import (
    AcceptCounter,
    CounterOffer,
    DeclineCounter,
    OfferCounter,
)
from services.missions.trip.quotes import (
    ModifyQuote,
    Quote,
    QuoteTerms,
    RefuseQuote,
    SubmitQuote,
    WithdrawQuote,
)

router = Router("Quotes")

# --- Bodies -----------------------------------------------------------------


class QuoteBody(Body):
    """A price excluding VAT, and when the driver would come."""

    price: MoneyBody
    expenses: Expenses = ()
    """The part of the price that is for expenses, each kind once; the rest is the service."""
    comment: Text | None = None
    pickup_on: Day | None = None
    delivery_on: Day | None = None
    valid_until: Instant | None = None
    """From this instant on it cannot be accepted; without one it holds until it is answered."""

    def terms(self) -> QuoteTerms:
        """The value of the commands."""
        return QuoteTerms(
            price=self.price.money(),
            expenses=itemised(self.expenses),
            comment=self.comment,
            pickup_on=self.pickup_on,
            delivery_on=self.delivery_on,
            valid_until=self.valid_until,
        )


class QuoteRefusalBody(RefusalBody):
    quote: QuoteSeen


class CounterBody(Body):
    """The price at which logistics would take the quote, its expenses included."""

    price: MoneyBody
    quote: QuoteSeen


class CounterSeen(Body):
    """The counter-offer as its driver read it; 412 when it is another one now."""

    price: MoneyBody


# --- Answers ----------------------------------------------------------------


class SubmittedQuote(Answer):
    """A price as a driver offered it, excluding VAT."""

    trip_id: str
    driver_id: str
    price: MoneyShown
    comment: str | None
    pickup_on: Day | None
    delivery_on: Day | None
    submitted_at: Instant
    expenses: tuple[ExpenseShown, ...]
    """The part of the price that is for expenses; the rest is the service."""
    valid_until: Instant | None
    """From this instant on it cannot be accepted; null when it holds until it is answered."""


class ModifiedQuote(Answer):
    """A price as a driver changed it, excluding VAT."""

    trip_id: str
    driver_id: str
    price: MoneyShown
    comment: str | None
    pickup_on: Day | None
    delivery_on: Day | None
    modified_at: Instant
    expenses: tuple[ExpenseShown, ...]
    """The part of the price that is for expenses; the rest is the service."""
    valid_until: Instant | None
    """From this instant on it cannot be accepted; null when it holds until it is answered."""


class RefusedQuote(Answer):
    """A quote that was turned down, by logistics or by a rule."""

    trip_id: str
    driver_id: str
    reason: str
    rule: RuleShown | None
    """Present when no person decided."""
    refused_at: Instant


class WithdrawnQuote(Answer):
    """A quote that its driver deleted."""

    trip_id: str
    driver_id: str
    withdrawn_at: Instant


class ExpiredQuote(Answer):
    """A quote that nobody accepted while it was valid."""

    trip_id: str
    driver_id: str
    expired_at: Instant


class OfferedCounter(Answer):
    """The price that logistics named, the quoted expenses included."""

    trip_id: str
    driver_id: str
    price: MoneyShown
    offered_at: Instant
    offered_by: str | None


class AcceptedCounter(Answer):
    """The driver took the price of the counter-offer."""

    trip_id: str
    driver_id: str
    accepted_at: Instant
    offered_by: str | None
    price: MoneyShown | None


class DeclinedCounter(Answer):
    """The driver stayed with the quote, or modified it instead."""

    trip_id: str
    driver_id: str
    declined_at: Instant
    offered_by: str | None
    price: MoneyShown | None


class QuoteStatus(StrEnum):
    SUBMITTED = "submitted"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"
    EXPIRED = "expired"


class CounterStatus(StrEnum):
    OFFERED = "offered"
    ACCEPTED = "accepted"
    DECLINED = "declined"


class CounterShown(Answer):
    """The counter-offer that a quote met with; `last` is what happened to it last."""

    status: CounterStatus
    last: OfferedCounter | AcceptedCounter | DeclinedCounter


class QuoteShown(Answer):
    """A driver's quote; `last` is what happened to it last."""

    status: QuoteStatus
    last: SubmittedQuote | ModifiedQuote | RefusedQuote | WithdrawnQuote | ExpiredQuote
    counter_offer: CounterShown | None


def quote_shown(quote: Quote, counter: CounterOffer | None) -> QuoteShown:
    """A quote to its driver and to logistics."""
    offered = counter_shown(counter) if counter else None
    match quote:
        case QuoteSubmitted():
            submitted = SubmittedQuote.of(quote)
            return QuoteShown(status=QuoteStatus.SUBMITTED, last=submitted, counter_offer=offered)
        case QuoteModified():
            modified = ModifiedQuote.of(quote)
            return QuoteShown(status=QuoteStatus.SUBMITTED, last=modified, counter_offer=offered)
        case QuoteRefused():
            refused = RefusedQuote.of(quote)
            return QuoteShown(status=QuoteStatus.REFUSED, last=refused, counter_offer=offered)
        case QuoteWithdrawn():
            withdrawn = WithdrawnQuote.of(quote)
            return QuoteShown(status=QuoteStatus.WITHDRAWN, last=withdrawn, counter_offer=offered)
        case QuoteExpired():
            expired = ExpiredQuote.of(quote)
            return QuoteShown(status=QuoteStatus.EXPIRED, last=expired, counter_offer=offered)
        case unhandled:
            assert_never(unhandled)


def counter_shown(counter: CounterOffer) -> CounterShown:
    match counter:
        case CounterOffered():
            return CounterShown(status=CounterStatus.OFFERED, last=OfferedCounter.of(counter))
        case CounterAccepted():
            return CounterShown(status=CounterStatus.ACCEPTED, last=AcceptedCounter.of(counter))
        case CounterDeclined():
            return CounterShown(status=CounterStatus.DECLINED, last=DeclinedCounter.of(counter))
        case unhandled:
            assert_never(unhandled)


# --- Routes -----------------------------------------------------------------


@router.post("/trips/{trip_id}/quote", status_code=201)
async def submit_quote(trip_id: Id, body: QuoteBody, context: DriverContext) -> Answered[Recorded]:
    """Offer a price for the trip."""
    driver_id = context.principal.subject

    async def quote(state: trip.Trip) -> SubmitQuote:
        return SubmitQuote(
            trip_id=trip_id,
            driver_id=driver_id,
            organisation_id=context.principal.organisation_id,
            terms=body.terms(),
            qualifications=await qualifications_on_first_day(context, driver_id, state),
            lacking_papers=await lacking_papers(context, driver_id),
            today=context.today,
            at=context.occurred_at,
        )

    return await context.handle(TRIP, trip_id, quote, created=f"/missions/trips/{trip_id}")


@router.put("/trips/{trip_id}/quote")
async def modify_quote(trip_id: Id, body: QuoteBody, context: DriverContext) -> Answered[Recorded]:
    """Change one's quote while logistics has not processed it."""
    command = ModifyQuote(
        trip_id=trip_id,
        driver_id=context.principal.subject,
        organisation_id=context.principal.organisation_id,
        terms=body.terms(),
        today=context.today,
        at=context.occurred_at,
    )
    return await context.handle(TRIP, trip_id, command)


@router.delete("/trips/{trip_id}/quote")
async def withdraw_quote(trip_id: Id, context: DriverContext) -> Answered[Recorded]:
    """Delete one's quote while logistics has not processed it."""
    command = WithdrawQuote(
        trip_id=trip_id,
        driver_id=context.principal.subject,
        organisation_id=context.principal.organisation_id,
        at=context.occurred_at,
    )
    return await context.handle(TRIP, trip_id, command)


@router.post("/trips/{trip_id}/quotes/{driver_id}/refusal")
async def refuse_quote(
    trip_id: Id, driver_id: Id, body: QuoteRefusalBody, context: LogisticsContext
) -> Answered[Recorded]:
    """Turn a quote down, with the reason the driver will read."""
    command = RefuseQuote(
        trip_id=trip_id,
        driver_id=driver_id,
        organisation_id=context.principal.organisation_id,
        reason=body.reason,
        seen=body.quote.seen(),
        at=context.occurred_at,
    )
    return await context.handle(TRIP, trip_id, command)


@router.post("/trips/{trip_id}/quotes/{driver_id}/counter-offer")
async def offer_counter(
    trip_id: Id, driver_id: Id, body: CounterBody, context: LogisticsContext
) -> Answered[Recorded]:
    """Name the price at which the quote would be taken; each quote meets with one at most."""
    command = OfferCounter(
        trip_id=trip_id,
        driver_id=driver_id,
        organisation_id=context.principal.organisation_id,
        price=body.price.money(),
        seen=body.quote.seen(),
        offered_by=context.principal.subject,
        at=context.at,
    )
    return await context.handle(TRIP, trip_id, command)


@router.post("/trips/{trip_id}/quote/counter-offer/acceptance")
async def accept_counter(
    trip_id: Id, body: CounterSeen, context: DriverContext
) -> Answered[Recorded]:
    """Take the counter-offer: the quote has its price from now on."""
    command = AcceptCounter(
        trip_id=trip_id,
        driver_id=context.principal.subject,
        organisation_id=context.principal.organisation_id,
        price=body.price.money(),
        at=context.at,
    )
    return await context.handle(TRIP, trip_id, command)


@router.post("/trips/{trip_id}/quote/counter-offer/refusal")
async def decline_counter(
    trip_id: Id, body: CounterSeen, context: DriverContext
) -> Answered[Recorded]:
    """Decline the counter-offer and stay with the quote as it is."""
    command = DeclineCounter(
        trip_id=trip_id,
        driver_id=context.principal.subject,
        organisation_id=context.principal.organisation_id,
        price=body.price.money(),
        at=context.occurred_at,
    )
    return await context.handle(TRIP, trip_id, command)
