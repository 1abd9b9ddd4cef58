"""The numbers of a dealership's invoices, credit notes, and what cancels these, without gaps.

The series is a stream, so two payments at once take turns.
"""

from dataclasses import dataclass
from datetime import datetime

from contracts.payments.series_v1 import NumberAssigned, SeriesEvent


@dataclass(frozen=True, slots=True, kw_only=True)
class AssignNumber:
    """`refund_id` is None for the invoice of the charge; `cancels` for what cancels the credit note
    of the refund."""

    dealership_id: str
    organisation_id: str
    charge_id: str
    refund_id: str | None
    cancels: bool
    at: datetime


MOST_OF_A_NAME = 28
"""With the ordinal that stays below the 35 characters that EN 16931 is used with in France."""

Document = tuple[str, str | None, bool]
"""A charge, one of its refunds or None for the invoice, and whether it cancels its credit note."""


@dataclass(frozen=True, slots=True)
class Taken:
    """The number of each document that has one."""

    numbers: tuple[tuple[Document, str], ...] = ()

    def of(self, document: Document) -> str | None:
        """The number of a document; None before it has one."""
        return dict(self.numbers).get(document)


initial = Taken()


def number(dealership_id: str, ordinal: int) -> str:
    """A number of letters that every platform takes."""
    name = "".join(one if one.isalnum() else "-" for one in dealership_id.upper())
    return f"{name[:MOST_OF_A_NAME]}-{ordinal:06}"


def evolve(taken: Taken, event: SeriesEvent) -> Taken:
    document = (event.charge_id, event.refund_id, event.cancels is True)
    return Taken((*taken.numbers, (document, event.number)))


def decide(command: AssignNumber, taken: Taken) -> list[SeriesEvent]:
    """The next number, or nothing when there is one; no rule says no."""
    if taken.of((command.charge_id, command.refund_id, command.cancels)) is not None:
        return []
    ordinal = len(taken.numbers) + 1
    return [
        NumberAssigned(
            dealership_id=command.dealership_id,
            organisation_id=command.organisation_id,
            charge_id=command.charge_id,
            refund_id=command.refund_id,
            ordinal=ordinal,
            number=number(command.dealership_id, ordinal),
            assigned_at=command.at,
            cancels=True if command.cancels else None,
        )
    ]
