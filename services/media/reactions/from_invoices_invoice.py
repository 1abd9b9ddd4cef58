"""Reaction: the receipt of a declared expense is held, even when the expense is taken back."""

from contracts.invoices.invoice_v1 import ExpenseAdded
from services.media.file import Hold

Reads = ExpenseAdded


def react(event: Reads) -> list[Hold]:
    return [
        Hold(
            file_id=event.receipt_file_id,
            organisation_id=event.organisation_id,
            by=f"invoice-{event.invoice_id}",
            reader_id=None,
            at=event.added_at,
        )
    ]


def target(command: Hold) -> str:
    """The file whose stream takes the command."""
    return command.file_id
