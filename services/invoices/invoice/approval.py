"""The part of billing: agree a missing price, let the driver correct expenses, approve."""

from dataclasses import dataclass
from datetime import date, datetime

from contracts.common_v1 import Money
from contracts.decisions import changed
from contracts.invoices.invoice_v1 import (
    ExpensesReopened,
    InvoiceApproved,
    InvoiceEvent,
    PriceAgreed,
)
from services.invoices import terms
from services.invoices.invoice.asked import OfBilling
from services.invoices.invoice.rejections import (
    BrokenRule,
    BuyerMissing,
    CompanyMissing,
    ExpensesLocked,
    ExpensesNotValidated,
    InvoiceIsApproved,
    LineIsContested,
    PriceIsFrozen,
    Rejection,
    RulesBroken,
)
from services.invoices.invoice.situations import (
    Approved,
    Bill,
    Delivered,
    Open,
)
from services.invoices.terms import Treatment


@dataclass(frozen=True, slots=True, kw_only=True)
class AgreePrice(OfBilling):
    """`instead_of` is the price that stood there before, None where there was none."""

    price: Money
    instead_of: Money | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ReopenExpenses(OfBilling):
    """The driver may correct what was validated."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ApproveInvoice(OfBilling):
    """`treatment` is None when the driver declared no company; version 0: there is no buyer.

    `net` is the sum that was looked at, and `validated_at` says which expenses and receipts stood
    behind it. `broken` are the rules that its document would break.
    """

    net: Money
    validated_at: datetime
    treatment: Treatment | None
    self_billed: bool
    seller_version: int
    buyer_version: int
    due_on: date
    time_zone: str
    broken: tuple[BrokenRule, ...] = ()


Command = AgreePrice | ReopenExpenses | ApproveInvoice
Decision = list[InvoiceEvent] | Rejection


def agree_price(command: AgreePrice, state: Delivered) -> Decision:
    bill = state.bill
    if bill.price == command.price:
        return []
    if bill.mission.service_price is not None:
        return PriceIsFrozen(bill.mission.service_price)
    if not isinstance(state, Open):
        return ExpensesLocked()
    if stale := changed({"instead_of": command.instead_of}, {"instead_of": bill.price}):
        return stale
    # Without any other amount the first price decides the currency.
    others = bill.mission.quoted or bill.extras
    currency = bill.currency if others else command.price.currency
    agreed = PriceAgreed(
        invoice_id=bill.invoice_id,
        organisation_id=bill.organisation_id,
        driver_id=bill.driver_id,
        service_price=command.price,
        agreed_at=command.at,
    )
    return terms.bad("price", command.price, currency) or [agreed]


def reopen(command: ReopenExpenses, state: Delivered) -> Decision:
    if isinstance(state, Open):
        return []
    if isinstance(state, Approved):
        return InvoiceIsApproved()
    return [
        ExpensesReopened(
            invoice_id=state.bill.invoice_id,
            organisation_id=state.bill.organisation_id,
            driver_id=state.bill.driver_id,
            extra_id=None,
            reopened_at=command.at,
        )
    ]


def approve(command: ApproveInvoice, state: Delivered) -> Decision:
    if isinstance(state, Open):
        return ExpensesNotValidated()
    return [] if isinstance(state, Approved) else _approve(command, state.bill)


def _approve(command: ApproveInvoice, bill: Bill) -> Decision:
    if stale := changed(
        {"net": command.net, "validated_at": command.validated_at},
        {"net": bill.net, "validated_at": bill.validated_at},
    ):
        return stale
    if bill.contests:
        return LineIsContested(bill.contests[0].line_id)
    if command.treatment is None:
        return CompanyMissing()
    if command.buyer_version == 0:
        return BuyerMissing()
    if command.broken:
        return RulesBroken(command.broken)
    return [_approved(command, command.treatment, bill)]


def _approved(command: ApproveInvoice, treatment: Treatment, bill: Bill) -> InvoiceApproved:
    due = terms.owed(bill.lines, bill.currency, treatment)
    return InvoiceApproved(
        invoice_id=bill.invoice_id,
        trip_id=bill.mission.trip_id,
        organisation_id=bill.organisation_id,
        driver_id=bill.driver_id,
        description=bill.description,
        lines=due.lines,
        net=due.net,
        tax=due.tax,
        total=due.total,
        self_billed=command.self_billed,
        seller_version=command.seller_version,
        buyer_version=command.buyer_version,
        version=bill.version + 1,
        approved_at=command.at,
        due_on=command.due_on,
        time_zone=command.time_zone,
        waits_for_own_invoice=not command.self_billed,
    )
