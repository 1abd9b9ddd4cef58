"""A follower misses nothing, in any order in which transactions begin, write and end."""

from collections import defaultdict
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from random import Random
from uuid import uuid4

import pytest
from psycopg import AsyncConnection, errors

from infra.database import Connection
from infra.store.postgres import PostgresStore
from infra.store.protocol import BEGINNING
from infra.testing.store_suite import followed
from infra.tests.make import append, store_of
from infra.tests.test_store_order import insert_past_the_store

STEPS = 300
WANTED = "trip-1"


@dataclass
class Writer:
    """A connection, and what its open transaction has written: stream to version."""

    connection: Connection
    pending: dict[str, int] = field(default_factory=dict)


class Interleaving:
    """Writers step through their transactions at random while a follower reads with a cursor.

    All of them append to one stream, and write streams of their own by hand: before the append,
    after it, or without one.
    """

    def __init__(self, store: PostgresStore, connections: Sequence[Connection], seed: int) -> None:
        self.store = store
        self.random = Random(seed)
        self.writers = [Writer(connection) for connection in connections]
        self.committed: dict[str, int] = {}
        self.seen: dict[str, int] = defaultdict(int)
        self.cursor = BEGINNING

    async def step(self) -> None:
        writer = self.random.choice(self.writers)
        steps = [self.append, self.repair, self.commit, self.rollback]
        [step] = self.random.choices(steps, weights=[4, 4, 4, 1])
        await step(writer)
        await self.follow(page=self.random.randint(1, 5))

    async def append(self, writer: Writer) -> None:
        if any(WANTED in other.pending for other in self.writers):
            return  # It would wait for the other one, and so would this test.
        version = self.committed.get(WANTED, 0)
        try:
            await self.store.append_in(writer.connection, [append(WANTED, version)])
        except errors.RaiseException:
            await self.rollback(writer)
        else:
            writer.pending[WANTED] = version + 1

    async def repair(self, writer: Writer) -> None:
        stream = f"trip-{uuid4()}"
        await insert_past_the_store(writer.connection, stream)
        writer.pending[stream] = 1

    async def commit(self, writer: Writer) -> None:
        await writer.connection.commit()
        self.committed |= writer.pending
        writer.pending.clear()

    async def rollback(self, writer: Writer) -> None:
        await writer.connection.rollback()
        writer.pending.clear()

    async def follow(self, page: int) -> None:
        for found in await self.store.read_all(self.cursor, page):
            self.seen[found.stream] += 1
            assert found.version == self.seen[found.stream] <= self.committed[found.stream]
            self.cursor = found.position

    async def end(self) -> None:
        """Everybody commits, and the follower reads what is left."""
        for writer in self.writers:
            await self.commit(writer)
        await followed(self.store, sum(self.committed.values()))
        await self.follow(page=10_000)


@pytest.fixture
async def store(database: str, way: type[PostgresStore]) -> AsyncIterator[PostgresStore]:
    async with store_of(database, way) as store:
        yield store


@pytest.fixture
async def connections(store: PostgresStore, database: str) -> AsyncIterator[list[Connection]]:
    async with AsyncExitStack() as stack:
        yield [
            await stack.enter_async_context(await AsyncConnection.connect(database))
            for _ in range(4)
        ]


@pytest.mark.parametrize("seed", range(4))
async def test_a_follower_sees_each_committed_event_once_and_in_order(
    store: PostgresStore, connections: list[Connection], seed: int
) -> None:
    interleaving = Interleaving(store, connections, seed)
    for _ in range(STEPS):
        await interleaving.step()
    await interleaving.end()
    assert interleaving.seen == interleaving.committed
    assert interleaving.committed[WANTED] > 1
