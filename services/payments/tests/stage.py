"""The API over a real store, and somebody who asks it."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from time import time
from typing import Any
from uuid import uuid4

import httpx

from contracts.invoices.invoice_v1 import InvoiceOpened
from contracts.media.file_v1 import Purpose
from infra.commands import CommandContext, Done
from infra.testing import serving
from infra.testing.following import file, follow
from infra.tokens import Role, issue
from services.payments.aggregates import PAYOUT
from services.payments.payout import Command
from services.payments.service import service
from services.payments.tests.make import NOON, OLD, adjust, credit

BANK = {"iban": OLD, "holder": "Ada", "proof_file_id": "f-1"}

DUE = {"due": {"amount_minor": 39_600, "currency": "EUR"}}
"""The amount that `owed` makes of it."""


@dataclass
class Caller(serving.Caller):
    """Asks as billing `lea` of `hiflow` unless told otherwise, who just signed in."""

    roles: tuple[Role, ...] = ("billing",)

    async def ask(
        self,
        method: str,
        path: str,
        body: Any = None,
        who: str = "",
        roles: tuple[Role, ...] = (),
        org: str = "",
        headers: Mapping[str, str] = serving.NO_HEADERS,
        signed_in: float | None = 0.0,
    ) -> httpx.Response:
        """`signed_in` so many seconds ago; None when the token does not tell."""
        shown = None if signed_in is None else time() - signed_in
        token = issue(
            serving.KEY,
            who or self.user,
            org or self.organisation,
            roles or self.roles,
            authenticated_at=shown,
        )
        return await self.anybody(
            method, path, body, {"Authorization": f"Bearer {token}", **headers}
        )

    async def driver(
        self,
        method: str,
        path: str,
        body: Any = None,
        who: str = "ada",
        signed_in: float | None = 0.0,
    ) -> httpx.Response:
        return await self.ask(method, path, body, who, ("driver",), signed_in=signed_in)

    async def proven(self, file_id: str = "f-1", purpose: Purpose = Purpose.PAPER) -> None:
        """Media stored a file of driver `ada`, and told so."""
        await follow(self.running, file(file_id, purpose=purpose))

    async def invoiced(
        self, invoice_id: str = "inv-t-1", driver: str = "ada", organisation: str = "hiflow"
    ) -> None:
        """A delivery opened an invoice of a driver."""
        await follow(self.running, opened(invoice_id, driver, organisation))

    async def follow(self, *commands: Command) -> None:
        """Carry out what a reaction would command."""
        for command in commands:
            context = CommandContext(uuid4(), "c", "c", "test", "hiflow", NOON, "")
            result = await self.running.commands.handle(PAYOUT, "ada", command, context)
            assert isinstance(result, Done)

    async def owed(self) -> None:
        """One invoice with an adjustment is owed to `ada`."""
        await self.follow(credit(), adjust())

    async def closed(self) -> str:
        """Close a statement on that; answers its path."""
        await self.owed()
        made = await self.ask("POST", "/payees/ada/payouts", DUE)
        assert made.status_code == 201, made.text
        return made.headers["Location"].removeprefix("/payments")


def opened(invoice_id: str, driver: str, organisation: str) -> InvoiceOpened:
    return InvoiceOpened(
        invoice_id=invoice_id,
        trip_id="t-1",
        organisation_id=organisation,
        driver_id=driver,
        description="Renault Clio, Paris - Lyon",
        service_price=None,
        quoted=(),
        extras=(),
        delivered_at=NOON,
    )


@asynccontextmanager
async def served(database: str) -> AsyncIterator[Caller]:
    """The service, with the proof `f-1` and the invoice `inv-t-1` of driver `ada`."""
    async with serving.served(service, database, Caller) as caller:
        await caller.proven()
        await caller.invoiced()
        yield caller
