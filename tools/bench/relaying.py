"""From the store to an acknowledged topic, beside sending the same bytes without a store."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from time import perf_counter
from typing import Any
from uuid import uuid4

from aiokafka import AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient, NewTopic

from contracts.missions.trip_v1 import contract
from infra.cloudevents import headers
from infra.database import Pool
from infra.host import Running, opened
from infra.relay import Relay
from infra.store import Position, RecordedEvent
from infra.supervisor import supervise
from infra.topics import create_topics, partitions_of
from services.missions.service import service
from tools.bench import events
from tools.bench.figures import Figure, Samples, at_least, interleave
from tools.bench.ground import Ground
from tools.bench.subject import Size, Subject

LOOK_SECONDS = 0.005
BARE_TOPIC = "bench.bare"

Message = tuple[bytes, bytes, list[tuple[str, bytes]]]
"""Key, value and headers of a record."""


async def measure(ground: Ground, size: Size, step: Callable[[], None]) -> Samples:
    await ground.broker.wipe()
    await create_topics(ground.broker.bootstrap, service.contracts, 1)
    await create_topic(ground.broker.bootstrap, BARE_TOPIC, partitions_of(contract.topic))
    async with AsyncExitStack() as stack:
        running = await stack.enter_async_context(opened(service, ground.settings("relay")))
        producer = await stack.enter_async_context(bulk_producer(ground.broker.bootstrap))
        messages = as_messages(await rows_of(running, size))
        await stack.enter_async_context(relayed(running, ground.broker.bootstrap))

        async def relais() -> Mapping[str, float]:
            recorded = await rows_of(running, size)
            await events.record(running.pool, recorded)
            return {"ours": len(recorded) / await _relayed(running)}

        async def bare() -> Mapping[str, float]:
            started = perf_counter()
            await send(producer, BARE_TOPIC, messages)
            return {"bare": len(messages) / (perf_counter() - started)}

        return await interleave(size.rounds, [relais, bare], step)


@asynccontextmanager
async def relayed(running: Running, bootstrap: str) -> AsyncIterator[None]:
    """A relay for the time of a block, supervised as a worker's: it shares its process with whoever
    makes the rows, so it may lose its connections and begin anew."""
    relay = Relay(
        service.name,
        running.store,
        service.contracts,
        bootstrap=bootstrap,
        conninfo=running.settings.database(service.name),
        signal=running.appended,
    )
    relaying = asyncio.create_task(supervise("relay", relay.run, relay.progress))
    try:
        await relay.leading.wait()
        yield
    finally:
        relay.stop()
        await relaying


async def rows_of(running: Running, size: Size) -> list[events.Row]:
    """As many new events as a round takes, as rows of the store."""
    trips = size.events // events.EVENTS_A_TRIP
    return await events.rows(running.commands.codec(contract), f"{uuid4().hex[:6]}-", trips)


async def _relayed(running: Running) -> float:
    """Seconds until everything in the store is in the topic and the checkpoint says so."""
    started = perf_counter()
    running.appended.notify()
    while not await _is_relayed(running.pool):
        await asyncio.sleep(LOOK_SECONDS)
    return perf_counter() - started


async def _is_relayed(pool: Pool) -> bool:
    async with pool.connection() as connection:
        cursor = await connection.execute(
            "select (c.xid, c.position) = (e.xid, e.position) from es.checkpoint c,"
            " (select xid, position from es.event"
            "   order by es.event.xid desc, es.event.position desc limit 1) e"
        )
        return await cursor.fetchone() == (True,)


# --- The bare side --------------------------------------------------------------------------------


def bulk_producer(bootstrap: str) -> AIOKafkaProducer:
    """As one would set it up for throughput, with the guarantees our relay asks for."""
    return AIOKafkaProducer(
        bootstrap_servers=bootstrap,
        enable_idempotence=True,
        linger_ms=5,
        max_batch_size=512 * 1024,
        max_request_size=2 * 1024 * 1024,
    )


def as_messages(recorded: Sequence[events.Row]) -> list[Message]:
    """The records the relay makes of these rows, byte by byte."""
    return [_as_message(*row) for row in recorded]


def _as_message(*row: Any) -> Message:
    stream, version, event_id, type, data, meta, at = row
    key = stream.split("-", 1)[1]
    event = RecordedEvent(
        stream, version, Position(1, 1), event_id, type, data, json.loads(meta), at, at
    )
    return key.encode(), data, headers(contract, key, event, 0)


async def send(producer: AIOKafkaProducer, topic: str, messages: Sequence[Message]) -> None:
    """Send everything, and return once all of it is acknowledged."""
    sent = [
        await producer.send(topic, value, key=key, headers=headers)
        for key, value, headers in messages
    ]
    await asyncio.gather(*sent)


async def create_topic(bootstrap: str, name: str, partitions: int) -> None:
    """A topic that belongs to no contract."""
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
    await admin.start()
    try:
        await admin.create_topics([NewTopic(name, partitions, 1)])
    finally:
        await admin.close()


SUBJECT = Subject(
    figures=(
        Figure(
            "relay, store to acknowledged topic",
            "events/s",
            "bare aiokafka sends of the same bytes",
            at_least(0.5),
            "ours",
            "bare",
        ),
    ),
    measure=measure,
)
