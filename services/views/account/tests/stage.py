"""The tables of what partners ask, what fills them, and somebody who asks the API at noon."""

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import httpx

from infra.consumers.views import Generations, ViewHandler
from infra.database import Pool
from infra.http.app import create_app
from infra.http.auth import PublishedKeys, Verifier
from infra.http.positions import Positions
from infra.http.request_context import AppState
from infra.http.versions import OpaqueVersions
from infra.signals import Signal
from infra.testing.deliveries import deliveries
from infra.testing.serving import KEY
from infra.tokens import issue, jwks
from services.views.account.service import router, service
from services.views.account.tests.make import NOON


@dataclass
class Mine:
    """The tables, and what fills them."""

    pool: Pool
    handler: ViewHandler
    versions: Iterator[int]

    async def saw(self, *events: Any) -> None:
        """Handle these events in one batch."""
        batch = deliveries(service.sources, events, self.versions, NOON)
        async with self.pool.connection() as connection, connection.transaction():
            assert await self.handler.handle(connection, batch) == {}


@dataclass
class Caller:
    """Asks as the driver `ada` of `hiflow`."""

    client: httpx.AsyncClient

    async def get(self, path: str) -> httpx.Response:
        token = issue(KEY, "ada", "hiflow", ["driver"])
        return await self.client.get(path, headers={"Authorization": f"Bearer {token}"})

    async def shown(self, path: str) -> Any:
        answer = await self.get(path)
        assert answer.status_code == 200, answer.text
        return answer.json()


@asynccontextmanager
async def served(mine: Mine) -> AsyncIterator[Caller]:
    """The API, where it is always noon."""

    generations = Generations("account", service.views, mine.pool)
    app_state = AppState(
        wording=service.wording,
        verifier=Verifier(PublishedKeys(jwks(KEY)), "relais-accounts", "relais"),
        positions=Positions(
            generations.seen, Signal("seen_account", mine.pool), ["invoices.invoice"], within=0.05
        ),
        versions=OpaqueVersions(bytes(32)),
        now=lambda: NOON,
        pool=mine.pool,
    )
    transport = httpx.ASGITransport(create_app("account", [router], app_state))
    async with httpx.AsyncClient(transport=transport, base_url="http://relais") as client:
        yield Caller(client)
