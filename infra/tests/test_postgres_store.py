"""The event store on PostgreSQL: the suite of every store, and what is PostgreSQL's own."""

import asyncio
from collections.abc import AsyncIterator, Callable

import psycopg
import pytest

from infra.migrations import apply_migrations
from infra.store import Appended, EventStore
from infra.store.postgres import PostgresStore
from infra.testing.store_suite import StoreSuite
from infra.tests.make import append, event, store_of


@pytest.fixture
async def store(database: str) -> AsyncIterator[PostgresStore]:
    async with store_of(database) as store:
        yield store


class TestPostgresStore(StoreSuite):
    @pytest.fixture
    async def store(self, database: str) -> AsyncIterator[EventStore]:
        async with store_of(database) as store:
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
            await writer.execute("lock table es.event, es.timer in row exclusive mode")
            await asyncio.wait_for(store.migrate(), 20)
        assert await store.append(append("trip-1")) == Appended(1)

    async def test_migrating_makes_what_a_newer_text_asks_for(self, store: PostgresStore) -> None:
        for text in ("create table one ()", "create table two ()", "create table two ()"):
            await apply_migrations(store.pool, "part", text)
        async with store.pool.connection() as connection:
            made = await connection.execute("select from relais.part, one, two")
        assert made.rowcount == 0


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
        assert isinstance(first, psycopg.DataError | TypeError)
        assert others == [Appended(1)] * 4

    async def test_a_name_that_cannot_be_stored_names_an_empty_stream(
        self, store: PostgresStore
    ) -> None:
        await store.append(append("trip-1"))
        unknown, known = await asyncio.gather(store.read("trip-\0"), store.read("trip-1"))
        assert unknown == []
        assert len(known) == 1


class TestAppending:
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
