"""The part of the driver: declare expenses, take them back, validate them, which locks them."""

from dataclasses import dataclass, replace

from contracts.common_v1 import Money
from contracts.decisions import changed
from contracts.invoices.invoice_v1 import (
    ExpenseAdded,
    ExpenseKind,
    ExpenseRemoved,
    ExpensesValidated,
    InvoiceEvent,
    Receipt,
)
from services.invoices import terms
from services.invoices.invoice.asked import OfDriver
from services.invoices.invoice.rejections import (
    CompanyMissing,
    ExpenseIdTaken,
    ExpensesLocked,
    NoSuchExpense,
    OverQuote,
    PriceMissing,
    Rejection,
    TooManyExpenses,
)
from services.invoices.invoice.situations import SERVICE, Bill, Delivered, Open
from services.invoices.terms import Taxpayer

MOST_EXPENSES = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class AddExpense(OfDriver):
    """`receipt` is what it says, None where the driver did not tell.

    `company` is the driver's, None when none is declared.
    """

    expense_id: str
    kind: ExpenseKind
    amount: Money
    receipt_file_id: str
    note: str | None
    receipt: Receipt | None
    company: Taxpayer | None


@dataclass(frozen=True, slots=True, kw_only=True)
class RemoveExpense(OfDriver):
    expense_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ValidateExpenses(OfDriver):
    """`net` is the sum of all lines that the driver saw: billing may agree on another price."""

    net: Money


Command = AddExpense | RemoveExpense | ValidateExpenses
Decision = list[InvoiceEvent] | Rejection


def add(command: AddExpense, state: Delivered) -> Decision:
    bill = state.bill
    added = ExpenseAdded(
        invoice_id=bill.invoice_id,
        organisation_id=bill.organisation_id,
        driver_id=bill.driver_id,
        expense_id=command.expense_id,
        kind=command.kind,
        amount=command.amount,
        receipt_file_id=command.receipt_file_id,
        note=command.note,
        added_at=command.at,
        receipt=command.receipt,
    )
    before = next((one for one in bill.expenses if one.expense_id == command.expense_id), None)
    if before is not None and replace(before, added_at=command.at) == added:
        return []
    if before is not None or command.expense_id in bill.removed | {SERVICE}:
        return ExpenseIdTaken(command.expense_id)
    if not isinstance(state, Open):
        return ExpensesLocked()
    if len(bill.expenses) >= MOST_EXPENSES:
        return TooManyExpenses(MOST_EXPENSES)
    return (
        terms.bad("amount", command.amount, bill.currency)
        or over_quote(bill, command.kind, command.amount)
        or _against_receipt(command)
        or [added]
    )


def _against_receipt(command: AddExpense) -> Rejection | None:
    """The company decides how much the driver can deduct, so it is declared before."""
    if command.receipt is None:
        return None
    if command.company is None:
        return CompanyMissing()
    return terms.bad_receipt(command.receipt, command.amount.currency) or terms.over_receipt(
        command.amount, command.kind, command.receipt, command.company
    )


def over_quote(
    bill: Bill, kind: ExpenseKind | None, amount: Money, but: str = ""
) -> OverQuote | None:
    """Expenses are compared with the quote kind by kind; only accepted extras add to it.

    `but` is a line whose amount this one replaces. Without a kind it is the service.
    """
    if kind is None:
        price = bill.mission.service_price or bill.agreed
        allowed = price.amount_minor if price else 0
        wanted = amount.amount_minor
    else:
        allowed = bill.allowed(kind)
        wanted = bill.declared(kind, but) + amount.amount_minor
    if wanted <= allowed:
        return None
    return OverQuote(kind, replace(amount, amount_minor=wanted), Money(allowed, amount.currency))


def remove(command: RemoveExpense, state: Delivered) -> Decision:
    bill = state.bill
    if command.expense_id in bill.removed:
        return []
    if all(one.expense_id != command.expense_id for one in bill.expenses):
        return NoSuchExpense()
    if not isinstance(state, Open) or bill.contest(command.expense_id):
        return ExpensesLocked()
    return [
        ExpenseRemoved(
            invoice_id=bill.invoice_id,
            organisation_id=bill.organisation_id,
            driver_id=bill.driver_id,
            expense_id=command.expense_id,
            removed_at=command.at,
        )
    ]


def validate(command: ValidateExpenses, state: Delivered) -> Decision:
    bill = state.bill
    if not isinstance(state, Open):
        return []
    if bill.price is None:
        return PriceMissing()
    if stale := changed({"net": command.net}, {"net": bill.net}):
        return stale
    expenses = (line.amount for line in bill.lines if line.kind is not None)
    return [
        ExpensesValidated(
            invoice_id=bill.invoice_id,
            organisation_id=bill.organisation_id,
            driver_id=bill.driver_id,
            service_price=bill.price,
            expenses=terms.total(expenses, bill.currency),
            validated_at=command.at,
        )
    ]
