"""What was I paid, or shall be, and which fact is each figure from? One row a statement."""

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import assert_never

from psycopg import sql

from contracts.payments.payout_v1 import (
    AdjustmentMade,
    InvoiceCredited,
    PayoutEvent,
    PayoutPaid,
    StatementClosed,
    contract,
)
from infra.consumers.views import OutOfOrder, View
from infra.store.postgres import Pool

LATEST = datetime.max.replace(tzinfo=UTC)
"""After every time there is: where a list that shows the newest first begins."""


@dataclass(frozen=True, slots=True)
class Line:
    """One amount, from version `version` of `stream`; contesting names its invoice and line."""

    kind: str
    invoice_id: str
    line_id: str
    trip_id: str
    amount_minor: int
    currency: str
    stream: str
    version: int


@dataclass(frozen=True, slots=True)
class Statement:
    """`status`: to_pay, paid, or settled when there was nothing to pay. `version` closed it."""

    driver_id: str
    payout_id: str
    organisation_id: str
    status: str
    currency: str
    gross_minor: int
    expenses_minor: int
    adjustments_minor: int
    vat_minor: int
    carried_in_minor: int
    carried_out_minor: int
    net_minor: int
    carried_from_stream: str | None
    carried_from_version: int | None
    lines: tuple[Line, ...]
    closed_at: datetime
    version: int
    reference: str | None = None
    paid_at: datetime | None = None
    paid_version: int | None = None


def key(event: PayoutEvent) -> tuple[str, str] | None:
    match event:
        case InvoiceCredited() | AdjustmentMade():
            return None
        case StatementClosed() | PayoutPaid():
            return event.driver_id, event.payout_id
        case unhandled:
            assert_never(unhandled)


def project(row: Statement | None, event: PayoutEvent) -> Statement | None:
    match event:
        case StatementClosed():
            return _closed(event)
        case PayoutPaid():
            if row is None:
                raise OutOfOrder(event)
            return replace(
                row,
                status="paid",
                reference=event.reference,
                paid_at=event.paid_at,
                paid_version=event.version,
            )
        case InvoiceCredited() | AdjustmentMade():
            return row
        case unhandled:
            assert_never(unhandled)


def _closed(event: StatementClosed) -> Statement:
    return Statement(
        driver_id=event.driver_id,
        payout_id=event.payout_id,
        organisation_id=event.organisation_id,
        status="to_pay" if event.payable else "settled",
        currency=event.net.currency,
        gross_minor=event.gross.amount_minor,
        expenses_minor=event.expenses.amount_minor,
        adjustments_minor=event.adjustments.amount_minor,
        vat_minor=event.vat.amount_minor,
        carried_in_minor=event.carried_in.amount_minor,
        carried_out_minor=event.carried_out.amount_minor,
        net_minor=event.net.amount_minor,
        carried_from_stream=event.carried_from.stream if event.carried_from else None,
        carried_from_version=event.carried_from.version if event.carried_from else None,
        lines=_lines(event),
        closed_at=event.closed_at,
        version=event.version,
    )


def _lines(event: StatementClosed) -> tuple[Line, ...]:
    return tuple(
        Line(
            line.kind.name.lower(),
            line.invoice_id,
            line.line_id,
            line.trip_id,
            line.amount.amount_minor,
            line.amount.currency,
            line.fact.stream,
            line.fact.version,
        )
        for line in event.lines
    )


view = View(
    name="statements",
    contract=contract,
    row=Statement,
    primary_key=("driver_id", "payout_id"),
    key=key,
    project=project,
    indexes=("(driver_id, closed_at desc, payout_id desc)",),
)

# --- Queries ----------------------------------------------------------------

_COLUMNS = sql.SQL(", ").join(map(sql.Identifier, view.columns))


async def statements_of(
    pool: Pool,
    organisation_id: str,
    driver_id: str,
    after: tuple[datetime, str] | None,
    limit: int,
) -> list[Statement]:
    """The driver's statements, the latest first."""
    query = sql.SQL(
        "select {columns} from account.statements where organisation_id = %s and driver_id = %s"
        " and (closed_at, payout_id) < (%s, %s)"
        " order by closed_at desc, payout_id desc limit %s"
    ).format(columns=_COLUMNS)
    time, id = after or (LATEST, "")
    async with pool.connection() as connection:
        cursor = connection.cursor(row_factory=view.row_factory)
        await cursor.execute(query, (organisation_id, driver_id, time, id, limit))
        return await cursor.fetchall()


async def statement_of(
    pool: Pool, organisation_id: str, driver_id: str, payout_id: str
) -> Statement | None:
    """One statement; None when it is another driver's."""
    query = sql.SQL(
        "select {columns} from account.statements"
        " where organisation_id = %s and driver_id = %s and payout_id = %s"
    ).format(columns=_COLUMNS)
    async with pool.connection() as connection:
        cursor = connection.cursor(row_factory=view.row_factory)
        await cursor.execute(query, (organisation_id, driver_id, payout_id))
        return await cursor.fetchone()
