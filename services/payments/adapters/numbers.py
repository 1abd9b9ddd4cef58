"""Where the numbers of invoices come from: the dealership's own system, or a series of ours (G-58).

The port is `InvoiceNumberProvider`; an adapter of a dealership's system is one more of them.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol
from uuid import NAMESPACE_URL, uuid5

from infra.commands import CommandContext, Commands, Done
from services.payments.aggregates import SERIES
from services.payments.series import AssignNumber

NUMBERS = uuid5(NAMESPACE_URL, "relais:invoice numbers")


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """An invoice of a charge, or the credit note of one of its refunds."""

    charge_id: str
    refund_id: str | None
    dealership_id: str
    organisation_id: str


class InvoiceNumberProvider(Protocol):
    """Numbers documents: the same number each time for the same one, and no other one's."""

    async def number(self, document: Document, at: datetime) -> str: ...


@dataclass(frozen=True, slots=True)
class OwnSeries:
    """A series for each dealership, without gaps."""

    commands: Commands

    async def number(self, document: Document, at: datetime) -> str:
        """The number of the document, its own or the next one."""
        command = AssignNumber(
            dealership_id=document.dealership_id,
            organisation_id=document.organisation_id,
            charge_id=document.charge_id,
            refund_id=document.refund_id,
            at=at,
        )
        about = f"charge:{document.charge_id}"
        id = uuid5(NUMBERS, f"{document.charge_id}/{document.refund_id}")
        context = CommandContext(
            id, about, str(id), "worker:payments.clerk", document.organisation_id, at, ""
        )
        answer = await self.commands.handle(SERIES, document.dealership_id, command, context)
        assert isinstance(answer, Done)
        number = answer.state.of(document.charge_id, document.refund_id)
        assert number is not None
        return number
