"""Cases day by day: days that are over come from the view; today is counted live."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from typing import Annotated, LiteralString
from zoneinfo import ZoneInfo

from fastapi import Query
from psycopg.rows import class_row

from contracts import dealers
from infra.database import Pool
from infra.http.answers import Answer, Answered, Listed, MoneyShown, Router
from infra.http.models import Day, Instant
from infra.http.pages import Paging
from infra.http.request_context import RequestContext
from infra.reading import Asked, KeyPart, Order
from services.views.dealer.statistics import (
    PeriodFilters,
    Scope,
    StatisticsContext,
    TodayFilters,
    scopes,
)

router = Router("Statistics")

# --- Days -------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class DayCount:
    """How many cases of a dealership reached each status on a day, for the first time."""

    day: date
    dealership_id: str
    currency: str
    created: int
    sent: int
    read: int
    answered: int
    closed: int
    accepted: int


LATEST_DAY = Order[DayCount](
    "latest-day", ("day", "dealership_id", "currency"), (date, str, str), descending=True
)
DAYS: LiteralString = """
with asked as (
  select * from unnest(
    %(dealerships)s::text[], %(brands)s::text[], %(firsts)s::date[], %(lasts)s::date[]
  ) as asked(dealership_id, brand, first_day, last_day)
), reached as (
  select dealership_id, currency, status_reached, day, amount, first_day, last_day
  from case_figures join asked using (dealership_id, brand)
  cross join lateral (values
    ('created', created_on, 0),
    ('sent', sent_on, 0),
    ('read', read_on, 0),
    ('answered', answered_on, accepted_minor),
    ('closed', closed_on, 0)
  ) as happened(status_reached, day, amount)
  where organisation_id = %(mine)s and (%(mode)s::text is null or mode = %(mode)s::text)
)
select day, dealership_id, currency,
  count(*) filter (where status_reached = 'created') as created,
  count(*) filter (where status_reached = 'sent') as sent,
  count(*) filter (where status_reached = 'read') as read,
  count(*) filter (where status_reached = 'answered') as answered,
  count(*) filter (where status_reached = 'closed') as closed,
  sum(amount)::bigint as accepted
from reached
where day between first_day and last_day
  and (%(day)s::date is null
    or (day, dealership_id, currency) < (%(day)s::date, %(id)s::text, %(currency)s::text))
group by day, dealership_id, currency
order by day desc, dealership_id desc, currency desc
limit %(limit)s
"""
TODAY: LiteralString = """
with asked as (
  select * from unnest(
    %(dealerships)s::text[], %(brands)s::text[], %(lasts)s::date[], %(begins)s::timestamptz[]
  ) as asked(dealership_id, brand, day, begins)
)
select day, dealership_id, currency,
  coalesce(sum(cases) filter (where reached = 'created'), 0)::int as created,
  coalesce(sum(cases) filter (where reached = 'sent'), 0)::int as sent,
  coalesce(sum(cases) filter (where reached = 'read'), 0)::int as read,
  coalesce(sum(cases) filter (where reached = 'answered'), 0)::int as answered,
  coalesce(sum(cases) filter (where reached = 'closed'), 0)::int as closed,
  sum(amount_minor)::bigint as accepted
from live.case_count join asked using (dealership_id, brand)
where organisation_id = %(mine)s and begins_at >= begins
  and (%(mode)s::text is null or mode = %(mode)s::text)
group by day, dealership_id, currency
order by dealership_id, currency
"""


def values_of(
    context: RequestContext, filters: TodayFilters, asked: Sequence[Scope]
) -> dict[str, object]:
    return {
        "mine": context.principal.organisation_id,
        "dealerships": [one.dealership.dealership_id for one in asked],
        "brands": [one.brand for one in asked],
        "firsts": [one.first for one in asked],
        "lasts": [one.last for one in asked],
        "begins": [midnight(one.last, one.dealership.time_zone) for one in asked],
        "mode": filters.mode,
    }


def midnight(day: date, zone: str) -> datetime:
    """The instant at which a day begins in a zone."""
    return datetime.combine(day, time(), ZoneInfo(zone)).astimezone(UTC)


def by_day(
    context: RequestContext, filters: PeriodFilters, asked: Sequence[Scope]
) -> Asked[DayCount]:
    """The days on which something happened."""
    values = values_of(context, filters, asked)

    async def read(pool: Pool, after: Sequence[KeyPart] | None, limit: int) -> list[DayCount]:
        day, id, currency = after or (None, "", "")
        place = {"day": day, "id": id, "currency": currency, "limit": limit}
        return await counts(pool, DAYS, values | place)

    return Asked(read)


async def counts(pool: Pool, query: LiteralString, values: dict[str, object]) -> list[DayCount]:
    async with pool.connection() as connection:
        cursor = connection.cursor(row_factory=class_row(DayCount))
        await cursor.execute(query, values)
        return await cursor.fetchall()


# --- Answers ----------------------------------------------------------------


class DayShown(Answer):
    """How many cases of a dealership came to each status on a day, each case once a status."""

    day: Day
    """Where the dealership is."""
    dealership_id: str
    dealership_name: str
    created: int
    sent: int
    read: int
    answered: int
    closed: int
    accepted: MoneyShown
    """What the answers of the day accept, without VAT."""


class TodayShown(Answer):
    """Today so far, counted as it happens: moments before a failure may be absent, or twice.

    The days that are over have no such doubts.
    """

    live: bool
    """Always true: these numbers are no history yet."""
    as_of: Instant
    dealerships: tuple[DayShown, ...]


def shown_by(asked: Sequence[Scope]) -> dict[str, str]:
    return {
        one.dealership.dealership_id: dealers.all_in_all(one.dealership).dealership_name
        for one in asked
    }


def day_shown(row: DayCount, name: str) -> DayShown:
    return DayShown(
        day=row.day,
        dealership_id=row.dealership_id,
        dealership_name=name,
        created=row.created,
        sent=row.sent,
        read=row.read,
        answered=row.answered,
        closed=row.closed,
        accepted=MoneyShown(amount_minor=row.accepted, currency=row.currency),
    )


# --- Routes -----------------------------------------------------------------


@router.get("/statistics/days")
async def statistics_by_day(
    context: StatisticsContext, page: Paging, filters: Annotated[PeriodFilters, Query()]
) -> Answered[Listed[DayShown]]:
    """List what happened day by day, the latest first."""
    asked = await scopes(context, filters)
    names = shown_by(asked)
    return await page.show(
        by_day(context, filters, asked),
        LATEST_DAY,
        lambda row: day_shown(row, names[row.dealership_id]),
    )


@router.get("/statistics/today")
async def statistics_today(
    context: StatisticsContext, filters: Annotated[TodayFilters, Query()]
) -> Answered[TodayShown]:
    """Get today's numbers as they are counted live."""
    asked = await scopes(context, filters)
    found = await counts(context.pool, TODAY, values_of(context, filters, asked))
    names = shown_by(asked)
    return Answered(
        TodayShown(
            live=True,
            as_of=context.at,
            dealerships=tuple(day_shown(row, names[row.dealership_id]) for row in found),
        )
    )
