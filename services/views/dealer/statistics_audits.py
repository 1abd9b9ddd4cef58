"""Completed audits in figures: how many, what they found, and what fails most (FLB-022).

An audit counts on the day on which it was completed, where its dealership is. An item fails where
it was found to be advised or urgent.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Annotated, Final, LiteralString
from zoneinfo import ZoneInfo

from fastapi import Query
from psycopg.rows import class_row

from contracts import dealers
from contracts.dealers import Dealership
from contracts.dealerships.dealership_v1 import Licence
from infra.database import Pool
from infra.days import midnight
from infra.http.answers import Answer, Answered, Listed, Router
from infra.http.models import Day, Id
from infra.http.pages import Paging
from infra.http.problems import no_such_dealership
from infra.http.request_context import RequestContext, requires
from infra.lookups.dealerships import has_licence, require_licence
from infra.reading import Asked, KeyPart, Order
from infra.tokens import Role
from services.views.dealer.statistics import BY_ID, Days, dealerships, quotient

router = Router("Statistics")

MANAGERS: Final[tuple[Role, ...]] = ("audit_manager", "dealership_manager")
AuditStatisticsContext = Annotated[RequestContext, requires(*MANAGERS, "group_manager")]

# --- Questions --------------------------------------------------------------


class AuditStatisticsFilters(Days):
    """Which completed audits count."""

    dealership_id: Id | None = None
    template_id: Id | None = None


@dataclass(frozen=True, slots=True)
class Scope:
    """A dealership whose audits of these days the caller may count."""

    dealership: Dealership
    first: date
    last: date

    @property
    def begins(self) -> datetime:
        return midnight(self.first, ZoneInfo(self.dealership.time_zone))

    @property
    def ends(self) -> datetime:
        """The instant at which the last day is over."""
        return midnight(self.last + timedelta(days=1), ZoneInfo(self.dealership.time_zone))


async def scopes(context: RequestContext, filters: AuditStatisticsFilters) -> dict[str, Scope]:
    """The licensed dealerships that are asked for, by their ids. Raises a 404 `Problem` for one out
    of sight, and 403 for one without the licence."""
    known = dealerships.of(context.principal.organisation_id)
    if filters.dealership_id is not None:
        known = known.only(dealership_id=filters.dealership_id)
    found = [one for one in await known.many(context.pool, BY_ID) if is_visible(context, one)]
    if filters.dealership_id is not None:
        if not found:
            raise no_such_dealership()
        require_licence(found[0], Licence.ODITOO)
    return {
        one.dealership_id: Scope(
            one, *filters.days(context.at.astimezone(ZoneInfo(one.time_zone)).date())
        )
        for one in found
        if has_licence(one, Licence.ODITOO)
    }


def is_visible(context: RequestContext, dealership: Dealership) -> bool:
    """Whether it is the caller's own; a group manager sees those that share their statistics
    (G-78, G-85)."""
    held = context.dealerships(*MANAGERS)
    shared = dealers.all_in_all(dealership).statistics_shared
    return dealership.dealership_id in held.ids or (held.everywhere and shared)


# --- Sums -------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditSums:
    """The sums over the audits of a dealership by one template. `title` is None until the template
    is known here."""

    dealership_id: str
    template_id: str
    title: str | None
    audits: int
    ok: int
    complimentary: int
    advised: int
    urgent: int
    rank: int
    """The audits below zero, so that the greatest number comes first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemSums:
    """How often an item failed in the audits of a dealership by one template."""

    dealership_id: str
    template_id: str
    title: str | None
    item_id: str
    label: str
    """That of the audit that was completed last."""
    audits: int
    """All by the template."""
    advised: int
    urgent: int
    rank: int


COUNTED: LiteralString = """
with asked as (
  select * from unnest(
    %(dealerships)s::text[], %(begins)s::timestamptz[], %(ends)s::timestamptz[]
  ) as asked(dealership_id, begins, ends)
), counted as (
  select audit_figures.*
  from audit_figures join asked using (dealership_id)
  where organisation_id = %(mine)s and completed_at >= begins and completed_at < ends
    and (%(template)s::text is null or template_id = %(template)s::text)
), summed as (
  select dealership_id, template_id, count(*) as audits,
    sum(ok)::bigint as ok, sum(complimentary)::bigint as complimentary,
    sum(advised)::bigint as advised, sum(urgent)::bigint as urgent
  from counted
  group by dealership_id, template_id
)"""
AUDITS: LiteralString = f"""{COUNTED}
select dealership_id, template_id, title, audits, ok, complimentary, advised, urgent,
  -audits as rank
from summed left join audit_templates using (template_id)
where %(after_0)s::bigint is null
  or (-audits, dealership_id, template_id)
    > (%(after_0)s::bigint, %(after_1)s::text, %(after_2)s::text)
order by rank, dealership_id, template_id
limit %(limit)s
"""
ITEMS: LiteralString = f"""{COUNTED}, failing as (
  select dealership_id, template_id, item_id, count(*) as times,
    count(*) filter (where urgent) as urgent,
    (array_agg(label order by completed_at desc, audit_id desc))[1] as label
  from (
    select dealership_id, template_id, audit_id, completed_at, item.*
    from counted cross join lateral jsonb_to_recordset(failed) as item(
      item_id text, label text, urgent boolean
    )
  ) as line
  group by dealership_id, template_id, item_id
)
select dealership_id, template_id, title, item_id, label, audits,
  times - failing.urgent as advised, failing.urgent as urgent, -times as rank
from failing join summed using (dealership_id, template_id)
  left join audit_templates using (template_id)
where %(after_0)s::bigint is null
  or (-times, dealership_id, template_id, item_id)
    > (%(after_0)s::bigint, %(after_1)s::text, %(after_2)s::text, %(after_3)s::text)
order by rank, dealership_id, template_id, item_id
limit %(limit)s
"""
MOST_AUDITS = Order[AuditSums](
    "audit-figures", ("rank", "dealership_id", "template_id"), (int, str, str)
)
MOST_FAILURES = Order[ItemSums](
    "failing-items", ("rank", "dealership_id", "template_id", "item_id"), (int, str, str, str)
)


def values_of(
    context: RequestContext, filters: AuditStatisticsFilters, asked: Sequence[Scope]
) -> dict[str, object]:
    return {
        "mine": context.principal.organisation_id,
        "dealerships": [one.dealership.dealership_id for one in asked],
        "begins": [one.begins for one in asked],
        "ends": [one.ends for one in asked],
        "template": filters.template_id,
    }


def places(after: Sequence[KeyPart] | None, parts: int) -> dict[str, object]:
    """The parameters of the place after which rows are read."""
    return {f"after_{n}": after[n] if after else None for n in range(parts)}


def by_template(values: dict[str, object]) -> Asked[AuditSums]:
    async def read(pool: Pool, after: Sequence[KeyPart] | None, limit: int) -> list[AuditSums]:
        async with pool.connection() as connection:
            cursor = connection.cursor(row_factory=class_row(AuditSums))
            await cursor.execute(AUDITS, values | places(after, 3) | {"limit": limit})
            return await cursor.fetchall()

    return Asked(read)


def by_item(values: dict[str, object]) -> Asked[ItemSums]:
    async def read(pool: Pool, after: Sequence[KeyPart] | None, limit: int) -> list[ItemSums]:
        async with pool.connection() as connection:
            cursor = connection.cursor(row_factory=class_row(ItemSums))
            await cursor.execute(ITEMS, values | places(after, 4) | {"limit": limit})
            return await cursor.fetchall()

    return Asked(read)


# --- Answers ----------------------------------------------------------------


class AuditFiguresShown(Answer):
    """The completed audits of a dealership by one template, in figures."""

    dealership_id: str
    dealership_name: str
    first_day: Day
    """By the clock of the dealership."""
    last_day: Day
    template_id: str
    title: str | None
    """As the template is called now, or was when it was deleted."""
    audits: int
    findings: int
    """Of every level."""
    ok: int
    complimentary: int
    advised: int
    urgent: int
    findings_per_audit: float
    """Rounded to two places."""


class FailingItemShown(Answer):
    """An item that was found to be advised or urgent."""

    dealership_id: str
    dealership_name: str
    template_id: str
    title: str | None
    """As the template is called now, or was when it was deleted."""
    item_id: str
    label: str
    """As the last audit has it."""
    failures: int
    """Audits in which it failed."""
    advised: int
    urgent: int
    audits: int
    """All by the template."""
    failure_rate: float
    """The share of these, in percent, rounded to two places."""


def name_of(scope: Scope) -> str:
    return dealers.all_in_all(scope.dealership).dealership_name


def figures_shown(sums: AuditSums, scope: Scope) -> AuditFiguresShown:
    findings = sums.ok + sums.complimentary + sums.advised + sums.urgent
    return AuditFiguresShown(
        dealership_id=sums.dealership_id,
        dealership_name=name_of(scope),
        first_day=scope.first,
        last_day=scope.last,
        template_id=sums.template_id,
        title=sums.title,
        audits=sums.audits,
        findings=findings,
        ok=sums.ok,
        complimentary=sums.complimentary,
        advised=sums.advised,
        urgent=sums.urgent,
        findings_per_audit=quotient(findings, sums.audits) or 0.0,
    )


def item_shown(sums: ItemSums, scope: Scope) -> FailingItemShown:
    failures = sums.advised + sums.urgent
    return FailingItemShown(
        dealership_id=sums.dealership_id,
        dealership_name=name_of(scope),
        template_id=sums.template_id,
        title=sums.title,
        item_id=sums.item_id,
        label=sums.label,
        failures=failures,
        advised=sums.advised,
        urgent=sums.urgent,
        audits=sums.audits,
        failure_rate=quotient(100 * failures, sums.audits) or 0.0,
    )


# --- Routes -----------------------------------------------------------------


@router.get("/statistics/audits")
async def statistics_of_audits(
    context: AuditStatisticsContext,
    page: Paging,
    filters: Annotated[AuditStatisticsFilters, Query()],
) -> Answered[Listed[AuditFiguresShown]]:
    """List what the completed audits of a period came to, by dealership and template, the greatest
    number of audits first."""
    asked = await scopes(context, filters)
    rows = by_template(values_of(context, filters, [*asked.values()]))
    return await page.show(
        rows, MOST_AUDITS, lambda sums: figures_shown(sums, asked[sums.dealership_id])
    )


@router.get("/statistics/audits/items")
async def failing_items(
    context: AuditStatisticsContext,
    page: Paging,
    filters: Annotated[AuditStatisticsFilters, Query()],
) -> Answered[Listed[FailingItemShown]]:
    """List the items that failed in the completed audits of a period, the most frequent first."""
    asked = await scopes(context, filters)
    rows = by_item(values_of(context, filters, [*asked.values()]))
    return await page.show(
        rows, MOST_FAILURES, lambda sums: item_shown(sums, asked[sums.dealership_id])
    )
