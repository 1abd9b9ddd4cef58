"""The payment that ends an invoice; it follows from the payout the invoice is on."""

from dataclasses import dataclass
from datetime import datetime
from typing import assert_never

from contracts.invoices.invoice_v1 import InvoiceEvent, InvoicePaid
from services.invoices.invoice.rejections import ExpensesNotValidated, NoSuchInvoice
from services.invoices.invoice.situations import (
    Approved,
    Noted,
    Open,
    Paid,
    Prepared,
    State,
    Unknown,
    Validated,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordPayment:
    invoice_id: str
    payout_id: str
    reference: str
    at: datetime


Decision = list[InvoiceEvent] | NoSuchInvoice | ExpensesNotValidated


def record(command: RecordPayment, state: State) -> Decision:
    match state:
        case Unknown() | Noted():
            return NoSuchInvoice()
        case Prepared() | Open() | Validated():
            return ExpensesNotValidated()
        case Approved(bill=bill):
            return [
                InvoicePaid(
                    invoice_id=bill.invoice_id,
                    organisation_id=bill.organisation_id,
                    driver_id=bill.driver_id,
                    payout_id=command.payout_id,
                    reference=command.reference,
                    paid_at=command.at,
                )
            ]
        case Paid():
            return []
        case unhandled:
            assert_never(unhandled)
