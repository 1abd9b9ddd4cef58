"""For logistics: which quotes are there on a trip?"""

from typing import Annotated

from infra.http.answers import Answer, Answered, Router
from infra.http.models import Day, Id, Instant
from infra.http.request_context import RequestContext, requires
from infra.reading import Rows, Table
from services.views.partner.my_quotes import CounterStatus, EarlierQuote, QuoteStatus
from services.views.partner.quotes import Quote, view
from services.views.partner.trips import ExpenseShown

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
    amount_minor: int
    currency: str
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
    counter_minor: int | None
    """The price that logistics named instead."""
    counter_status: CounterStatus | None


class QuotesOnTrip(Answer):
    items: list[QuoteOnTrip]


@router.get("/logistics/trips/{trip_id}/quotes")
async def quotes_side_by_side(trip_id: Id, context: LogisticsContext) -> Answered[QuotesOnTrip]:
    """List the quotes on a trip that hold, side by side, cheapest first."""
    found = await quotes_on(context.principal.organisation_id, trip_id).many(context.pool, CHEAPEST)
    return Answered(QuotesOnTrip(items=[QuoteOnTrip.of(quote) for quote in found]))
