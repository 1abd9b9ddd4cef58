"""Reminders, followed from the message to the work that was done: what they bring (R9).

A reminder counts on the day on which it first went out, where its dealership is. Works and amounts
are those that it reminds of; a work counts as carried out where the reminder had gone out before.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, LiteralString

from fastapi import Query
from psycopg.rows import class_row

from contracts.reminders.reminder_v1 import ReminderCause, WorkLevel
from infra.database import Pool
from infra.http.answers import Answer, Answered, Listed, MoneyShown, Router
from infra.http.models import Named
from infra.http.pages import Paging
from infra.http.request_context import RequestContext
from infra.reading import Asked, KeyPart, Order
from services.views.dealer.statistics import (
    DayFilters,
    Scope,
    StatisticsContext,
    quotient,
    scopes,
)

router = Router("Statistics")

# --- Sums -------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class ReminderSums:
    """The sums over reminders of one currency: all, those of a cause, or those with a work of a
    level, with these works alone. `place` is where it stands in the list."""

    currency: str
    cause: str | None
    level: str | None
    place: str
    reminders: int
    read: int
    booked: int
    works: int
    accepted_works: int
    carried_out_works: int
    reminded_minor: int
    accepted_minor: int
    carried_out_minor: int


BY_PLACE = Order[ReminderSums]("reminder-figures", ("currency", "place"), (str, str))
SUMS: LiteralString = """
with asked as (
  select * from unnest(
    %(dealerships)s::text[], %(brands)s::text[], %(firsts)s::date[], %(lasts)s::date[]
  ) as asked(dealership_id, brand, first_day, last_day)
), line as (
  select reminder_id, currency, cause, was_read, accepted_minor is not null as answered,
    work.level, coalesce(work.price_minor, 0) as price, coalesce(work.accepted, false) as accepted,
    coalesce(work.end = 'carried_out' and work.reminded, false) as carried_out
  from reminders join asked using (dealership_id, brand)
  cross join lateral jsonb_to_recordset(works) as work(
    level text, price_minor bigint, accepted boolean, "end" text, reminded boolean
  )
  where organisation_id = %(mine)s and first_sent_on between first_day and last_day
), summed as (
  select currency, cause, level,
    coalesce('cause ' || cause, 'level ' || level, '') as place,
    count(distinct reminder_id) as reminders,
    count(distinct reminder_id) filter (where was_read or answered) as read,
    count(distinct reminder_id) filter (where accepted) as booked,
    count(*) as works,
    count(*) filter (where accepted) as accepted_works,
    count(*) filter (where carried_out) as carried_out_works,
    sum(price)::bigint as reminded_minor,
    coalesce(sum(price) filter (where accepted), 0)::bigint as accepted_minor,
    coalesce(sum(price) filter (where carried_out), 0)::bigint as carried_out_minor
  from line
  group by grouping sets ((currency), (currency, cause), (currency, level))
)
select * from summed
where %(after)s::text is null or (currency, place) > (%(after)s::text, %(after_place)s::text)
order by currency, place
limit %(limit)s
"""


def summed(context: RequestContext, asked: Sequence[Scope]) -> Asked[ReminderSums]:
    """The sums of the reminders in these scopes; none where no reminder went out."""
    values = {
        "mine": context.principal.organisation_id,
        "dealerships": [one.dealership.dealership_id for one in asked],
        "brands": [one.brand for one in asked],
        "firsts": [one.first for one in asked],
        "lasts": [one.last for one in asked],
    }

    async def read(pool: Pool, after: Sequence[KeyPart] | None, limit: int) -> list[ReminderSums]:
        currency, place = after or (None, "")
        bounds = {"after": currency, "after_place": place, "limit": limit}
        async with pool.connection() as connection:
            cursor = connection.cursor(row_factory=class_row(ReminderSums))
            await cursor.execute(SUMS, values | bounds)
            return await cursor.fetchall()

    return Asked(read)


# --- Answers ----------------------------------------------------------------


class ReminderFigures(Answer):
    """The yield of reminders that went out. Amounts include VAT, after discounts.

    What was invoiced is not among them: only online payments are known here.
    """

    cause: Annotated[ReminderCause, Named()] | None
    """The origin of the reminders; null for all of them."""
    level: Annotated[WorkLevel, Named()] | None
    """How urgent the works are; null for all of them."""
    reminders: int
    """Those that went out, each once."""
    read: int
    booked: int
    """Those of which a work was accepted, on the page or said to an adviser."""
    booking_rate: float | None
    """The share of those that went out, in percent."""
    works: int
    accepted_works: int
    carried_out_works: int
    reminded: MoneyShown
    accepted: MoneyShown
    carried_out: MoneyShown


def figures_shown(sums: ReminderSums) -> ReminderFigures:
    def amount(minor: int) -> MoneyShown:
        return MoneyShown(amount_minor=minor, currency=sums.currency)

    return ReminderFigures(
        cause=ReminderCause[sums.cause.upper()] if sums.cause else None,
        level=WorkLevel[sums.level.upper()] if sums.level else None,
        reminders=sums.reminders,
        read=sums.read,
        booked=sums.booked,
        booking_rate=quotient(100 * sums.booked, sums.reminders),
        works=sums.works,
        accepted_works=sums.accepted_works,
        carried_out_works=sums.carried_out_works,
        reminded=amount(sums.reminded_minor),
        accepted=amount(sums.accepted_minor),
        carried_out=amount(sums.carried_out_minor),
    )


# --- Routes -----------------------------------------------------------------


@router.get("/statistics/reminders")
async def statistics_of_reminders(
    context: StatisticsContext, page: Paging, filters: Annotated[DayFilters, Query()]
) -> Answered[Listed[ReminderFigures]]:
    """List what came of the reminders that first went out in a period: of all, of each cause, and
    of the works of each level."""
    asked = await scopes(context, filters)
    return await page.show(summed(context, asked), BY_PLACE, figures_shown)
