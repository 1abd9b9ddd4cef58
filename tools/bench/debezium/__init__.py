"""Our relay beside Debezium: rows that one commit leaves, until all are in the topic.

Debezium runs as it is documented: PostgreSQL's connector with pgoutput over an outbox table and its
EventRouter, in Kafka Connect; it asks often (`poll.interval.ms`). Needs Java 17 and Apache Kafka.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from time import monotonic, perf_counter

from aiokafka import AIOKafkaConsumer, TopicPartition
from psycopg.conninfo import conninfo_to_dict

from contracts.missions.trip_v1 import contract
from infra.database import Pool, open_pool
from infra.host import opened
from infra.kafka import end_offsets
from infra.stack.apache import fetch, program
from infra.stack.choice import LIBRARIES
from infra.stack.ports import LOOPBACK, free_port
from infra.stack.postgres import PostgresServer
from infra.stack.process import Child, ServerFailed, tail
from infra.topics import create_topics, partitions_of
from services.missions.service import service
from tools.bench import events
from tools.bench.figures import Figure, Samples, at_least, interleave
from tools.bench.ground import POOL, Ground
from tools.bench.relaying import create_topic, relayed, rows_of
from tools.bench.subject import Size, Subject

POM = Path(__file__).with_name("pom.xml")
TOPIC = "bench.outbox"
QUIET = "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn"
READY_SECONDS = 120
LOOK_SECONDS = 0.005
OUTBOX = """
create table outbox (
  id            uuid  primary key,
  aggregatetype text  not null,
  aggregateid   text  not null,
  type          text  not null,
  payload       bytea not null
)
"""


async def measure(ground: Ground, size: Size, step: Callable[[], None]) -> Samples:
    if ground.kind != "apache":
        # Kafka Connect asks its broker for what only Apache Kafka has.
        return {}
    await ground.broker.wipe()
    await create_topics(ground.broker.bootstrap, service.contracts, 1)
    await create_topic(ground.broker.bootstrap, TOPIC, partitions_of(contract.topic))
    async with AsyncExitStack() as stack:
        folder = Path(stack.enter_context(TemporaryDirectory(prefix="relais-debezium-")))
        postgres = await stack.enter_async_context(_logical(folder))
        ground = replace(ground, postgres=postgres)
        ends = await stack.enter_async_context(_ends(ground.broker.bootstrap))
        running = await stack.enter_async_context(opened(service, ground.settings("debezium")))
        await stack.enter_async_context(relayed(running, ground.broker.bootstrap))
        outbox = await open_pool(await ground.database("outbox"), POOL, "bench")
        stack.push_async_callback(outbox.close)
        async with outbox.connection() as connection:
            await connection.execute(OUTBOX)
        url = postgres.tcp_url("outbox")
        connect = await asyncio.to_thread(_connect, folder, ground.broker.bootstrap, url)
        stack.push_async_callback(connect.stop)

        async def relais() -> Mapping[str, float]:
            recorded = await rows_of(running, size)
            wanted = await ends(contract.topic) + len(recorded)
            await events.record(running.pool, recorded)
            started = perf_counter()
            running.appended.notify()
            return {"ours": len(recorded) / await _until(ends, contract.topic, wanted, started)}

        async def debezium() -> Mapping[str, float]:
            recorded = await rows_of(running, size)
            wanted = await ends(TOPIC) + len(recorded)
            await _write(outbox, recorded)
            started = perf_counter()
            return {"debezium": len(recorded) / await _until(ends, TOPIC, wanted, started)}

        await _until_following(outbox, ends, connect)
        return await interleave(size.rounds, [relais, debezium], step)


@asynccontextmanager
async def _logical(folder: Path) -> AsyncIterator[PostgresServer]:
    """A server that both sides use: logical decoding costs whoever writes."""
    settings = {"wal_level": "logical"}
    server = PostgresServer(folder / "postgres", port=free_port(), settings=settings)
    await server.start()
    try:
        yield server
    finally:
        await server.kill()


Ends = Callable[[str], Awaitable[int]]
"""The count of records that a topic holds."""


@asynccontextmanager
async def _ends(bootstrap: str) -> AsyncIterator[Ends]:
    async with AIOKafkaConsumer(bootstrap_servers=bootstrap) as consumer:
        places: dict[str, list[TopicPartition]] = {}

        async def count(topic: str) -> int:
            if topic not in places:
                size = partitions_of(contract.topic)
                places[topic] = [TopicPartition(topic, number) for number in range(size)]
            found = await end_offsets(consumer, places[topic])
            return sum(found.values())

        yield count


async def _until(ends: Ends, topic: str, wanted: int, started: float) -> float:
    """Seconds until the topic holds so many records."""
    while await ends(topic) < wanted:
        await asyncio.sleep(LOOK_SECONDS)
    return perf_counter() - started


async def _until_following(outbox: Pool, ends: Ends, connect: Child) -> None:
    """Return once a row comes through: the connector starts with what is written afterwards."""
    before = await ends(TOPIC)
    until = monotonic() + READY_SECONDS
    while await ends(TOPIC) == before:
        connect.check()
        if monotonic() > until:
            raise ServerFailed(f"Debezium brings no row\n{tail(connect.log)}")
        async with outbox.connection() as connection:
            await connection.execute(
                "insert into outbox values (gen_random_uuid(), 'trip', 'probe', 'probe', '')"
            )
        await asyncio.sleep(1)
    # What was written while it started may still be on its way.
    counted = -1
    while counted != (counted := await ends(TOPIC)):
        await asyncio.sleep(1)


async def _write(outbox: Pool, recorded: list[events.Row]) -> None:
    """Put the same rows into the outbox in one transaction."""
    async with outbox.connection() as connection, connection.transaction():
        cursor = connection.cursor()
        async with cursor.copy("copy outbox from stdin") as copy:
            for stream, _, event_id, type, data, *_ in recorded:
                await copy.write_row((event_id, "trip", stream, type, data))


def _connect(folder: Path, bootstrap: str, url: str) -> Child:
    """Kafka Connect with one connector; its log stays in the folder."""
    libraries = fetch(LIBRARIES, POM, "debezium")
    worker, connector = folder / "worker.properties", folder / "connector.properties"
    worker.write_text(_properties(_worker(folder, bootstrap)))
    connector.write_text(_properties(_connector(url)))
    command = [program("java"), "-Xmx1g", QUIET, "-cp", f"{libraries}/*"]
    tool = "org.apache.kafka.connect.cli.ConnectStandalone"
    return Child([*command, tool, str(worker), str(connector)], folder / "connect.log")


def _worker(folder: Path, bootstrap: str) -> Mapping[str, str]:
    return {
        "bootstrap.servers": bootstrap,
        "listeners": f"http://{LOOPBACK}:{free_port()}",
        "key.converter": "org.apache.kafka.connect.storage.StringConverter",
        "value.converter": "io.debezium.converters.BinaryDataConverter",
        "offset.storage.file.filename": str(folder / "offsets"),
    }


def _connector(url: str) -> Mapping[str, str]:
    where = conninfo_to_dict(url)
    return {
        "name": "bench",
        "connector.class": "io.debezium.connector.postgresql.PostgresConnector",
        "plugin.name": "pgoutput",
        "publication.autocreate.mode": "filtered",
        "snapshot.mode": "no_data",
        "database.hostname": str(where["host"]),
        "database.port": str(where["port"]),
        "database.user": str(where["user"]),
        "database.password": str(where["password"]),
        "database.dbname": str(where["dbname"]),
        "topic.prefix": "bench",
        "table.include.list": "public.outbox",
        "poll.interval.ms": "5",
        "transforms": "outbox",
        "transforms.outbox.type": "io.debezium.transforms.outbox.EventRouter",
        "transforms.outbox.route.topic.replacement": TOPIC,
        "transforms.outbox.table.fields.additional.placement": "type:header",
    }


def _properties(values: Mapping[str, str]) -> str:
    return "".join(f"{name}={value}\n" for name, value in values.items())


SUBJECT = Subject(
    figures=(
        Figure(
            "rows of one commit, to the topic",
            "records/s",
            "Debezium",
            at_least(1),
            "ours",
            "debezium",
        ),
    ),
    measure=measure,
)
