"""The numbers of a dealership's invoices and credit notes, without gaps.

The series is a stream, so two payments at once take turns.
"""

from dataclasses import dataclass
from datetime import datetime

from contracts.payments.series_v1 import NumberAssigned, SeriesEvent


@dataclass(frozen=True, slots=True, kw_only=True)
class AssignNumber:
    """`refund_id` is None for the invoice of the charge."""

    dealership_id: str
    organisation_id: str
    charge_id: str
    refund_id: str | None
    at: datetime


MOST_OF_A_NAME = 28
"""With the ordinal that stays below the 35 characters that EN 16931 is used with in France."""

Document = tuple[str, str | None]
"""A charge, and one of its refunds or None for the invoice."""


@dataclass(frozen=True, slots=True)
class Taken:
    """The number of each document that has one."""

    numbers: tuple[tuple[Document, str], ...] = ()

    def of(self, charge_id: str, refund_id: str | None) -> str | None:
        """The number of a document; None before it has one."""
        return dict(self.numbers).get((charge_id, refund_id))


initial = Taken()


def number(dealership_id: str, ordinal: int) -> str:
    """A number of letters that every platform takes."""
    name = "".join(one if one.isalnum() else "-" for one in dealership_id.upper())
    return f"{name[:MOST_OF_A_NAME]}-{ordinal:06}"


def evolve(taken: Taken, event: SeriesEvent) -> Taken:
    return Taken((*taken.numbers, ((event.charge_id, event.refund_id), event.number)))


def decide(command: AssignNumber, taken: Taken) -> list[SeriesEvent]:
    """The next number, or nothing when there is one; no rule says no."""
    if taken.of(command.charge_id, command.refund_id) is not None:
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
        )
    ]
