"""The same story with the facts in EventStoreDB: nothing is lost and nothing counts twice."""

from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest
import pytest_asyncio

from infra.stack.broker import Broker
from infra.stack.postgres import PostgresServer
from infra.testing.esdb import EsdbDouble, Fault
from tests.e2e.test_faults import SEED, survives
from tests.e2e.world import World, kept_elsewhere, opened

pytestmark = pytest.mark.timeout(400)


@pytest_asyncio.fixture
async def double() -> AsyncIterator[EsdbDouble]:
    async with EsdbDouble() as server:
        yield server


@pytest_asyncio.fixture
async def world(
    broker: Broker,
    new_database: Callable[[], str],
    tmp_path: Path,
    double: EsdbDouble,
    event_store_url: str | None,
) -> AsyncIterator[World]:
    async with (
        kept_elsewhere(event_store_url or double.url) as stores,
        opened(broker, new_database, tmp_path, SEED, stores) as world,
    ):
        yield world


async def test_workers_are_killed_and_the_database_crashes(
    world: World, postgres: PostgresServer
) -> None:
    await survives(
        world,
        lambda: world.kill_and_restart("reactions"),
        lambda: world.kill_and_restart("relay"),
        postgres.kill,
        postgres.start,
        lambda: world.kill_and_restart("reactions"),
    )


async def test_the_store_restarts_and_loses_its_answers(
    world: World, double: EsdbDouble, event_store_url: str | None
) -> None:
    if event_store_url is not None:
        pytest.skip("ADR-0064: a real server is not ours to restart")

    async def lose_answers() -> None:
        double.next_appends(Fault.DROPPED_AFTER, Fault.TIMEOUT_AFTER, Fault.BUSY)

    await survives(world, lose_answers, double.stop, double.start, lose_answers)
