"""What happens to a record: done, parked or broken.

In one database transaction the work is done, the stream's version and the partition's position
are written; the position moves only for the owner of its epoch. The stream's version decides: the
next one is applied, an older one is a duplicate, a hole is first filled from the topic.
"""

import json
import logging
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from importlib.resources import files
from typing import Any, Protocol

import psycopg
from psycopg import sql

from contracts.runtime import Contract, UnknownEventType
from infra import telemetry
from infra.cloudevents import Envelope, NotAnEvent, envelope
from infra.consumers.records import Delivery, Partition, Record, TopicReader
from infra.nudge import Nudge
from infra.personal import Codec, Encoded, Keyring
from infra.store.postgres import Connection, Pool
from infra.supervisor import Halt

log = logging.getLogger("relais.consumer")

PARKING_LIMIT = 100
"""More parked streams than this stop the consumer: then the release is bad, not the records."""
KNOWN_STREAMS = 100_000


class Fenced(Exception):
    """A newer owner has taken the partition; nothing of this batch was kept."""


class Retry(Exception):
    """The work met a concurrent writer; the same batch will do when repeated."""


class Hole(Exception):
    """A record came before others of its stream that the topic does not hold (yet)."""


class Handler(Protocol):
    """The work of a consumer."""

    async def handle(
        self, connection: Connection, deliveries: Sequence[Delivery]
    ) -> Mapping[int, Exception]:
        """Do the work of a batch in the caller's transaction; answer what failed, by index.

        After a failed delivery, later ones of the same stream must be left alone: the caller
        parks them behind it. Raising abandons the whole batch.
        """
        ...

    def forget_cache(self) -> None:
        """Drop what is remembered between batches: the last one was rolled back."""
        ...


@dataclass(slots=True)
class Owned:
    """A partition this process owns: where it goes on, and in which timeline of the topic."""

    epoch: int
    next_offset: int
    timeline: int


@dataclass(slots=True)
class StreamState:
    """How far a stream is: last version done, and the stretch that is parked, if any."""

    seen: int = 0
    head: int | None = None
    tail: int | None = None


@dataclass(slots=True)
class Plan:
    """What a batch comes to, before it is carried out."""

    apply: list[tuple[Record, Delivery]] = field(default_factory=list)
    park: list[tuple[Record, str, int, str | None]] = field(default_factory=list)
    states: dict[str, StreamState] = field(default_factory=dict)
    duplicates: int = 0
    holes: int = 0
    filled: set[str] = field(default_factory=set)


Opened = tuple[Record, Envelope | None, Any]


class Consumer:
    """The core of one consumer; a transport hands it records, in any order and any number of times.

    Guarantees, whatever the transport does: every event is handled once, in the order of its
    stream; a record that cannot be handled parks its stream and nothing else.
    """

    def __init__(
        self,
        name: str,
        pool: Pool,
        contracts: Sequence[Contract[Any]],
        handler: Handler,
        keyring: Keyring,
        reader: TopicReader,
        *,
        owner: str = "",
        seen: Nudge | None = None,
        parking_limit: int = PARKING_LIMIT,
    ) -> None:
        self.name = name
        self.topics = tuple(contract.topic for contract in contracts)
        self._pool = pool
        self._codecs = {contract.topic: Codec(contract, keyring) for contract in contracts}
        self._handler = handler
        self._reader = reader
        self._owner = owner
        self._seen = seen
        self._parking_limit = parking_limit
        self._owned: dict[Partition, Owned] = {}
        self._known: dict[str, StreamState] = {}

    # --- Ownership ------------------------------------------------------------------------------

    async def acquire(self, partitions: Sequence[Partition]) -> dict[Partition, int]:
        """Become the owner; answers the offset each partition goes on at.

        Whoever owned a partition before can no longer move it.
        """
        self._known.clear()
        self._handler.forget_cache()
        async with self._pool.connection() as connection:
            cursor = await connection.execute(
                "insert into consumer.position (consumer, topic, partition, epoch, owner)"
                " select %s, t, p, 1, %s from unnest(%s::text[], %s::int[]) as n(t, p)"
                " on conflict (consumer, topic, partition) do update"
                "   set epoch = consumer.position.epoch + 1, owner = excluded.owner"
                " returning topic, partition, epoch, next_offset, timeline",
                (self.name, self._owner, [t for t, _ in partitions], [p for _, p in partitions]),
            )
            for topic, partition, epoch, next_offset, timeline in await cursor.fetchall():
                self._owned[(topic, partition)] = Owned(epoch, next_offset, timeline)
        return {p: self._owned[p].next_offset for p in partitions}

    def release(self, partitions: Sequence[Partition]) -> None:
        """Stop counting these partitions as owned."""
        for partition in partitions:
            self._owned.pop(partition, None)
        self._known.clear()

    def next_offsets(self) -> dict[Partition, int]:
        """Where each owned partition goes on."""
        return {partition: owned.next_offset for partition, owned in self._owned.items()}

    # --- Records --------------------------------------------------------------------------------

    async def consume(self, records: Sequence[Record]) -> None:
        """Handle these records and what they show to be missing. Repeating a call is harmless.

        Raises `Fenced` when a partition has a newer owner, `Halt` at the parking limit, and
        database errors as they come; whatever it raises, nothing is half-done.
        """
        by_partition: dict[Partition, list[Record]] = {}
        for record in records:
            by_partition.setdefault((record.topic, record.partition), []).append(record)
        whole: list[Record] = []
        for partition, found in by_partition.items():
            if partition not in self._owned:
                continue
            async for stretch in self._continuous(partition, found):
                if stretch is found or len(whole) + len(stretch) <= len(records):
                    whole += stretch
                else:
                    await self._carry_out(stretch)
        if whole:
            await self._carry_out(whole)

    async def _continuous(
        self, partition: Partition, records: list[Record]
    ) -> AsyncIterator[list[Record]]:
        """The records without those seen before, and with those that were passed over."""
        owned = self._owned[partition]
        expected = owned.next_offset
        fresh: list[Record] = []
        for record in records:
            timeline = _timeline(record)
            if timeline > owned.timeline:
                # The topic was filled again: offsets mean something else now, so read it all.
                log.warning("%s reads %s again: timeline %s", self.name, partition, timeline)
                if fresh:
                    yield fresh
                    fresh = []
                async for stretch in self._stretch(partition, 0, record.offset):
                    yield stretch
                owned.timeline, expected = timeline, record.offset
            if record.offset < expected:
                telemetry.duplicates_dropped(self.name, 1)
                continue
            if record.offset > expected:
                if fresh:
                    yield fresh
                    fresh = []
                async for stretch in self._stretch(partition, expected, record.offset):
                    yield stretch
            fresh.append(record)
            expected = record.offset + 1
        if fresh:
            yield fresh

    async def _stretch(
        self, partition: Partition, start: int, stop: int
    ) -> AsyncIterator[list[Record]]:
        while start < stop and (found := await self._reader.read(partition, start, stop)):
            yield found
            start = found[-1].offset + 1

    async def _carry_out(self, records: Sequence[Record]) -> None:
        opened = await self._open(records)
        try:
            await self._in_transaction(opened, records)
        except (psycopg.DataError, psycopg.IntegrityError) as error:
            # One of them cannot be written. Alone, each shows whether it is the one.
            self._reset()
            if len(opened) == 1:
                await self._in_transaction(opened, records, refused=error)
                return
            for one in opened:
                await self._carry_out([one[0]])
        except BaseException:
            self._reset()
            raise

    def _reset(self) -> None:
        self._known.clear()
        self._handler.forget_cache()

    async def _in_transaction(
        self,
        opened: Sequence[Opened],
        records: Sequence[Record],
        refused: Exception | None = None,
    ) -> None:
        plan = await self._plan(opened)
        async with self._pool.connection() as connection, connection.transaction():
            if refused is None:
                await self._work(connection, plan)
            else:
                _park_all(plan, refused)
            await self._write(connection, plan, records)
        self._committed(plan, records)

    async def _open(self, records: Sequence[Record]) -> list[Opened]:
        """Each record with its envelope and its event, or the exception that says why not."""
        opened: list[Opened] = [_enveloped(record) for record in records]
        for topic in {record.topic for record in records}:
            places = [n for n, (r, e, _) in enumerate(opened) if e and r.topic == topic]
            encoded = [_encoded(opened[n]) for n in places]
            decoded = await self._codecs[topic].try_decode(encoded)
            for n, event in zip(places, decoded, strict=True):
                opened[n] = (opened[n][0], opened[n][1], event)
        return opened

    # --- What to do with each -------------------------------------------------------------------

    async def _plan(self, opened: Sequence[Opened]) -> Plan:
        plan = Plan(states=await self._states({r.stream for r, e, _ in opened if e}))
        for record, found, event in opened:
            if found is None:
                name = f"{record.topic}/{record.partition}/{record.offset}"
                plan.park.append((record, name, 1, f"{type(event).__name__}: {event}"))
                continue
            await self._place(plan, record, found, event)
        return plan

    async def _place(self, plan: Plan, record: Record, found: Envelope, event: Any) -> None:
        state = plan.states[record.stream]
        version = found.sequence
        if version <= state.seen:
            plan.duplicates += 1
        elif version > state.seen + 1 and state.head is None:
            await self._fill(plan, record, found, event)
        elif state.head is None or (version == state.seen + 1 < state.head):
            self._admit(plan, record, found, event)
        else:
            self._park(plan, record, version, None)

    def _admit(self, plan: Plan, record: Record, found: Envelope, event: Any) -> None:
        state = plan.states[record.stream]
        if isinstance(event, Exception) and not _skippable(record, event):
            self._park(plan, record, found.sequence, f"{type(event).__name__}: {event}")
            return
        state.seen = found.sequence
        if not isinstance(event, Exception):
            plan.apply.append((record, Delivery(record.stream, found, event)))
        if state.head is not None and state.head == state.seen + 1:
            plan.filled.add(record.stream)

    def _park(self, plan: Plan, record: Record, version: int, reason: str | None) -> None:
        state = plan.states[record.stream]
        state.head = min(state.head or version, version)
        state.tail = max(state.tail or version, version)
        plan.park.append((record, record.stream, version, reason))

    async def _fill(self, plan: Plan, record: Record, found: Envelope, event: Any) -> None:
        """Fetch what is missing before this record; without it the record waits, parked."""
        state = plan.states[record.stream]
        missing = range(state.seen + 1, found.sequence)
        plan.holes += 1
        log.warning("%s: %s lacks versions %s", self.name, record.stream, list(missing))
        earlier = await self._find(record, missing)
        for one in await self._open(list(earlier.values())):
            assert one[1] is not None
            self._admit(plan, one[0], one[1], one[2])
        if state.head is None and state.seen + 1 == found.sequence:
            self._admit(plan, record, found, event)
        else:
            self._park(plan, record, found.sequence, f"Hole: versions {list(missing)} are missing")

    async def _find(self, record: Record, missing: range) -> dict[int, Record]:
        """The missing versions, as far as the topic holds them without a gap."""
        partition = (record.topic, record.partition)
        found: dict[int, Record] = {}
        end = await self._reader.end(partition)
        async for stretch in self._stretch(partition, 0, end):
            for other in stretch:
                if other.key != record.key:
                    continue
                _, other_envelope, _ = _enveloped(other)
                if other_envelope is not None and other_envelope.sequence in missing:
                    found.setdefault(other_envelope.sequence, other)
        whole: dict[int, Record] = {}
        for version in missing:
            if version not in found:
                break
            whole[version] = found[version]
        return whole

    async def _states(self, streams: set[str]) -> dict[str, StreamState]:
        unknown = [stream for stream in streams if stream not in self._known]
        if unknown:
            if len(self._known) > KNOWN_STREAMS:
                self._known.clear()
                unknown = list(streams)
            self._known |= dict.fromkeys(unknown, StreamState())
            async with self._pool.connection() as connection:
                cursor = await connection.execute(
                    "select s, coalesce(v.version, 0), p.head, p.tail from unnest(%s::text[]) s"
                    " left join consumer.stream v on v.consumer = %s and v.stream = s"
                    " left join lateral (select min(version) as head, max(version) as tail"
                    "   from consumer.parked where consumer = %s and stream = s) p on true",
                    (unknown, self.name, self.name),
                )
                for stream, seen, head, tail in await cursor.fetchall():
                    self._known[stream] = StreamState(seen, head, tail)
        return {stream: replace(self._known[stream]) for stream in streams}

    # --- In the transaction ---------------------------------------------------------------------

    async def _work(self, connection: Connection, plan: Plan) -> None:
        if not plan.apply:
            return
        deliveries = [delivery for _, delivery in plan.apply]
        with telemetry.handling(self.name, deliveries):
            failed = await self._handler.handle(connection, deliveries)
        _park_failures(plan, failed)

    async def _write(
        self, connection: Connection, plan: Plan, records: Sequence[Record]
    ) -> None:
        if plan.park:
            await self._write_parked(connection, plan)
        if plan.filled:
            await connection.execute(
                "update consumer.parked set request = 'requeue'"
                " where consumer = %s and stream = any(%s)",
                (self.name, list(plan.filled)),
            )
        ends = _ends(records)
        partitions = [(p, end) for p, end in ends.items() if p in self._owned]
        moved = await self._move(connection, plan, partitions)
        if moved != len(partitions):
            raise Fenced(f"{self.name} lost one of {[p for p, _ in partitions]}")

    async def _move(
        self,
        connection: Connection,
        plan: Plan,
        partitions: Sequence[tuple[Partition, int]],
    ) -> int:
        owned = [self._owned[partition] for partition, _ in partitions]
        cursor = await connection.execute(
            """
            with streams as (
              insert into consumer.stream (consumer, stream, version)
              select %s, s, v from unnest(%s::text[], %s::int[]) as n(s, v)
              on conflict (consumer, stream) do update set version = excluded.version
            ), moved as (
              update consumer.position p
                 set next_offset = n.next, timeline = n.timeline, updated_at = clock_timestamp()
                from unnest(%s::text[], %s::int[], %s::bigint[], %s::int[], %s::bigint[])
                     as n(topic, partition, next, timeline, epoch)
               where p.consumer = %s and p.topic = n.topic and p.partition = n.partition
                 and p.epoch = n.epoch
              returning 1
            ) select count(*) from moved
            """,
            (
                self.name,
                list(plan.states),
                [state.seen for state in plan.states.values()],
                [topic for (topic, _), _ in partitions],
                [number for (_, number), _ in partitions],
                [end for _, end in partitions],
                [o.timeline for o in owned],
                [o.epoch for o in owned],
                self.name,
            ),
        )
        row = await cursor.fetchone()
        assert row is not None
        return int(row[0])

    async def _write_parked(self, connection: Connection, plan: Plan) -> None:
        cursor = connection.cursor()
        await cursor.executemany(
            "insert into consumer.parked (consumer, stream, version, topic, partition, \"offset\","
            " key, value, headers, reason, attempts)"
            " values (%s, %s, %s, %s, %s, %s, %s, %s, %s::text::jsonb, %s, 1)"
            " on conflict (consumer, stream, version) do update set"
            "   reason = coalesce(excluded.reason, consumer.parked.reason),"
            "   attempts = consumer.parked.attempts + 1, request = null",
            [
                (
                    self.name, stream, version, r.topic, r.partition, r.offset, r.key, r.value,
                    json.dumps([[k, v.decode("latin-1")] for k, v in r.headers]), reason,
                )
                for r, stream, version, reason in plan.park
            ],
        )
        count = await connection.execute(
            "select count(distinct stream) from consumer.parked where consumer = %s", (self.name,)
        )
        row = await count.fetchone()
        assert row is not None
        if row[0] > self._parking_limit:
            raise Halt(
                f"{self.name} would park {row[0]} streams, more than {self._parking_limit}."
                " Mend the cause, then `relais parked requeue` and start it again."
            )
        for _, stream, version, reason in plan.park:
            if reason is not None:
                log.error("%s parked %s at version %s: %s", self.name, stream, version, reason)

    def _committed(self, plan: Plan, records: Sequence[Record]) -> None:
        self._known |= plan.states
        for partition, end in _ends(records).items():
            if partition in self._owned:
                self._owned[partition].next_offset = end
        telemetry.duplicates_dropped(self.name, plan.duplicates)
        telemetry.holes_healed(self.name, plan.holes)
        if self._seen is not None:
            self._seen.ring()

    # --- Parked streams -------------------------------------------------------------------------

    async def serve_requests(self) -> int:
        """Carry out what operators asked for parked streams; answers how many streams.

        Requeue handles the parked records in order, up to the next one that fails. Discard drops
        the first parked record for good; those behind it stay parked until requeued.
        """
        async with self._pool.connection() as connection:
            cursor = await connection.execute(
                "select stream, min(request) from consumer.parked"
                " where consumer = %s and request is not null group by stream",
                (self.name,),
            )
            requests = await cursor.fetchall()
        for stream, request in requests:
            if request == "discard":
                await self._discard(stream)
            else:
                await self._requeue(stream)
        return len(requests)

    async def _parked(self, stream: str) -> list[Record]:
        async with self._pool.connection() as connection:
            cursor = await connection.execute(
                'select topic, partition, "offset", key, value, headers from consumer.parked'
                " where consumer = %s and stream = %s order by version",
                (self.name, stream),
            )
            return [
                Record(*row[:5], tuple((k, v.encode("latin-1")) for k, v in row[5]))
                for row in await cursor.fetchall()
            ]

    async def _requeue(self, stream: str) -> None:
        records = await self._parked(stream)
        if not self._owns(records):
            return
        opened = await self._open(records)
        plan = await self._plan_requeue(stream, opened)
        async with self._pool.connection() as connection, connection.transaction():
            await self._work(connection, plan)
            kept = {version for _, _, version, _ in plan.park}
            await connection.execute(
                "delete from consumer.parked where consumer = %s and stream = %s"
                " and not version = any(%s)",
                (self.name, stream, list(kept)),
            )
            await self._write_requeued(connection, plan)
        self._known.pop(stream, None)
        if self._seen is not None:
            self._seen.ring()

    def _owns(self, records: Sequence[Record]) -> bool:
        return bool(records) and (records[0].topic, records[0].partition) in self._owned

    async def _plan_requeue(self, stream: str, opened: Sequence[Opened]) -> Plan:
        self._known.pop(stream, None)
        plan = Plan(states=await self._states({stream}))
        state = plan.states[stream]
        state.head = state.tail = None
        for record, found, event in opened:
            if found is None:
                plan.park.append((record, stream, 1, f"{type(event).__name__}: {event}"))
            else:
                await self._place(plan, record, found, event)
        return plan

    async def _write_requeued(self, connection: Connection, plan: Plan) -> None:
        if plan.park:
            await self._write_parked(connection, plan)
        await connection.execute(
            "update consumer.parked set request = null where consumer = %s and stream = any(%s)",
            (self.name, list(plan.states)),
        )
        owners = {(r.topic, r.partition) for r, _ in plan.apply} & self._owned.keys()
        partitions = [(p, self._owned[p].next_offset) for p in owners]
        if await self._move(connection, plan, partitions) != len(partitions):
            raise Fenced(self.name)

    async def _discard(self, stream: str) -> None:
        records = await self._parked(stream)
        if not self._owns(records):
            return
        async with self._pool.connection() as connection, connection.transaction():
            cursor = await connection.execute(
                "delete from consumer.parked where consumer = %s and stream = %s and version ="
                " (select min(version) from consumer.parked where consumer = %s and stream = %s)"
                " returning version",
                (self.name, stream, self.name, stream),
            )
            row = await cursor.fetchone()
            assert row is not None
            await connection.execute(
                "insert into consumer.stream (consumer, stream, version) values (%s, %s, %s)"
                " on conflict (consumer, stream) do update set version ="
                " greatest(consumer.stream.version, excluded.version)",
                (self.name, stream, row[0]),
            )
            await connection.execute(
                "update consumer.parked set request = null where consumer = %s and stream = %s",
                (self.name, stream),
            )
        log.warning("%s discarded version %s of %s", self.name, row[0], stream)
        self._known.pop(stream, None)

    # --- From the store -------------------------------------------------------------------------

    async def fill(self, deliveries: Sequence[Delivery]) -> None:
        """Handle events read from a store instead of a topic, as a rebuild does.

        The same rules hold but for positions: there is none to move.
        """
        plan = Plan(states=await self._states({d.stream for d in deliveries}))
        for delivery in deliveries:
            state = plan.states[delivery.stream]
            if delivery.envelope.sequence == state.seen + 1:
                state.seen += 1
                plan.apply.append((_NO_RECORD, delivery))
            elif delivery.envelope.sequence > state.seen + 1:
                raise Hole(f"{delivery.stream} {delivery.envelope.sequence}")
        async with self._pool.connection() as connection, connection.transaction():
            failed = await self._handler.handle(connection, [d for _, d in plan.apply])
            for error in failed.values():
                raise error
            await self._move(connection, plan, [])
        self._known |= plan.states


_NO_RECORD = Record("", 0, 0, b"", b"", ())


async def migrate(pool: Pool) -> None:
    """Create what a consumer needs in its database. Safe to repeat."""
    schema = files("infra.consumers").joinpath("schema.sql").read_text()
    async with pool.connection() as connection, connection.transaction():
        await connection.execute("select pg_advisory_xact_lock(72616, 3)")
        await connection.execute(sql.SQL(schema))  # type: ignore[arg-type]


@asynccontextmanager
async def owning(consumer: Consumer, partitions: Sequence[Partition]) -> AsyncIterator[Consumer]:
    """Own partitions for the time of a block."""
    await consumer.acquire(partitions)
    try:
        yield consumer
    finally:
        consumer.release(partitions)


def _timeline(record: Record) -> int:
    for name, value in record.headers:
        if name == "ce_timeline" and value.isdigit():
            return int(value)
    return 0


def _enveloped(record: Record) -> Opened:
    try:
        return record, envelope(record.headers), None
    except NotAnEvent as error:
        return record, None, error


def _encoded(opened: Opened) -> Encoded:
    record, found, _ = opened
    assert found is not None
    return Encoded(found.event_id, found.type, record.value)


def _skippable(record: Record, error: Exception) -> bool:
    """An event we do not know may be passed over when its contract says so."""
    return ("ce_skippable", b"true") in record.headers and isinstance(error, UnknownEventType)


def _ends(records: Sequence[Record]) -> dict[Partition, int]:
    ends: dict[Partition, int] = {}
    for record in records:
        partition = (record.topic, record.partition)
        ends[partition] = max(ends.get(partition, 0), record.offset + 1)
    return ends


def _park_failures(plan: Plan, failed: Mapping[int, Exception]) -> None:
    broken: dict[str, int] = {}
    for index, (record, delivery) in enumerate(plan.apply):
        stream, version = delivery.stream, delivery.envelope.sequence
        if stream not in broken and index not in failed:
            continue
        state = plan.states[stream]
        if stream not in broken:
            broken[stream] = state.seen = version - 1
            error = failed[index]
            plan.park.append((record, stream, version, f"{type(error).__name__}: {error}"))
        else:
            plan.park.append((record, stream, version, None))
        state.head = min(state.head or version, version)
        state.tail = max(state.tail or version, version)


def _park_all(plan: Plan, error: Exception) -> None:
    _park_failures(plan, dict.fromkeys(range(len(plan.apply)), error))
