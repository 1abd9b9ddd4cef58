"""Which days of the till are open, how did the others close, and what is still in it? (D2)"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from enum import StrEnum
from typing import Annotated, assert_never

from fastapi import Query

from contracts.tills.till_v1 import (
    CashCollected,
    CashCounted,
    CashDeposited,
    TillClosed,
    contract,
)
from infra.consumers.views import OutOfOrder, View
from infra.http.answers import Answer, Answered, Listed, MoneyShown, Router
from infra.http.models import Day, Instant
from infra.http.pages import Filters, Paging
from infra.http.request_context import RequestContext, requires
from infra.reading import Table
from services.views.depot.orders import money
from services.views.depot.users import PersonShown, people

ManagerContext = Annotated[RequestContext, requires("administration")]
Reads = CashCollected | CashCounted | TillClosed | CashDeposited


class TillStatus(StrEnum):
    """Whether the day of a till is closed."""

    OPEN = "open"
    CLOSED = "closed"


@dataclass(frozen=True, slots=True)
class Deposit:
    """Cash that was brought to the bank."""

    reference: str
    amount_minor: int


@dataclass(frozen=True, slots=True)
class CourierCash:
    """The cash of a courier at the close."""

    courier_id: str
    expected_minor: int
    counted_minor: int


@dataclass(frozen=True, slots=True, kw_only=True)
class TillDay:
    """The sums are those of the close, zero before it."""

    till_id: str
    organisation_id: str
    day: date
    status: str = "open"
    cash: tuple[CourierCash, ...] = ()
    expected_minor: int = 0
    counted_minor: int = 0
    currency: str | None = None
    deposits: tuple[Deposit, ...] = ()
    closed_by: str | None = None
    closed_at: datetime | None = None


def key(event: Reads) -> tuple[str]:
    return (event.till_id,)


def project(row: TillDay | None, event: Reads) -> TillDay:
    match event:
        case CashCollected() | CashCounted():
            return row or TillDay(
                till_id=event.till_id, organisation_id=event.organisation_id, day=event.day
            )
        case TillClosed() | CashDeposited() if row is None:
            raise OutOfOrder(event)
        case TillClosed():
            return _closed(row, event)
        case CashDeposited():
            others = tuple(one for one in row.deposits if one.reference != event.reference)
            deposit = Deposit(event.reference, event.amount.amount_minor)
            return replace(row, deposits=(*others, deposit))
        case unhandled:
            assert_never(unhandled)


def _closed(row: TillDay, event: TillClosed) -> TillDay:
    cash = event.couriers
    return replace(
        row,
        status="closed",
        cash=tuple(
            CourierCash(one.courier_id, one.expected.amount_minor, one.counted.amount_minor)
            for one in cash
        ),
        expected_minor=sum(one.expected.amount_minor for one in cash),
        counted_minor=sum(one.counted.amount_minor for one in cash),
        currency=next((one.counted.currency for one in cash), None),
        closed_by=event.closed_by,
        closed_at=event.closed_at,
    )


view = View(
    name="till_days",
    contract=contract,
    reads=Reads,
    row=TillDay,
    primary_key=("till_id",),
    key=key,
    project=project,
    indexes=("(organisation_id, day, till_id)",),
)
till_days = Table(view, "till_days")
LATEST = till_days.order("latest-day", "day", "till_id", descending=True)

# --- The question -----------------------------------------------------------

router = Router("Tills")


class DayFilters(Filters):
    """Which days are wanted."""

    status: TillStatus | None = None
    from_day: Day | None = None
    until_day: Day | None = None
    """Included."""


class TillDayListed(Answer):
    """A day of the till in a list; the sums are there once it is closed."""

    till_id: str
    day: Day
    status: TillStatus
    couriers: int | None
    """The number of those whose cash was counted."""
    expected: MoneyShown | None
    counted: MoneyShown | None
    gap: MoneyShown | None
    """The sum that was counted less the one that was expected."""
    in_till: MoneyShown | None
    """The cash that was counted and is not at the bank."""
    closed_by: PersonShown | None
    closed_at: Instant | None


@router.get("/tills")
async def days_of_till(
    context: ManagerContext, page: Paging, filters: Annotated[DayFilters, Query()]
) -> Answered[Listed[TillDayListed]]:
    """List the days of the till with what was expected and counted, the latest first."""

    async def present(rows: Sequence[TillDay]) -> list[TillDayListed]:
        who = await people(context, (row.closed_by for row in rows))
        return [day_listed(row, who[row.closed_by] if row.closed_by else None) for row in rows]

    rows = till_days.of(context.principal.organisation_id).filtered({"status": filters.status})
    if filters.from_day is not None:
        rows = rows.where("day >= %(from_day)s", from_day=filters.from_day)
    if filters.until_day is not None:
        rows = rows.where("day <= %(until_day)s", until_day=filters.until_day)
    return await page.show_together(rows, LATEST, present)


def day_listed(row: TillDay, closed_by: PersonShown | None) -> TillDayListed:
    deposited = sum(one.amount_minor for one in row.deposits)
    return TillDayListed(
        till_id=row.till_id,
        day=row.day,
        status=TillStatus(row.status),
        couriers=len(row.cash) if row.currency else None,
        expected=money(row.expected_minor, row.currency),
        counted=money(row.counted_minor, row.currency),
        gap=money(row.counted_minor - row.expected_minor, row.currency),
        in_till=money(row.counted_minor - deposited, row.currency),
        closed_by=closed_by,
        closed_at=row.closed_at,
    )
