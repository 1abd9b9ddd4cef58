"""The depot's tables, empty before each test."""

from collections.abc import AsyncIterator
from itertools import count

import pytest_asyncio

from infra.consumers.views import Generations, ViewHandler
from infra.database import open_pool
from services.views.depot.service import service
from services.views.depot.tests.stage import Depot


@pytest_asyncio.fixture
async def depot(database: str) -> AsyncIterator[Depot]:
    pool = await open_pool(database, 2, "depot", service.shape)
    try:
        active = await Generations("depot", service.views, pool).active()
        assert active is not None
        yield Depot(pool, ViewHandler(active, service.views), count(1))
    finally:
        await pool.close()
