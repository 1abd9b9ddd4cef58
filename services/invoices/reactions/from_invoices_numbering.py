"""A number that was assigned goes to its invoice."""

from contracts.invoices.numbering_v1 import NumberAssigned
from services.invoices.invoice.numbers import TakeNumber

Reads = NumberAssigned


def react(event: Reads) -> list[TakeNumber]:
    return [
        TakeNumber(
            invoice_id=event.invoice_id,
            number=event.number,
            at=event.assigned_at,
            settlement_version=event.settlement_version,
        )
    ]


def target(command: TakeNumber) -> str:
    """The invoice whose stream takes the command."""
    return command.invoice_id
