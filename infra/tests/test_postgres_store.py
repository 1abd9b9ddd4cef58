"""The event store on PostgreSQL: the suite of every store, and what is PostgreSQL's own."""

import asyncio
from collections.abc import AsyncIterator, Callable

import psycopg
import pytest

from infra.database import Connection
from infra.store import Appended, Conflict, EventStore
from infra.store.postgres import PostgresStore
from infra.testing.store_suite import StoreSuite, followed, versions_by_stream
from infra.tests.make import append, event, store_of


@pytest.fixture
async def store(database: str) -> AsyncIterator[PostgresStore]:
    async with store_of(database) as store:
        yield store


class TestPostgresStore(StoreSuite):
    @pytest.fixture
    async def store(self, database: str, way: type[PostgresStore]) -> AsyncIterator[EventStore]:
        async with store_of(database, way) as store:
            yield store


class TestTwoProcesses:
    async def test_they_never_share_a_version(self, store: PostgresStore, database: str) -> None:
        async def write(through: PostgresStore) -> int:
            won = 0
            for version in range(30):
                won += await through.append(append("trip-1", version)) == Appended(version + 1)
            return won

        async with store_of(database) as other:
            won = await asyncio.gather(write(store), write(other))
        recorded = await store.read("trip-1")
        assert [found.version for found in recorded] == list(range(1, sum(won) + 1))

    async def test_both_may_migrate_at_once(self, new_database: Callable[[], str]) -> None:
        database = new_database()

        async def migrate() -> None:
            async with store_of(database):
                pass

        await asyncio.gather(migrate(), migrate())
        async with store_of(database) as store:
            assert await store.append(append("trip-1")) == Appended(1)

    async def test_migrating_again_keeps_every_event(self, store: PostgresStore) -> None:
        await store.append(append("trip-1"))
        await store.migrate()
        assert len(await store.read("trip-1")) == 1

    async def test_migrating_again_does_not_wait_for_a_writer(self, store: PostgresStore) -> None:
        async with store.pool.connection() as writer, writer.transaction():
            await writer.execute("lock table es.stored_event, es.timer in row exclusive mode")
            await asyncio.wait_for(store.migrate(), 20)
        assert await store.append(append("trip-1")) == Appended(1)


class TestOneBadAppend:
    @pytest.mark.parametrize("meta", [{"actor": "a\0b"}, {"actor": object()}, {"actor": "\ud800"}])
    async def test_contents_that_cannot_be_stored_hurt_nobody_else(
        self, store: PostgresStore, meta: dict[str, object]
    ) -> None:
        bad = append("trip-bad", 0, event(meta=meta))
        good = [append(f"trip-{n}") for n in range(4)]
        first, *others = await asyncio.gather(
            *map(store.append, [bad, *good]), return_exceptions=True
        )
        assert isinstance(first, psycopg.DataError | TypeError | UnicodeEncodeError)
        assert others == [Appended(1)] * 4

    async def test_a_name_that_cannot_be_stored_names_an_empty_stream(
        self, store: PostgresStore
    ) -> None:
        await store.append(append("trip-1"))
        unknown, known = await asyncio.gather(store.read("trip-\0"), store.read("trip-1"))
        assert unknown == []
        assert len(known) == 1


class TestAppending:
    async def test_a_group_of_several_shares_one_statement(self, store: PostgresStore) -> None:
        async with store.pool.connection() as connection:
            verdicts = await store.append_in(
                connection,
                [append("trip-1", 0, event(), event()), append("trip-2"), append("x", 4)],
            )
        assert verdicts == [Appended(2), Appended(1), Conflict(4, 0)]
        versions = versions_by_stream(await followed(store, 3))
        assert versions == {"trip-1": [1, 2], "trip-2": [1]}

    async def test_plans_made_for_a_small_table_serve_a_large_one(
        self, new_database: Callable[[], str]
    ) -> None:
        # What an earlier test read in a database may be counted there late.
        async with store_of(new_database()) as store, store.pool.connection() as connection:
            await connection.execute("alter table es.stored_event set (autovacuum_enabled = off)")
            for way in range(1, 8):
                await self._append_both_ways(store, connection, f"small-{way}")
            await connection.execute("analyze es.stored_event")
            await self._append_both_ways(store, connection, "planned")
            await connection.execute(
                "insert into es.stored_event (stream, version, event_id, type, data, occurred_at)"
                " select 'trip-' || n, 1, gen_random_uuid(), '', '', now()"
                " from generate_series(1, 20000) n"
            )
            before = await self._rows_scanned(connection)
            await self._append_both_ways(store, connection, "large")
            assert await self._rows_scanned(connection) == before

    async def _append_both_ways(
        self, store: PostgresStore, connection: Connection, stream: str
    ) -> None:
        alone = await store.append_in(connection, [append(f"{stream}-1")])
        together = await store.append_in(
            connection, [append(f"{stream}-{n}", n, event(), event()) for n in (0, 2)]
        )
        assert (alone, together) == ([Appended(1)], [Appended(2), Conflict(2, 0)])

    async def _rows_scanned(self, connection: Connection) -> int:
        """Rows of the events that were read one after the other, so far."""
        await connection.execute("select pg_stat_force_next_flush()")
        cursor = await connection.execute(
            "select seq_tup_read from pg_stat_user_tables where relname = 'stored_event'"
        )
        row = await cursor.fetchone()
        assert row is not None
        return int(row[0])

    async def test_everybody_who_waits_for_facts_is_told(self, store: PostgresStore) -> None:
        rung: list[str] = []
        telling = PostgresStore(store.pool, on_append=lambda: rung.append("rung"))
        await telling.append(append("trip-1"))
        assert rung == ["rung"]

    async def test_a_clock_set_back_leaves_no_hole(self, store: PostgresStore) -> None:
        await store.append(append("trip-1", 0, event(), event(), event()))
        async with store.pool.connection() as connection:
            await connection.execute(
                "update es.event set recorded_at = timestamptz '2020-05-01'"
                " + interval '1 hour' * case version when 1 then 1 when 2 then 9 else 2 end"
            )
        first, second, third = await store.read("trip-1")
        known = await store.read("trip-1", to_time=third.recorded_at)
        assert (known, second.recorded_at > third.recorded_at) == ([first], True)

    async def test_events_are_found_by_their_ids(self, store: PostgresStore) -> None:
        wanted, other = event(), event()
        await store.append(append("trip-1", 0, wanted, other))
        assert [found.version for found in await store.find([wanted.event_id])] == [1]
