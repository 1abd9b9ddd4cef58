"""The tables of marketplaces, empty before each test."""

from collections.abc import AsyncIterator
from itertools import count

import pytest_asyncio

from infra.consumers.views import Generations, ViewHandler
from infra.database import open_pool
from services.views.market.service import service
from services.views.market.tests.stage import Market


@pytest_asyncio.fixture
async def market(database: str) -> AsyncIterator[Market]:
    pool = await open_pool(database, 2, "market", service.shape)
    try:
        active = await Generations("market", service.tables, pool).active()
        assert active is not None
        yield Market(pool, ViewHandler(active, service.tables), count(1))
    finally:
        await pool.close()
