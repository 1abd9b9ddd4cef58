"""Fixtures for the tests of consumers."""

from collections.abc import AsyncIterator, Iterator
from uuid import uuid4

import psycopg
import pytest
import pytest_asyncio

from infra.stack.postgres import PostgresServer
from infra.store.postgres import PostgresStore
from infra.tests.consuming import ELSEWHERE, Kit, opened
from infra.tests.make import WAYS


@pytest.fixture(params=WAYS, ids=["alone", "in company"])
def way(request: pytest.FixtureRequest) -> type[PostgresStore]:
    """A store whose appends come alone, or one whose appends never do."""
    found: type[PostgresStore] = request.param
    return found


@pytest.fixture(scope="module")
def kit_database(postgres: PostgresServer) -> Iterator[str]:
    """One database a module: a kit empties it, which is quicker than making one for each test."""
    name = f"test_{uuid4().hex}"
    with psycopg.connect(postgres.url(), autocommit=True) as connection:
        connection.execute(f"create database {name} template template0".encode())
        yield postgres.url(name)
        connection.execute(f"drop database {name} with (force)".encode())


@pytest_asyncio.fixture(params=["view", "reaction", ELSEWHERE])
async def kit(request: pytest.FixtureRequest, kit_database: str) -> AsyncIterator[Kit]:
    """Every kind of consumer there is, with nothing seen yet."""
    async with opened(request.param, kit_database) as kit:
        yield kit
