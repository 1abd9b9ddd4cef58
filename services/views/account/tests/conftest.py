"""The tables of what partners ask about themselves in a database of their own."""

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
from infra.host import open_pool
from infra.stack.postgres import PostgresServer
from infra.store.postgres import Pool
from infra.testing.deliveries import deliveries
from services.views.account.service import service
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


@pytest.fixture(scope="module")
def tables(postgres: PostgresServer) -> Iterator[str]:
    """One database a module; each test begins with empty tables."""
    name = f"test_{uuid4().hex}"
    with psycopg.connect(postgres.url(), autocommit=True) as connection:
        connection.execute(f"create database {name} template template0".encode())
        yield postgres.url(name)
        connection.execute(f"drop database {name} with (force)".encode())


@pytest_asyncio.fixture
async def mine(tables: str) -> AsyncIterator[Mine]:
    pool = await open_pool(tables, 2, "account")
    try:
        await core.migrate(pool)
        generations = Generations("account", service.views, pool)
        await generations.migrate()
        active = await generations.active()
        assert active is not None
        async with pool.connection() as connection:
            for view in service.views:
                await connection.execute(f"delete from {active.schema}.{view.name}".encode())
        yield Mine(pool, ViewHandler(active, service.views), count(1))
    finally:
        await pool.close()
