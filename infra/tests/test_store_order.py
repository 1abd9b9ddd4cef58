"""The order of all events: nothing is skipped, nothing comes out of turn, whoever commits late."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from psycopg import AsyncConnection, IsolationLevel, errors
from psycopg.conninfo import make_conninfo

from infra.database import Connection
from infra.store import Append, Appended, Conflict, Verdict
from infra.store.postgres import PostgresStore
from infra.store.protocol import BEGINNING
from infra.testing.store_suite import followed, versions_by_stream
from infra.tests.make import append, event, store_of


@pytest.fixture
async def store(database: str, way: type[PostgresStore]) -> AsyncIterator[PostgresStore]:
    async with store_of(database, way) as store:
        async with store.pool.connection() as connection:
            await connection.execute(
                "create table inbox (message bigint generated always as identity)"
            )
        yield store


@asynccontextmanager
async def transaction(store: PostgresStore) -> AsyncIterator[Connection]:
    """A transaction of its own connection; ends with the block."""
    async with await AsyncConnection.connect(str(store.pool.conninfo)) as connection:
        yield connection


@asynccontextmanager
async def two_writers(
    store: PostgresStore,
) -> AsyncIterator[tuple[Connection, Connection, asyncio.TaskGroup]]:
    """Two transactions, and the tasks of those who wait for one another."""
    async with (
        transaction(store) as first,
        transaction(store) as second,
        asyncio.TaskGroup() as tasks,
    ):
        yield first, second, tasks


async def within(connection: Connection, store: PostgresStore, one: Append) -> Verdict:
    [verdict] = await store.append_in(connection, [one])
    return verdict


async def insert_past_the_store(connection: Connection, stream: str) -> None:
    """A new stream as a repair by hand would write it; readers are promised the same."""
    one = event()
    await connection.execute(
        "insert into es.stored_event (stream, version, event_id, type, data, meta, occurred_at)"
        " values (%s, 1, %s, %s, %s, '{}', %s)",
        (stream, one.event_id, one.type, one.data, one.occurred_at),
    )


async def readable(store: PostgresStore) -> list[str]:
    return [found.stream for found in await store.read_all(BEGINNING, 100)]


async def until_somebody_waits_for_a_stream(store: PostgresStore) -> None:
    async with asyncio.timeout(30), store.pool.connection() as connection:
        waiting = 0
        while not waiting:
            cursor = await connection.execute(
                "select count(*) from pg_locks where locktype = 'advisory' and not granted"
            )
            row = await cursor.fetchone()
            waiting = row[0] if row else 0
            await asyncio.sleep(0.002)


class TestLockFirst:
    async def test_an_append_behind_another_write_is_refused(self, store: PostgresStore) -> None:
        async with transaction(store) as first:
            await first.execute("insert into inbox default values")
            with pytest.raises(errors.RaiseException, match="append must precede"):
                await within(first, store, append("trip-1"))
            await first.rollback()
        assert await store.read("trip-1") == []

    async def test_a_second_append_of_a_transaction_is_refused(self, store: PostgresStore) -> None:
        async with transaction(store) as first:
            await within(first, store, append("trip-1"))
            with pytest.raises(errors.RaiseException, match="append must precede"):
                await within(first, store, append("trip-2"))
            await first.rollback()

    async def test_other_writes_may_follow_the_append(self, store: PostgresStore) -> None:
        async with transaction(store) as first:
            await within(first, store, append("trip-1"))
            await first.execute("insert into inbox default values")
        assert [found.version for found in await followed(store, 1)] == [1]

    async def test_a_snapshot_older_than_the_lock_is_refused(self, store: PostgresStore) -> None:
        async with transaction(store) as first:
            await first.set_isolation_level(IsolationLevel.REPEATABLE_READ)
            with pytest.raises(errors.RaiseException, match="read committed"):
                await within(first, store, append("trip-1"))
            await first.rollback()

    async def test_a_writer_that_waited_sees_what_the_other_recorded(
        self, store: PostgresStore
    ) -> None:
        async with two_writers(store) as (first, second, tasks):
            await within(first, store, append("trip-1"))
            waiting = tasks.create_task(within(second, store, append("trip-1", 1)))
            await until_somebody_waits_for_a_stream(store)
            await first.commit()
            assert await waiting == Appended(2)
        assert versions_by_stream(await followed(store, 2)) == {"trip-1": [1, 2]}

    async def test_a_writer_that_waited_in_vain_gets_the_version_there_is(
        self, store: PostgresStore
    ) -> None:
        async with two_writers(store) as (first, second, tasks):
            await within(first, store, append("trip-1"))
            waiting = tasks.create_task(within(second, store, append("trip-1")))
            await until_somebody_waits_for_a_stream(store)
            await first.commit()
            assert await waiting == Conflict(0, 1)

    async def test_a_writer_that_waited_takes_the_place_of_one_that_gave_up(
        self, store: PostgresStore
    ) -> None:
        async with two_writers(store) as (first, second, tasks):
            await within(first, store, append("trip-1"))
            waiting = tasks.create_task(within(second, store, append("trip-1")))
            await until_somebody_waits_for_a_stream(store)
            await first.rollback()
            assert await waiting == Appended(1)

    async def test_writers_of_the_same_streams_never_deadlock(self, store: PostgresStore) -> None:
        async def write(names: list[str]) -> list[Verdict]:
            async with transaction(store) as connection:
                return await store.append_in(connection, [append(name) for name in names])

        names = [f"trip-{n}" for n in range(20)]
        verdicts = await asyncio.gather(*(write(names[:: (-1) ** n]) for n in range(8)))
        assert sum(won == [Appended(1)] * 20 for won in verdicts) == 1


class TestHoldingBack:
    async def test_nothing_behind_an_open_writer_is_read_before_it_ends(
        self, store: PostgresStore
    ) -> None:
        async with transaction(store) as late:
            await within(late, store, append("trip-late"))
            await store.append(append("trip-1"))
            await store.append(append("trip-2"))
            assert await readable(store) == []
            await late.commit()
        order = [found.stream for found in await followed(store, 3)]
        assert order == ["trip-late", "trip-1", "trip-2"]

    async def test_what_a_writer_took_back_is_never_read(self, store: PostgresStore) -> None:
        async with transaction(store) as late:
            await within(late, store, append("trip-late"))
            await store.append(append("trip-1"))
            await late.rollback()
        assert [found.stream for found in await followed(store, 1)] == ["trip-1"]
        assert await readable(store) == ["trip-1"]

    async def test_a_lower_number_committed_later_is_not_skipped(
        self, store: PostgresStore
    ) -> None:
        """The first to get a number need not be the first to get a transaction id."""
        async with transaction(store) as low_xid, transaction(store) as high_xid:
            await low_xid.execute("insert into inbox default values")
            await within(high_xid, store, append("trip-slow"))
            await insert_past_the_store(low_xid, "trip-fast")
            await low_xid.commit()
            [first] = await followed(store, 1)
            await high_xid.commit()
        [_, second] = await followed(store, 2, page=1)
        assert (first.stream, second.stream) == ("trip-fast", "trip-slow")
        assert first.position.number > second.position.number

    async def test_a_writer_of_something_else_holds_back_and_is_named(
        self, store: PostgresStore
    ) -> None:
        url = make_conninfo(str(store.pool.conninfo), application_name="nightly-report")
        async with await AsyncConnection.connect(url) as culprit:
            await culprit.execute("create temporary table report as select 1")
            await store.append(append("trip-1"))
            assert await readable(store) == []
            lag = await store.lag(BEGINNING)
            assert "nightly-report" in lag.culprit
            assert lag.holdback_seconds > 0
            await culprit.rollback()
        [read] = await followed(store, 1)
        assert (await store.lag(read.position)).culprit == ""

    async def test_a_writer_in_another_database_holds_nobody_back(
        self, store: PostgresStore, postgres_url: str
    ) -> None:
        async with await AsyncConnection.connect(postgres_url) as stranger:
            await stranger.execute("create temporary table report as select 1")
            await store.append(append("trip-1"))
            assert len(await readable(store)) == 1
            assert (await store.lag(BEGINNING)).holdback_seconds == 0

    async def test_a_reader_holds_nobody_back(self, store: PostgresStore) -> None:
        async with transaction(store) as reader:
            await reader.execute("select count(*) from es.event")
            await store.append(append("trip-1"))
            assert len(await followed(store, 1)) == 1
