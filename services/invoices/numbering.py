"""Invoice numbers without gaps: one sequence for each driver who lets an organisation invoice.

The sequence is a stream, so two approvals at once take turns, and a number that was given is on
an invoice that was approved.
"""

from dataclasses import dataclass
from datetime import datetime

from contracts.invoices.numbering_v1 import NumberAssigned, NumberingEvent


@dataclass(frozen=True, slots=True)
class AssignNumber:
    """Follows from an approved invoice."""

    organisation_id: str
    driver_id: str
    invoice_id: str
    at: datetime

    @property
    def sequence_id(self) -> str:
        """Names the sequence."""
        return f"{self.organisation_id}:{self.driver_id}"


Taken = frozenset[str]
"""The invoices that have a number."""
initial: Taken = frozenset()


def evolve(taken: Taken, event: NumberingEvent) -> Taken:
    return taken | {event.invoice_id}


def decide(command: AssignNumber, taken: Taken) -> list[NumberingEvent]:
    """The next number, or nothing when the invoice has one; no rule says no."""
    if command.invoice_id in taken:
        return []
    ordinal = len(taken) + 1
    return [
        NumberAssigned(
            sequence_id=command.sequence_id,
            organisation_id=command.organisation_id,
            driver_id=command.driver_id,
            invoice_id=command.invoice_id,
            ordinal=ordinal,
            number=f"{command.organisation_id.upper()}-{ordinal:06}",
            assigned_at=command.at,
        )
    ]
