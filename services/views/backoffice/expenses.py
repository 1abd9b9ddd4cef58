"""The expenses that drivers declared, with their receipts: one row an expense."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import assert_never

from contracts.invoices.invoice_v1 import (
    ContestSettled,
    ExpenseAdded,
    ExpenseRemoved,
    contract,
)
from infra.consumers.views import OutOfOrder, View
from infra.reading import Table

Reads = ExpenseAdded | ExpenseRemoved | ContestSettled


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceiptPart:
    """A rate of VAT on the receipt, in basis points; the amounts are in the expense's currency."""

    rate: int
    net_minor: int
    vat_minor: int


NOT_EXPENSES = frozenset({"service", "vat"})
"""Lines of an invoice that can be contested and are no expense."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Expense:
    """Amounts exclude VAT. `settled_minor` is what a contest made of the amount.

    `receipt_country` is None where the driver did not say what the receipt says.
    """

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
    receipt_country: str | None = None
    receipt_parts: tuple[ReceiptPart, ...] = ()

    @property
    def current_minor(self) -> int:
        """The amount as it stands."""
        return self.amount_minor if self.settled_minor is None else self.settled_minor


def key(event: Reads) -> tuple[str, str] | None:
    match event:
        case ExpenseAdded() | ExpenseRemoved():
            return event.invoice_id, event.expense_id
        case ContestSettled():
            is_expense = event.line_id not in NOT_EXPENSES
            return (event.invoice_id, event.line_id) if is_expense else None
        case unhandled:
            assert_never(unhandled)


def project(row: Expense | None, event: Reads) -> Expense | None:
    match event:
        case ExpenseAdded():
            return _added(event)
        case ExpenseRemoved():
            return None
        case ContestSettled():
            if row is None:
                raise OutOfOrder(event)
            return replace(row, settled_minor=event.amount.amount_minor)
        case unhandled:
            assert_never(unhandled)


def _added(event: ExpenseAdded) -> Expense:
    receipt = event.receipt
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
        receipt_country=receipt.country if receipt else None,
        receipt_parts=tuple(
            ReceiptPart(
                rate=part.rate,
                net_minor=part.net.amount_minor,
                vat_minor=part.vat.amount_minor,
            )
            for part in (receipt.parts if receipt else ())
        ),
    )


view = View(
    name="expenses",
    contract=contract,
    reads=Reads,
    row=Expense,
    primary_key=("invoice_id", "expense_id"),
    key=key,
    project=project,
    subject="driver_id",
    personal=("note",),
)
expenses = Table(view, "expenses")
AS_DECLARED = expenses.order("as-declared", "invoice_id", "added_at", "expense_id")
