"""The partner's tables in a database of their own."""

from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from itertools import count
from typing import Any
from uuid import uuid4

import psycopg
import pytest
import pytest_asyncio

from infra.consumers import core
from infra.consumers.views import Generations, ViewHandler
from infra.database import Pool, open_pool
from infra.stack.postgres import PostgresServer
from infra.testing.deliveries import deliveries
from services.views.partner.service import service
from services.views.partner.tests.make import NOON

VIEWS = service.views


@dataclass
class Partner:
    """The tables, and what fills them."""

    pool: Pool
    handler: ViewHandler
    versions: Iterator[int]

    async def saw(self, *events: Any) -> None:
        """Handle these events in one batch."""
        sources = [view.contract for view in VIEWS]
        batch = deliveries(sources, events, self.versions, NOON)
        async with self.pool.connection() as connection, connection.transaction():
            assert await self.handler.handle(connection, batch) == {}


@pytest.fixture(scope="module")
def tables(postgres: PostgresServer) -> Iterator[str]:
    """One database a module; each test begins with empty tables."""
    name = f"test_{uuid4().hex}"
    with psycopg.connect(postgres.url(), autocommit=True) as connection:
        connection.execute(f"create database {name} template template0".encode())
        yield postgres.url(name)
        connection.execute(f"drop database {name} with (force)".encode())


@pytest_asyncio.fixture
async def partner(tables: str) -> AsyncIterator[Partner]:
    pool = await open_pool(tables, 2, "partner", service.shape)
    try:
        await core.migrate(pool)
        generations = Generations("partner", VIEWS, pool)
        await generations.migrate()
        active = await generations.active()
        assert active is not None
        async with pool.connection() as connection:
            for view in VIEWS:
                await connection.execute(f"delete from {active.schema}.{view.name}".encode())
        yield Partner(pool, ViewHandler(active, VIEWS), count(1))
    finally:
        await pool.close()
