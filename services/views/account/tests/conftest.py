"""The tables of what partners ask about themselves, empty before each test."""

from collections.abc import AsyncIterator
from itertools import count

import pytest_asyncio

from infra.consumers.views import Generations, ViewHandler
from infra.database import open_pool
from services.views.account.service import service
from services.views.account.tests.stage import Mine


@pytest_asyncio.fixture
async def mine(database: str) -> AsyncIterator[Mine]:
    pool = await open_pool(database, 2, "account", service.shape)
    try:
        active = await Generations("account", service.views, pool).active()
        assert active is not None
        yield Mine(pool, ViewHandler(active, service.views), count(1))
    finally:
        await pool.close()
