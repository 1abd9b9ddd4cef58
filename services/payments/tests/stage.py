"""The API over a real store, and somebody who asks it."""

import base64
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from time import time
from typing import Any
from uuid import uuid4

import httpx

from infra.commands import CommandContext, Done
from infra.host import Running, opened
from infra.http.auth import PublishedKeys, Role, SigningKey, Verifier, issue, jwks
from infra.http.health import Health
from infra.serving import api
from infra.settings import Settings
from services.payments.aggregates import PAYOUT
from services.payments.payout import Command
from services.payments.service import service
from services.payments.tests.make import NOON, OLD, adjust, credit

KEY = SigningKey.generate()
MASTER = json.dumps({"test": base64.b64encode(b"m" * 32).decode()})
BANK = {"iban": OLD, "holder": "Ada", "proof_file_id": "f-1"}


@dataclass
class Caller:
    """Asks as billing `lea` of `hiflow` unless told otherwise, who just signed in."""

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
        signed_in: float | None = 0.0,
    ) -> httpx.Response:
        """`signed_in` so many seconds ago; None when the token does not tell."""
        self.count += 1
        shown = None if signed_in is None else time() - signed_in
        token = issue(KEY, who, org, roles, authenticated_at=shown)
        sent = {"Authorization": f"Bearer {token}", "Idempotency-Key": f"k{self.count}"}
        return await self.client.request(method, path, json=body, headers=sent)

    async def driver(
        self,
        method: str,
        path: str,
        body: Any = None,
        who: str = "ada",
        signed_in: float | None = 0.0,
    ) -> httpx.Response:
        return await self.ask(method, path, body, who, ("driver",), signed_in=signed_in)

    async def follow(self, *commands: Command) -> None:
        """What a reaction would command."""
        for command in commands:
            context = CommandContext(uuid4(), "c", "c", "test", "hiflow", NOON, "")
            found = await self.running.commands.handle(PAYOUT, "ada", command, context)
            assert isinstance(found, Done)

    async def owed(self) -> None:
        """One invoice with an adjustment, owed to `ada`."""
        await self.follow(credit(), adjust())

    async def closed(self) -> str:
        """The path of a statement on it."""
        await self.owed()
        made = await self.ask("POST", "/payees/ada/payouts", {})
        assert made.status_code == 201, made.text
        return made.headers["Location"].removeprefix("/payments")


def settings_of(database: str) -> Settings:
    return Settings(
        databases={"payments": database, "keys": database},
        master_keys=MASTER,  # type: ignore[arg-type]
        jwks=jwks(KEY),
    )


@asynccontextmanager
async def served(database: str) -> AsyncIterator[Caller]:
    settings = settings_of(database)
    async with opened(service, settings) as running:
        verifier = Verifier(PublishedKeys(settings.jwks), settings.issuer, settings.audience)
        transport = httpx.ASGITransport(api(running, verifier, Health()))
        async with httpx.AsyncClient(transport=transport, base_url="http://relais") as client:
            yield Caller(client, running)
