"""A nudge wakes who waits for new facts, here and in other processes, and is never in the way."""

import asyncio
from collections.abc import AsyncIterator

import pytest
from psycopg import AsyncConnection, OperationalError

from infra.database import Pool
from infra.signals import Signal, Waiter
from infra.tests.make import pool_of

LATE_SECONDS = 30.0


@pytest.fixture
async def pool(database: str) -> AsyncIterator[Pool]:
    async with pool_of(database) as pool:
        yield pool


@pytest.fixture
async def ear(database: str) -> AsyncIterator[AsyncConnection]:
    """The connection on which another process listens."""
    async with await AsyncConnection.connect(database, autocommit=True) as connection:
        yield connection


async def heard(waiter: Waiter, signal: Signal) -> bool:
    """Whether the bell rings; rung again and again, since it may not be listening yet."""
    async with asyncio.timeout(LATE_SECONDS):
        signal.notify()
        while not await waiter.wait(0.05):
            signal.notify()
    return True


async def rung_for_ever(waiter: Waiter) -> None:
    async with asyncio.timeout(LATE_SECONDS):
        while True:
            await waiter.wait(2 * LATE_SECONDS)


async def test_it_wakes_everybody_who_waits() -> None:
    signal = Signal("facts")
    async with signal.subscribe() as first, signal.subscribe() as second:
        waiting = asyncio.gather(first.wait(LATE_SECONDS), second.wait(LATE_SECONDS))
        signal.notify()
        assert all(await waiting)


async def test_one_that_came_before_the_wait_is_not_lost() -> None:
    signal = Signal("facts")
    async with signal.subscribe() as waiter:
        signal.notify()
        assert await waiter.wait(LATE_SECONDS)
        assert not await waiter.wait(0.001)


async def test_one_of_another_process_wakes_all_of_this_one(
    pool: Pool, ear: AsyncConnection
) -> None:
    here, elsewhere = Signal("facts"), Signal("facts", pool)
    async with here.subscribe(ear), here.subscribe() as waiter:
        assert await heard(waiter, elsewhere)


async def test_a_waiter_that_is_woken_wakes_nobody_else() -> None:
    signal = Signal("facts")
    async with signal.subscribe() as one, signal.subscribe() as other:
        one.wake()
        assert await one.wait(LATE_SECONDS)
        assert not await other.wait(0.001)


async def test_without_one_a_waiter_goes_on_by_itself() -> None:
    async with Signal("facts").subscribe() as waiter:
        assert not await waiter.wait(0.001)


async def test_it_reaches_other_processes(pool: Pool, ear: AsyncConnection) -> None:
    async with Signal("facts").subscribe(ear) as waiter:
        assert await heard(waiter, Signal("facts", pool))


async def test_another_channel_is_not_disturbed(pool: Pool, ear: AsyncConnection) -> None:
    await ear.execute("listen other")
    async with Signal("facts").subscribe(ear) as waiter, Signal("other").subscribe() as other:
        assert await heard(waiter, Signal("facts", pool))
        assert not await other.wait(0.001)


async def test_many_at_once_travel_as_one(pool: Pool, ear: AsyncConnection) -> None:
    await ear.execute("listen facts")
    signal = Signal("facts", pool)
    for _ in range(100):
        signal.notify()
    found = [notify async for notify in ear.notifies(timeout=LATE_SECONDS, stop_after=1)]
    found += [notify async for notify in ear.notifies(timeout=0.1)]
    assert len(found) == 1


async def test_it_never_fails_though_the_database_is_away(pool: Pool) -> None:
    signal = Signal("facts", pool)
    await pool.close()
    async with signal.subscribe() as waiter:
        signal.notify()
        assert await waiter.wait(LATE_SECONDS)
        await asyncio.sleep(0.05)
        signal.notify()
        assert await waiter.wait(LATE_SECONDS)


async def test_a_waiter_learns_at_once_that_its_connection_is_lost(
    pool: Pool, ear: AsyncConnection
) -> None:
    async with Signal("facts").subscribe(ear) as waiter:
        assert await heard(waiter, Signal("facts", pool))
        async with pool.connection() as connection:
            await connection.execute("select pg_terminate_backend(%s)", (ear.info.backend_pid,))
        with pytest.raises(OperationalError):
            await rung_for_ever(waiter)
