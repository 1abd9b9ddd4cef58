"""A nudge wakes who waits for new facts, here and in other processes, and is never in the way."""

import asyncio
from collections.abc import AsyncIterator

import pytest
from psycopg import AsyncConnection, OperationalError

from infra.nudge import Bell, Nudge
from infra.store.postgres import Pool
from infra.tests.make import pool_of

LATE_SECONDS = 30.0


@pytest.fixture
async def pool(database: str) -> AsyncIterator[Pool]:
    async with pool_of(database) as pool:
        yield pool


@pytest.fixture
async def ear(database: str) -> AsyncIterator[AsyncConnection]:
    """What another process listens with."""
    async with await AsyncConnection.connect(database, autocommit=True) as connection:
        yield connection


async def heard(bell: Bell, nudge: Nudge) -> bool:
    """Whether the bell rings; rung again and again, since it may not be listening yet."""
    async with asyncio.timeout(LATE_SECONDS):
        nudge.ring()
        while not await bell.wait(0.05):
            nudge.ring()
    return True


async def rung_for_ever(bell: Bell) -> None:
    async with asyncio.timeout(LATE_SECONDS):
        while True:
            await bell.wait(0.05)


async def test_it_wakes_everybody_who_waits() -> None:
    nudge = Nudge("facts")
    async with nudge.bell() as first, nudge.bell() as second:
        waiting = asyncio.gather(first.wait(LATE_SECONDS), second.wait(LATE_SECONDS))
        nudge.ring()
        assert all(await waiting)


async def test_one_that_came_before_the_wait_is_not_lost() -> None:
    nudge = Nudge("facts")
    async with nudge.bell() as bell:
        nudge.ring()
        assert await bell.wait(LATE_SECONDS)
        assert not await bell.wait(0.001)


async def test_without_one_a_waiter_goes_on_by_itself() -> None:
    async with Nudge("facts").bell() as bell:
        assert not await bell.wait(0.001)


async def test_it_reaches_other_processes(pool: Pool, ear: AsyncConnection) -> None:
    async with Nudge("facts").bell(ear) as bell:
        assert await heard(bell, Nudge("facts", pool))


async def test_another_channel_is_not_disturbed(pool: Pool, ear: AsyncConnection) -> None:
    await ear.execute("listen other")
    async with Nudge("facts").bell(ear) as bell, Nudge("other").bell() as other:
        assert await heard(bell, Nudge("facts", pool))
        assert not await other.wait(0.001)


async def test_many_at_once_travel_as_one(pool: Pool, ear: AsyncConnection) -> None:
    await ear.execute("listen facts")
    nudge = Nudge("facts", pool)
    for _ in range(100):
        nudge.ring()
    found = [notify async for notify in ear.notifies(timeout=LATE_SECONDS, stop_after=1)]
    found += [notify async for notify in ear.notifies(timeout=0.1)]
    assert len(found) == 1


async def test_it_never_fails_though_the_database_is_away(pool: Pool) -> None:
    nudge = Nudge("facts", pool)
    await pool.close()
    async with nudge.bell() as bell:
        nudge.ring()
        assert await bell.wait(LATE_SECONDS)
        await asyncio.sleep(0.05)
        nudge.ring()
        assert await bell.wait(LATE_SECONDS)


async def test_a_waiter_learns_that_its_connection_is_lost(
    pool: Pool, ear: AsyncConnection
) -> None:
    async with Nudge("facts").bell(ear) as bell:
        assert await heard(bell, Nudge("facts", pool))
        async with pool.connection() as connection:
            await connection.execute("select pg_terminate_backend(%s)", (ear.info.backend_pid,))
        with pytest.raises(OperationalError):
            await rung_for_ever(bell)
