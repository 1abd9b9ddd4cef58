"""The numbers that follow an approval: of the invoice, and of each of its corrections."""

from dataclasses import dataclass
from datetime import datetime

from contracts.invoices.invoice_v1 import CorrectionNumbered, InvoiceEvent, InvoiceNumbered
from services.invoices.invoice.rejections import ExpensesNotValidated, NoSuchInvoice
from services.invoices.invoice.situations import Approved, Noted, State, Unknown


@dataclass(frozen=True, slots=True, kw_only=True)
class TakeNumber:
    """`settlement_version` tells which settlement a correction follows from; None: the invoice."""

    invoice_id: str
    number: str
    at: datetime
    settlement_version: int | None = None


Decision = list[InvoiceEvent] | NoSuchInvoice | ExpensesNotValidated


def take(command: TakeNumber, state: State) -> Decision:
    if isinstance(state, Unknown | Noted):
        return NoSuchInvoice()
    if not isinstance(state, Approved):
        return ExpensesNotValidated()
    if command.settlement_version in state.numbers:
        return []
    return [_numbered(command, state)]


def _numbered(command: TakeNumber, state: Approved) -> InvoiceEvent:
    bill = state.bill
    if command.settlement_version is None:
        return InvoiceNumbered(
            invoice_id=bill.invoice_id,
            organisation_id=bill.organisation_id,
            driver_id=bill.driver_id,
            number=command.number,
            numbered_at=command.at,
        )
    return CorrectionNumbered(
        invoice_id=bill.invoice_id,
        organisation_id=bill.organisation_id,
        driver_id=bill.driver_id,
        settlement_version=command.settlement_version,
        number=command.number,
        numbered_at=command.at,
    )
