"""Carries out records: each is done, parked, or found broken.

In one database transaction the work is done, the stream's version and the partition's position
are written; the position moves only for the owner of its epoch. The stream's version decides: the
next one is applied, an older one is a duplicate, a hole is first filled from the topic. An event of
a type that nobody reads here counts as its stream's next version and is not decoded.
"""

import asyncio
import json
import logging
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from importlib.resources import files
from itertools import takewhile
from typing import Any, Protocol

import psycopg

from infra import telemetry
from infra.cloudevents import Envelope, NotAnEvent, envelope
from infra.consumers.records import Delivery, Partition, Record, TopicReader
from infra.consumers.subscriptions import Subscription
from infra.migrations import apply_migrations
from infra.personal import Codec, Encoded, Keyring
from infra.signals import Signal
from infra.store.postgres import Connection, Pool
from infra.supervisor import Halt

log = logging.getLogger("relais.consumer")

PARKING_LIMIT = 100
"""More parked streams than this stop the consumer: then the release is bad, not the records."""
KNOWN_STREAMS = 100_000
BATCH = 1_000
"""Records done in one transaction; those read again from a topic come in pages as large."""
NEAR = 5_000
"""How far back a missing record is looked for before the whole topic is read."""


class Fenced(Exception):
    """A newer owner has taken the partition; nothing of this batch was kept."""


class Retry(Exception):
    """The work met a concurrent writer; the same batch will do when repeated."""


class NotFilled(Exception):
    """A rebuild met an event that its view cannot take."""

    def __init__(self, delivery: Delivery) -> None:
        super().__init__(f"{delivery.stream} version {delivery.envelope.sequence}")


REFUSED = (psycopg.DataError, psycopg.IntegrityError)
"""What the database says about a row it will never take, however often it is tried."""


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
    """How far a stream is: last version done, and the first one parked, if any."""

    seen: int = 0
    head: int | None = None


@dataclass(frozen=True, slots=True)
class Admitted:
    """The next record of its stream; without a delivery it is passed by."""

    record: Record
    version: int
    delivery: Delivery | None


@dataclass(slots=True)
class Plan:
    """The outcome of a batch before it is carried out.

    `park` holds (record, stream, version, why); without a reason it only waits behind another.
    """

    admit: list[Admitted] = field(default_factory=list)
    park: list[tuple[Record, str, int, str | None]] = field(default_factory=list)
    states: dict[str, StreamState] = field(default_factory=dict)
    duplicates: int = 0
    holes: int = 0
    filled: set[str] = field(default_factory=set)


Opened = tuple[Record, Envelope | None, Any]
"""A record with its envelope and its event: an exception says why there is none of them, and None
that nobody here reads the event."""
Ends = Mapping[Partition, tuple[int, int]]
"""Where each partition goes on after a batch: (next offset, timeline)."""


class Consumer:
    """The core of one consumer; a transport hands it records, in any order and any number of times.

    Guarantees, whatever the transport does: every event is handled once, in the order of its
    stream; a record that cannot be handled parks its stream and nothing else.
    """

    def __init__(
        self,
        name: str,
        pool: Pool,
        subscriptions: Sequence[Subscription],
        handler: Handler,
        keyring: Keyring,
        reader: TopicReader,
        *,
        owner: str = "",
        seen: Signal | None = None,
        parking_limit: int = PARKING_LIMIT,
    ) -> None:
        self.name = name
        self.topics = tuple(one.topic for one in subscriptions)
        self._pool = pool
        self._types = {one.topic: one.types for one in subscriptions}
        self._codecs = {one.topic: Codec(one.contract, keyring) for one in subscriptions}
        self._handler = handler
        self._reader = reader
        self._owner = owner
        self._seen = seen
        self._parking_limit = parking_limit
        self._owned: dict[Partition, Owned] = {}
        self._known: dict[str, StreamState] = {}
        self._parks = True
        """Whether streams may be parked, so that an operator may ask for something."""
        # One at a time: batches, requests, and changes of ownership.
        self._turn = asyncio.Lock()

    # --- Ownership ------------------------------------------------------------------------------

    async def acquire(self, partitions: Sequence[Partition]) -> dict[Partition, int]:
        """Become the owner; answers the offset each partition goes on at.

        Whoever owned a partition before can no longer move it. Waits for the batch at hand.
        """
        topics, numbers = [t for t, _ in partitions], [p for _, p in partitions]
        async with self._turn:
            self._reset()
            self._parks = True
            async with self._pool.connection() as connection:
                cursor = await connection.execute(
                    "insert into consumer.position (consumer, topic, partition, epoch, owner)"
                    " select %s, t, p, 1, %s from unnest(%s::text[], %s::int[]) as n(t, p)"
                    " on conflict (consumer, topic, partition) do update"
                    "   set epoch = consumer.position.epoch + 1, owner = excluded.owner"
                    " returning topic, partition, epoch, next_offset, timeline",
                    (self.name, self._owner, topics, numbers),
                )
                for topic, partition, *owned in await cursor.fetchall():
                    self._owned[(topic, partition)] = Owned(*owned)
            return {p: self._owned[p].next_offset for p in partitions}

    async def release(self, partitions: Sequence[Partition]) -> None:
        """Stop counting these partitions as owned. Waits for the batch at hand."""
        async with self._turn:
            for partition in partitions:
                self._owned.pop(partition, None)
            self._reset()

    async def finish(self) -> None:
        """Wait for the batch at hand, own nothing, and hang up; `acquire` begins anew."""
        await self.release(list(self._owned))
        await self._reader.close()

    def next_offsets(self) -> dict[Partition, int]:
        """Where each owned partition goes on."""
        return {partition: owned.next_offset for partition, owned in self._owned.items()}

    # --- Records --------------------------------------------------------------------------------

    async def consume(self, records: Sequence[Record]) -> None:
        """Handle these records and what they show to be missing. Repeating a call is harmless.

        Raises `Fenced` when a partition has a newer owner, `Halt` at the parking limit, and
        database errors as they come; whatever it raises, nothing is half-done.
        """
        async with self._turn:
            await self._consume(records)

    async def catch_up(self) -> int:
        """Handle a page of what the topics hold beyond our positions; answers how much is left.

        For transports that may lose a record without another one coming after it.
        """
        left = 0
        for partition, end in (await self._reader.ends(list(self._owned))).items():
            async with self._turn:
                left += await self._catch_up(partition, end)
        return left

    async def _catch_up(self, partition: Partition, end: int) -> int:
        owned = self._owned.get(partition)
        if owned is None:
            return 0
        if found := await self._reader.read(partition, owned.next_offset, end):
            await self._consume(found)
        return max(0, end - owned.next_offset)

    async def _consume(self, records: Sequence[Record]) -> None:
        groups: dict[Partition, list[Record]] = {}
        for record in records:
            groups.setdefault((record.topic, record.partition), []).append(record)
        batch: list[Record] = []
        timelines: dict[Partition, int] = {}
        for partition in groups.keys() & self._owned.keys():
            async for timeline, stretch in self._continuous(partition, groups[partition]):
                begun_again = timelines.get(partition, timeline) != timeline
                if batch and (begun_again or len(batch) + len(stretch) > BATCH):
                    await self._carry_out(batch, timelines)
                    batch, timelines = [], {}
                batch += stretch
                timelines[partition] = timeline
        if batch:
            await self._carry_out(batch, timelines)

    async def _continuous(
        self, partition: Partition, records: list[Record]
    ) -> AsyncIterator[tuple[int, list[Record]]]:
        """The records without those seen before, and with those that were passed over."""
        expected, timeline = self._owned[partition].next_offset, self._owned[partition].timeline
        fresh: list[Record] = []
        for record in records:
            again = record.timeline > timeline
            if fresh and (again or record.offset > expected):
                yield timeline, fresh
                fresh = []
            if again:
                # The topic was filled again: offsets mean something else now, so read it all.
                timeline = record.timeline
                if expected > 0:
                    log.warning("%s reads %s again: timeline %s", self.name, partition, timeline)
                expected = 0
            if record.offset < expected:
                telemetry.duplicates_dropped(self.name, 1)
                continue
            async for stretch in self._stretch(partition, expected, record.offset):
                yield timeline, stretch
            fresh.append(record)
            expected = record.offset + 1
        if fresh:
            yield timeline, fresh

    async def _stretch(
        self, partition: Partition, start: int, stop: int
    ) -> AsyncIterator[list[Record]]:
        while start < stop and (found := await self._reader.read(partition, start, stop)):
            yield found
            start = found[-1].offset + 1

    async def _carry_out(
        self, records: Sequence[Record], timelines: Mapping[Partition, int]
    ) -> None:
        ends = _ends(records, timelines)
        try:
            await self._in_transaction(await self._open(records), ends)
        except REFUSED as error:
            self._reset()
            if len(records) == 1:
                await self._in_transaction([_refused(records[0], error)], ends)
                return
            # One of them cannot be written. Alone, each shows whether it is the one.
            for record in records:
                await self._carry_out([record], timelines)
        except BaseException:
            self._reset()
            raise

    def _reset(self) -> None:
        self._known.clear()
        self._handler.forget_cache()

    async def _in_transaction(self, opened: Sequence[Opened], ends: Ends) -> None:
        plan = await self._plan(opened)
        async with self._transaction() as connection:
            await self._work(connection, plan)
            await self._write(connection, plan, ends)
        self._committed(plan, ends)

    @asynccontextmanager
    async def _transaction(self) -> AsyncIterator[Connection]:
        """A transaction whose statements travel together as far as no answer is needed."""
        async with (
            self._pool.connection() as connection,
            connection.pipeline(),
            connection.transaction(),
        ):
            yield connection

    async def _open(self, records: Sequence[Record]) -> list[Opened]:
        """Each record with its envelope, and its event where somebody here reads it."""
        opened: list[Opened] = [_enveloped(record) for record in records]
        for topic in {record.topic for record in records}:
            places = [
                n
                for n, (record, found, _) in enumerate(opened)
                if found and record.topic == topic and found.type in self._types[topic]
            ]
            encoded = [_encoded(opened[n]) for n in places]
            decoded = await self._codecs[topic].try_decode(encoded)
            for n, event in zip(places, decoded, strict=True):
                opened[n] = (opened[n][0], opened[n][1], event)
        return opened

    # --- What to do with each -------------------------------------------------------------------

    async def _plan(self, opened: Sequence[Opened], replayed: bool = False) -> Plan:
        plan = Plan(states=await self._states({r.stream for r, e, _ in opened if e}))
        if replayed:
            for state in plan.states.values():
                state.head = None
        for record, found, event in opened:
            if found is None:
                plan.park.append((record, _place_of(record), 1, _reason(event)))
                continue
            await self._place(plan, record, found, event)
        return plan

    async def _place(self, plan: Plan, record: Record, found: Envelope, event: Any) -> None:
        state = plan.states[record.stream]
        version = found.sequence
        if version <= state.seen:
            plan.duplicates += 1
        elif isinstance(event, REFUSED):
            self._park(plan, record, version, _reason(event))
        elif version > state.seen + 1 and state.head is None:
            await self._fill(plan, record, found, event)
        elif state.head is None or (version == state.seen + 1 < state.head):
            self._admit(plan, record, found, event)
        else:
            self._park(plan, record, version, None)

    def _admit(self, plan: Plan, record: Record, found: Envelope, event: Any) -> None:
        state = plan.states[record.stream]
        if isinstance(event, Exception):
            self._park(plan, record, found.sequence, _reason(event))
            return
        state.seen = found.sequence
        delivery = None if event is None else Delivery(record.stream, found, event)
        plan.admit.append(Admitted(record, found.sequence, delivery))
        if state.head is not None and state.head == state.seen + 1:
            plan.filled.add(record.stream)

    def _park(self, plan: Plan, record: Record, version: int, reason: str | None) -> None:
        state = plan.states[record.stream]
        state.head = min(state.head or version, version)
        plan.park.append((record, record.stream, version, reason))

    async def _fill(self, plan: Plan, record: Record, found: Envelope, event: Any) -> None:
        """Fetch what is missing before this record; without it the record waits, parked."""
        state = plan.states[record.stream]
        missing = range(state.seen + 1, found.sequence)
        lacking = f"versions {missing[0]} to {missing[-1]} are missing"
        plan.holes += 1
        log.warning("%s: %s: %s", self.name, record.stream, lacking)
        for one in await self._open(await self._find(record, missing)):
            assert one[1] is not None
            self._admit_or_wait(plan, one[0], one[1], one[2])
        if state.head is not None or state.seen + 1 == found.sequence:
            self._admit_or_wait(plan, record, found, event)
        else:
            self._park(plan, record, found.sequence, f"Hole: {lacking}")

    def _admit_or_wait(self, plan: Plan, record: Record, found: Envelope, event: Any) -> None:
        if plan.states[record.stream].head is None:
            self._admit(plan, record, found, event)
        else:
            self._park(plan, record, found.sequence, None)

    async def _find(self, record: Record, missing: range) -> list[Record]:
        """The missing versions in order, as far as the topic holds them without a gap."""
        partition = (record.topic, record.partition)
        end = (await self._reader.ends([partition]))[partition]
        near = max(0, record.offset - NEAR)
        found: dict[int, Record] = {}
        for start, stop in ((near, end), (0, near)):
            async for stretch in self._stretch(partition, start, stop):
                for other in stretch:
                    if other.key == record.key and (version := _version(other)) in missing:
                        found.setdefault(version, other)
                if len(found) == len(missing):
                    break
            if len(found) == len(missing):
                break
        return [found[version] for version in takewhile(found.__contains__, missing)]

    async def _states(self, streams: set[str]) -> dict[str, StreamState]:
        unknown = [stream for stream in streams if stream not in self._known]
        if unknown:
            if len(self._known) > KNOWN_STREAMS:
                self._known.clear()
                unknown = list(streams)
            self._known |= dict.fromkeys(unknown, StreamState())
            async with self._pool.connection() as connection:
                cursor = await connection.execute(
                    "select s, coalesce(v.version, 0), p.head from unnest(%s::text[]) s"
                    " left join consumer.stream v on v.consumer = %s and v.stream = s"
                    " left join lateral (select min(version) as head from"
                    "   consumer.parked where consumer = %s and stream = s) p on true",
                    (unknown, self.name, self.name),
                )
                for stream, seen, head in await cursor.fetchall():
                    self._known[stream] = StreamState(seen, head)
        return {stream: replace(self._known[stream]) for stream in streams}

    # --- In the transaction ---------------------------------------------------------------------

    async def _work(self, connection: Connection, plan: Plan) -> None:
        deliveries = [one.delivery for one in plan.admit if one.delivery is not None]
        if not deliveries:
            return
        with telemetry.handling(self.name, deliveries):
            failed = await self._handler.handle(connection, deliveries)
        places = [(delivery.stream, delivery.envelope.sequence) for delivery in deliveries]
        _park_failures(plan, {places[index]: error for index, error in failed.items()})

    async def _write(self, connection: Connection, plan: Plan, ends: Ends) -> None:
        if plan.park:
            await self._write_parked(connection, plan)
        if plan.filled:
            await connection.execute(
                "update consumer.parked set request = 'requeue'"
                " where consumer = %s and stream = any(%s)",
                (self.name, list(plan.filled)),
            )
        await self._move(connection, plan, ends)

    async def _move(self, connection: Connection, plan: Plan, ends: Ends) -> None:
        """Write how far streams and partitions are. Raises `Fenced`, so that all is undone."""
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
                [topic for topic, _ in ends],
                [number for _, number in ends],
                [offset for offset, _ in ends.values()],
                [timeline for _, timeline in ends.values()],
                [self._owned[partition].epoch for partition in ends],
                self.name,
            ),
        )
        row = await cursor.fetchone()
        if row is None or row[0] != len(ends):
            raise Fenced(f"{self.name} no longer owns one of {list(ends)}")

    async def _write_parked(self, connection: Connection, plan: Plan) -> None:
        self._parks = True
        cursor = connection.cursor()
        await cursor.executemany(
            'insert into consumer.parked (consumer, stream, version, topic, partition, "offset",'
            " key, value, headers, reason, attempts)"
            " values (%s, %s, %s, %s, %s, %s, %s, %s, %s::text::json, %s::text, %s)"
            " on conflict (consumer, stream, version) do update set"
            "   reason = coalesce(excluded.reason, consumer.parked.reason),"
            "   attempts = consumer.parked.attempts + excluded.attempts,"
            "   request = case when excluded.reason is null then consumer.parked.request end",
            [
                (
                    *(self.name, stream, version, r.topic, r.partition, r.offset, r.key, r.value),
                    json.dumps([[k, v.decode("latin-1")] for k, v in r.headers]),
                    *(reason, int(reason is not None)),
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

    def _committed(self, plan: Plan, ends: Ends) -> None:
        self._known |= plan.states
        for partition, (next_offset, timeline) in ends.items():
            owned = self._owned[partition]
            owned.next_offset, owned.timeline = next_offset, timeline
        telemetry.duplicates_dropped(self.name, plan.duplicates)
        telemetry.holes_healed(self.name, plan.holes)
        if self._seen is not None:
            self._seen.notify()

    # --- Parked streams -------------------------------------------------------------------------

    async def serve_requests(self) -> int:
        """Carry out what operators asked for parked streams; answers how many streams.

        Requeue handles the parked records in order, up to the next one that fails. Discard drops
        the first parked record for good; those behind it stay parked until requeued.
        """
        if not self._parks:
            return 0
        async with self._turn, self._pool.connection() as connection:
            cursor = await connection.execute(
                "select stream, min(request) from consumer.parked where consumer = %s group by 1",
                (self.name,),
            )
            parked = await cursor.fetchall()
            self._parks = bool(parked)
        requests = [(stream, request) for stream, request in parked if request is not None]
        for stream, request in requests:
            async with self._turn:
                await (self._discard(stream) if request == "discard" else self._requeue(stream))
        return len(requests)

    async def _parked(self, stream: str) -> list[tuple[int, Record]]:
        """The parked records of a stream by version; none when another process owns them."""
        async with self._pool.connection() as connection:
            cursor = await connection.execute(
                'select version, topic, partition, "offset", key, value, headers'
                " from consumer.parked where consumer = %s and stream = %s order by version",
                (self.name, stream),
            )
            found = [
                (row[0], Record(row[1], row[2], row[3], row[4], row[5], _headers(row[6])))
                for row in await cursor.fetchall()
            ]
        return [(v, record) for v, record in found if _partition(record) in self._owned]

    async def _requeue(self, stream: str) -> None:
        try:
            for version, record in await self._parked(stream):
                if not await self._replay(stream, version, record):
                    return
        except Retry as retry:
            # The request stands, so the next turn goes on.
            log.info("%s", retry)
        finally:
            self._reset()

    async def _replay(self, stream: str, version: int, record: Record) -> bool:
        """Handle one parked record, in a transaction of its own; False when it stays parked."""
        try:
            [opened] = await self._open([record])
            return await self._replay_in_transaction(stream, version, opened)
        except REFUSED as error:
            return await self._replay_in_transaction(stream, version, _refused(record, error))

    async def _replay_in_transaction(self, stream: str, version: int, opened: Opened) -> bool:
        self._reset()
        plan = await self._plan([opened], replayed=True)
        async with self._pool.connection() as connection, connection.transaction():
            await self._work(connection, plan)
            if plan.park:
                await self._write_parked(connection, plan)
                await self._answer(connection, stream)
            else:
                await self._unpark(connection, stream, version)
            await self._hold(connection, plan, opened[0])
        if self._seen is not None:
            self._seen.notify()
        return not plan.park

    async def _discard(self, stream: str) -> None:
        parked = await self._parked(stream)
        if not parked:
            return
        version, record = parked[0]
        plan = Plan(states={stream: StreamState(seen=version)})
        async with self._pool.connection() as connection, connection.transaction():
            await self._unpark(connection, stream, version)
            await self._answer(connection, stream)
            await self._hold(connection, plan, record)
        log.warning("%s discarded version %s of %s", self.name, version, stream)
        self._reset()

    async def _unpark(self, connection: Connection, stream: str, version: int) -> None:
        await connection.execute(
            "delete from consumer.parked where consumer = %s and stream = %s and version = %s",
            (self.name, stream, version),
        )

    async def _answer(self, connection: Connection, stream: str) -> None:
        await connection.execute(
            "update consumer.parked set request = null where consumer = %s and stream = %s",
            (self.name, stream),
        )

    async def _hold(self, connection: Connection, plan: Plan, record: Record) -> None:
        """Write how far streams are, as the owner of the record's partition, which stays."""
        owned = self._owned[_partition(record)]
        ends = {_partition(record): (owned.next_offset, owned.timeline)}
        await self._move(connection, plan, ends)

    # --- From the store -------------------------------------------------------------------------

    async def fill(self, deliveries: Sequence[Delivery], versions: Mapping[str, int]) -> None:
        """Handle whole streams read from a store instead of a topic, as a rebuild does.

        `versions` says how far each of them is; a stream comes once, to a consumer that never
        saw it. Nothing is parked: whatever fails is raised, and nothing of the call is kept.
        """
        async with self._pool.connection() as connection, connection.transaction():
            failed = await self._handler.handle(connection, deliveries)
            for index, error in failed.items():
                raise NotFilled(deliveries[index]) from error
            async with connection.cursor().copy(
                "copy consumer.stream (consumer, stream, version) from stdin"
            ) as copy:
                for stream, version in versions.items():
                    await copy.write_row((self.name, stream, version))


async def migrate(pool: Pool) -> None:
    """Create what a consumer needs in its database. Safe to repeat."""
    schema = files("infra.consumers").joinpath("schema.sql").read_text()
    await apply_migrations(pool, "consumer", schema)


def _enveloped(record: Record) -> Opened:
    try:
        found = envelope(record.headers)
    except NotAnEvent as error:
        return record, None, error
    if not record.key or b"\0" in record.key or record.key != found.subject.encode():
        return record, None, NotAnEvent("its key is not its subject")
    return record, found, None


def _encoded(opened: Opened) -> Encoded:
    record, found, _ = opened
    assert found is not None
    return Encoded(found.event_id, found.type, record.value)


def _partition(record: Record) -> Partition:
    return record.topic, record.partition


def _headers(kept: Sequence[tuple[str, str]]) -> tuple[tuple[str, bytes], ...]:
    return tuple((name, value.encode("latin-1")) for name, value in kept)


def _place_of(record: Record) -> str:
    """The name that stands for the stream of a record which does not tell its own."""
    return f"{record.topic}/{record.partition}/{record.offset}"


def _version(record: Record) -> int:
    _, found, _ = _enveloped(record)
    return found.sequence if found is not None else 0


def _refused(record: Record, error: Exception) -> Opened:
    _, found, why = _enveloped(record)
    return record, found, error if found is not None else why


def _reason(error: Exception) -> str:
    # One line: the database quotes whole rows further down, personal data with them.
    first = next(iter(str(error).splitlines()), "")
    return f"{type(error).__name__}: {first}".replace("\x00", "\\0")[:500]


def _ends(records: Sequence[Record], timelines: Mapping[Partition, int]) -> Ends:
    return {(r.topic, r.partition): (r.offset + 1, timelines[_partition(r)]) for r in records}


def _park_failures(plan: Plan, failed: Mapping[tuple[str, int], Exception]) -> None:
    """Park what failed, by stream and version, and what was admitted behind it."""
    broken: set[str] = set()
    for one in plan.admit:
        stream, version = one.record.stream, one.version
        error = failed.get((stream, version))
        if stream not in broken and error is None:
            continue
        state = plan.states[stream]
        reason = None
        if error is not None and stream not in broken:
            broken.add(stream)
            plan.filled.discard(stream)
            state.seen = version - 1
            reason = _reason(error)
        state.head = min(state.head or version, version)
        plan.park.append((one.record, stream, version, reason))
