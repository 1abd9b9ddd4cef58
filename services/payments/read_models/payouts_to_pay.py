"""Statements that were closed and wait to be paid by the bank."""

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any, assert_never

from fastapi import APIRouter
from psycopg import sql
from starlette.responses import Response

from contracts.payments.payout_v1 import PayoutPaid, StatementClosed, contract
from infra.consumers.views import View
from infra.http.pages import Order, Paging
from infra.http.request_context import RequestContext, requires
from infra.store.postgres import Pool

Reads = StatementClosed | PayoutPaid


@dataclass(frozen=True, slots=True)
class Waiting:
    """A statement that was closed and not paid; one that was carried over never waits."""

    payout_id: str
    driver_id: str
    organisation_id: str
    net_minor: int
    currency: str
    closed_at: datetime


def key(event: Reads) -> tuple[str, str]:
    return event.driver_id, event.payout_id


def project(_: Waiting | None, event: Reads) -> Waiting | None:
    match event:
        case StatementClosed(payable=True):
            return Waiting(
                payout_id=event.payout_id,
                driver_id=event.driver_id,
                organisation_id=event.organisation_id,
                net_minor=event.net.amount_minor,
                currency=event.net.currency,
                closed_at=event.closed_at,
            )
        case StatementClosed() | PayoutPaid():
            return None
        case unhandled:
            assert_never(unhandled)


view = View(
    name="waiting",
    contract=contract,
    reads=Reads,
    row=Waiting,
    primary_key=("driver_id", "payout_id"),
    key=key,
    project=project,
    indexes=("(organisation_id, closed_at, payout_id)",),
)

# --- The question -----------------------------------------------------------

OLDEST = Order("oldest", (datetime, str))
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


def routes(pool: Pool) -> APIRouter:
    router = APIRouter()

    @router.get("/payouts/to-pay")
    async def payouts_to_pay(
        context: Annotated[RequestContext, requires("billing")], page: Paging
    ) -> Response:
        """Statements of every driver that were closed and wait for the bank, oldest first.

        A payment is refused while other bank details of the driver wait.
        """
        after = page.after(OLDEST)
        rows = await to_pay(pool, context.principal.organisation_id, after, page.fetch)
        return page.answer(rows, OLDEST, key=lambda row: (row.closed_at, row.payout_id))

    return router
