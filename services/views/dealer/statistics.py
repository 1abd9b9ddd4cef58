"""How do dealerships work with their cases? Figures of a period, by dealership, by author.

Each formula is that of G-56, over the cases that were made in the period, by the clock of their
dealership. Amounts of several currencies are never added up.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from typing import Annotated, Final, LiteralString
from zoneinfo import ZoneInfo

from fastapi import Query
from psycopg.rows import class_row
from pydantic import BaseModel, ConfigDict

from contracts import dealers
from contracts.dealers import Dealership, Mode
from infra.database import Pool
from infra.http.answers import Answer, Answered, Listed, MoneyShown, Router
from infra.http.models import Day, Id
from infra.http.pages import Paging
from infra.http.problems import invalid, no_such_dealership
from infra.http.request_context import RequestContext, requires
from infra.lookups.dealerships import lookup
from infra.reading import Asked, KeyPart, Order, Table
from services.views.dealer.cases import CaseStatus
from services.views.dealer.colleagues import ColleagueShown, colleagues

router = Router("Statistics")

StatisticsContext = Annotated[RequestContext, requires("dealership_manager", "group_manager")]
dealerships = Table(lookup, "dealerships")
BY_ID = dealerships.order("dealerships-by-id", "dealership_id")

# --- Questions --------------------------------------------------------------


class Period(StrEnum):
    """Days up to today, where the dealership is."""

    TODAY = "today"
    WEEK_TO_DATE = "week_to_date"
    """Since Monday."""
    MONTH_TO_DATE = "month_to_date"
    YEAR_TO_DATE = "year_to_date"
    """Since 1 January."""


class Metric(StrEnum):
    """A figure by which dealerships are put in order."""

    CASES = "cases"
    PHOTOS_PER_CASE = "photos_per_case"
    VIDEOS_PER_CASE = "videos_per_case"
    PROPOSED = "proposed"
    ACCEPTED = "accepted"
    REVENUE_RATE = "revenue_rate"
    AVERAGE_BASKET = "average_basket"
    CONVERSION_RATE = "conversion_rate"
    RESPONSES = "responses"


class Contribution(StrEnum):
    """A figure by which authors are put in order."""

    CASES = "cases"
    MEDIA = "media"
    REVENUE = "revenue"
    """Only of after-sales cases."""
    RESPONSES = "responses"
    """Only of sales cases."""


class Direction(StrEnum):
    """The greatest or the least first."""

    DESCENDING = "descending"
    ASCENDING = "ascending"


class PlaceFilters(BaseModel):
    """A place whose figures are asked for, of today."""

    model_config = ConfigDict(frozen=True, use_attribute_docstrings=True)

    dealership_id: Id | None = None
    brand: Annotated[str | None, Query(max_length=40)] = None

    def days(self, today: date) -> tuple[date, date]:
        """The first day and the last one."""
        return today, today


class TodayFilters(PlaceFilters):
    """Which cases of today count."""

    mode: Mode | None = None


class Days(BaseModel):
    """Some days, by the clock of each dealership."""

    model_config = ConfigDict(frozen=True, use_attribute_docstrings=True)

    period: Period = Period.WEEK_TO_DATE
    from_day: Day | None = None
    """With `until_day`: these days instead of the period, both included."""
    until_day: Day | None = None

    def days(self, today: date) -> tuple[date, date]:
        """The first day and the last one. Raises the 422 `Problem` of a day."""
        if self.from_day is None and self.until_day is None:
            return first_day(self.period, today), today
        if self.from_day is None or self.until_day is None:
            absent = "from_day" if self.from_day is None else "until_day"
            raise invalid(f"query:{absent}", "missing")
        if self.until_day < self.from_day:
            raise invalid("query:until_day", "not_before")
        return self.from_day, self.until_day


class DayFilters(Days, PlaceFilters):
    """A place whose figures are asked for, of some days."""


class PeriodFilters(DayFilters, TodayFilters):
    """Which cases of which days count."""


class StatisticsFilters(PeriodFilters):
    """Which cases that were made in a period count."""

    status: CaseStatus | None = None


def first_day(period: Period, today: date) -> date:
    match period:
        case Period.TODAY:
            return today
        case Period.WEEK_TO_DATE:
            return today - timedelta(days=today.weekday())
        case Period.MONTH_TO_DATE:
            return today.replace(day=1)
        case Period.YEAR_TO_DATE:
            return today.replace(month=1, day=1)


class DealershipFilters(StatisticsFilters):
    """Which cases count, and which dealership is first."""

    sort: Metric = Metric.ACCEPTED
    direction: Direction = Direction.DESCENDING


class ContributorFilters(StatisticsFilters):
    """Which cases count, and what puts their authors in order."""

    sort: Contribution = Contribution.CASES


@dataclass(frozen=True, slots=True)
class Scope:
    """A brand of a dealership whose cases of these days the caller may see."""

    dealership: Dealership
    brand: str
    first: date
    last: date


async def scopes(context: RequestContext, filters: PlaceFilters) -> list[Scope]:
    """The scopes that are asked for. Raises a 404 `Problem` for a dealership out of sight."""
    known = dealerships.of(context.principal.organisation_id)
    if filters.dealership_id is not None:
        known = known.only(dealership_id=filters.dealership_id)
    found = [
        Scope(one, brand, *filters.days(context.at.astimezone(ZoneInfo(one.time_zone)).date()))
        for one in await known.many(context.pool, BY_ID)
        for brand in visible(context, one)
        if filters.brand in (None, brand)
    ]
    if filters.dealership_id is not None and not found and filters.brand is None:
        raise no_such_dealership()
    return found


def visible(context: RequestContext, dealership: Dealership) -> Iterator[str]:
    """The brands that a manager sees: all of the own dealership; of the others of the group those
    whose statistics are shared (G-78, G-85)."""
    held = context.dealerships("dealership_manager")
    own = dealership.dealership_id in held.ids
    for brand in dealership.brands:
        shared = dealers.with_brand(dealership, brand).statistics_shared
        if own or (held.everywhere and shared):
            yield brand.brand


# --- Sums -------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Sums:
    """The sums over the cases of a group of them; amounts in minor units."""

    group_id: str
    currency: str
    cases: int
    pending_send: int
    sent: int
    read: int
    answered: int
    closed: int
    photos: int
    videos: int
    proposed: int
    accepted: int
    baskets: int
    """Cases with an accepted work."""
    answers: int
    """Cases that were answered, also those that were closed afterwards."""
    converted: int
    """Those of them with an accepted work."""
    responses: int
    """Answers to sales cases."""
    rank: float
    """What they are put in order by."""


BY_DEALERSHIP: Final[LiteralString] = "dealership_id"
BY_AUTHOR: Final[LiteralString] = "author_id"
BY_CURRENCY: Final[LiteralString] = "currency"
ADDED_UP: LiteralString = """
with asked as (
  select * from unnest(
    %(dealerships)s::text[], %(brands)s::text[], %(firsts)s::date[], %(lasts)s::date[]
  ) as asked(dealership_id, brand, first_day, last_day)
), counted as (
  select {group} as group_id, currency,
    count(*) as cases,
    count(*) filter (where status = 'pending_send') as pending_send,
    count(*) filter (where status = 'sent') as sent,
    count(*) filter (where status = 'read') as read,
    count(*) filter (where status = 'answered') as answered,
    count(*) filter (where status = 'closed') as closed,
    coalesce(sum(cardinality(photo_ids)), 0)::bigint as photos,
    coalesce(sum(cardinality(video_ids)), 0)::bigint as videos,
    coalesce(sum(proposed_minor), 0)::bigint as proposed,
    coalesce(sum(accepted_minor), 0)::bigint as accepted,
    count(*) filter (where accepted_works > 0) as baskets,
    count(answered_on) as answers,
    count(*) filter (where answered_on is not null and accepted_works > 0) as converted,
    count(*) filter (where answered_on is not null and mode = 'sales') as responses
  from case_figures join asked using (dealership_id, brand)
  where organisation_id = %(mine)s and created_on between first_day and last_day
    and (%(mode)s::text is null or mode = %(mode)s::text)
    and (%(status)s::text is null or status = %(status)s::text)
  group by 1, 2
), every as (
  select * from counted
  union all
  select group_id, currency, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0
  from (
    select distinct *
    from unnest(%(groups)s::text[], %(currencies)s::text[]) as given(group_id, currency)
  ) as groups
  where not exists (
    select from counted
    where counted.group_id = groups.group_id and counted.currency = groups.currency
  )
), ranked as (select every.*, coalesce(({rank})::float8, -1) as rank from every)
select * from ranked
where %(after)s::float8 is null
  or ({sign} rank, group_id, currency)
    > ({sign} %(after)s::float8, %(after_id)s::text, %(after_currency)s::text)
order by {sign} rank, group_id, currency
limit %(limit)s
"""
METRICS: Mapping[Metric, LiteralString] = {
    Metric.CASES: "cases",
    Metric.PHOTOS_PER_CASE: "photos / nullif(cases, 0)::float8",
    Metric.VIDEOS_PER_CASE: "videos / nullif(cases, 0)::float8",
    Metric.PROPOSED: "proposed",
    Metric.ACCEPTED: "accepted",
    Metric.REVENUE_RATE: "accepted / nullif(proposed, 0)::float8",
    Metric.AVERAGE_BASKET: "accepted / nullif(baskets, 0)::float8",
    Metric.CONVERSION_RATE: "converted / nullif(answers, 0)::float8",
    Metric.RESPONSES: "responses",
}
CONTRIBUTIONS: Mapping[Contribution, LiteralString] = {
    Contribution.CASES: "cases",
    Contribution.MEDIA: "photos + videos",
    Contribution.REVENUE: "accepted",
    Contribution.RESPONSES: "responses",
}
SIGNS: Mapping[Direction, LiteralString] = {Direction.ASCENDING: "", Direction.DESCENDING: "-"}


def ranking(name: str) -> Order[Sums]:
    """The order of sums by their rank; what has none comes as if it were less than nothing."""
    return Order(name, ("rank", "group_id", "currency"), (float, str, str))


def added_up(
    context: RequestContext,
    filters: StatisticsFilters,
    asked: Sequence[Scope],
    group: LiteralString,
    rank: LiteralString,
    direction: Direction = Direction.DESCENDING,
) -> Asked[Sums]:
    """The sums of the cases in these scopes, one for each group of them and currency.

    A dealership, or a currency, without a case is there with nothing; an author is not.
    """
    groups = (
        []
        if group == BY_AUTHOR
        else [
            one.dealership.dealership_id if group == BY_DEALERSHIP else one.dealership.currency
            for one in asked
        ]
    )
    sign = SIGNS[direction]
    query = ADDED_UP.format(group=group, rank=rank, sign=sign)
    values = {
        "mine": context.principal.organisation_id,
        "dealerships": [one.dealership.dealership_id for one in asked],
        "brands": [one.brand for one in asked],
        "firsts": [one.first for one in asked],
        "lasts": [one.last for one in asked],
        "groups": groups,
        "currencies": [one.dealership.currency for one in asked] if groups else [],
        "mode": filters.mode,
        "status": filters.status,
    }

    async def read(pool: Pool, after: Sequence[KeyPart] | None, limit: int) -> list[Sums]:
        number, id, currency = after or (None, "", "")
        place = {"after": number, "after_id": id, "after_currency": currency, "limit": limit}
        async with pool.connection() as connection:
            cursor = connection.cursor(row_factory=class_row(Sums))
            await cursor.execute(query.encode(), values | place)
            return await cursor.fetchall()

    return Asked(read)


# --- Answers ----------------------------------------------------------------


class StatusCount(Answer):
    status: CaseStatus
    cases: int


class FiguresShown(Answer):
    """The figures of some cases; those that divide by nothing are null.

    Amounts exclude VAT, after discounts, of works that are advised or urgent. Rates are percent,
    averages and rates rounded to two places.
    """

    cases: int
    statuses: tuple[StatusCount, ...]
    """Each of them, also those of no case; a deleted case counts as closed."""
    photos_per_case: float | None
    videos_per_case: float | None
    proposed: MoneyShown
    accepted: MoneyShown
    revenue_rate: float | None
    """What was accepted of what was proposed."""
    average_basket: MoneyShown | None
    """What was accepted, by case with an accepted work."""
    conversion_rate: float | None
    """Cases with an accepted work, of those that were answered."""
    responses: int
    """Sales cases that were answered."""


class StatisticsShown(Answer):
    """The figures of the dealerships and brands that the caller sees, each currency by itself."""

    first_day: Day | None
    """The earliest first day of a dealership; null where there is none to see."""
    last_day: Day | None
    currencies: tuple[FiguresShown, ...]


class DealershipRanked(Answer):
    dealership_id: str
    dealership_name: str
    first_day: Day
    """By the clock of the dealership."""
    last_day: Day
    figures: FiguresShown


class ContributorShown(Answer):
    """The sums of somebody's cases of one currency."""

    author: ColleagueShown
    cases: int
    photos: int
    videos: int
    revenue: MoneyShown | None
    """What was accepted; only where after-sales cases were asked for."""
    responses: int | None
    """Answers; only where sales cases were asked for."""


def figures_shown(sums: Sums) -> FiguresShown:
    def amount(minor: int) -> MoneyShown:
        return MoneyShown(amount_minor=minor, currency=sums.currency)

    basket = (2 * sums.accepted + sums.baskets) // (2 * sums.baskets) if sums.baskets else None
    statuses = (sums.pending_send, sums.sent, sums.read, sums.answered, sums.closed)
    return FiguresShown(
        cases=sums.cases,
        statuses=tuple(
            StatusCount(status=status, cases=count)
            for status, count in zip(CaseStatus, statuses, strict=True)
        ),
        photos_per_case=quotient(sums.photos, sums.cases),
        videos_per_case=quotient(sums.videos, sums.cases),
        proposed=amount(sums.proposed),
        accepted=amount(sums.accepted),
        revenue_rate=quotient(100 * sums.accepted, sums.proposed),
        average_basket=None if basket is None else amount(basket),
        conversion_rate=quotient(100 * sums.converted, sums.answers),
        responses=sums.responses,
    )


def quotient(dividend: int, divisor: int) -> float | None:
    """Rounded half up to two places; None of nothing."""
    return (200 * dividend + divisor) // (2 * divisor) / 100 if divisor else None


# --- Routes -----------------------------------------------------------------


@router.get("/statistics")
async def statistics(
    context: StatisticsContext, filters: Annotated[StatisticsFilters, Query()]
) -> Answered[StatisticsShown]:
    """Get the figures of a period."""
    asked = await scopes(context, filters)
    sums = added_up(context, filters, asked, BY_CURRENCY, METRICS[Metric.CASES])
    every = await sums.page(context.pool, ranking("currencies"), None, len(asked))
    return Answered(
        StatisticsShown(
            first_day=min((one.first for one in asked), default=None),
            last_day=max((one.last for one in asked), default=None),
            currencies=tuple(map(figures_shown, every)),
        )
    )


@router.get("/statistics/dealerships")
async def ranked_dealerships(
    context: StatisticsContext,
    page: Paging,
    filters: Annotated[DealershipFilters, Query()],
) -> Answered[Listed[DealershipRanked]]:
    """List dealerships by a figure."""
    asked = await scopes(context, filters)
    known = {one.dealership.dealership_id: one for one in asked}

    def present(sums: Sums) -> DealershipRanked:
        scope = known[sums.group_id]
        return DealershipRanked(
            dealership_id=sums.group_id,
            dealership_name=dealers.all_in_all(scope.dealership).dealership_name,
            first_day=scope.first,
            last_day=scope.last,
            figures=figures_shown(sums),
        )

    sort, direction = filters.sort, filters.direction
    rows = added_up(context, filters, asked, BY_DEALERSHIP, METRICS[sort], direction)
    return await page.show(rows, ranking(f"dealerships-{sort}-{direction}"), present)


@router.get("/statistics/contributors")
async def contributors(
    context: StatisticsContext,
    page: Paging,
    filters: Annotated[ContributorFilters, Query()],
) -> Answered[Listed[ContributorShown]]:
    """List who made cases, the greatest figure first."""
    refuse_sort(filters.sort, filters.mode)
    asked = await scopes(context, filters)

    async def present(rows: Sequence[Sums]) -> list[ContributorShown]:
        who = await colleagues(context, (row.group_id for row in rows))
        return [contributor_shown(row, who[row.group_id], filters.mode) for row in rows]

    rows = added_up(context, filters, asked, BY_AUTHOR, CONTRIBUTIONS[filters.sort])
    return await page.show_together(rows, ranking(f"contributors-{filters.sort}"), present)


def refuse_sort(sort: Contribution, mode: Mode | None) -> None:
    """Refuse revenue and responses but of the mode that has them (FLB-167). Raises a `Problem`."""
    modes = {Contribution.REVENUE: Mode.AFTER_SALES, Contribution.RESPONSES: Mode.SALES}
    if modes.get(sort, mode) != mode:
        allowed = [one for one in Contribution if modes.get(one, mode) == mode]
        raise invalid("query:sort", "enum", expected=", ".join(allowed))


def contributor_shown(sums: Sums, author: ColleagueShown, mode: Mode | None) -> ContributorShown:
    revenue = MoneyShown(amount_minor=sums.accepted, currency=sums.currency)
    return ContributorShown(
        author=author,
        cases=sums.cases,
        photos=sums.photos,
        videos=sums.videos,
        revenue=revenue if mode is Mode.AFTER_SALES else None,
        responses=sums.responses if mode is Mode.SALES else None,
    )
