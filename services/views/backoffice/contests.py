"""Which lines are contested, by whom, and how were they settled? One row a line."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import assert_never

from psycopg import sql

from contracts.invoices.invoice_v1 import (
    ContestSettled,
    CorrectionNumbered,
    ExpenseAdded,
    ExpenseRemoved,
    ExpensesReopened,
    ExpensesValidated,
    ExtraNoted,
    InvoiceApproved,
    InvoiceEvent,
    InvoiceNumbered,
    InvoiceOpened,
    InvoicePaid,
    InvoicePrepared,
    LineContested,
    PriceAgreed,
    TripNoted,
    contract,
)
from infra.consumers.views import OutOfOrder, View
from infra.store.postgres import Pool


@dataclass(frozen=True, slots=True)
class Contest:
    """The latest contest of a line; `settled_version` is of the invoice's stream."""

    invoice_id: str
    line_id: str
    organisation_id: str
    driver_id: str
    contested_by: str
    reason: str
    contested_at: datetime
    status: str = "open"
    amount_minor: int | None = None
    currency: str | None = None
    explanation: str | None = None
    adjustment_minor: int | None = None
    settled_version: int | None = None
    settled_at: datetime | None = None


def key(event: InvoiceEvent) -> tuple[str, str] | None:
    match event:
        case LineContested() | ContestSettled():
            return event.invoice_id, event.line_id
        case TripNoted() | InvoicePrepared() | ExtraNoted() | InvoiceOpened() | PriceAgreed():
            return None
        case ExpenseAdded() | ExpenseRemoved() | ExpensesValidated() | ExpensesReopened():
            return None
        case InvoiceApproved() | InvoiceNumbered() | CorrectionNumbered() | InvoicePaid():
            return None
        case unhandled:
            assert_never(unhandled)


def project(row: Contest | None, event: InvoiceEvent) -> Contest | None:
    match event:
        case LineContested():
            return Contest(
                invoice_id=event.invoice_id,
                line_id=event.line_id,
                organisation_id=event.organisation_id,
                driver_id=event.driver_id,
                contested_by=event.by.name.lower(),
                reason=event.reason,
                contested_at=event.contested_at,
            )
        case ContestSettled():
            return _settled(row, event)
        case TripNoted() | InvoicePrepared() | ExtraNoted() | InvoiceOpened() | PriceAgreed():
            return row
        case ExpenseAdded() | ExpenseRemoved() | ExpensesValidated() | ExpensesReopened():
            return row
        case InvoiceApproved() | InvoiceNumbered() | CorrectionNumbered() | InvoicePaid():
            return row
        case unhandled:
            assert_never(unhandled)


def _settled(row: Contest | None, event: ContestSettled) -> Contest:
    if row is None:
        raise OutOfOrder(event)
    return replace(
        row,
        status="settled",
        amount_minor=event.amount.amount_minor,
        currency=event.amount.currency,
        explanation=event.explanation,
        adjustment_minor=event.adjustment.amount_minor if event.adjustment else None,
        settled_version=event.version,
        settled_at=event.settled_at,
    )


view = View(
    name="contests",
    contract=contract,
    row=Contest,
    primary_key=("invoice_id", "line_id"),
    key=key,
    project=project,
    indexes=("(organisation_id, contested_at, invoice_id, line_id) where status = 'open'",),
    subject="driver_id",
    personal=("reason", "explanation"),
)

# --- Queries ----------------------------------------------------------------

_COLUMNS = sql.SQL(", ").join(map(sql.Identifier, view.columns))

Cursor = tuple[datetime, str, str]


async def open_contests(
    pool: Pool, organisation_id: str, after: Cursor | None, limit: int
) -> list[Contest]:
    """Lines that are contested and not settled, oldest first."""
    query = sql.SQL(
        "select {columns} from backoffice.contests"
        " where organisation_id = %s and status = 'open'"
        " and (%s::timestamptz is null or (contested_at, invoice_id, line_id) > (%s, %s, %s))"
        " order by contested_at, invoice_id, line_id limit %s"
    ).format(columns=_COLUMNS)
    time, invoice_id, line_id = after or (None, "", "")
    arguments = (organisation_id, time, time, invoice_id, line_id, limit)
    async with pool.connection() as connection:
        cursor = connection.cursor(row_factory=view.row_factory)
        await cursor.execute(query, arguments)
        return await cursor.fetchall()


async def contests_of(
    pool: Pool, organisation_id: str, invoice_ids: Sequence[str]
) -> list[Contest]:
    """Every contest of these invoices, settled ones too."""
    query = sql.SQL(
        "select {columns} from backoffice.contests"
        " where organisation_id = %s and invoice_id = any(%s)"
        " order by invoice_id, contested_at, line_id"
    ).format(columns=_COLUMNS)
    async with pool.connection() as connection:
        cursor = connection.cursor(row_factory=view.row_factory)
        await cursor.execute(query, (organisation_id, list(invoice_ids)))
        return await cursor.fetchall()
