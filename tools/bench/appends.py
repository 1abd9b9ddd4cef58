"""Durable appends: ours, a bare INSERT each, the `eventsourcing` library, and Emmett."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import AsyncExitStack
from datetime import UTC, datetime
from time import perf_counter
from typing import Any
from uuid import UUID, uuid4

from eventsourcing.persistence import StoredEvent
from eventsourcing.postgres import PostgresApplicationRecorder, PostgresDatastore
from psycopg.conninfo import conninfo_to_dict
from psycopg.types.json import Jsonb

from infra.database import Pool, open_pool
from infra.signals import Signal
from infra.store import Append, Appended, NewEvent
from infra.store.postgres import PostgresStore
from tools.bench.emmett import emmett
from tools.bench.figures import Figure, Samples, Side, at_least, interleave
from tools.bench.ground import POOL, Ground
from tools.bench.subject import Size, Subject

WRITERS = 64
FEWER = (8, 1)
DATA = bytes(range(256)) + bytes(44)
META = {"command": "5d7bd4c4-5c0e-5a5e-9d2c-3f1f7c9a8a11", "actor": "bench"}
TYPE = "relais.missions.trip.v1.quote_submitted"

# What a plain table of events would look like: the same columns, found by the same keys.
BARE_TABLE = """
create table event (
  position    bigint      primary key generated always as identity,
  stream      text        not null,
  version     int         not null,
  event_id    uuid        not null unique,
  type        text        not null,
  data        bytea       not null,
  meta        jsonb       not null,
  occurred_at timestamptz not null,
  recorded_at timestamptz not null default clock_timestamp(),
  unique (stream, version)
)
"""
BARE_INSERT = """
insert into event (stream, version, event_id, type, data, meta, occurred_at)
values (%s, %s, %s, %s, %s, %s, %s)
"""

Write = Callable[[str, int], Awaitable[None]]
"""Record one event as this version of that stream."""


async def measure(ground: Ground, size: Size, step: Callable[[], None]) -> Samples:
    async with AsyncExitStack() as stack:
        ours = await _ours(ground, stack)
        bare = await _bare(ground, stack)
        recorder = await asyncio.to_thread(open_recorder, await ground.database("append_peer"))
        stack.callback(recorder.datastore.close)
        node = await stack.enter_async_context(emmett(len(DATA)))
        url = await ground.database("append_emmett")

        def side(name: str, write: Write) -> Side:
            async def once() -> Mapping[str, float]:
                return {
                    measure_of(name, count): await per_second(write, size.seconds, count)
                    for count in (WRITERS, *FEWER)
                }

            return once

        async def peer() -> Mapping[str, float]:
            written, seconds = await asyncio.to_thread(insert_for, recorder, size.seconds)
            return {"peer": written / seconds}

        async def emmetts() -> Mapping[str, float]:
            assert node is not None
            return {
                measure_of("emmett", count): await node.per_second(url, size.seconds, count)
                for count in (WRITERS, *FEWER)
            }

        sides = [side("ours", ours), side("psycopg", bare), peer]
        return await interleave(size.rounds, sides if node is None else [*sides, emmetts], step)


def measure_of(side: str, writers: int) -> str:
    """The name of a measure."""
    return side if writers == WRITERS else f"{side}, {writers}"


async def per_second(write: Write, seconds: float, writers: int = WRITERS) -> float:
    """Events a second of so many writers at once, each with a stream of its own."""
    written, took = await append_for(write, seconds, writers)
    return written / took


async def append_for(write: Write, seconds: float, writers: int) -> tuple[int, float]:
    """Let so many writers append; the count of their events, and the seconds it took."""
    until = perf_counter() + seconds
    run = uuid4().hex[:8]

    async def writer(name: str) -> int:
        version = 0
        while perf_counter() < until:
            version += 1
            await write(name, version)
        return version

    started = perf_counter()
    written = await asyncio.gather(*(writer(f"{run}-{n}") for n in range(writers)))
    return sum(written), perf_counter() - started


async def _ours(ground: Ground, stack: AsyncExitStack) -> Write:
    return writer_of(await open_store(stack, await ground.database("append_ours")))


async def open_store(stack: AsyncExitStack, url: str) -> PostgresStore:
    """Our store in a new database, with the nudge that tells the relay, as a service has it."""
    pool = await _pool(stack, url)
    store = PostgresStore(pool, on_append=Signal("appended", pool).notify)
    await store.migrate()
    return store


def writer_of(store: PostgresStore) -> Write:
    """Appends to this store."""

    async def write(stream: str, version: int) -> None:
        event = NewEvent(uuid4(), TYPE, DATA, META, datetime.now(UTC))
        verdict = await store.append(Append(stream, version - 1, [event]))
        assert isinstance(verdict, Appended)

    return write


async def _bare(ground: Ground, stack: AsyncExitStack) -> Write:
    pool = await _pool(stack, await ground.database("append_bare"))
    async with pool.connection() as connection:
        await connection.execute(BARE_TABLE)

    async def write(stream: str, version: int) -> None:
        values = (stream, version, uuid4(), TYPE, DATA, Jsonb(META), datetime.now(UTC))
        async with pool.connection() as connection:
            await connection.execute(BARE_INSERT, values)

    return write


async def _pool(stack: AsyncExitStack, url: str) -> Pool:
    pool = await open_pool(url, POOL, "bench")
    stack.push_async_callback(pool.close)
    return pool


def open_recorder(url: str, *, fast: bool = False) -> PostgresApplicationRecorder:
    """The library's recorder in a new database: by its default way, or by its functions."""
    where: dict[str, Any] = conninfo_to_dict(url)
    datastore = PostgresDatastore(
        dbname=where["dbname"],
        host=where["host"],
        port=where["port"],
        user=where["user"],
        password="",
        pool_size=POOL,
        max_overflow=0,
        enable_db_functions=fast,
    )
    recorder = PostgresApplicationRecorder(datastore)
    recorder.create_table()
    return recorder


def insert_for(recorder: PostgresApplicationRecorder, seconds: float) -> tuple[int, float]:
    """As `append_for`. The library is synchronous, so each writer is a thread."""
    until = perf_counter() + seconds

    def writer(stream: UUID) -> int:
        version = 0
        while perf_counter() < until:
            version += 1
            recorder.insert_events([StoredEvent(stream, version, TYPE, DATA)])
        return version

    started = perf_counter()
    with ThreadPoolExecutor(WRITERS) as threads:
        written = list(threads.map(writer, [uuid4() for _ in range(WRITERS)]))
    return sum(written), perf_counter() - started


SUBJECT = Subject(
    figures=(
        Figure(
            "durable appends, 64 writers, one 300-byte event each",
            "events/s",
            "bare psycopg INSERTs",
            at_least(2),
            "ours",
            "psycopg",
        ),
        Figure(
            "durable appends, 64 writers, one 300-byte event each",
            "events/s",
            "the eventsourcing library",
            at_least(10),
            "ours",
            "peer",
        ),
        *(
            Figure(
                f"durable appends, {writers} writer{'s' * (writers > 1)}, one 300-byte event each",
                "events/s",
                "bare psycopg INSERTs",
                at_least(bound),
                measure_of("ours", writers),
                measure_of("psycopg", writers),
            )
            for writers, bound in zip(FEWER, (1, 0.8), strict=True)
        ),
        *(
            Figure(
                f"durable appends, {writers} writer{'s' * (writers > 1)}, one 300-byte event each",
                "events/s",
                "Emmett",
                at_least(bound),
                measure_of("ours", writers),
                measure_of("emmett", writers),
            )
            for writers, bound in zip((WRITERS, *FEWER), (5, 2, 1), strict=True)
        ),
    ),
    measure=measure,
)
