"""The driver's own invoice, where no mandate lets the organisation write it.

VAT is deductible only with an invoice, so nothing is owed before the driver's own is accepted. One
that agrees with what is owed is accepted at once; otherwise billing looks at it.
"""

from dataclasses import dataclass, replace
from datetime import date, datetime

from contracts.common_v1 import Money
from contracts.decisions import changed
from contracts.invoices.invoice_v1 import (
    Compared,
    Difference,
    InvoiceEvent,
    OwnInvoiceAccepted,
    OwnInvoiceRefused,
    OwnInvoiceSent,
)
from services.invoices import terms
from services.invoices.invoice import rejections
from services.invoices.invoice.asked import OfBilling, OfDriver
from services.invoices.invoice.situations import Approved, Delivered, OwnInvoice
from services.invoices.terms import Owed, Treatment


@dataclass(frozen=True, slots=True, kw_only=True)
class SendOwnInvoice(OfDriver):
    """`differences` are what its document says otherwise than what is owed, or does not say.

    `settlement_version` tells which settlement it follows from; None: the invoice itself.
    """

    settlement_version: int | None
    file_id: str
    number: str
    issued_on: date
    differences: tuple[Difference, ...]
    today: date


@dataclass(frozen=True, slots=True, kw_only=True)
class AcceptOwnInvoice(OfBilling):
    """`file_id` and `total` are of the document that was looked at."""

    settlement_version: int | None
    file_id: str
    total: Money


@dataclass(frozen=True, slots=True, kw_only=True)
class RefuseOwnInvoice(OfBilling):
    settlement_version: int | None
    file_id: str
    reason: str


Decision = list[InvoiceEvent] | rejections.Rejection


def is_owed(state: Approved) -> bool:
    """Whether the amounts are owed already, so that a settlement changes them by an adjustment."""
    accepted = isinstance(state.own.get(None), OwnInvoiceAccepted)
    return accepted or not state.approval.waits_for_own_invoice


def owed(state: Approved, settlement: int | None = None) -> Owed | None:
    """The amounts of the invoice, or what a settlement adds; None where it adds nothing."""
    approval, bill = state.approval, state.bill
    if settlement is not None:
        return _added(state, settlement)
    if isinstance(accepted := state.own.get(None), OwnInvoiceAccepted):
        return Owed(lines=accepted.lines, net=accepted.net, tax=accepted.tax)
    if is_owed(state):
        return Owed(lines=approval.lines, net=approval.net, tax=approval.tax)
    # A contest settled meanwhile has changed the lines.
    treatment = Treatment(approval.tax.category, approval.tax.rate)
    return terms.owed(bill.lines, bill.currency, treatment)


def _added(state: Approved, settlement: int) -> Owed | None:
    settled = next((one for one in state.bill.settlements if one.version == settlement), None)
    if settled is None or settled.adjustment is None or settled.adjustment_vat is None:
        return None
    if settled.adjustment.amount_minor < 0:
        return None
    [line] = (line for line in state.approval.lines if line.line_id == settled.line_id)
    return Owed(
        lines=(replace(line, amount=settled.adjustment, version=settlement),),
        net=settled.adjustment,
        tax=replace(state.approval.tax, amount=settled.adjustment_vat),
    )


def send(command: SendOwnInvoice, state: Delivered) -> Decision:
    if not isinstance(state, Approved):
        return rejections.InvoiceNotApproved()
    if state.approval.self_billed:
        return rejections.WrittenForTheDriver()
    due = owed(state, command.settlement_version)
    if due is None:
        return rejections.NoSuchCorrection()
    sent, before = _sent(command, state, due), state.own.get(command.settlement_version)
    if isinstance(before, OwnInvoiceAccepted):
        same = (before.file_id, before.number) == (command.file_id, command.number)
        return [] if same else rejections.OwnInvoiceIsAccepted(before.number)
    if isinstance(before, OwnInvoiceSent) and replace(before, sent_at=command.at) == sent:
        return []
    if command.issued_on > command.today:
        return rejections.NotYetIssued(command.issued_on, command.today)
    if state.bill.contests:
        return rejections.LineIsContested(state.bill.contests[0].line_id)
    if sent.differences:
        return [sent]
    return [sent, _accepted(sent, state, due, None, command.at)]


def accept(command: AcceptOwnInvoice, state: Delivered) -> Decision:
    """A statement that was read and differs is never accepted; people judge what was not found."""
    before = _own(command.settlement_version, state)
    if not isinstance(state, Approved) or isinstance(before, OwnInvoiceRefused | None):
        return rejections.NoSuchOwnInvoice()
    if isinstance(before, OwnInvoiceAccepted):
        return (
            []
            if before.file_id == command.file_id
            else rejections.OwnInvoiceIsAccepted(before.number)
        )
    due = owed(state, command.settlement_version)
    if stale := changed(
        {"file_id": command.file_id, "total": command.total},
        {"file_id": before.file_id, "total": before.total},
    ):
        return stale
    if state.bill.contests:
        return rejections.LineIsContested(state.bill.contests[0].line_id)
    if due is None or (before.net, before.total) != (due.net, due.total):
        return rejections.OwnInvoiceDiffers((Compared.TOTAL,))
    if read := tuple(one.field for one in before.differences if one.found is not None):
        return rejections.OwnInvoiceDiffers(read)
    return [_accepted(before, state, due, command.by, command.at)]


def refuse(command: RefuseOwnInvoice, state: Delivered) -> Decision:
    before = _own(command.settlement_version, state)
    if before is None:
        return rejections.NoSuchOwnInvoice()
    if isinstance(before, OwnInvoiceAccepted):
        return rejections.OwnInvoiceIsAccepted(before.number)
    if stale := changed({"file_id": command.file_id}, {"file_id": before.file_id}):
        return stale
    if isinstance(before, OwnInvoiceRefused):
        return []
    return [
        OwnInvoiceRefused(
            invoice_id=before.invoice_id,
            organisation_id=before.organisation_id,
            driver_id=before.driver_id,
            settlement_version=before.settlement_version,
            file_id=before.file_id,
            number=before.number,
            reason=command.reason,
            refused_at=command.at,
        )
    ]


def _own(settlement: int | None, state: Delivered) -> OwnInvoice | None:
    return state.own.get(settlement) if isinstance(state, Approved) else None


def _sent(command: SendOwnInvoice, state: Approved, due: Owed) -> OwnInvoiceSent:
    bill = state.bill
    return OwnInvoiceSent(
        invoice_id=bill.invoice_id,
        organisation_id=bill.organisation_id,
        driver_id=bill.driver_id,
        settlement_version=command.settlement_version,
        file_id=command.file_id,
        number=command.number,
        issued_on=command.issued_on,
        net=due.net,
        vat=due.tax.amount,
        total=due.total,
        differences=command.differences,
        sent_at=command.at,
    )


def _accepted(
    sent: OwnInvoiceSent, state: Approved, due: Owed, by: str | None, at: datetime
) -> OwnInvoiceAccepted:
    return OwnInvoiceAccepted(
        invoice_id=sent.invoice_id,
        trip_id=state.approval.trip_id,
        organisation_id=sent.organisation_id,
        driver_id=sent.driver_id,
        settlement_version=sent.settlement_version,
        file_id=sent.file_id,
        number=sent.number,
        issued_on=sent.issued_on,
        lines=due.lines,
        net=due.net,
        tax=due.tax,
        total=due.total,
        accepted_by=by,
        # One that nobody looked at is accepted with its sending.
        version=state.bill.version + (2 if by is None else 1),
        accepted_at=at,
    )
