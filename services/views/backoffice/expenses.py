"""What did drivers declare, with which receipt? One row an expense."""

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

NOT_EXPENSES = frozenset({"service", "vat"})
"""Lines of an invoice that can be contested and are no expense."""


@dataclass(frozen=True, slots=True)
class Expense:
    """Excluding VAT. `settled_minor` is what a contest made of the amount."""

    invoice_id: str
    expense_id: str
    organisation_id: str
    driver_id: str
    kind: str
    amount_minor: int
    currency: str
    receipt_file_id: str
    note: str | None
    added_at: datetime
    settled_minor: int | None = None


def key(event: InvoiceEvent) -> tuple[str, str] | None:
    match event:
        case ExpenseAdded() | ExpenseRemoved():
            return event.invoice_id, event.expense_id
        case ContestSettled():
            is_expense = event.line_id not in NOT_EXPENSES
            return (event.invoice_id, event.line_id) if is_expense else None
        case TripNoted() | InvoicePrepared() | ExtraNoted() | InvoiceOpened() | PriceAgreed():
            return None
        case ExpensesValidated() | ExpensesReopened() | LineContested():
            return None
        case InvoiceApproved() | InvoiceNumbered() | CorrectionNumbered() | InvoicePaid():
            return None
        case unhandled:
            assert_never(unhandled)


def project(row: Expense | None, event: InvoiceEvent) -> Expense | None:
    match event:
        case ExpenseAdded():
            return _added(event)
        case ExpenseRemoved():
            return None
        case ContestSettled():
            if row is None:
                raise OutOfOrder(event)
            return replace(row, settled_minor=event.amount.amount_minor)
        case TripNoted() | InvoicePrepared() | ExtraNoted() | InvoiceOpened() | PriceAgreed():
            return row
        case ExpensesValidated() | ExpensesReopened() | LineContested():
            return row
        case InvoiceApproved() | InvoiceNumbered() | CorrectionNumbered() | InvoicePaid():
            return row
        case unhandled:
            assert_never(unhandled)


def _added(event: ExpenseAdded) -> Expense:
    return Expense(
        invoice_id=event.invoice_id,
        expense_id=event.expense_id,
        organisation_id=event.organisation_id,
        driver_id=event.driver_id,
        kind=event.kind.name.lower(),
        amount_minor=event.amount.amount_minor,
        currency=event.amount.currency,
        receipt_file_id=event.receipt_file_id,
        note=event.note,
        added_at=event.added_at,
    )


view = View(
    name="expenses",
    contract=contract,
    row=Expense,
    primary_key=("invoice_id", "expense_id"),
    key=key,
    project=project,
    subject="driver_id",
    personal=("note",),
)

# --- Queries ----------------------------------------------------------------

_COLUMNS = sql.SQL(", ").join(map(sql.Identifier, view.columns))


async def expenses_of(
    pool: Pool, organisation_id: str, invoice_ids: Sequence[str]
) -> list[Expense]:
    """What was declared for these invoices, in the order it was."""
    query = sql.SQL(
        "select {columns} from backoffice.expenses"
        " where organisation_id = %s and invoice_id = any(%s)"
        " order by invoice_id, added_at, expense_id"
    ).format(columns=_COLUMNS)
    async with pool.connection() as connection:
        cursor = connection.cursor(row_factory=view.row_factory)
        await cursor.execute(query, (organisation_id, list(invoice_ids)))
        return await cursor.fetchall()
