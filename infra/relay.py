"""From the store to Kafka: every event once, in order, whatever crashes in between."""

import asyncio
import json
import logging
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

import psycopg
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.partitioner import murmur2
from aiokafka.structs import RecordMetadata

from contracts.runtime import Contract
from infra import telemetry
from infra.cloudevents import headers
from infra.nudge import Bell, Nudge
from infra.store import Position, RecordedEvent
from infra.store.postgres import Connection, PostgresStore
from infra.store.protocol import BEGINNING
from infra.supervisor import Halt, Progress

log = logging.getLogger("relais.relay")

LOCK_SPACE = 72617
PAGE = 1_000
BATCH_BYTES = 512 * 1024
SEND_TIMEOUT = 30.0
POLL_SECONDS = 0.25
WITHHELD_SECONDS = 0.002
CHECK_SECONDS = 2.0
STANDBY_SECONDS = 1.0


class Deposed(Exception):
    """Another relay leads now; this one stops before it moves the checkpoint."""


class TopicShrank(Exception):
    """The broker holds less than it acknowledged, as an in-memory broker does after a restart."""


@dataclass(slots=True)
class Checkpoint:
    """How far the relay has come: every event up to `position` is in the topic.

    `ends` is the next offset of each partition ("topic:partition"); `timeline` counts how often
    the topic lost records and was filled again, so that consumers know to read it again.
    """

    epoch: int
    store: str
    timeline: int
    position: Position
    ends: dict[str, int] = field(default_factory=dict)


@dataclass(slots=True)
class Tail:
    """The end of one partition: its next offset, and the last event it holds."""

    offset: int = 0
    position: Position = BEGINNING


class Relay:
    """Publishes the events of one service; any number may run, one leads.

    Order: per key, the order of the stream. Delivery: an ordinary crash leaves no duplicate,
    because the next leader reads back what the topic already holds. Loss on the broker's side is
    found by the offsets it answers, and mended by publishing again from the store.
    """

    def __init__(
        self,
        service: str,
        store: PostgresStore,
        contracts: Sequence[Contract[Any]],
        *,
        bootstrap: str,
        conninfo: str,
        nudge: Nudge,
    ) -> None:
        self.service = service
        self.progress = Progress()
        self.leading = asyncio.Event()
        self.lag = Lag()
        self._store = store
        self._contracts: Mapping[str, Contract[Any]] = {c.name: c for c in contracts}
        self._bootstrap = bootstrap
        self._conninfo = conninfo
        self._nudge = nudge
        self._stopping = False

    def stop(self) -> None:
        """Finish the page at hand, then return from `run`."""
        self._stopping = True
        self._nudge.ring()

    async def run(self) -> None:
        """Lead when nobody else does, publish until stopped. Raises `Halt` when it must not."""
        async with AsyncExitStack() as stack:
            lock = await stack.enter_async_context(await _connect(self._conninfo, "relay"))
            if not await self._elected(lock):
                return
            bell = await stack.enter_async_context(self._nudge.bell(lock))
            session = await stack.enter_async_context(self._session())
            self.leading.set()
            stack.callback(self.leading.clear)
            while not self._stopping:
                await session.turn(bell)
                self.progress.tick()

    async def _elected(self, lock: Connection) -> bool:
        while not self._stopping:
            self.progress.tick()
            cursor = await lock.execute(
                "select pg_try_advisory_lock(%s, hashtext(%s))", (LOCK_SPACE, self.service)
            )
            row = await cursor.fetchone()
            if row is not None and row[0]:
                return True
            await asyncio.sleep(STANDBY_SECONDS)
        return False

    @asynccontextmanager
    async def _session(self) -> AsyncIterator["_Session"]:
        checkpoint = await self._take_over()
        producer = AIOKafkaProducer(
            bootstrap_servers=self._bootstrap,
            enable_idempotence=True,
            max_batch_size=BATCH_BYTES,
            max_request_size=4 * BATCH_BYTES,
            request_timeout_ms=int(SEND_TIMEOUT * 1000),
        )
        reader = AIOKafkaConsumer(bootstrap_servers=self._bootstrap, enable_auto_commit=False)
        try:
            await producer.start()
            await reader.start()
            session = _Session(self, checkpoint, producer, reader)
            await session.read_back()
            yield session
        finally:
            await reader.stop()
            await _abandon(producer)

    async def _take_over(self) -> Checkpoint:
        async with self._store.pool.connection() as connection:
            await connection.execute(
                "insert into es.checkpoint (relay) values (%s) on conflict do nothing",
                (self.service,),
            )
            cursor = await connection.execute(
                "update es.checkpoint set epoch = epoch + 1 where relay = %s"
                " returning epoch, store, timeline, xid::text::bigint, position, ends",
                (self.service,),
            )
            row = await cursor.fetchone()
            assert row is not None
            epoch, store, timeline, xid, number, ends = row
            checkpoint = Checkpoint(epoch, store, timeline, Position(xid, number), ends)
            await _refuse_another_store(connection, checkpoint)
            return checkpoint


@dataclass(slots=True)
class Lag:
    """Seconds the oldest unpublished event has waited, and who holds it back."""

    seconds: float = 0.0
    holdback_seconds: float = 0.0
    culprit: str = ""


class _Session:
    """One term of leadership: one epoch, one producer, thrown away after any doubt."""

    def __init__(
        self,
        relay: Relay,
        checkpoint: Checkpoint,
        producer: AIOKafkaProducer,
        reader: AIOKafkaConsumer,
    ) -> None:
        self._relay = relay
        self._store = relay._store
        self._checkpoint = checkpoint
        self._producer = producer
        self._reader = reader
        self._cursor = checkpoint.position
        self._tails: dict[TopicPartition, Tail] = {}
        self._partitions: dict[str, int] = {}
        self._idle_wait = WITHHELD_SECONDS
        self._checked_at = 0.0

    async def read_back(self) -> None:
        """Learn what the topics hold, and go back to where they lost something."""
        for contract in self._relay._contracts.values():
            partitions = await self._producer.partitions_for(contract.topic)
            self._partitions[contract.topic] = len(partitions)
            for number in partitions:
                self._tails[TopicPartition(contract.topic, number)] = Tail()
        ends = await self._reader.end_offsets(list(self._tails))
        for partition, end in ends.items():
            self._tails[partition].offset = end
        await self._find_tails()
        lost = [tp for tp, end in ends.items() if end < self._checkpoint.ends.get(_name(tp), 0)]
        if lost:
            self._cursor = min([self._cursor, *(self._tails[tp].position for tp in lost)])
            self._checkpoint.timeline += 1
            log.warning("%s lost records; publishing again after %s", lost, self._cursor)
            await self._move_checkpoint()

    async def _find_tails(self) -> None:
        """The position of the last record of each partition, looked up by its event id."""
        ids = {}
        for partition, tail in self._tails.items():
            if tail.offset > 0:
                ids[partition] = await self._last_event_id(partition, tail.offset)
        found = {str(e.event_id): e.position for e in await self._store.find(list(ids.values()))}
        for partition, event_id in ids.items():
            if event_id not in found:
                raise Halt(
                    f"{_name(partition)} ends with event {event_id}, which the store does not"
                    " have: the store was restored or failed over without its last events."
                    " See docs/runbook.md, 'Phantom events'."
                )
            self._tails[partition].position = found[event_id]

    async def _last_event_id(self, partition: TopicPartition, end: int) -> str:
        self._reader.assign([partition])
        self._reader.seek(partition, end - 1)
        record = await asyncio.wait_for(self._reader.getone(partition), SEND_TIMEOUT)
        return str(dict(record.headers)["ce_id"].decode())

    async def turn(self, bell: Bell) -> None:
        """Publish the next page, or wait until there may be one."""
        events = await self._store.read_all(self._cursor, PAGE)
        if events:
            await self._publish(events)
            self._idle_wait = WITHHELD_SECONDS
            return
        nudged = await bell.wait(self._idle_wait)
        # A nudge may come before its event is readable, so look again soon, then less and less.
        self._idle_wait = WITHHELD_SECONDS if nudged else min(self._idle_wait * 2, POLL_SECONDS)
        await self._check()

    async def _check(self) -> None:
        now = asyncio.get_running_loop().time()
        if now - self._checked_at < CHECK_SECONDS:
            return
        self._checked_at = now
        self._relay.lag = await measure_lag(self._store, self._cursor)
        ends = await self._reader.end_offsets(list(self._tails))
        for partition, tail in self._tails.items():
            if ends[partition] < tail.offset:
                raise TopicShrank(_name(partition))

    async def _publish(self, events: Sequence[RecordedEvent]) -> None:
        groups: dict[TopicPartition, list[RecordedEvent]] = {}
        for event in events:
            partition = self._partition(event)
            if event.position > self._tails[partition].position:
                groups.setdefault(partition, []).append(event)
        with telemetry.publishing(self._relay.service, events):
            async with asyncio.timeout(SEND_TIMEOUT):
                await asyncio.gather(*(self._send(tp, group) for tp, group in groups.items()))
        self._cursor = events[-1].position
        await self._move_checkpoint()
        telemetry.published(self._relay.service, len(events))

    def _partition(self, event: RecordedEvent) -> TopicPartition:
        name, key = event.stream.split("-", 1)
        topic = self._relay._contracts[name].topic
        return TopicPartition(topic, partition_of(key, self._partitions[topic]))

    async def _send(self, partition: TopicPartition, events: Sequence[RecordedEvent]) -> None:
        tail = self._tails[partition]
        left = list(events)
        while left:
            batch = self._producer.create_batch()
            taken = 0
            for event in left:
                if not self._add(batch, event):
                    break
                taken += 1
            sent = await self._producer.send_batch(
                batch, partition.topic, partition=partition.partition
            )
            answer: RecordMetadata = await sent
            if answer.offset < tail.offset:
                raise TopicShrank(_name(partition))
            tail.offset = answer.offset + taken
            tail.position = left[taken - 1].position
            left = left[taken:]

    def _add(self, batch: Any, event: RecordedEvent) -> bool:
        name, key = event.stream.split("-", 1)
        contract = self._relay._contracts[name]
        added = batch.append(
            key=key.encode(),
            value=event.data,
            timestamp=int(event.recorded_at.timestamp() * 1000),
            headers=headers(contract, key, event, self._checkpoint.timeline),
        )
        return added is not None

    async def _move_checkpoint(self) -> None:
        self._checkpoint.position = self._cursor
        self._checkpoint.ends = {_name(tp): tail.offset for tp, tail in self._tails.items()}
        async with self._store.pool.connection() as connection:
            cursor = await connection.execute(
                "update es.checkpoint set xid = %s::text::xid8, position = %s, timeline = %s,"
                " ends = %s::text::jsonb, store = %s, updated_at = clock_timestamp()"
                " where relay = %s and epoch = %s",
                (
                    str(self._cursor.xid),
                    self._cursor.number,
                    self._checkpoint.timeline,
                    json.dumps(self._checkpoint.ends),
                    self._checkpoint.store,
                    self._relay.service,
                    self._checkpoint.epoch,
                ),
            )
        if cursor.rowcount == 0:
            raise Deposed(f"epoch {self._checkpoint.epoch} is over")


@lru_cache(maxsize=100_000)
def partition_of(key: str, partitions: int) -> int:
    """Where Kafka's default partitioner puts a key; the same in every language's client."""
    return (murmur2(key.encode()) & 0x7FFFFFFF) % partitions


async def measure_lag(store: PostgresStore, after: Position) -> Lag:
    """How long the oldest event after a position has waited, and which session holds it back."""
    async with store.pool.connection() as connection:
        cursor = await connection.execute(
            """
            select coalesce(extract(epoch from clock_timestamp() - min(recorded_at)), 0)::float8,
                   coalesce(extract(epoch from clock_timestamp() - min(recorded_at) filter
                     (where xid >= pg_snapshot_xmin(pg_current_snapshot()))), 0)::float8
              from (select recorded_at, xid from es.event
                     where (xid, position) > (%s::text::xid8, %s)
                     order by xid, position limit 1000) pending
            """,
            (str(after.xid), after.number),
        )
        row = await cursor.fetchone()
        assert row is not None
        if not row[1]:
            return Lag(row[0])
        cursor = await connection.execute(
            "select format('pid %s %s (%s)', pid, application_name, left(query, 80))"
            " from pg_stat_activity where backend_xid is not null and pid <> pg_backend_pid()"
            " order by age(backend_xid) desc limit 1"
        )
        culprit = await cursor.fetchone()
        return Lag(row[0], row[1], culprit[0] if culprit else "")


async def _refuse_another_store(connection: Connection, checkpoint: Checkpoint) -> None:
    cursor = await connection.execute(
        "select (select system_identifier from pg_control_system())::text,"
        " exists (select from es.event where xid = %s::text::xid8 and position = %s)",
        (str(checkpoint.position.xid), checkpoint.position.number),
    )
    row = await cursor.fetchone()
    assert row is not None
    store, reached = row
    if checkpoint.position != BEGINNING and not reached:
        raise Halt(
            f"the checkpoint {checkpoint.position} is ahead of the store: its event is not there."
            " The store was restored to an earlier time. See docs/runbook.md, 'Phantom events'."
        )
    if checkpoint.store not in ("", store):
        raise Halt(f"the checkpoint belongs to store {checkpoint.store}, this one is {store}")
    checkpoint.store = store


async def _connect(conninfo: str, purpose: str) -> Connection:
    return await psycopg.AsyncConnection.connect(
        conninfo, autocommit=True, application_name=f"relais-{purpose}"
    )


async def _abandon(producer: AIOKafkaProducer) -> None:
    """Stop it, but not for ever: an idempotent producer waits for a broker that is gone."""
    try:
        async with asyncio.timeout(2.0):
            await producer.stop()
    except TimeoutError:
        log.warning("a producer was abandoned: the broker does not answer")


def _name(partition: TopicPartition) -> str:
    return f"{partition.topic}:{partition.partition}"
