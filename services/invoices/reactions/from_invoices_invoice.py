"""An invoice that the organisation writes needs a number, and so does what corrects it."""

from typing import assert_never

from contracts.invoices.invoice_v1 import ContestSettled, InvoiceApproved
from services.invoices.numbering import AssignNumber

Reads = InvoiceApproved | ContestSettled


def react(event: Reads) -> list[AssignNumber]:
    match event:
        case InvoiceApproved(self_billed=True):
            return [
                AssignNumber(
                    organisation_id=event.organisation_id,
                    driver_id=event.driver_id,
                    invoice_id=event.invoice_id,
                    at=event.approved_at,
                )
            ]
        case ContestSettled() if event.adjustment is not None:
            return [
                AssignNumber(
                    organisation_id=event.organisation_id,
                    driver_id=event.driver_id,
                    invoice_id=event.invoice_id,
                    at=event.settled_at,
                    settlement_version=event.version,
                )
            ]
        case InvoiceApproved() | ContestSettled():
            return []
        case unhandled:
            assert_never(unhandled)


def target(command: AssignNumber) -> str:
    """The sequence whose stream takes the command."""
    return command.sequence_id
