"""Whatever the order in which transactions begin, write and end, a follower misses nothing."""

from asyncio import Runner
from collections import defaultdict
from collections.abc import Coroutine
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from typing import Any, TypeVar
from uuid import uuid4

from hypothesis import Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, rule, run_state_machine_as_test
from psycopg import AsyncConnection, errors

from infra.store.postgres import Connection, PostgresStore
from infra.store.protocol import BEGINNING
from infra.testing.store_suite import followed
from infra.tests.make import append, pool_of, store_of
from infra.tests.test_store_order import insert_past_the_store

T = TypeVar("T")

# The same sequences in each run. Shrinking would take minutes: each try is a real transaction.
STEPS = settings(
    max_examples=120,
    stateful_step_count=24,
    deadline=None,
    derandomize=True,
    phases=[Phase.generate],
)
writers = st.integers(0, 2)
streams = st.sampled_from(["trip-a", "trip-b"])


@dataclass
class Writer:
    """A connection, and what its open transaction has appended: stream to version."""

    connection: Connection
    pending: dict[str, int] = field(default_factory=dict)


class Interleaving(RuleBasedStateMachine):
    """Three writers step through their transactions while a follower reads with a cursor."""

    def __init__(self, runner: Runner, url: str) -> None:
        super().__init__()
        self.runner = runner
        self.stack = AsyncExitStack()
        self.committed: dict[str, int] = {}
        self.seen: dict[str, int] = defaultdict(int)
        self.cursor = BEGINNING
        self.run(self.open(url))

    def run(self, step: Coroutine[Any, Any, T]) -> T:
        return self.runner.run(step)

    async def open(self, url: str) -> None:
        pool = await self.stack.enter_async_context(pool_of(url, size=1))
        async with pool.connection() as connection:
            await connection.execute("truncate es.event")
        self.store = PostgresStore(pool)
        self.writers = [Writer(await AsyncConnection.connect(url)) for _ in range(3)]
        for writer in self.writers:
            self.stack.push_async_callback(writer.connection.close)

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
        try:
            for n in range(len(self.writers)):
                self.rollback(n)
            self.run(followed(self.store, sum(self.committed.values())))
            self.follow(page=1_000)
            assert self.seen == self.committed
        finally:
            self.run(self.stack.aclose())


async def prepare(url: str) -> None:
    async with store_of(url):
        pass


def test_a_follower_sees_each_committed_event_once_and_in_order(database: str) -> None:
    with Runner() as runner:
        runner.run(prepare(database))

        class Here(Interleaving):
            def __init__(self) -> None:
                super().__init__(runner, database)

        run_state_machine_as_test(Here, settings=STEPS)
