"""Invoice numbers without gaps: one sequence for each driver who lets an organisation invoice.

The sequence is a stream, so two approvals at once take turns, and a number that was given is on
an invoice that was approved.
"""

from dataclasses import dataclass
from datetime import datetime

from contracts.invoices.numbering_v1 import NumberAssigned, NumberingEvent


@dataclass(frozen=True, slots=True, kw_only=True)
class AssignNumber:
    """Follows from an approved invoice, or from a settlement that changed it afterwards."""

    organisation_id: str
    driver_id: str
    invoice_id: str
    at: datetime
    settlement_version: int | None = None

    @property
    def sequence_id(self) -> str:
        """The id of the sequence."""
        return f"{self.organisation_id}:{self.driver_id}"


MOST_OF_A_NAME = 28
"""With the ordinal that stays below the 35 characters that EN 16931 is used with in France."""


def number(organisation_id: str, ordinal: int) -> str:
    """The number of an invoice, of letters that every platform takes."""
    name = "".join(one if one.isalnum() else "-" for one in organisation_id.upper())
    return f"{name[:MOST_OF_A_NAME]}-{ordinal:06}"


Taken = frozenset[tuple[str, int | None]]
"""The invoices that have a number, and the settlements whose correction has one."""
initial: Taken = frozenset()


def evolve(taken: Taken, event: NumberingEvent) -> Taken:
    return taken | {(event.invoice_id, event.settlement_version)}


def decide(command: AssignNumber, taken: Taken) -> list[NumberingEvent]:
    """The next number, or nothing when there is one; no rule says no.

    An invoice without a number here was written by the driver, who writes its corrections as well.
    """
    id, settlement = command.invoice_id, command.settlement_version
    if (id, settlement) in taken or (settlement is not None and (id, None) not in taken):
        return []
    ordinal = len(taken) + 1
    return [
        NumberAssigned(
            sequence_id=command.sequence_id,
            organisation_id=command.organisation_id,
            driver_id=command.driver_id,
            invoice_id=id,
            ordinal=ordinal,
            number=number(command.organisation_id, ordinal),
            assigned_at=command.at,
            settlement_version=settlement,
        )
    ]
