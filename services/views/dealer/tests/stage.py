"""The tables of dealerships, what fills them, and somebody who asks their API."""

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

import httpx

from infra.consumers.views import Generations, ViewHandler
from infra.database import Pool
from infra.http.app import create_app
from infra.http.auth import PublishedKeys, Verifier
from infra.http.positions import Positions, Tokens
from infra.http.request_context import AppState
from infra.lookups import Lookups
from infra.signals import Signal
from infra.testing.deliveries import deliveries
from infra.testing.serving import KEY
from infra.tokens import Role, issue, jwks
from services.views.dealer.service import router, service
from services.views.dealer.tests.make import GROUP, LYON, NOON


@dataclass
class Dealer:
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
    """Asks as Nadia, an administrative agent in Lyon, unless told otherwise."""

    client: httpx.AsyncClient

    async def ask(
        self,
        path: str,
        role: Role = "administrative_agent",
        at: tuple[str, ...] = (LYON,),
        org: str = GROUP,
    ) -> httpx.Response:
        token = issue(KEY, "nadia", org, [role], dealerships={role: at})
        headers = {"Authorization": f"Bearer {token}"}
        return await self.client.get(path, headers=headers)

    async def shown(self, path: str) -> Any:
        answer = await self.ask(path)
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def found(self, typed: str) -> list[str]:
        """The ids of the customers whom something typed finds."""
        items = (await self.shown(f"/customers?{urlencode({'q': typed})}"))["items"]
        return [one["customer_id"] for one in items]


@asynccontextmanager
async def served(dealer: Dealer) -> AsyncIterator[Caller]:
    """The API over the tables."""
    signal = Signal("seen_dealer", dealer.pool)
    generations = Generations("dealer", service.tables, dealer.pool)
    app_state = AppState(
        wording=service.wording,
        verifier=Verifier(PublishedKeys(jwks(KEY)), "relais-accounts", "relais"),
        positions=Positions(generations.seen, signal, ["customers.customer"], within=0.05),
        tokens=Tokens(),
        now=lambda: NOON,
        pool=dealer.pool,
        lookups=Lookups(dealer.pool, service.shape),
    )
    app = create_app("dealer", [router], app_state)
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://relais") as client:
        yield Caller(client)
