"""An append that comes alone and one that comes in company are told, and leave behind, the same."""

from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from datetime import timedelta
from random import Random
from typing import Any
from uuid import UUID

import pytest

from infra.store import Append, Cancel, Fire, NewEvent, Schedule
from infra.store.postgres import PostgresStore
from infra.tests.make import NOON, WAYS, event, store_of

STEPS = 150
STREAMS = ("trip-1", "trip-2", "trip-3")
NAMES = ("expiry", "reminder")


@dataclass
class History:
    """Appends as they come: new ones, repeated ones, ones that are late or claim what is taken."""

    random: Random
    versions: dict[str, int] = field(default_factory=lambda: dict.fromkeys(STREAMS, 0))
    sent: list[Append] = field(default_factory=list)

    def appends(self) -> Iterator[Append]:
        for _ in range(STEPS):
            if self.sent and self.random.random() < 0.15:
                yield self.random.choice(self.sent)
            else:
                self.sent.append(self._new())
                yield self.sent[-1]

    def _new(self) -> Append:
        stream = self.random.choice(STREAMS)
        expected = max(0, self.versions[stream] + self.random.choice([0, 0, 0, 0, 0, 0, -1, 1]))
        events = [self._event() for _ in range(self.random.choice([0, 1, 1, 1, 1, 2, 3]))]
        timers = [self._timer() for _ in range(self.random.choice([0, 0, 1, 2]))]
        return Append(stream, expected, events, timers)

    def _event(self) -> NewEvent:
        """A new one; now and then under the id of one that was sent before."""
        before = [one.event_id for append in self.sent for one in append.events]
        taken = before and self.random.random() < 0.05
        id = self.random.choice(before) if taken else UUID(int=self.random.getrandbits(128))
        return event(id=id, data=self.random.randbytes(3), meta={"actor": "é", "n": [1, None]})

    def _timer(self) -> Schedule | Cancel | Fire:
        name = self.random.choice(NAMES)
        due = NOON + timedelta(hours=self.random.randrange(100))
        generation = self.random.randrange(1, 10)
        timers: list[Schedule | Cancel | Fire] = [
            Schedule(name, due),
            Cancel(name),
            Fire(name, generation),
        ]
        return self.random.choice(timers)


@pytest.fixture
async def stores(new_database: Callable[[], str]) -> AsyncIterator[list[PostgresStore]]:
    """One for each way an append can go, each with a database of its own."""
    async with AsyncExitStack() as stack:
        yield [await stack.enter_async_context(store_of(new_database(), way)) for way in WAYS]


async def contents(store: PostgresStore) -> list[tuple[Any, ...]]:
    """The content of the tables without the parts that depend on the moment."""
    async with store.pool.connection() as connection:
        cursor = await connection.execute(
            "select stream, version, event_id, type, data, meta::text, occurred_at"
            " from es.event order by xid, position"
        )
        events = await cursor.fetchall()
        cursor = await connection.execute(
            "select stream, name, generation, due_at from es.timer order by stream, name"
        )
        return [*events, *await cursor.fetchall()]


@pytest.mark.parametrize("seed", range(4))
async def test_both_ways_answer_and_record_the_same(stores: list[PostgresStore], seed: int) -> None:
    history = History(Random(seed))
    told = set()
    for append in history.appends():
        first, second = [await store.append(append) for store in stores]
        assert first == second
        told.add(type(first).__name__ + str(getattr(first, "repeated", "")))
        recorded = await stores[0].read(append.stream)
        history.versions[append.stream] = len(recorded)
    assert await contents(stores[0]) == await contents(stores[1])
    kinds = {"AppendedFalse", "AppendedTrue", "Conflict", "TimerGone", "EventIdTaken"}
    assert told == kinds
