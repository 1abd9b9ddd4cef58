"""The driver's own quotes and their standing, newest first."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Annotated, Any, get_type_hints

from psycopg import AsyncCursor
from psycopg.rows import RowMaker
from pydantic import Field

from infra.http.answers import FORMER, Answer, Answered, Listed, MoneyShown, Router
from infra.http.models import Coded, Day, Instant
from infra.http.pages import Paging
from infra.reading import Rows, Table
from infra.searching import sought
from infra.words import told
from services.views.partner.open_trips import DriverContext, Search
from services.views.partner.quotes import Quote, view
from services.views.partner.trips import ExpenseShown, SlotShown, TownShown, expenses_shown

router = Router("Quotes")


@dataclass(frozen=True, slots=True, kw_only=True)
class TripOfQuote:
    """Enough of a trip to recognise it."""

    departure_city: str
    departure_postal_code: str
    arrival_city: str
    arrival_postal_code: str
    client_brand: str
    from_day: date
    from_fixed: bool
    until_day: date
    until_fixed: bool


@dataclass(frozen=True, slots=True)
class QuotedTrip:
    """A quote with enough of its trip to recognise it."""

    quote: Quote
    trip: TripOfQuote

    @property
    def submitted_at(self) -> datetime:
        return self.quote.submitted_at

    @property
    def trip_id(self) -> str:
        return self.quote.trip_id


class _Joined:
    """Rows of quotes, each followed by columns of its trip."""

    columns = (*view.columns, *get_type_hints(TripOfQuote))
    hints: Mapping[str, Any] = {**view.hints, **get_type_hints(TripOfQuote)}

    def row_factory(self, cursor: AsyncCursor[Any]) -> RowMaker[QuotedTrip]:
        quote, own = view.row_factory(cursor), len(view.columns)

        def make(values: Sequence[Any]) -> QuotedTrip:
            of_trip = dict(zip(self.columns[own:], values[own:], strict=True))
            return QuotedTrip(quote(values[:own]), TripOfQuote(**of_trip))

        return make


quoted_trips = Table(
    _Joined(),
    "quotes join trips using (trip_id)",
    organisation="trips.organisation_id",
    columns={name: f"trips.{name}" for name in get_type_hints(TripOfQuote)},
)
NEWEST = quoted_trips.order("newest-quote", "submitted_at", "trip_id", descending=True)


def quotes_of(organisation_id: str, driver_id: str, text: str) -> Rows[QuotedTrip]:
    """All quotes the driver ever submitted (HIF-19), for trips with these words."""
    rows = quoted_trips.of(organisation_id, driver_id=driver_id)
    asked = sought(text)
    return rows.where(asked.met_by("trips.search"), **asked.values) if asked else rows


class QuoteStatus(StrEnum):
    SUBMITTED = "submitted"
    ACCEPTED = "accepted"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"
    EXPIRED = "expired"


class CounterStatus(StrEnum):
    OFFERED = "offered"
    ACCEPTED = "accepted"
    DECLINED = "declined"


class CounterShown(Answer):
    """The other price that logistics named, and what became of it."""

    status: CounterStatus
    price: MoneyShown


class EarlierQuote(Answer):
    """An earlier quote on the same trip; the reason is that of a refusal."""

    status: QuoteStatus
    price: MoneyShown
    amount_minor: Annotated[int, FORMER]
    currency: Annotated[str, FORMER]
    reason: str | None
    """What logistics wrote, or the words for the rule in the language of `Accept-Language`."""
    rule: Annotated[str | None, Coded("Rule")]
    """The rule that refused it; null where a person did."""
    ended_at: Instant


class MyQuote(Answer):
    """A quote as its driver sees it, with enough of the trip to recognise it."""

    trip_id: str
    status: QuoteStatus
    departure: TownShown
    arrival: TownShown
    departure_city: Annotated[str, FORMER]
    arrival_city: Annotated[str, FORMER]
    client_brand: str
    from_: Annotated[SlotShown, Field(serialization_alias="from")]
    until: SlotShown
    from_day: Annotated[Day, FORMER]
    until_day: Annotated[Day, FORMER]
    price: MoneyShown
    comment: str | None
    pickup_on: Day | None
    delivery_on: Day | None
    submitted_at: Instant
    modified_at: Instant | None
    processed_at: Instant | None
    refusal_reason: str | None
    """What logistics wrote, or the words for the rule in the language of `Accept-Language`."""
    refusal_rule: Annotated[str | None, Coded("Rule")]
    """The rule that refused it; null where a person did."""
    expenses: tuple[ExpenseShown, ...]
    earlier: tuple[EarlierQuote, ...]
    valid_until: Instant | None
    counter_offer: CounterShown | None


def earlier_quotes(quote: Quote, language: str) -> tuple[EarlierQuote, ...]:
    return tuple(
        EarlierQuote(
            status=QuoteStatus(one.status),
            price=MoneyShown(amount_minor=one.amount_minor, currency=one.currency),
            amount_minor=one.amount_minor,
            currency=one.currency,
            reason=told(language, one.rule, one.reason),
            rule=one.rule,
            ended_at=one.ended_at,
        )
        for one in quote.earlier
    )


def counter(quote: Quote) -> CounterShown | None:
    if quote.counter_minor is None or quote.counter_status is None:
        return None
    price = MoneyShown(amount_minor=quote.counter_minor, currency=quote.currency)
    return CounterShown(status=CounterStatus(quote.counter_status), price=price)


def my_quote(row: QuotedTrip, language: str) -> MyQuote:
    quote, trip = row.quote, row.trip
    return MyQuote(
        trip_id=quote.trip_id,
        status=QuoteStatus(quote.status),
        departure=TownShown(city=trip.departure_city, postal_code=trip.departure_postal_code),
        arrival=TownShown(city=trip.arrival_city, postal_code=trip.arrival_postal_code),
        departure_city=trip.departure_city,
        arrival_city=trip.arrival_city,
        client_brand=trip.client_brand,
        from_=SlotShown(date=trip.from_day, fixed=trip.from_fixed),
        until=SlotShown(date=trip.until_day, fixed=trip.until_fixed),
        from_day=trip.from_day,
        until_day=trip.until_day,
        price=MoneyShown(amount_minor=quote.amount_minor, currency=quote.currency),
        comment=quote.comment,
        pickup_on=quote.pickup_on,
        delivery_on=quote.delivery_on,
        submitted_at=quote.submitted_at,
        modified_at=quote.modified_at,
        processed_at=quote.processed_at,
        refusal_reason=told(language, quote.refusal_rule, quote.refusal_reason),
        refusal_rule=quote.refusal_rule,
        expenses=expenses_shown(quote.expenses, quote.currency),
        earlier=earlier_quotes(quote, language),
        valid_until=quote.valid_until,
        counter_offer=counter(quote),
    )


@router.get("/quotes")
async def my_quotes(
    context: DriverContext, page: Paging, q: Search = ""
) -> Answered[Listed[MyQuote]]:
    """List one's quotes, newest first, refusals with their reason."""
    who = context.principal
    rows = quotes_of(who.organisation_id, who.subject, q)
    shown = await page.show(rows, NEWEST, lambda row: my_quote(row, context.language))
    return context.in_language(shown)
