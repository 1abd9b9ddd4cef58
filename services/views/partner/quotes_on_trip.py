"""For logistics: which quotes are there on a trip?"""

from typing import Annotated

from infra.http.answers import FORMER, Answer, Answered, MoneyShown, Router
from infra.http.models import Day, Id, Instant
from infra.http.request_context import RequestContext, requires
from infra.reading import Rows, Table
from infra.words import told
from services.views.partner.my_quotes import (
    CounterShown,
    CounterStatus,
    EarlierQuote,
    QuoteStatus,
    counter,
    earlier_quotes,
)
from services.views.partner.quotes import Quote, view
from services.views.partner.trips import ExpenseShown, expenses_shown

router = Router("Logistics")

LogisticsContext = Annotated[RequestContext, requires("logistics")]

quotes = Table(
    view,
    "quotes join trips using (trip_id)",
    organisation="trips.organisation_id",
)
CHEAPEST = quotes.order("cheapest", "amount_minor", "driver_id")


def quotes_on(organisation_id: str, trip_id: str) -> Rows[Quote]:
    """The quotes on a trip that hold, or held at the award: what is compared."""
    compared = ("submitted", "accepted")
    return quotes.of(organisation_id, trip_id=trip_id, status=compared)


class QuoteOnTrip(Answer):
    """A driver's quote, as logistics compares it with the others."""

    trip_id: str
    driver_id: str
    status: QuoteStatus
    price: MoneyShown
    amount_minor: Annotated[int, FORMER]
    currency: Annotated[str, FORMER]
    comment: str | None
    pickup_on: Day | None
    delivery_on: Day | None
    submitted_at: Instant
    modified_at: Instant | None
    processed_at: Instant | None
    refusal_reason: str | None
    earlier: tuple[EarlierQuote, ...]
    expenses: tuple[ExpenseShown, ...]
    valid_until: Instant | None
    counter_offer: CounterShown | None
    """The price that logistics named instead."""
    counter_minor: Annotated[int | None, FORMER]
    counter_status: Annotated[CounterStatus | None, FORMER]


class QuotesOnTrip(Answer):
    items: list[QuoteOnTrip]


def on_trip(quote: Quote, language: str) -> QuoteOnTrip:
    return QuoteOnTrip(
        trip_id=quote.trip_id,
        driver_id=quote.driver_id,
        status=QuoteStatus(quote.status),
        price=MoneyShown(amount_minor=quote.amount_minor, currency=quote.currency),
        amount_minor=quote.amount_minor,
        currency=quote.currency,
        comment=quote.comment,
        pickup_on=quote.pickup_on,
        delivery_on=quote.delivery_on,
        submitted_at=quote.submitted_at,
        modified_at=quote.modified_at,
        processed_at=quote.processed_at,
        refusal_reason=told(language, quote.refusal_rule, quote.refusal_reason),
        earlier=earlier_quotes(quote, language),
        expenses=expenses_shown(quote.expenses, quote.currency),
        valid_until=quote.valid_until,
        counter_offer=counter(quote),
        counter_minor=quote.counter_minor,
        counter_status=None
        if quote.counter_status is None
        else CounterStatus(quote.counter_status),
    )


@router.get("/logistics/trips/{trip_id}/quotes")
async def quotes_side_by_side(trip_id: Id, context: LogisticsContext) -> Answered[QuotesOnTrip]:
    """List the quotes on a trip that hold, side by side, cheapest first."""
    found = await quotes_on(context.principal.organisation_id, trip_id).many(context.pool, CHEAPEST)
    shown = QuotesOnTrip(items=[on_trip(quote, context.language) for quote in found])
    return context.in_language(Answered(shown))
