"""The payment that ends an invoice; it follows from the payout the invoice is on."""

from dataclasses import dataclass
from datetime import datetime

from contracts.invoices.invoice_v1 import InvoiceEvent, InvoicePaid
from services.invoices.invoice.rejections import ExpensesNotValidated, NoSuchInvoice
from services.invoices.invoice.situations import Approved, Noted, State, Unknown


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordPayment:
    invoice_id: str
    payout_id: str
    reference: str
    at: datetime


Decision = list[InvoiceEvent] | NoSuchInvoice | ExpensesNotValidated


def record(command: RecordPayment, state: State) -> Decision:
    if isinstance(state, Unknown | Noted):
        return NoSuchInvoice()
    if not isinstance(state, Approved):
        return ExpensesNotValidated()
    if state.payment is not None:
        return []
    return [
        InvoicePaid(
            invoice_id=state.bill.invoice_id,
            organisation_id=state.bill.organisation_id,
            driver_id=state.bill.driver_id,
            payout_id=command.payout_id,
            reference=command.reference,
            paid_at=command.at,
        )
    ]
