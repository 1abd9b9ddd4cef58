"""A payout pays the invoices on it, and a statement that needs no payout settles them."""

from typing import assert_never

from contracts.payments.payout_v1 import LineKind, PayoutPaid, StatementClosed
from services.invoices.invoice.payment import RecordPayment

Reads = StatementClosed | PayoutPaid


def react(event: Reads) -> list[RecordPayment]:
    match event:
        case PayoutPaid():
            return [
                RecordPayment(
                    invoice_id=id,
                    payout_id=event.payout_id,
                    reference=event.reference,
                    at=event.paid_at,
                )
                for id in event.invoice_ids
            ]
        case StatementClosed(payable=False):
            # Set off against what the driver owed.
            return [
                RecordPayment(
                    invoice_id=line.invoice_id,
                    payout_id=event.payout_id,
                    reference="",
                    at=event.closed_at,
                )
                for line in event.lines
                if line.kind is LineKind.SERVICE
            ]
        case StatementClosed():
            return []
        case unhandled:
            assert_never(unhandled)


def target(command: RecordPayment) -> str:
    """The invoice whose stream takes the command."""
    return command.invoice_id
