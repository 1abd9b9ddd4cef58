"""From the store to Kafka: every event once, in order, whatever crashes in between."""

import asyncio
import json
import logging
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import chain
from struct import Struct
from typing import Any, NamedTuple
from uuid import UUID

import psycopg
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.errors import KafkaError
from aiokafka.structs import ConsumerRecord, RecordMetadata

from contracts.runtime import Contract
from infra import telemetry
from infra.cloudevents import of_event, of_type
from infra.cluster import Address
from infra.database import Connection
from infra.identity import own_name
from infra.kafka import options
from infra.locks import Lock
from infra.patience import heard_within
from infra.record_batches import Batch, packed
from infra.signals import Signal, Waiter
from infra.store import Position
from infra.store.protocol import BEGINNING, Lag, Outgoing, ServiceStore
from infra.supervisor import Halt, Progress
from infra.topics import create_topics, partitions_of

log = logging.getLogger("relais.relay")

PAGE = 1_000
FULL_PAGE = 4_000
"""The next page after a full one; so many of ordinary size are a batch or two a partition."""
FULL_PAGE_BYTES = 4 * 1024 * 1024
"""After a page of larger events than these, the next one is no longer."""
BATCH_BYTES = 512 * 1024
"""They are compressed: topics are kept for ever, and the headers of one event are nearly those of
the next."""
SILENCE_SECONDS = 10.0
"""How long the broker may say nothing before a term of leadership is given up."""
LOST_SECONDS = 3.0
"""How long a look at the topics may take: about one that is gone, nothing is answered at all."""
CLIENT_MS = 60_000
"""How long a client of Kafka waits by the clock, which goes on while a busy machine keeps us from
listening: we give up first."""
HANG_UP_SECONDS = 3.0
POLL_SECONDS = 5.0
"""How late an event is found whose nudge was lost, with the process that recorded it."""
WITHHELD_SECONDS = 0.002
WITHHELD_MOST_SECONDS = 0.25
"""Between these two an event is looked for that an older transaction holds back; none nudges when
it ends."""
CHECKPOINT_SECONDS = 0.1
CHECK_SECONDS = 5.0
FETCH_MS = 1_000
STANDBY_SECONDS = 1.0
ROUTES = 100_000
"""Streams whose way is remembered."""


class Deposed(Exception):
    """Another relay leads now; this one stops before it moves the checkpoint."""


class TopicShrank(Exception):
    """The broker holds less than it acknowledged, as an in-memory broker does after a restart."""


@dataclass(frozen=True, slots=True)
class Mark:
    """A partition holds every event of its own up to `position`, the last one before `offset`."""

    offset: int = 0
    position: Position = BEGINNING


@dataclass(slots=True)
class Checkpoint:
    """How far the relay has come: every event up to `position` is in its topic.

    `marks` ("topic:partition") may be ahead of it. `timeline` counts how often a topic lost
    records and was filled again, so that consumers know to read it again.
    """

    epoch: int
    store: str
    timeline: int
    position: Position
    marks: dict[str, Mark]
    installation: str = ""
    """The name that records carry; empty while the service is of no installation."""


class Route(NamedTuple):
    """Where the events of a stream go, and under which key."""

    contract: Contract[Any]
    key: bytes
    partition: TopicPartition


@dataclass(slots=True)
class Tail:
    """The known end of one partition: its mark, its end, and the events held beyond the mark."""

    mark: Mark
    end: int = 0
    held: dict[UUID, int] = field(default_factory=dict)


class Relay:
    """Publishes the events of one service; any number may run, one leads.

    Order: per key, the order of the stream. Delivery: at least once; the next leader
    reads back what the topic already holds, so a crash repeats at most what was still on its way
    to the broker. Loss on the broker's side is found by the offsets it answers, and mended by
    publishing again from the store.
    """

    def __init__(
        self,
        service: str,
        store: ServiceStore,
        contracts: Sequence[Contract[Any]],
        *,
        bootstrap: Address,
        conninfo: str,
        signal: Signal,
        replication: int = 1,
        in_sync: int = 1,
    ) -> None:
        self.service = service
        self.progress = Progress()
        self.leading = asyncio.Event()
        self.lag = Lag()
        self._store = store
        self._contracts: Mapping[str, Contract[Any]] = {c.name: c for c in contracts}
        self._bootstrap = bootstrap
        self._conninfo = conninfo
        self._nudge = signal
        self._replication, self._in_sync = replication, in_sync
        self._stopping = False

    def stop(self) -> None:
        """Finish the page at hand, then return from `run`."""
        self._stopping = True
        self._nudge.notify()

    async def run(self) -> None:
        """Lead when nobody else does, publish until stopped. Raises `Halt` when it must not."""
        async with AsyncExitStack() as stack:
            lock = await stack.enter_async_context(await _connect(self._conninfo, "relay"))
            if not await self._elected(lock):
                return
            waiter = await stack.enter_async_context(self._nudge.subscribe(lock))
            session = await stack.enter_async_context(self._session())
            self.leading.set()
            stack.callback(self.leading.clear)
            while not self._stopping:
                await session.turn(waiter)
                self.progress.tick()
            await session.settle()
            await session.move_checkpoint()

    async def _elected(self, lock: Connection) -> bool:
        while not self._stopping:
            self.progress.tick()
            cursor = await lock.execute(
                "select pg_try_advisory_lock(%s, hashtext(%s))", (Lock.RELAY, self.service)
            )
            row = await cursor.fetchone()
            if row is not None and row[0]:
                return True
            await asyncio.sleep(STANDBY_SECONDS)
        return False

    @asynccontextmanager
    async def _session(self) -> AsyncIterator["_Session"]:
        checkpoint = await self._take_over()
        checkpoint.installation = await own_name(self.service, self._store.pool)
        contracts = list(self._contracts.values())
        await create_topics(self._bootstrap, contracts, self._replication, self._in_sync)
        producer = AIOKafkaProducer(
            **options(self._bootstrap),
            enable_idempotence=True,
            request_timeout_ms=CLIENT_MS,
        )
        reader = AIOKafkaConsumer(
            **options(self._bootstrap),
            enable_auto_commit=False,
            auto_offset_reset="earliest",
            request_timeout_ms=CLIENT_MS,
        )
        session = _Session(self, checkpoint, producer, reader)
        try:
            await producer.start()
            await reader.start()
            await session.read_back()
            yield session
        finally:
            await session.abandon()

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
            marks = {name: Mark(end[0], Position(*end[1:])) for name, end in ends.items()}
        checkpoint = Checkpoint(epoch, store, timeline, Position(xid, number), marks)
        await _refuse_another_store(self._store, checkpoint)
        return checkpoint


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
        self._cursor = self._settled = checkpoint.position
        self._tails: dict[TopicPartition, Tail] = {}
        self._partitions = {
            topic: [TopicPartition(topic, number) for number in range(partitions_of(topic))]
            for topic in (contract.topic for contract in relay._contracts.values())
        }
        self._route = lru_cache(ROUTES)(self._find_route)
        self._shared: dict[tuple[str, str], tuple[int, bytes]] = {}
        self._sending: asyncio.Task[None] | None = None
        self._checking: asyncio.Task[None] | None = None
        self._page = PAGE
        self._idle_wait = WITHHELD_SECONDS
        self._moved_at = 0.0
        self._checked_at = 0.0

    # --- What the topics hold -------------------------------------------------------------------

    async def read_back(self) -> None:
        """Learn what the topics hold beyond their marks, and which of them lost something."""
        marks = self._checkpoint.marks
        for partition in chain.from_iterable(self._partitions.values()):
            self._tails[partition] = Tail(marks.get(_name(partition), Mark()))
        # Assigned first: asked about topics it was not told of, the client learns one a try. And
        # paused: it would fetch all that we publish.
        self._reader.assign(list(self._tails))
        self._reader.pause(*self._tails)
        for partition, end in (await self._ends(SILENCE_SECONDS)).items():
            self._tails[partition].end = end
        lost = [tp for tp, tail in self._tails.items() if tail.end < tail.mark.offset]
        lost += await self._read_beyond_marks()
        if lost:
            await self._begin_timeline(lost)

    async def _read_beyond_marks(self) -> list[TopicPartition]:
        """Fill `held`; answers the partitions whose mark is not where it was left."""
        wanted = {
            tp: max(0, tail.mark.offset - 1)
            for tp, tail in self._tails.items()
            if max(1, tail.mark.offset) <= tail.end
        }
        found = await self._event_ids(wanted)
        ids = [event_id for held in found.values() for event_id in held.values()]
        positions = {e.event_id: e.position for e in await self._store.find(ids)}
        moved = []
        for partition, held in found.items():
            mark = self._tails[partition].mark
            for event_id in held.values():
                if event_id not in positions:
                    raise Halt(_PHANTOM.format(_name(partition), event_id))
            if mark.position != BEGINNING and (
                mark.offset - 1 not in held or positions[held[mark.offset - 1]] != mark.position
            ):
                moved.append(partition)
            self._tails[partition].held = {
                event_id: offset
                for offset, event_id in sorted(held.items(), reverse=True)
                if offset >= mark.offset and positions[event_id] > mark.position
            }
        return moved

    async def _event_ids(
        self, starts: Mapping[TopicPartition, int]
    ) -> dict[TopicPartition, dict[int, UUID]]:
        """The event id at each offset from the starts to the ends; others' records are left out."""
        found: dict[TopicPartition, dict[int, UUID]] = {partition: {} for partition in starts}
        for partition, start in starts.items():
            self._reader.seek(partition, start)
        self._reader.resume(*starts)
        left = set(starts)
        while left:
            fetched = await heard_within(SILENCE_SECONDS, self._fetched(left))
            for partition, records in fetched.items():
                for record in records:
                    with suppress(KeyError, ValueError):
                        ce_id = dict(record.headers)["ce_id"]
                        found[partition][record.offset] = UUID(ce_id.decode())
            left = {tp for tp in left if await self._reader.position(tp) < self._tails[tp].end}
        self._reader.pause(*starts)
        return found

    async def _fetched(
        self, partitions: Iterable[TopicPartition]
    ) -> Mapping[TopicPartition, Sequence[ConsumerRecord]]:
        """Records of these partitions, as soon as there are some."""
        found: Mapping[TopicPartition, Sequence[ConsumerRecord]] = {}
        while not found:
            found = await self._reader.getmany(*partitions, timeout_ms=FETCH_MS)
        return found

    async def _begin_timeline(self, lost: Iterable[TopicPartition]) -> None:
        """Publish these partitions again, whole: what they still hold may have gaps."""
        log.warning("%s lost records and will be filled again", [_name(tp) for tp in lost])
        for partition in lost:
            end = self._tails[partition].end
            self._tails[partition] = Tail(Mark(end), end)
        self._cursor = self._settled = BEGINNING
        self._checkpoint.timeline += 1
        await self.move_checkpoint()

    # --- Publishing -----------------------------------------------------------------------------

    async def turn(self, waiter: Waiter) -> None:
        """Read the next page while the last one is sent, or wait until there may be one."""
        events = await self._store.outgoing(self._cursor, self._page)
        await self.settle()
        if events:
            self._cursor = events[-1].position
            self._sending = asyncio.create_task(self._publish(events))
            self._idle_wait = WITHHELD_SECONDS
        if len(events) < self._page and not waiter.heard():
            await self.settle()
            await self._move_when_due()
            await self._idle(waiter)
        self._page = _next_page(events, self._page)
        self._check_when_due(waiter)

    async def _idle(self, waiter: Waiter) -> None:
        """Wait for a nudge. It may come before its event is readable: then look again soon."""
        if self._idle_wait in (WITHHELD_SECONDS, WITHHELD_MOST_SECONDS):
            withheld = await self._store.withholds(self._cursor)
            self._idle_wait = self._idle_wait if withheld else POLL_SECONDS
        if await waiter.wait(self._idle_wait):
            self._idle_wait = WITHHELD_SECONDS
        elif self._idle_wait < POLL_SECONDS:
            self._idle_wait = min(self._idle_wait * 2, WITHHELD_MOST_SECONDS)

    async def settle(self) -> None:
        """Wait until the page on its way is acknowledged."""
        sending, self._sending = self._sending, None
        if sending is not None:
            await sending

    async def _publish(self, events: Sequence[Outgoing]) -> None:
        groups: dict[TopicPartition, list[Outgoing]] = {}
        for event in events:
            partition = self._route(event.stream).partition
            try:
                if self._lacks(partition, event):
                    groups.setdefault(partition, []).append(event)
            except TopicShrank:
                await self._begin_timeline([partition])
                raise
        with telemetry.publishing(self._relay.service, events):
            await heard_within(SILENCE_SECONDS, self._send_all(groups))
        telemetry.published(self._relay.service, sum(map(len, groups.values())))
        self._settled = events[-1].position
        await self._move_when_due()

    def _lacks(self, partition: TopicPartition, event: Outgoing) -> bool:
        """Whether the partition still lacks this event; asked in the order of the store.

        Raises `TopicShrank` when it lacks an event but holds a later one.
        """
        tail = self._tails[partition]
        if (event.xid, event.number) <= tail.mark.position:
            return False
        if not tail.held:
            return True
        held = tail.held.pop(UUID(event.event_id), None)
        if held is None:
            raise TopicShrank(f"{_name(partition)} lost {event.stream} {event.version}")
        tail.mark = Mark(held + 1, event.position)
        return False

    def _find_route(self, stream: str) -> Route:
        name, key = stream.split("-", 1)
        try:
            contract = self._relay._contracts[name]
        except KeyError:
            raise Halt(
                f"{stream} is of no aggregate that this release of {self._relay.service}"
                " knows: a newer release recorded it. Run that one."
            ) from None
        partitions = self._partitions[contract.topic]
        return Route(contract, key.encode(), partitions[partition_of(key, len(partitions))])

    async def _send_all(self, groups: Mapping[TopicPartition, Sequence[Outgoing]]) -> None:
        await asyncio.gather(*(self._send(tp, group) for tp, group in groups.items()))

    async def _send(self, partition: TopicPartition, outgoing: Sequence[Outgoing]) -> None:
        tail = self._tails[partition]
        left = outgoing
        while left:
            batch = Batch(BATCH_BYTES)
            taken = 0
            while taken < len(left) and self._add(batch, left[taken]):
                taken += 1
            sent = await self._producer.send_batch(
                batch, partition.topic, partition=partition.partition
            )
            answer: RecordMetadata = await sent
            if answer.offset < tail.end:
                raise TopicShrank(_name(partition))
            tail.end = answer.offset + taken
            tail.mark = Mark(tail.end, left[taken - 1].position)
            left = left[taken:]

    def _add(self, batch: Batch, event: Outgoing) -> bool:
        contract, key, _ = self._route(event.stream)
        count, shared = self._shared_headers(contract, event.type)
        own = of_event(event, key, self._checkpoint.timeline, self._checkpoint.installation)
        return batch.add(
            int(event.recorded_at.timestamp() * 1000),
            key,
            event.data,
            count + len(own),
            shared + packed(own),
        )

    def _shared_headers(self, contract: Contract[Any], type: str) -> tuple[int, bytes]:
        """How many headers all events of a type share, and these, packed once."""
        kind = (contract.package, type)
        if (found := self._shared.get(kind)) is None:
            shared = of_type(contract, type)
            found = self._shared[kind] = (len(shared), packed(shared))
        return found

    # --- Between the pages ----------------------------------------------------------------------

    def _check_when_due(self, waiter: Waiter) -> None:
        """Look after the topics, beside the publishing; raises what the last look found wrong."""
        if self._checking is not None:
            if not self._checking.done():
                return
            checked, self._checking = self._checking, None
            checked.result()
        now = asyncio.get_running_loop().time()
        if now - self._checked_at >= CHECK_SECONDS:
            self._checked_at = now
            self._checking = asyncio.create_task(self._check(waiter))

    async def _check(self, waiter: Waiter) -> None:
        try:
            await self._look_after_topics()
        except Exception:
            # It is heard of at the end of a turn.
            waiter.wake()
            raise

    async def _look_after_topics(self) -> None:
        self._relay.lag = await self._store.lag(self._settled)
        known = {partition: tail.end for partition, tail in self._tails.items()}
        ends = await self._ends(LOST_SECONDS)
        for partition, end in known.items():
            if ends[partition] < end:
                raise TopicShrank(_name(partition))

    async def _ends(self, within: float) -> Mapping[TopicPartition, int]:
        return await heard_within(within, self._reader.end_offsets(list(self._tails)))

    async def _move_when_due(self) -> None:
        now = asyncio.get_running_loop().time()
        if self._settled != self._checkpoint.position and now - self._moved_at > CHECKPOINT_SECONDS:
            self._moved_at = now
            await self.move_checkpoint()

    async def move_checkpoint(self) -> None:
        """Write down how far it has come. Raises `Deposed` when another epoch has begun."""
        self._checkpoint.position = self._settled
        marks = {
            _name(tp): (tail.mark.offset, tail.mark.position.xid, tail.mark.position.number)
            for tp, tail in self._tails.items()
        }
        async with self._store.pool.connection() as connection:
            cursor = await connection.execute(
                _MOVE,
                (
                    str(self._settled.xid),
                    self._settled.number,
                    self._checkpoint.timeline,
                    json.dumps(marks),
                    self._checkpoint.store,
                    self._relay.service,
                    self._checkpoint.epoch,
                ),
            )
        if cursor.rowcount == 0:
            raise Deposed(f"epoch {self._checkpoint.epoch} is over")

    async def abandon(self) -> None:
        """Hang up at once: nothing that is in doubt may still be sent after this.

        `AIOKafkaProducer.stop` alone would first wait for a broker that is gone (aiokafka#1101).
        """
        for task in (self._sending, self._checking):
            if task is not None:
                task.cancel()
                await asyncio.gather(task, return_exceptions=True)
        if (sender := self._producer._sender.sender_task) is not None:
            self._producer._message_accumulator.fail_all(KafkaError("abandoned"))
            sender.cancel()
        for client in (self._producer, self._reader):
            with suppress(KafkaError, TimeoutError):
                async with asyncio.timeout(HANG_UP_SECONDS):
                    await client.stop()


def partition_of(key: str, partitions: int) -> int:
    """Where Kafka's default partitioner puts a key; the same in every language's client."""
    return (murmur2(key.encode()) & 0x7FFFFFFF) % partitions


def murmur2(key: bytes) -> int:
    """The hash of Kafka's Java client, word by word; that of aiokafka takes six times as long."""
    whole = len(key) & ~3
    hashed = _SEED ^ len(key)
    for (word,) in _WORD.iter_unpack(key[:whole]):
        mixed = word * _MIX & _UINT32
        hashed = (hashed * _MIX & _UINT32) ^ ((mixed ^ mixed >> 24) * _MIX & _UINT32)
    if rest := key[whole:]:
        hashed = (hashed ^ int.from_bytes(rest, "little")) * _MIX & _UINT32
    hashed = (hashed ^ hashed >> 13) * _MIX & _UINT32
    return hashed ^ hashed >> 15


_WORD = Struct("<I")
_UINT32 = 0xFFFFFFFF
_SEED, _MIX = 0x9747B28C, 0x5BD1E995


def _next_page(events: Sequence[Outgoing], page: int) -> int:
    """How many events to read next: more as long as the relay is behind and they are not large."""
    full = len(events) == page
    return FULL_PAGE if full and sum(len(e.data) for e in events) <= FULL_PAGE_BYTES else PAGE


# A checkpoint lost in a crash of the database costs a longer look back. One that waits for the
# disk or for another statement holds new events back: it is a writing transaction like any other.
_MOVE = """
update es.checkpoint
   set xid = %s::text::xid8, position = %s, timeline = %s, ends = %s::text::jsonb, store = %s,
       updated_at = clock_timestamp()
 where relay = %s and epoch = %s and set_config('synchronous_commit', 'off', true) = 'off'
"""

_PHANTOM = (
    "{} holds event {}, which the store does not have: the store was restored or failed over"
    " without its last events. See docs/runbook/phantom-events.md."
)


async def _refuse_another_store(store: ServiceStore, checkpoint: Checkpoint) -> None:
    identity = await store.identity()
    if checkpoint.store not in ("", identity):
        raise Halt(f"the checkpoint belongs to store {checkpoint.store}, this one is {identity}")
    if checkpoint.position != BEGINNING and not await store.holds(checkpoint.position):
        raise Halt(
            f"the checkpoint {checkpoint.position} is ahead of the store: its event is not there."
            " The store was restored to an earlier time. See docs/runbook/phantom-events.md."
        )
    checkpoint.store = identity


async def _connect(conninfo: str, purpose: str) -> Connection:
    return await psycopg.AsyncConnection.connect(
        conninfo, autocommit=True, application_name=f"relais-{purpose}"
    )


def _name(partition: TopicPartition) -> str:
    return f"{partition.topic}:{partition.partition}"
