"""Whatever the order in which transactions begin, write and end, a follower misses nothing."""

from asyncio import Runner
from collections import defaultdict
from collections.abc import Coroutine
from dataclasses import dataclass, field
from typing import Any, TypeVar
from uuid import uuid4

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, rule, run_state_machine_as_test
from psycopg import AsyncConnection, errors

from infra.store.postgres import Connection, PostgresStore
from infra.store.protocol import BEGINNING
from infra.testing.store_suite import followed
from infra.tests.make import append, pool_of, store_of
from infra.tests.test_store_order import insert_past_the_store

T = TypeVar("T")

writers = st.integers(0, 3)
streams = st.sampled_from(["trip-a", "trip-b"])


@dataclass
class Writer:
    """A connection, and what its open transaction has appended: stream to version."""

    connection: Connection
    pending: dict[str, int] = field(default_factory=dict)


class Interleaving(RuleBasedStateMachine):
    """Four writers step through their transactions while one follower reads with a cursor."""

    def __init__(self, runner: Runner, url: str) -> None:
        super().__init__()
        self.runner = runner
        self.committed: dict[str, int] = {}
        self.seen: dict[str, int] = defaultdict(int)
        self.cursor = BEGINNING
        self.run(self.open(url))

    def run(self, step: Coroutine[Any, Any, T]) -> T:
        return self.runner.run(step)

    async def open(self, url: str) -> None:
        self.pools = pool_of(url, size=1)
        self.store = PostgresStore(await self.pools.__aenter__())
        async with self.store.pool.connection() as connection:
            await connection.execute("truncate es.event")
        self.writers = [Writer(await AsyncConnection.connect(url)) for _ in range(4)]

    @rule(n=writers, stream=streams)
    def append(self, n: int, stream: str) -> None:
        if any(stream in other.pending for other in self.writers):
            return  # It would wait for the other one, and so would this test.
        version = self.committed.get(stream, 0)
        writer = self.writers[n]
        try:
            self.run(self.store.append_in(writer.connection, [append(stream, version)]))
        except errors.RaiseException:
            self.rollback(n)
        else:
            writer.pending[stream] = version + 1

    @rule(n=writers)
    def write_something_else(self, n: int) -> None:
        self.run(self.writers[n].connection.execute("insert into inbox default values"))

    @rule(n=writers)
    def repair_by_hand(self, n: int) -> None:
        stream = f"trip-{uuid4()}"
        self.run(insert_past_the_store(self.writers[n].connection, stream))
        self.writers[n].pending[stream] = 1

    @rule(n=writers)
    def commit(self, n: int) -> None:
        self.run(self.writers[n].connection.commit())
        self.committed |= self.writers[n].pending
        self.writers[n].pending.clear()

    @rule(n=writers)
    def rollback(self, n: int) -> None:
        self.run(self.writers[n].connection.rollback())
        self.writers[n].pending.clear()

    @rule(page=st.integers(1, 5))
    def follow(self, page: int) -> None:
        for found in self.run(self.store.read_all(self.cursor, page)):
            self.seen[found.stream] += 1
            assert found.version == self.seen[found.stream] <= self.committed[found.stream]
            self.cursor = found.position

    def teardown(self) -> None:
        for n, writer in enumerate(self.writers):
            self.rollback(n)
            self.run(writer.connection.close())
        self.run(followed(self.store, sum(self.committed.values())))
        self.follow(page=1_000)
        self.run(self.store.pool.close())
        assert self.seen == self.committed


async def prepare(url: str) -> None:
    async with store_of(url) as store, store.pool.connection() as connection:
        await connection.execute("create table inbox (message bigint generated always as identity)")


def test_a_follower_sees_each_committed_event_once_and_in_order(database: str) -> None:
    steps = settings(max_examples=60, stateful_step_count=30, deadline=None, derandomize=True)
    with Runner() as runner:
        runner.run(prepare(database))

        class Here(Interleaving):
            def __init__(self) -> None:
                super().__init__(runner, database)

        run_state_machine_as_test(Here, settings=steps)
