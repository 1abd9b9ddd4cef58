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
    """An invoice of a charge, the credit note of one of its refunds, or what cancels that."""

    charge_id: str
    refund_id: str | None
    cancels: bool
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
            cancels=document.cancels,
            at=at,
        )
        about = f"charge:{document.charge_id}"
        cancels = "/cancels" if document.cancels else ""
        id = uuid5(NUMBERS, f"{document.charge_id}/{document.refund_id}{cancels}")
        context = CommandContext(
            id, about, str(id), "worker:payments.clerk", document.organisation_id, at, ""
        )
        answer = await self.commands.handle(SERIES, document.dealership_id, command, context)
        assert isinstance(answer, Done)
        number = answer.state.of((document.charge_id, document.refund_id, document.cancels))
        assert number is not None
        return number
