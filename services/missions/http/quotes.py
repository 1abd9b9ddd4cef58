"""Quotes of drivers and the counter-offers of logistics."""

from fastapi import APIRouter
from starlette.responses import Response

from infra.http.models import Body, Day, Id, Instant, MoneyBody, Text
from services.missions import trip
from services.missions.aggregates import TRIP
from services.missions.http.access import DriverContext, LogisticsContext
from services.missions.http.eligibility import lacking_papers, qualifications_on_first_day
from services.missions.http.fields import Expenses, RefusalBody, itemised
from services.missions.trip.counter_offers import AcceptCounter, DeclineCounter, OfferCounter
from services.missions.trip.quotes import (
    ModifyQuote,
    QuoteTerms,
    RefuseQuote,
    SubmitQuote,
    WithdrawQuote,
)

router = APIRouter()

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


class CounterBody(Body):
    """The price at which logistics would take the quote, its expenses included."""

    price: MoneyBody


# --- Routes -----------------------------------------------------------------


@router.post("/trips/{trip_id}/quote", status_code=201)
async def submit_quote(trip_id: Id, body: QuoteBody, context: DriverContext) -> Response:
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
async def modify_quote(trip_id: Id, body: QuoteBody, context: DriverContext) -> Response:
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
async def withdraw_quote(trip_id: Id, context: DriverContext) -> Response:
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
    trip_id: Id, driver_id: Id, body: RefusalBody, context: LogisticsContext
) -> Response:
    """Turn a quote down, with the reason the driver will read."""
    command = RefuseQuote(
        trip_id=trip_id,
        driver_id=driver_id,
        organisation_id=context.principal.organisation_id,
        reason=body.reason,
        at=context.occurred_at,
    )
    return await context.handle(TRIP, trip_id, command)


@router.post("/trips/{trip_id}/quotes/{driver_id}/counter-offer")
async def offer_counter(
    trip_id: Id, driver_id: Id, body: CounterBody, context: LogisticsContext
) -> Response:
    """Name the price at which the quote would be taken; each quote meets with one at most."""
    command = OfferCounter(
        trip_id=trip_id,
        driver_id=driver_id,
        organisation_id=context.principal.organisation_id,
        price=body.price.money(),
        offered_by=context.principal.subject,
        at=context.at,
    )
    return await context.handle(TRIP, trip_id, command)


@router.post("/trips/{trip_id}/quote/counter-offer/acceptance")
async def accept_counter(trip_id: Id, context: DriverContext) -> Response:
    """Take the counter-offer: the quote has its price from now on."""
    command = AcceptCounter(
        trip_id=trip_id,
        driver_id=context.principal.subject,
        organisation_id=context.principal.organisation_id,
        at=context.at,
    )
    return await context.handle(TRIP, trip_id, command)


@router.post("/trips/{trip_id}/quote/counter-offer/refusal")
async def decline_counter(trip_id: Id, context: DriverContext) -> Response:
    """Decline the counter-offer and stay with the quote as it is."""
    command = DeclineCounter(
        trip_id=trip_id,
        driver_id=context.principal.subject,
        organisation_id=context.principal.organisation_id,
        at=context.occurred_at,
    )
    return await context.handle(TRIP, trip_id, command)
