"""Contests: a line is not right, says the driver or billing; billing settles what is."""

from dataclasses import dataclass, replace
from datetime import datetime

from contracts.common_v1 import Money
from contracts.decisions import changed
from contracts.invoices.invoice_v1 import (
    ContestSettled,
    InvoiceEvent,
    Line,
    LineContested,
    Party,
)
from services.invoices import terms
from services.invoices.invoice import own_invoice
from services.invoices.invoice.asked import OfBilling
from services.invoices.invoice.expenses import over_quote
from services.invoices.invoice.rejections import (
    BrokenRule,
    ExpensesNotValidated,
    InvoiceIsApproved,
    LineIsContested,
    NoSuchContest,
    NoSuchLine,
    Rejection,
    RulesBroken,
)
from services.invoices.invoice.situations import Approved, Bill, Delivered, Open
from services.invoices.terms import Treatment


@dataclass(frozen=True, slots=True, kw_only=True)
class ContestLine:
    """`amount` is what the line said. `driver_id` is None when billing contests."""

    invoice_id: str
    organisation_id: str
    driver_id: str | None
    line_id: str
    amount: Money
    reason: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class SettleContest(OfBilling):
    """`instead_of` is what the line said when it was looked at, `amount` what it says from now on.

    `contested_at` tells which contest was read: a line may be contested again. `broken` are the
    rules that the document of a correction would break.
    """

    line_id: str
    contested_at: datetime
    instead_of: Money
    amount: Money
    explanation: str
    broken: tuple[BrokenRule, ...] = ()


Decision = list[InvoiceEvent] | Rejection


def contest(command: ContestLine, state: Delivered) -> Decision:
    bill = state.bill
    by = Party.BILLING if command.driver_id is None else Party.DRIVER
    line = bill.line(command.line_id)
    if line is None:
        return NoSuchLine()
    contested = LineContested(
        invoice_id=bill.invoice_id,
        organisation_id=bill.organisation_id,
        driver_id=bill.driver_id,
        line_id=command.line_id,
        by=by,
        reason=command.reason,
        contested_at=command.at,
    )
    if (before := bill.contest(command.line_id)) is not None:
        repeated = replace(before, contested_at=command.at) == contested
        return [] if repeated else LineIsContested(command.line_id)
    if isinstance(state, Open):
        return ExpensesNotValidated()
    if by is Party.BILLING and isinstance(state, Approved):
        return InvoiceIsApproved()
    return changed({"amount": command.amount}, {"amount": line.amount}) or [contested]


def settle(command: SettleContest, state: Delivered) -> Decision:
    bill = state.bill
    line = bill.line(command.line_id)
    if line is None:
        return NoSuchLine()
    contested = bill.contest(command.line_id)
    if contested is None:
        return [] if _settled_so(command, bill) else NoSuchContest()
    if stale := changed(
        {"contested_at": command.contested_at, "instead_of": command.instead_of},
        {"contested_at": contested.contested_at, "instead_of": line.amount},
    ):
        return stale
    if command.broken:
        return RulesBroken(command.broken)
    return (
        terms.bad("amount", command.amount, bill.currency, least=0)
        or over_quote(bill, line.kind, command.amount, line.line_id)
        or [_settled(command, line, state)]
    )


def _settled_so(command: SettleContest, bill: Bill) -> bool:
    """Whether the last settlement of the line was this one."""
    last = next((s for s in reversed(bill.settlements) if s.line_id == command.line_id), None)
    wanted = (command.amount, command.explanation)
    return last is not None and (last.amount, last.explanation) == wanted


def _settled(command: SettleContest, line: Line, state: Delivered) -> ContestSettled:
    bill = state.bill
    adjustment, vat, waits = _adjustment(command, line, state)
    return ContestSettled(
        invoice_id=command.invoice_id,
        organisation_id=command.organisation_id,
        driver_id=bill.driver_id,
        line_id=command.line_id,
        amount=command.amount,
        explanation=command.explanation,
        adjustment=adjustment,
        adjustment_vat=vat,
        version=bill.version + 1,
        trip_id=bill.mission.trip_id,
        settled_at=command.at,
        waits_for_own_invoice=waits,
    )


def _adjustment(
    command: SettleContest, line: Line, state: Delivered
) -> tuple[Money, Money, bool] | tuple[None, None, bool]:
    """The change of what is owed, net and VAT; None where nothing is yet, or nothing changes.

    A driver who writes their own invoices gets more only with an invoice for it.
    """
    difference = command.amount.amount_minor - line.amount.amount_minor
    if not isinstance(state, Approved) or not own_invoice.is_owed(state) or not difference:
        return None, None, False
    tax, bill = state.approval.tax, state.bill
    treatment = Treatment(tax.category, tax.rate)
    before = bill.net.amount_minor
    # Of the whole, so that many small settlements do not add up to another VAT.
    vat = treatment.of(before + difference) - treatment.of(before)
    waits = difference > 0 and not state.approval.self_billed
    return Money(difference, bill.currency), Money(vat, bill.currency), waits
