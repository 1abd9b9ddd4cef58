"""Statements that wait to be paid, and what billing asks of them."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, assert_never

from psycopg import sql

from contracts.payments.payout_v1 import (
    AdjustmentMade,
    InvoiceCredited,
    PayoutEvent,
    PayoutPaid,
    StatementClosed,
    contract,
)
from infra.consumers.views import View
from infra.http.pages import Order
from infra.store.postgres import Pool

OLDEST = Order("oldest", (datetime, str))


@dataclass(frozen=True, slots=True)
class Waiting:
    """A statement that was closed and not paid; one that was carried over never waits."""

    payout_id: str
    driver_id: str
    organisation_id: str
    net_minor: int
    currency: str
    closed_at: datetime


def key(event: PayoutEvent) -> tuple[str, str] | None:
    match event:
        case StatementClosed() | PayoutPaid():
            return event.driver_id, event.payout_id
        case InvoiceCredited() | AdjustmentMade():
            return None
        case unhandled:
            assert_never(unhandled)


def project(_: Waiting | None, event: PayoutEvent) -> Waiting | None:
    if not isinstance(event, StatementClosed) or not event.payable:
        return None
    return Waiting(
        payout_id=event.payout_id,
        driver_id=event.driver_id,
        organisation_id=event.organisation_id,
        net_minor=event.net.amount_minor,
        currency=event.net.currency,
        closed_at=event.closed_at,
    )


view = View(
    name="waiting",
    contract=contract,
    row=Waiting,
    primary_key=("driver_id", "payout_id"),
    key=key,
    project=project,
    indexes=("(organisation_id, closed_at, payout_id)",),
)

_COLUMNS = sql.SQL(", ").join(map(sql.Identifier, view.columns))


async def to_pay(
    pool: Pool, organisation_id: str, after: tuple[Any, ...] | None, limit: int
) -> list[Waiting]:
    """The statements of the organisation that wait, the oldest first, from a place on."""
    beyond = sql.SQL("and (closed_at, payout_id) > (%(at)s, %(id)s)" if after else "")
    at, id = after or (None, None)
    async with pool.connection() as connection:
        cursor = connection.cursor(row_factory=view.row_factory)
        await cursor.execute(
            sql.SQL(
                "select {columns} from payments.waiting where organisation_id = %(organisation)s"
                " {beyond} order by closed_at, payout_id limit %(limit)s"
            ).format(columns=_COLUMNS, beyond=beyond),
            {"organisation": organisation_id, "at": at, "id": id, "limit": limit},
        )
        return await cursor.fetchall()
