"""The back office's tables, empty before each test."""

from collections.abc import AsyncIterator
from itertools import count

import pytest_asyncio

from infra.consumers.views import Generations, ViewHandler
from infra.database import open_pool
from services.views.backoffice.service import service
from services.views.backoffice.tests.stage import Office


@pytest_asyncio.fixture
async def office(database: str) -> AsyncIterator[Office]:
    pool = await open_pool(database, 2, "backoffice", service.shape)
    try:
        active = await Generations("backoffice", service.views, pool).active()
        assert active is not None
        yield Office(pool, ViewHandler(active, service.views), count(1))
    finally:
        await pool.close()
