"""Rows that go with events elsewhere: whoever crashes where, there are both or neither.

Two processes append at once, in every order of their steps, and each ends after each of them.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import replace
from uuid import UUID, uuid4

import pytest
from psycopg import errors

from infra.database import Connection, Pool
from infra.store import Append, Appended, Conflict, InTransaction, Verdict
from infra.store.esdb.promises import NoPreparedTransactions, Promise, Promises
from infra.store.esdb.store import EsdbStore
from infra.testing.esdb import EsdbDouble, Fault
from infra.tests.make import append, event, pool_of
from infra.tests.test_esdb_store import store_at
from infra.tests.test_esdb_timers import Actor, Gated, orders

STEPS = 4
"""Prepare; promise and note; send; end what was prepared."""
CRASHES = [(one, other) for one in range(STEPS + 1) for other in range(STEPS + 1)]


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
    async with store_at(server.url, pool) as store:
        yield store


@pytest.fixture
async def clients(server: EsdbDouble) -> AsyncIterator[tuple[Gated, Gated]]:
    pair = Gated(server.url), Gated(server.url)
    yield pair
    for one in pair:
        await one.close()


class Stopping(Promises):
    """Promises that stop once a transaction is prepared, until they are let on."""

    def __init__(self, pool: Pool, gate: Gated) -> None:
        super().__init__(pool, pool)
        self._gate = gate

    async def prepare(self, in_transaction: InTransaction) -> str:
        gid = await super().prepare(in_transaction)
        await self._gate.stop()
        return gid


class Writer(Actor):
    """Somebody who appends with a row for each event."""

    async def begun(self) -> Verdict:
        return await self.store.append_with(self.append, row_of(self.append))


def row_of(append: Append) -> InTransaction:
    """Writes that the append was done."""

    async def write(connection: Connection) -> None:
        await connection.execute(
            "insert into public.noted values (%s)", (append.events[0].event_id,)
        )

    return write


@pytest.fixture(autouse=True)
async def rows(pool: Pool) -> None:
    async with pool.connection() as connection:
        await connection.execute("drop table if exists public.noted")
        await connection.execute("create table public.noted (event_id uuid)")


async def noted(pool: Pool) -> list[UUID]:
    async with pool.connection() as connection:
        cursor = await connection.execute("select event_id from public.noted")
        return [id for (id,) in await cursor.fetchall()]


async def left(pool: Pool) -> list[str]:
    """Transactions and promises that still wait."""
    async with pool.connection() as connection:
        cursor = await connection.execute(
            "select gid from pg_prepared_xacts where database = current_database()"
            " union all select gid from beside.promise where append is not null"
        )
        return [gid for (gid,) in await cursor.fetchall()]


Appends = Callable[[str], Sequence[Append]]


def the_same_twice(stream: str) -> Sequence[Append]:
    once = append(stream, 1, event(), event())
    return once, once


def one_of_two(stream: str) -> Sequence[Append]:
    return append(stream, 1), append(stream, 1)


def test_every_order_of_two_writers_is_explored() -> None:
    assert sum(1 for crash in CRASHES for _ in orders(*crash)) == 251


@pytest.mark.parametrize("appends", [the_same_twice, one_of_two])
async def test_there_are_both_or_neither_whoever_crashes_where(
    clients: tuple[Gated, Gated], store: EsdbStore, pool: Pool, appends: Appends
) -> None:
    tried: dict[str, Sequence[Append]] = {}
    for crash in CRASHES:
        for order in orders(*crash):
            stream = f"trip-{uuid4()}"
            await store.append(append(stream))
            tried[stream] = appends(stream)
            actors = []
            for client, one in zip(clients, tried[stream], strict=True):
                through = EsdbStore(client, pool)
                through._promises = Stopping(pool, client)
                actors.append(Writer(through, client, one))
            for who in order:
                await actors[who].step()
            for writer in actors:
                await writer.crash()
    await store.settle(0.0)
    recorded = [e.event_id for stream in tried for e in (await store.read(stream))[1:]]
    assert len(set(recorded)) == len(recorded)
    first = {one.events[0].event_id for pair in tried.values() for one in pair}
    assert sorted(await noted(pool)) == sorted(first & set(recorded))
    assert await left(pool) == []


async def test_who_gave_up_finds_both_when_he_comes_again(
    server: EsdbDouble, store: EsdbStore, pool: Pool
) -> None:
    once = append("trip-1")
    async with store_at(server.url, pool, patience=0.0) as impatient:
        server.next_appends(Fault.TIMEOUT_AFTER)
        with pytest.raises(Exception, match="AppendDeadlineExceeded"):
            await impatient.append_with(once, row_of(once))
    assert await noted(pool) == []
    assert await store.append_with(once, row_of(once)) == Conflict(0, 1)
    assert await noted(pool) == [once.events[0].event_id]


async def test_what_lost_comes_through_behind_the_winner(store: EsdbStore, pool: Pool) -> None:
    loser = append("trip-1")
    await store.append(append("trip-1"))
    assert await store.append_with(loser, row_of(loser)) == Conflict(0, 1)
    again = replace(loser, expected_version=1)
    assert await store.append_with(again, row_of(again)) == Appended(2)
    assert await noted(pool) == [loser.events[0].event_id]


async def test_a_promise_that_was_kept_and_not_crossed_out_is_kept_once(
    store: EsdbStore, pool: Pool
) -> None:
    once = append("trip-1")
    promises = Promises(pool, pool)
    gid = await promises.prepare(row_of(once))
    assert await promises.make(Promise(gid, once))
    async with pool.connection() as connection:
        await connection.execute(f"commit prepared '{gid}'".encode())
    await store.settle(0.0)
    assert (await noted(pool), await left(pool)) == ([once.events[0].event_id], [])
    assert [e.event_id for e in await store.read("trip-1")] == [once.events[0].event_id]


async def test_nothing_is_promised_once_it_was_given_up(store: EsdbStore, pool: Pool) -> None:
    once = append("trip-1")
    promises = Promises(pool, pool)
    gid = await promises.prepare(row_of(once))
    await store.settle(0.0)
    assert not await promises.make(Promise(gid, once))
    assert (await noted(pool), await left(pool)) == ([], [])


async def test_what_others_are_about_is_left_to_them(store: EsdbStore, pool: Pool) -> None:
    once = append("trip-1")
    promises = Promises(pool, pool)
    gid = await promises.prepare(row_of(once))
    await store.settle()
    assert await promises.make(Promise(gid, once))
    await store.settle()
    assert await store.read("trip-1") == []
    await store.settle(0.0)
    assert await noted(pool) == [once.events[0].event_id]


async def one_row_each(pool: Pool) -> None:
    async with pool.connection() as connection:
        await connection.execute("create unique index on public.noted (event_id)")


async def test_who_comes_again_ends_what_stands_in_the_way(store: EsdbStore, pool: Pool) -> None:
    await one_row_each(pool)
    once = append("trip-1")
    promises = Promises(pool, pool)
    assert await promises.make(Promise(await promises.prepare(row_of(once)), once))
    async with asyncio.timeout(3.0):
        assert await store.append_with(once, row_of(once)) == Conflict(0, 1)
    assert (await noted(pool), await left(pool)) == ([once.events[0].event_id], [])


async def test_nobody_waits_for_ever_for_the_rows_of_another(store: EsdbStore, pool: Pool) -> None:
    await one_row_each(pool)
    once = append("trip-1")
    promises = Promises(pool, pool)
    gid = await promises.prepare(row_of(once))
    with pytest.raises(errors.LockNotAvailable):
        async with asyncio.timeout(15.0):
            await store.append_with(append("trip-2"), row_of(once))
    await promises.drop(gid)


async def test_a_stream_that_is_gone_keeps_nobody_from_settling(
    server: EsdbDouble, store: EsdbStore, pool: Pool
) -> None:
    once, other = append("trip-1"), append("trip-2")
    promises = Promises(pool, pool)
    for one in (once, other):
        assert await promises.make(Promise(await promises.prepare(row_of(one)), one))
    server.log.tombstone("trip-1")
    await store.settle(0.0)
    assert await noted(pool) == [other.events[0].event_id]
    [waits, _] = await left(pool)
    await promises.drop(waits)


async def test_a_database_that_prepares_nothing_is_refused(pool: Pool, database: str) -> None:
    """As the settings of a fresh PostgreSQL are."""
    await Promises(pool, pool).check()
    async with pool.connection() as connection:
        await connection.execute("create schema if not exists fresh")
        await connection.execute(
            "create or replace function fresh.current_setting(text) returns text"
            " language sql as $$ select '0' $$"
        )
    async with pool_of(f"{database}&options=-csearch_path%3Dfresh,pg_catalog") as fresh:
        with pytest.raises(NoPreparedTransactions, match="max_prepared_transactions is 0"):
            await Promises(fresh, fresh).check()
