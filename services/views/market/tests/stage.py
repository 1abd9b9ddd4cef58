"""The tables of marketplaces, what fills them, and somebody who asks their API at noon."""

from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import httpx

from infra.consumers.views import Generations, ViewHandler
from infra.database import Pool
from infra.http.app import create_app
from infra.http.auth import PublishedKeys, Verifier
from infra.http.positions import Positions, Tokens
from infra.http.request_context import AppState
from infra.signals import Signal
from infra.testing.deliveries import deliveries
from infra.testing.serving import KEY, NO_HEADERS
from infra.tokens import Role, issue, jwks
from services.views.market.service import router, service
from services.views.market.tests.make import NOON

PROVIDER: Any = {"who": "eclat-manager", "org": "eclat", "roles": ("provider_manager",)}
"""Asks for the provider that most tests are about."""


@dataclass
class Market:
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
    """Asks as Sophie, who manages the marketplace, unless told otherwise."""

    client: httpx.AsyncClient

    async def ask(
        self,
        method: str,
        path: str,
        body: Any = None,
        who: str = "sophie",
        roles: tuple[Role, ...] = ("marketplace_manager",),
        org: str = "agora",
        headers: Mapping[str, str] = NO_HEADERS,
    ) -> httpx.Response:
        token = issue(KEY, who, org, roles)
        given = {"Authorization": f"Bearer {token}", **headers}
        return await self.client.request(method, path, json=body, headers=given)

    async def shown(self, path: str, **asking: Any) -> Any:
        answer = await self.ask("GET", path, **asking)
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def items(self, path: str, **asking: Any) -> list[dict[str, Any]]:
        items: list[dict[str, Any]] = (await self.shown(path, **asking))["items"]
        return items


@asynccontextmanager
async def served(market: Market, now: datetime = NOON) -> AsyncIterator[Caller]:
    """The API, where it is always that time."""
    signal = Signal("seen_market", market.pool)
    generations = Generations("market", service.views, market.pool)
    app_state = AppState(
        wording=service.wording,
        verifier=Verifier(PublishedKeys(jwks(KEY)), "relais-accounts", "relais"),
        positions=Positions(generations.seen, signal, ["dispatch.request"], within=0.05),
        tokens=Tokens(),
        now=lambda: now,
        pool=market.pool,
    )
    app = create_app("market", [router], app_state)
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://relais") as client:
        yield Caller(client)
