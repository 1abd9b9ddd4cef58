"""The database that the tests of the infrastructure use, one after the other."""

from collections.abc import Awaitable, Callable

import pytest_asyncio

from infra.consumers import core
from infra.database import open_pool
from infra.personal import Keyring
from infra.store.esdb import store as esdb
from infra.store.postgres import PostgresStore
from infra.testing.databases import Prepare


@pytest_asyncio.fixture
async def database(reused_database: Callable[[str, Prepare], Awaitable[str]]) -> str:
    """The URL of a database with the tables of the store, of consumers and of keys, all empty."""
    return await reused_database("infra", _migrate)


async def _migrate(url: str) -> None:
    pool = await open_pool(url, 2, "infra")
    try:
        await Keyring(pool, {"test": bytes(32)}).migrate()
        await core.migrate(pool)
        await PostgresStore(pool).migrate()
        await esdb.make_tables(pool)
    finally:
        await pool.close()
