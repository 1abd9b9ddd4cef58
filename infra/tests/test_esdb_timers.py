"""Timers of a store whose events are elsewhere: whoever crashes where, none is lost or fires twice.

Every interleaving of two appends is explored, each with a crash of either after each of its steps.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

import pytest
from kurrentdbclient import AsyncKurrentDBClient

from infra.database import Pool
from infra.store import Append, Appended, Cancel, Conflict, Fire, Schedule, TimerGone, Verdict
from infra.store.esdb.client import connected
from infra.store.esdb.store import EsdbStore
from infra.store.protocol import StoreAway
from infra.testing.esdb import EsdbDouble, Fault
from infra.tests.make import (
    FAR_FUTURE,
    NOON,
    append,
    commands_elsewhere,
    context,
    event,
    pool_of,
)
from infra.tests.trips import TRIP, Quote
from infra.timers import Timers

STEPS = 3
"""What an append does: note, send, settle. A crash lies before the first, or after any of them."""
CRASHES = [(one, other) for one in range(STEPS + 1) for other in range(STEPS + 1)]
SET = Schedule("expiry", NOON)


@pytest.fixture
async def pool(database: str) -> AsyncIterator[Pool]:
    async with pool_of(database, size=8) as pool:
        yield pool


@pytest.fixture
async def server() -> AsyncIterator[EsdbDouble]:
    async with EsdbDouble() as server:
        yield server


@pytest.fixture
async def store(server: EsdbDouble, pool: Pool) -> AsyncIterator[EsdbStore]:
    async with connected(server.url) as client:
        store = EsdbStore(client, pool)
        await store.migrate()
        yield store


async def waiting(pool: Pool, stream: str = "trip-1") -> dict[str, int]:
    """The timers of a stream and their generations."""
    async with pool.connection() as connection:
        cursor = await connection.execute(
            "select name, generation from es.timer where stream = %s", (stream,)
        )
        return dict(await cursor.fetchall())


class TestTimers:
    async def test_a_timer_is_set_moved_and_cancelled_with_an_event(
        self, store: EsdbStore, pool: Pool
    ) -> None:
        await store.append(append("trip-1", timers=[SET]))
        first = await waiting(pool)
        await store.append(append("trip-1", 1, timers=[Schedule("expiry", FAR_FUTURE)]))
        second = await waiting(pool)
        assert first.keys() == second.keys() == {"expiry"}
        assert second["expiry"] > first["expiry"]
        await store.append(append("trip-1", 2, timers=[Cancel("expiry")]))
        assert await waiting(pool) == {}

    async def test_firing_records_the_event_and_takes_the_timer(
        self, store: EsdbStore, pool: Pool
    ) -> None:
        await store.append(append("trip-1", timers=[SET]))
        fire = Fire("expiry", (await waiting(pool))["expiry"])
        assert await store.append(append("trip-1", 1, timers=[fire])) == Appended(2)
        assert await waiting(pool) == {}
        assert await store.append(append("trip-1", 2, timers=[fire])) == TimerGone()
        assert len(await store.read("trip-1")) == 2

    async def test_a_timer_may_fire_without_an_event(self, store: EsdbStore, pool: Pool) -> None:
        await store.append(append("trip-1", timers=[SET]))
        nothing = Append("trip-1", 1, [], [Fire("expiry", (await waiting(pool))["expiry"])])
        late = Append("trip-1", 0, [], nothing.timers)
        assert await store.append(late) == Conflict(0, 1)
        assert await store.append(nothing) == Appended(1)
        assert await store.append(nothing) == TimerGone()
        assert await waiting(pool) == {}

    async def test_an_append_that_lost_sets_no_timer(self, store: EsdbStore, pool: Pool) -> None:
        await store.append(append("trip-1"))
        assert await store.append(append("trip-1", 0, timers=[SET])) == Conflict(0, 1)
        await store.settle()
        assert await waiting(pool) == {}

    async def test_a_repeated_append_does_not_set_its_timer_again(
        self, store: EsdbStore, pool: Pool
    ) -> None:
        twice = append("trip-1", timers=[SET])
        await store.append(twice)
        await store.append(append("trip-1", 1, timers=[Cancel("expiry")]))
        assert await store.append(twice) == Appended(1, repeated=True)
        assert await waiting(pool) == {}

    async def test_who_lost_sets_its_timer_once_it_comes_through(
        self, store: EsdbStore, pool: Pool
    ) -> None:
        loser = append("trip-1", 0, event(), timers=[SET])
        await store.append(append("trip-1"))
        await store.append(loser)
        again = Append("trip-1", 1, loser.events, [Schedule("reminder", NOON)])
        assert await store.append(again) == Appended(2)
        assert (await waiting(pool)).keys() == {"reminder"}

    async def test_a_timer_of_an_append_without_an_answer_is_set_once_it_stands(
        self, server: EsdbDouble, pool: Pool
    ) -> None:
        async with connected(server.url) as client:
            store = EsdbStore(client, pool, patience=0.0)
            await store.migrate()
            server.next_appends(Fault.TIMEOUT_AFTER)
            with pytest.raises(Exception, match="AppendDeadlineExceeded"):
                await store.append(append("trip-1", timers=[SET]))
            assert await waiting(pool) == {}
            await store.settle()
            assert (await waiting(pool)).keys() == {"expiry"}


async def test_one_that_fired_before_a_crash_fires_once(server: EsdbDouble, database: str) -> None:
    async with commands_elsewhere(server.url, database, patience=0.0) as commands:
        await commands.handle(TRIP, "1", Quote("ada"), context())
        server.next_appends(Fault.TIMEOUT_AFTER)
        with pytest.raises(StoreAway):
            await Timers("missions", commands, [TRIP]).fire_due()
        assert await waiting(commands.store.pool) != {}
    async with commands_elsewhere(server.url, database) as commands:
        await Timers("missions", commands, [TRIP]).fire_due()
        await Timers("missions", commands, [TRIP]).fire_due()
        history = await commands.history(TRIP, "1")
        assert [type(entry.event).__name__ for entry in history] == [
            "QuoteSubmitted",
            "TripExpired",
        ]
        assert await waiting(commands.store.pool) == {}


class Gated(AsyncKurrentDBClient):
    """A client that stops before each append and after it, until it is let on."""

    def __init__(self, url: str) -> None:
        super().__init__(url)
        self.go = asyncio.Event()
        self.stands = asyncio.Event()

    async def append_to_stream(self, *arguments: Any, **named: Any) -> int:
        await self.stop()
        written: int = await super().append_to_stream(*arguments, **named)
        await self.stop()
        return written

    async def stop(self) -> None:
        self.stands.set()
        await self.go.wait()
        self.go.clear()


@dataclass
class Actor:
    """Somebody who appends, one step at a time."""

    store: EsdbStore
    client: Gated
    append: Append
    task: "asyncio.Task[Verdict] | None" = field(default=None)

    async def step(self) -> None:
        """Note, or send, or settle; nothing when it has come to its end."""
        self.client.stands.clear()
        if self.task is None:
            self.task = asyncio.create_task(self.begun())
        elif self.task.done():
            return
        else:
            self.client.go.set()
        stands = asyncio.create_task(self.client.stands.wait())
        await asyncio.wait({self.task, stands}, return_when=asyncio.FIRST_COMPLETED)
        stands.cancel()

    async def begun(self) -> Verdict:
        return await self.store.append(self.append)

    async def crash(self) -> None:
        """End wherever it stands."""
        if self.task is not None:
            self.task.cancel()
            await asyncio.gather(self.task, return_exceptions=True)
        self.client.go.clear()


def orders(one: int, other: int) -> Iterator[tuple[int, ...]]:
    """All ways in which two actors take so many steps: 0 is a step of one, 1 of the other."""
    if not one and not other:
        yield ()
    if one:
        yield from ((0, *rest) for rest in orders(one - 1, other))
    if other:
        yield from ((1, *rest) for rest in orders(one, other - 1))


def test_every_order_of_two_appends_is_explored() -> None:
    assert sum(1 for crash in CRASHES for _ in orders(*crash)) == 69
    assert len(set(orders(STEPS, STEPS))) == 20


@pytest.fixture
async def clients(server: EsdbDouble) -> AsyncIterator[tuple[Gated, Gated]]:
    pair = Gated(server.url), Gated(server.url)
    yield pair
    for one in pair:
        await one.close()


Appends = Callable[[str, int], Sequence[Append]]
"""Two appends to a stream whose timer has this generation."""


def fired_and_cancelled(stream: str, generation: int) -> Sequence[Append]:
    fire, cancel = Fire("expiry", generation), Cancel("expiry")
    return append(stream, 1, timers=[fire]), append(stream, 1, timers=[cancel])


def fired_twice(stream: str, generation: int) -> Sequence[Append]:
    once = append(stream, 1, timers=[Fire("expiry", generation)])
    return once, once


def moved_and_cancelled_behind(stream: str, generation: int) -> Sequence[Append]:
    move, cancel = Schedule("expiry", FAR_FUTURE), Cancel("expiry")
    return append(stream, 1, timers=[move]), append(stream, 2, timers=[cancel])


def moved_and_fired_behind(stream: str, generation: int) -> Sequence[Append]:
    move, fire = Schedule("expiry", FAR_FUTURE), Fire("expiry", generation)
    return append(stream, 1, timers=[move]), append(stream, 2, timers=[fire])


@pytest.mark.parametrize(
    "appends",
    [
        fired_and_cancelled,
        fired_twice,
        moved_and_cancelled_behind,
        moved_and_fired_behind,
    ],
)
async def test_timers_follow_the_stream_whoever_crashes_where(
    clients: tuple[Gated, Gated], store: EsdbStore, pool: Pool, appends: Appends
) -> None:
    left: dict[str, Sequence[Append]] = {}
    for crash in CRASHES:
        for order in orders(*crash):
            stream = f"trip-{uuid4()}"
            await store.append(append(stream, timers=[SET]))
            left[stream] = appends(stream, (await waiting(pool, stream))["expiry"])
            actors = [
                Actor(EsdbStore(client, pool), client, one)
                for client, one in zip(clients, left[stream], strict=True)
            ]
            for who in order:
                await actors[who].step()
            for one in actors:
                await one.crash()
    await store.settle()
    for stream, pair in left.items():
        await check(store, pool, stream, pair)


async def check(store: EsdbStore, pool: Pool, stream: str, pair: Sequence[Append]) -> None:
    """Each event stands once at most, and the timer is what the events of the stream say."""
    recorded = await store.read(stream)
    ids = [one.event_id for one in recorded]
    assert len(set(ids)) == len(ids)
    said: list[Schedule | Cancel | Fire] = [SET]
    for id in ids[1:]:
        [by] = {tuple(one.timers) for one in pair if one.events[0].event_id == id}
        said += by
    assert (await waiting(pool, stream)).keys() == (
        {"expiry"} if isinstance(said[-1], Schedule) else set()
    )
    fired = [one for one in said if isinstance(one, Fire)]
    assert fired in ([], said[1:2]), "only the timer that was set first may fire"
