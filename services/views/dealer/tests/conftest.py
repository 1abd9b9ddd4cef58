"""The tables of dealerships, empty before each test."""

from collections.abc import AsyncIterator
from itertools import count

import pytest_asyncio

from infra.consumers.views import Generations, ViewHandler
from infra.database import open_pool
from services.views.dealer.service import service
from services.views.dealer.tests.stage import Dealer


@pytest_asyncio.fixture
async def dealer(database: str) -> AsyncIterator[Dealer]:
    pool = await open_pool(database, 2, "dealer", service.shape)
    try:
        active = await Generations("dealer", service.tables, pool).active()
        assert active is not None
        yield Dealer(pool, ViewHandler(active, service.tables), count(1))
    finally:
        await pool.close()
