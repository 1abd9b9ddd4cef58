"""Reaction: receipts of declared expenses and invoices that drivers wrote are held.

A receipt also when the expense is taken back, an invoice also when it is sent back.
"""

from typing import assert_never

from contracts.invoices.invoice_v1 import ExpenseAdded, OwnInvoiceSent
from services.media.file import Hold

Reads = ExpenseAdded | OwnInvoiceSent


def react(event: Reads) -> list[Hold]:
    match event:
        case ExpenseAdded():
            file_id, at = event.receipt_file_id, event.added_at
        case OwnInvoiceSent():
            file_id, at = event.file_id, event.sent_at
        case unhandled:
            assert_never(unhandled)
    return [
        Hold(
            file_id=file_id,
            organisation_id=event.organisation_id,
            by=f"invoice-{event.invoice_id}",
            reader_id=None,
            at=at,
        )
    ]


def target(command: Hold) -> str:
    """The file whose stream takes the command."""
    return command.file_id
