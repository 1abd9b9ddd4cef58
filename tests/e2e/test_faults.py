"""A fact that was acknowledged is kept and counts once, in spite of every kind of failure."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest
import pytest_asyncio

from infra.stack.broker import Broker
from infra.stack.postgres import PostgresServer
from infra.testing.eventually import eventually
from tests.e2e.story import told
from tests.e2e.world import World, opened

SEED = 20300501
REST_SECONDS = 150.0
Fault = Callable[[], Awaitable[None]]

# A broker that comes back is joined at the pace of its sessions, on a busy machine several times.
pytestmark = pytest.mark.timeout(400)


@pytest_asyncio.fixture
async def world(
    broker: Broker, new_database: Callable[[], str], tmp_path: Path
) -> AsyncIterator[World]:
    async with opened(broker, new_database, tmp_path, SEED) as world:
        yield world


async def survives(world: World, *faults: Fault) -> None:
    """The story is told while the faults happen one after the other, then all comes to rest."""
    telling = asyncio.create_task(told(world))
    for fault in faults:
        await asyncio.wait([telling], timeout=world.dice.uniform(0.1, 0.5))
        await fault()
    await telling
    await eventually(world.came_to_rest, REST_SECONDS)


async def test_nothing_happens_and_all_comes_to_rest(world: World) -> None:
    await survives(world)


async def test_the_broker_restarts(world: World) -> None:
    await survives(world, world.broker.restart)


async def test_the_broker_comes_back_empty(world: World) -> None:
    await survives(world, world.broker.wipe)


async def test_a_topic_is_deleted(world: World) -> None:
    await survives(world, world.lose_a_topic)


async def test_a_region_is_moved_to_a_mirror_that_lags_behind(world: World) -> None:
    await survives(world, world.move_to_a_mirror)


async def test_the_broker_is_killed_for_a_while(world: World) -> None:
    await survives(world, world.broker.kill, world.broker.start)


async def test_the_database_restarts(world: World, postgres: PostgresServer) -> None:
    await survives(world, postgres.restart)


async def test_the_database_crashes_again_and_again(world: World, postgres: PostgresServer) -> None:
    await survives(world, *[postgres.kill, postgres.start] * 2)


@pytest.mark.parametrize("name", ["relay", "views", "reactions"])
async def test_a_worker_is_killed_again_and_again(world: World, name: str) -> None:
    await survives(world, *[lambda: world.kill_and_restart(name)] * 4)


async def test_two_relays_think_they_lead(world: World) -> None:
    world.start_second_relay()
    await survives(world)


async def test_everything_breaks_in_turn(world: World, postgres: PostgresServer) -> None:
    faults: list[Fault] = [
        world.broker.restart,
        postgres.restart,
        lambda: world.kill_and_restart("relay"),
        lambda: world.kill_and_restart("views"),
        lambda: world.kill_and_restart("reactions"),
        world.broker.wipe,
    ]
    world.dice.shuffle(faults)
    await survives(world, *faults)
