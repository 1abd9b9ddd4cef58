"""The API over a real store, and somebody who asks it."""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import httpx

from contracts.invoices.numbering_v1 import NumberAssigned
from contracts.media.file_v1 import Purpose
from infra.commands import CommandContext, Done
from infra.testing import serving
from infra.testing.following import file, follow
from infra.tokens import Role
from services.invoices.aggregates import INVOICE, NUMBERING
from services.invoices.invoice import Following
from services.invoices.reactions import from_invoices_invoice, from_invoices_numbering
from services.invoices.service import service
from services.invoices.tests.make import NOON, note, note_extra, open_it, prepare

TOLL = {
    "kind": "toll",
    "amount": {"amount_minor": 3_480, "currency": "EUR"},
    "receipt_file_id": "f-1",
    "note": "A6",
}
RECEIPT = {
    "country": "FR",
    "parts": [
        {
            "rate": 2_000,
            "net": {"amount_minor": 3_480, "currency": "EUR"},
            "vat": {"amount_minor": 696, "currency": "EUR"},
        }
    ],
}
"""The receipt of the toll, which wants a company declared."""
NET = {"net": {"amount_minor": 33_480, "currency": "EUR"}}
"""The sum of the mission's price and of the toll."""
OWN_INVOICE = {"file_id": "f-9", "number": "2030-14", "issued_on": "2026-01-31"}
COMPANY = {
    "legal_name": "Ada & Co",
    "street": "4 rue #3",
    "postal_code": "69003",
    "city": "Lyon",
    "country": "FR",
    "company_number": "732 829 320 00074",
    "vat_number": "FR44732829320",
    "legal_form": "EI",
    "registration": "RNE 732 829 320",
    "share_capital": None,
    "endpoint": "732829320_ADA",
}
BUYER = {name: value for name, value in COMPANY.items() if name != "street"} | {
    "legal_name": "Hiflow SAS",
    "registered_office": "8 rue de l'Exemple",
    "share_capital": {"amount_minor": 5_000_000, "currency": "EUR"},
    "payment_days": 45,
}


@dataclass
class Caller(serving.Caller):
    """Asks as billing `lea` of `hiflow` unless told otherwise."""

    roles: tuple[Role, ...] = ("billing",)

    async def driver(
        self, method: str, path: str, body: Any = None, who: str = "ada"
    ) -> httpx.Response:
        return await self.ask(method, path, body, who, ("driver",))

    async def follow(self, *commands: Following) -> None:
        """Carry out what a reaction would command."""
        for command in commands:
            result = await self.running.commands.handle(
                INVOICE, command.invoice_id, command, context()
            )
            assert isinstance(result, Done)

    async def photographed(
        self, file_id: str = "f-1", purpose: Purpose = Purpose.RECEIPT, size_bytes: int = 1_000
    ) -> None:
        """Media stored a file of driver `ada`, and told so."""
        await follow(self.running, file(file_id, purpose=purpose, size_bytes=size_bytes))

    async def delivered(self) -> None:
        """The invoice `inv-t-1` of driver `ada`, to be completed, and a receipt for it."""
        await self.photographed()
        await self.follow(note(), prepare(), note_extra(), open_it())

    async def approved(self, *, mandate: bool = True) -> None:
        """The same, approved; self-billed with a mandate."""
        await self.delivered()
        asked: Sequence[tuple[str, str, Any]] = [
            ("PUT", "/sellers/ada/company", COMPANY),
            *([("PUT", "/sellers/ada/mandate", None)] if mandate else []),
            ("POST", "/invoices/inv-t-1/expenses", TOLL | {"receipt": RECEIPT}),
            ("POST", "/invoices/inv-t-1/validation", NET),
        ]
        for one in asked:
            assert (await self.driver(*one)).is_success, one
        assert (await self.ask("PUT", "/buyer", BUYER)).is_success
        assert (await self.approve()).is_success

    async def approve(self, net: Mapping[str, Any] = NET) -> httpx.Response:
        """Billing approves what it sees."""
        shown = (await self.ask("GET", "/invoices/inv-t-1")).json()
        seen = {**net, "validated_at": shown["validated_at"]}
        return await self.ask("POST", "/invoices/inv-t-1/approval", seen)

    async def seen(self, settlement: Mapping[str, Any]) -> dict[str, Any]:
        """The settlement of the line that is contested, by somebody who looked at it."""
        lines = (await self.ask("GET", "/invoices/inv-t-1")).json()["lines"]
        [line] = [one for one in lines if one["contest"]]
        contested_at = line["contest"]["contested_at"]
        return {**settlement, "contested_at": contested_at, "instead_of": line["amount"]}

    async def numbered(self) -> None:
        """Do what the reactions do after an approval, or a settlement that comes later."""
        for entry in await self.running.commands.history(INVOICE, "inv-t-1"):
            if not isinstance(entry.event, from_invoices_invoice.Reads):
                continue
            for command in from_invoices_invoice.react(entry.event):
                id = from_invoices_invoice.target(command)
                await self.running.commands.handle(NUMBERING, id, command, context())
                [*_, taken] = await self.running.commands.history(NUMBERING, id)
                assert isinstance(taken.event, NumberAssigned)
                await self.follow(*from_invoices_numbering.react(taken.event))


def context() -> CommandContext:
    return CommandContext(uuid4(), "c", "c", "test", "hiflow", NOON, "")


@asynccontextmanager
async def served(database: str) -> AsyncIterator[Caller]:
    async with serving.served(service, database, Caller) as caller:
        yield caller
