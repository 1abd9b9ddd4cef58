"""The API over a real store, and somebody who asks it."""

import base64
import json
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

import httpx

from infra.commands import CommandContext, Done
from infra.host import Running, opened
from infra.http.auth import PublishedKeys, Role, SigningKey, Verifier, issue, jwks
from infra.http.health import Health
from infra.serving import api
from infra.settings import Settings
from services.invoices.aggregates import INVOICE, NUMBERING
from services.invoices.invoice import Following
from services.invoices.reactions import from_invoices_invoice, from_invoices_numbering
from services.invoices.service import service
from services.invoices.tests.make import NOON, note, note_extra, open_it, prepare

KEY = SigningKey.generate()
MASTER = json.dumps({"test": base64.b64encode(b"m" * 32).decode()})
NO_HEADERS: Mapping[str, str] = {}
TOLL = {
    "kind": "toll",
    "amount": {"amount_minor": 3_480, "currency": "EUR"},
    "receipt_file_id": "f-1",
    "note": "A6",
}
COMPANY = {
    "legal_name": "Ada & Co",
    "street": "4 rue #3",
    "postal_code": "69003",
    "city": "Lyon",
    "country": "FR",
    "company_number": "732 829 320 00074",
    "vat_number": "FR44732829320",
}
BUYER = {name: value for name, value in COMPANY.items() if name != "street"} | {
    "legal_name": "Hiflow SAS",
    "registered_office": "8 rue de l'Exemple",
}


@dataclass
class Caller:
    """Asks as billing `lea` of `hiflow` unless told otherwise, each time with a fresh key."""

    client: httpx.AsyncClient
    running: Running
    count: int = field(default=0)

    async def ask(
        self,
        method: str,
        path: str,
        body: Any = None,
        who: str = "lea",
        roles: tuple[Role, ...] = ("billing",),
        org: str = "hiflow",
        headers: Mapping[str, str] = NO_HEADERS,
    ) -> httpx.Response:
        self.count += 1
        token = issue(KEY, who, org, roles)
        sent = {"Authorization": f"Bearer {token}", "Idempotency-Key": f"k{self.count}"}
        return await self.client.request(method, path, json=body, headers={**sent, **headers})

    async def driver(
        self, method: str, path: str, body: Any = None, who: str = "ada"
    ) -> httpx.Response:
        return await self.ask(method, path, body, who, ("driver",))

    async def follow(self, *commands: Following) -> None:
        """What a reaction would command."""
        for command in commands:
            found = await self.running.commands.handle(
                INVOICE, command.invoice_id, command, context()
            )
            assert isinstance(found, Done)

    async def delivered(self) -> None:
        """The invoice `inv-t-1` of driver `ada`, to be completed."""
        await self.follow(note(), prepare(), note_extra(), open_it())

    async def approved(self) -> None:
        """It, approved, self-billed and numbered."""
        await self.delivered()
        asked: Sequence[tuple[str, str, Any]] = [
            ("PUT", "/sellers/ada/company", COMPANY),
            ("PUT", "/sellers/ada/mandate", None),
            ("POST", "/invoices/inv-t-1/expenses", TOLL),
            ("POST", "/invoices/inv-t-1/validation", None),
        ]
        for one in asked:
            assert (await self.driver(*one)).is_success, one
        assert (await self.ask("PUT", "/buyer", BUYER)).is_success
        assert (await self.ask("POST", "/invoices/inv-t-1/approval")).is_success

    async def numbered(self) -> None:
        """Do what the reactions do after an approval, or a settlement that comes later."""
        for entry in await self.running.commands.history(INVOICE, "inv-t-1"):
            if not isinstance(entry.event, from_invoices_invoice.Reads):
                continue
            for command in from_invoices_invoice.react(entry.event):
                id = from_invoices_invoice.target(command)
                await self.running.commands.handle(NUMBERING, id, command, context())
                taken = await self.running.commands.history(NUMBERING, id)
                await self.follow(*from_invoices_numbering.react(taken[-1].event))


def context() -> CommandContext:
    return CommandContext(uuid4(), "c", "c", "test", "hiflow", NOON, "")


@asynccontextmanager
async def served(database: str) -> AsyncIterator[Caller]:
    settings = Settings(
        databases={"invoices": database, "keys": database},
        master_keys=MASTER,  # type: ignore[arg-type]
        jwks=jwks(KEY),
    )
    async with opened(service, settings) as running:
        verifier = Verifier(PublishedKeys(settings.jwks), settings.issuer, settings.audience)
        transport = httpx.ASGITransport(api(running, verifier, Health()))
        async with httpx.AsyncClient(transport=transport, base_url="http://relais") as client:
            yield Caller(client, running)
