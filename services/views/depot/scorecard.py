"""How well do couriers deliver, week by week, and which orders are behind each number? (D14)"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from typing import Annotated, LiteralString
from zoneinfo import ZoneInfo

from fastapi import Query
from psycopg.rows import class_row
from pydantic import BaseModel, ConfigDict, Field

from contracts.tills.till_v1 import GapReason
from infra.database import Pool
from infra.http.answers import Answer, Answered, Listed, MoneyShown, Router
from infra.http.models import Day, Id, Instant, Named
from infra.http.pages import Paging
from infra.http.request_context import RequestContext
from infra.reading import Asked, KeyPart, Order, Rows
from services.views.depot.cash_gaps import BY_DAY, CashGap, cash_gaps
from services.views.depot.deliveries import LATEST_ENDED, Delivery, deliveries
from services.views.depot.filters import OverseerContext
from services.views.depot.orders import BY_ID, orders
from services.views.depot.returns import OLDEST, Return, returns
from services.views.depot.users import PersonShown, people

router = Router("Scorecard")

WEEK = timedelta(days=7)
CURRENCY = "MAD"
"""Couriers of the depots are paid in dirhams (G-02)."""

# --- Numbers ----------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Score:
    """The numbers of a courier in a week that begins on this Monday."""

    week: date
    courier_id: str
    ended: int
    handed_over: int
    first_attempt: int
    given_back: int
    returned: int
    discrepancies: int
    dwell_hours: int
    cash_gaps: int
    cash_gap_minor: int


LATEST_WEEK = Order[Score]("latest-week", ("week", "courier_id"), (date, str))
SCORES: LiteralString = """
with weeks as (
  select week, begins, lead(begins, 1, 'infinity') over (order by begins) as ends
  from unnest(%(mondays)s::date[], %(begins)s::timestamptz[]) as each(week, begins)
), ended as (
  select courier_id, week,
    count(*) as ended,
    count(*) filter (where outcome = 'handed_over') as handed_over,
    count(*) filter (where outcome = 'handed_over' and attempts = 0) as first_attempt,
    count(*) filter (where outcome = 'given_back') as given_back
  from deliveries join weeks on ended_at >= begins and ended_at < ends
  where organisation_id = %(mine)s and outcome is not null and ended_at >= %(since)s
  group by 1, 2
), back as (
  select brought_by as courier_id, week,
    count(*) as returned,
    count(*) filter (where claim_id is not null) as discrepancies,
    (avg(extract(epoch from coalesce(left_at, sent_back_at, %(now)s) - returned_at)) / 3600)::bigint
      as dwell_hours
  from returns join weeks on returned_at >= begins and returned_at < ends
  where organisation_id = %(mine)s and returned_at >= %(since)s
  group by 1, 2
), cash as (
  select courier_id, week, count(*) as cash_gaps, sum(gap_minor)::bigint as cash_gap_minor
  from cash_gaps join weeks on day >= week and day < week + 7
  where organisation_id = %(mine)s and day >= %(first)s
  group by 1, 2
)
select week, courier_id, coalesce(ended, 0) as ended, coalesce(handed_over, 0) as handed_over,
  coalesce(first_attempt, 0) as first_attempt, coalesce(given_back, 0) as given_back,
  coalesce(returned, 0) as returned, coalesce(discrepancies, 0) as discrepancies,
  coalesce(dwell_hours, 0) as dwell_hours, coalesce(cash_gaps, 0) as cash_gaps,
  coalesce(cash_gap_minor, 0) as cash_gap_minor
from ended full join back using (courier_id, week) full join cash using (courier_id, week)
where (%(courier)s::text is null or courier_id = %(courier)s::text)
  and (%(week)s::date is null or (week, courier_id) < (%(week)s::date, %(after)s::text))
order by week desc, courier_id desc
limit %(limit)s
"""


class ScoreFilters(BaseModel):
    """Which numbers are wanted."""

    model_config = ConfigDict(frozen=True, use_attribute_docstrings=True)

    courier_id: Id | None = None
    weeks: Annotated[int, Field(ge=1, le=53)] = 8
    """How many weeks, this one included."""


class ScoreShown(Answer):
    """How a courier delivered in a week; each number opens its orders."""

    week: Day
    """The Monday on which it begins, by the clock of the organisation."""
    courier: PersonShown
    ended: int
    """Orders that were handed over or given back."""
    handed_over: int
    first_attempt: int
    """Those of them that were handed over without an attempt that failed."""
    first_attempt_percent: int
    given_back: int
    return_percent: int
    returned: int
    """Orders that the depot received from the courier."""
    discrepancies: int
    """Those of them of which something differs."""
    dwell_hours: int
    """How long they stay in the depot, on average."""
    cash_gaps: int
    """Days of the till on which another amount was counted than was expected."""
    cash_gap: MoneyShown
    """The differences of these days together: negative where cash is missing."""


def monday(day: date) -> date:
    return day - timedelta(days=day.weekday())


def begins(week: date, zone: ZoneInfo) -> datetime:
    """The instant at which a day begins in a zone."""
    return datetime.combine(week, time(), zone).astimezone(UTC)


def scores(context: RequestContext, filters: ScoreFilters) -> Asked[Score]:
    """The numbers of all couriers, or of one."""
    first = monday(context.today) - (filters.weeks - 1) * WEEK
    mondays = [first + n * WEEK for n in range(filters.weeks)]
    asked = {
        "mine": context.principal.organisation_id,
        "mondays": mondays,
        "begins": [begins(week, context.zone) for week in mondays],
        "since": begins(first, context.zone),
        "first": first,
        "now": context.at,
        "courier": filters.courier_id,
    }

    async def read(pool: Pool, after: Sequence[KeyPart] | None, limit: int) -> list[Score]:
        week, courier_id = after or (None, None)
        values = asked | {"week": week, "after": courier_id, "limit": limit}
        async with pool.connection() as connection:
            cursor = connection.cursor(row_factory=class_row(Score))
            await cursor.execute(SCORES, values)
            return await cursor.fetchall()

    return Asked(read)


@router.get("/scorecard")
async def scorecard(
    context: OverseerContext, page: Paging, filters: Annotated[ScoreFilters, Query()]
) -> Answered[Listed[ScoreShown]]:
    """How couriers delivered, week by week, the latest week first."""

    async def present(rows: Sequence[Score]) -> list[ScoreShown]:
        who = await people(context, (row.courier_id for row in rows))
        return [score_shown(row, who[row.courier_id]) for row in rows]

    return await page.show_together(scores(context, filters), LATEST_WEEK, present)


def score_shown(row: Score, courier: PersonShown) -> ScoreShown:
    return ScoreShown(
        week=row.week,
        courier=courier,
        ended=row.ended,
        handed_over=row.handed_over,
        first_attempt=row.first_attempt,
        first_attempt_percent=percent(row.first_attempt, row.ended),
        given_back=row.given_back,
        return_percent=percent(row.given_back, row.ended),
        returned=row.returned,
        discrepancies=row.discrepancies,
        dwell_hours=row.dwell_hours,
        cash_gaps=row.cash_gaps,
        cash_gap=MoneyShown(amount_minor=row.cash_gap_minor, currency=CURRENCY),
    )


def percent(part: int, whole: int) -> int:
    """Rounded to the nearest; 0 of nothing."""
    return (200 * part + whole) // (2 * whole) if whole else 0


# --- What is behind them ----------------------------------------------------


class DeliveryFigure(StrEnum):
    """A number of deliveries on a scorecard."""

    ENDED = "ended"
    HANDED_OVER = "handed_over"
    FIRST_ATTEMPT = "first_attempt"
    GIVEN_BACK = "given_back"


class ReturnFigure(StrEnum):
    """A number of returns on a scorecard; the time that they stay is that of all of them."""

    RETURNED = "returned"
    DISCREPANCIES = "discrepancies"


CONDITIONS: Mapping[DeliveryFigure | ReturnFigure, LiteralString] = {
    DeliveryFigure.ENDED: "outcome is not null",
    DeliveryFigure.HANDED_OVER: "outcome = 'handed_over'",
    DeliveryFigure.FIRST_ATTEMPT: "outcome = 'handed_over' and attempts = 0",
    DeliveryFigure.GIVEN_BACK: "outcome = 'given_back'",
    ReturnFigure.RETURNED: "true",
    ReturnFigure.DISCREPANCIES: "claim_id is not null",
}


class Scored(BaseModel):
    """The courier and the week of a number."""

    model_config = ConfigDict(frozen=True, use_attribute_docstrings=True)

    courier_id: Id
    week: Day
    """A day of the week."""


class OfDeliveries(Scored):
    figure: DeliveryFigure


class OfReturns(Scored):
    figure: ReturnFigure


class DeliveryScored(Answer):
    """An order behind a number of deliveries."""

    order_id: str
    tracking_number: str
    tour_id: str
    attempts: int
    """Those that failed."""
    ended_at: Instant


class ReturnScored(Answer):
    """An order behind a number of returns."""

    order_id: str
    tracking_number: str
    tour_id: str
    claim_id: str | None
    returned_at: Instant
    left_at: Instant | None


def week_of(asked: Scored, zone: ZoneInfo) -> dict[str, datetime]:
    """When the week begins and ends."""
    first = monday(asked.week)
    return {"since": begins(first, zone), "before": begins(first + WEEK, zone)}


def of_deliveries(context: RequestContext, asked: OfDeliveries) -> Rows[Delivery]:
    mine = deliveries.of(context.principal.organisation_id, courier_id=asked.courier_id)
    rows = mine.where(CONDITIONS[asked.figure])
    within = week_of(asked, context.zone)
    return rows.where("ended_at >= %(since)s and ended_at < %(before)s", **within)


def of_returns(context: RequestContext, asked: OfReturns) -> Rows[Return]:
    mine = returns.of(context.principal.organisation_id, brought_by=asked.courier_id)
    rows = mine.where(CONDITIONS[asked.figure])
    within = week_of(asked, context.zone)
    return rows.where("returned_at >= %(since)s and returned_at < %(before)s", **within)


@router.get("/scorecard/deliveries")
async def deliveries_scored(
    context: OverseerContext, page: Paging, asked: Annotated[OfDeliveries, Query()]
) -> Answered[Listed[DeliveryScored]]:
    """The orders behind a number of deliveries, ended last first."""
    mine = context.principal.organisation_id

    async def present(rows: Sequence[Delivery]) -> list[DeliveryScored]:
        ids = {row.order_id for row in rows}
        found = await orders.of(mine, order_id=ids).many(context.pool, BY_ID)
        numbers = {order.order_id: order.tracking_number for order in found}
        return [delivery_scored(row, numbers.get(row.order_id, "")) for row in rows]

    return await page.show_together(of_deliveries(context, asked), LATEST_ENDED, present)


def delivery_scored(row: Delivery, tracking_number: str) -> DeliveryScored:
    """The tracking number is empty until the view has seen the order's registration."""
    assert row.ended_at is not None
    return DeliveryScored(
        order_id=row.order_id,
        tracking_number=tracking_number,
        tour_id=row.tour_id,
        attempts=row.attempts,
        ended_at=row.ended_at,
    )


@router.get("/scorecard/returns")
async def returns_scored(
    context: OverseerContext, page: Paging, asked: Annotated[OfReturns, Query()]
) -> Answered[Listed[ReturnScored]]:
    """The orders behind a number of returns, the oldest first."""
    return await page.show(of_returns(context, asked), OLDEST, ReturnScored.of)


class GapScored(Answer):
    """A day behind the gaps of a courier's cash."""

    till_id: str
    day: Day
    gap: MoneyShown
    """The sum that was counted less the one that was expected."""
    reason: Annotated[GapReason, Named()]
    recorded_at: Instant


@router.get("/scorecard/gaps")
async def gaps_scored(
    context: OverseerContext, page: Paging, asked: Annotated[Scored, Query()]
) -> Answered[Listed[GapScored]]:
    """The days on which a courier's cash was not what was expected, the first one first."""
    first = monday(asked.week)
    mine = cash_gaps.of(context.principal.organisation_id, courier_id=asked.courier_id)
    rows = mine.where("day >= %(first)s and day < %(after)s", first=first, after=first + WEEK)
    return await page.show(rows, BY_DAY, gap_scored)


def gap_scored(row: CashGap) -> GapScored:
    return GapScored(
        till_id=row.till_id,
        day=row.day,
        gap=MoneyShown(amount_minor=row.gap_minor, currency=row.currency),
        reason=GapReason[row.reason.upper()],
        recorded_at=row.recorded_at,
    )
