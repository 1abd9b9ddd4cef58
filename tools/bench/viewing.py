"""From the topic, or from the store, to committed rows, beside decoding and copying only."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from itertools import count
from time import perf_counter
from typing import Any
from uuid import UUID

from aiokafka import AIOKafkaConsumer, TopicPartition
from psycopg import sql
from psycopg.types.json import Jsonb

from contracts.missions.trip_v1 import QuoteSubmitted, TripEvent, TripPublished, contract
from infra.consumers.rebuild import rebuild
from infra.consumers.transports import KafkaLoop
from infra.consumers.views import Generation, View, ViewHandler
from infra.database import Connection, Pool
from infra.host import Running, opened
from infra.personal import Codec, Encoded
from infra.topics import create_topics, partitions_of
from services.missions.service import service as recorder
from services.views.partner import quotes, trips
from services.views.partner.service import service
from tools.bench import events
from tools.bench.figures import Figure, Samples, at_least, interleave
from tools.bench.ground import Ground
from tools.bench.relaying import as_messages, bulk_producer, send
from tools.bench.subject import Size, Subject

LOOK_SECONDS = 0.005
BATCH = 1_000
_PAGE = """
select stream, version, event_id, type, data from es.event
 where (stream, version) > (%s, %s) order by stream, version limit %s
"""


async def measure(ground: Ground, size: Size, step: Callable[[], None]) -> Samples:
    await ground.broker.wipe()
    await create_topics(ground.broker.bootstrap, service.sources, 1)
    async with AsyncExitStack() as stack:
        settings = ground.settings("view")
        running = await stack.enter_async_context(opened(service, settings))
        codec = Codec(contract, running.keyring)
        recorded = await events.rows(codec, "V", size.events // events.EVENTS_A_TRIP)
        async with bulk_producer(ground.broker.bootstrap) as producer:
            await send(producer, contract.topic, as_messages(recorded))
        names = (f"bare_{number}" for number in count())

        async def relais() -> Mapping[str, float]:
            async with new_generation(running) as generation:
                seconds = await _seen(running, generation, len(recorded))
            return {"ours": len(recorded) / seconds}

        async def bare() -> Mapping[str, float]:
            async with bare_tables(running, next(names)) as tables:
                seconds = await _copied(running, tables, codec, len(recorded))
            return {"bare": len(recorded) / seconds}

        missions = await stack.enter_async_context(opened(recorder, settings))
        await events.record(missions.pool, recorded)

        async def rebuilt() -> Mapping[str, float]:
            assert running.generations is not None
            started = perf_counter()
            generation = await rebuild(running, {recorder.name: missions.store})
            seconds = perf_counter() - started
            await running.generations.drop(generation)
            return {"rebuilt": len(recorded) / seconds}

        async def bare_rebuild() -> Mapping[str, float]:
            async with bare_tables(running, next(names)) as tables:
                seconds = await _copied_from_store(running, missions.pool, tables, codec)
            return {"bare rebuild": len(recorded) / seconds}

        return await interleave(size.rounds, [relais, bare, rebuilt, bare_rebuild], step)


@asynccontextmanager
async def new_generation(running: Running) -> AsyncIterator[Generation]:
    """Empty tables of the service beside the others."""
    assert running.generations is not None
    generation = await running.generations.create()
    yield generation
    await running.generations.drop(generation)


async def _seen(running: Running, generation: Generation, events: int) -> float:
    """Seconds a consumer that starts at the beginning needs to be through the topic."""
    handler = ViewHandler(generation, service.tables)
    consumer = running.consumer(generation.consumer, service.subscriptions, handler)
    loop = KafkaLoop(consumer, running.settings.kafka, f"relais.{generation.consumer}")
    consuming = asyncio.create_task(loop.run())
    await loop.assigned.wait()
    started = perf_counter()
    while sum(consumer.next_offsets().values()) < events:
        await asyncio.sleep(LOOK_SECONDS)
    seconds = perf_counter() - started
    loop.stop()
    await consuming
    return seconds


# --- The bare side --------------------------------------------------------------------------------

BARE_VIEWS: Mapping[type[TripEvent], View[Any, Any]] = {
    TripPublished: trips.view,
    QuoteSubmitted: quotes.view,
}
"""Each of these events makes one row, so that copying suffices."""

Tables = Mapping[str, sql.Identifier]


@asynccontextmanager
async def bare_tables(running: Running, schema: str) -> AsyncIterator[Tables]:
    """Plain tables with the columns, keys and indexes that the views have."""
    tables: dict[str, sql.Identifier] = {}
    async with running.pool.connection() as connection:
        await connection.execute(f"create schema {schema}".encode())
        for view in BARE_VIEWS.values():
            table = f"{schema}.{view.name}"
            await connection.execute(f"create table {table} ({view.definition()})".encode())
            for index in view.all_indexes:
                await connection.execute(f"create index on {table} {index}".encode())
            tables[view.name] = sql.Identifier(schema, view.name)
        yield tables
        await connection.execute(f"drop schema {schema} cascade".encode())


async def _copied(running: Running, tables: Tables, codec: Codec[TripEvent], events: int) -> float:
    """Seconds a plain loop needs: fetch, decode, copy, commit."""
    client = AIOKafkaConsumer(
        bootstrap_servers=running.settings.kafka,
        enable_auto_commit=False,
        max_partition_fetch_bytes=4 * 1024 * 1024,
    )
    await client.start()
    try:
        partitions = [
            TopicPartition(contract.topic, n) for n in range(partitions_of(contract.topic))
        ]
        client.assign(partitions)
        await client.seek_to_beginning(*partitions)
        started, left = perf_counter(), events
        while left > 0:
            found = await client.getmany(timeout_ms=250, max_records=BATCH)
            records = [record for group in found.values() for record in group]
            decoded = await codec.decode([_encoded(record) for record in records])
            async with running.pool.connection() as connection, connection.transaction():
                await copy_rows(connection, tables, decoded)
            left -= len(records)
        return perf_counter() - started
    finally:
        await client.stop()


async def _copied_from_store(
    running: Running, store: Pool, tables: Tables, codec: Codec[TripEvent]
) -> float:
    """Seconds a plain loop needs: select a page, decode, copy, commit."""
    started, last = perf_counter(), ("", 0)
    while True:
        async with store.connection() as connection:
            cursor = connection.cursor(binary=True)
            await cursor.execute(_PAGE, (*last, BATCH))
            page = await cursor.fetchall()
        if not page:
            return perf_counter() - started
        last = page[-1][:2]
        decoded = await codec.decode([Encoded(*row[2:]) for row in page])
        async with running.pool.connection() as connection, connection.transaction():
            await copy_rows(connection, tables, decoded)


def _encoded(record: Any) -> Encoded:
    headers = dict(record.headers)
    return Encoded(UUID(headers["ce_id"].decode()), headers["ce_type"].decode(), record.value)


async def copy_rows(connection: Connection, tables: Tables, decoded: Iterable[TripEvent]) -> None:
    """One row an event, into the table of its kind."""
    rows: dict[str, list[Sequence[Any]]] = {}
    for event in decoded:
        view = BARE_VIEWS[type(event)]
        row = view.project(None, event)
        rows.setdefault(view.name, []).append(_values(view, row))
    for name, values in rows.items():
        columns = sql.SQL(", ").join(map(sql.Identifier, _view(name).columns))
        statement = sql.SQL("copy {} ({}) from stdin").format(tables[name], columns)
        async with connection.cursor().copy(statement) as copy:
            for row in values:
                await copy.write_row(row)


def _view(name: str) -> View[Any, Any]:
    return next(view for view in BARE_VIEWS.values() if view.name == name)


def _values(view: View[Any, Any], row: Any) -> list[Any]:
    values = [list(v) if isinstance(v, tuple) else v for v in view.values_of(row)]
    if view is quotes.view:
        values[-1] = Jsonb(values[-1])
    return values


SUBJECT = Subject(
    figures=(
        Figure(
            "view, topic to committed rows",
            "events/s",
            "bare consume, decode and COPY",
            at_least(0.4),
            "ours",
            "bare",
        ),
        Figure(
            "view, rebuilt from the store",
            "events/s",
            "bare select, decode and COPY",
            at_least(0.4),
            "rebuilt",
            "bare rebuild",
        ),
    ),
    measure=measure,
)
