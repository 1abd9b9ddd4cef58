"""The back office's tables, what fills them, and somebody who asks its API at noon."""

from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
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
from services.views.backoffice.service import router, service
from services.views.backoffice.tests.make import NOON

TOKENS = Tokens()


@dataclass
class Office:
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
    """Asks as anybody of `hiflow` unless told otherwise."""

    client: httpx.AsyncClient

    async def get(
        self,
        path: str,
        role: Role = "billing",
        org: str = "hiflow",
        headers: Mapping[str, str] = NO_HEADERS,
    ) -> httpx.Response:
        return await self.ask("GET", path, roles=(role,), org=org, headers=headers)

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
        token = issue(KEY, who, org, roles)
        given = {"Authorization": f"Bearer {token}", **headers}
        return await self.client.request(method, path, json=body, headers=given)

    async def items(self, path: str, **asking: Any) -> list[dict[str, Any]]:
        answer = await self.get(path, **asking)
        assert answer.status_code == 200, answer.text
        items: list[dict[str, Any]] = answer.json()["items"]
        return items


@asynccontextmanager
async def served(office: Office) -> AsyncIterator[Caller]:
    """The API, where it is always noon."""

    signal = Signal("seen_backoffice", office.pool)
    generations = Generations("backoffice", service.views, office.pool)
    app_state = AppState(
        wording=service.wording,
        verifier=Verifier(PublishedKeys(jwks(KEY)), "relais-accounts", "relais"),
        positions=Positions(generations.seen, signal, ["invoices.invoice"], within=0.05),
        tokens=TOKENS,
        now=lambda: NOON,
        pool=office.pool,
    )
    app = create_app("backoffice", [router], app_state)
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://relais") as client:
        yield Caller(client)
