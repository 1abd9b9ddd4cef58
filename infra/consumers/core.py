"""Carries out records: each is done, parked, or found broken.

In one database transaction the work is done, the stream's version and the partition's position
are written; the position moves only for the owner of its epoch. An event of a type that nobody
reads here counts as its stream's next version and is not decoded.
"""

import asyncio
import logging
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

from contracts.amendments import amended, decode
from infra import telemetry
from infra.amendments import reader_of
from infra.consumers.continuity import Continuity
from infra.consumers.handler import Handler, Retry
from infra.consumers.opening import Opened, Opener, refused, version_of
from infra.consumers.ownership import Ends, Ownership
from infra.consumers.parking import PARKING_LIMIT, Parking
from infra.consumers.plan import REFUSED, Plan, StreamState, lacking
from infra.consumers.records import Delivery, Partition, Record, TopicReader
from infra.consumers.streams import Streams
from infra.consumers.subscriptions import Subscription
from infra.database import Connection, Pool
from infra.identity import known_names
from infra.migrations import apply_migrations, steps_in
from infra.personal import Keyring
from infra.signals import Signal

log = logging.getLogger("relais.consumer")


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
        self._handler = handler
        self._reader = reader
        self._seen = seen
        self._keys = keyring.pool
        self._opener = Opener(subscriptions, keyring)
        self._ownership = Ownership(name, owner)
        self._continuity = Continuity(name, reader)
        self._streams = Streams(name)
        self._parking = Parking(name, parking_limit)
        # One at a time: batches, requests, and changes of ownership.
        self._turn = asyncio.Lock()

    # --- Ownership ------------------------------------------------------------------------------

    async def acquire(self, partitions: Sequence[Partition]) -> dict[Partition, int]:
        """Become the owner; answers the offset each partition goes on at.

        Whoever owned a partition before can no longer move it. Waits for the batch at hand.
        """
        async with self._turn:
            self._reset()
            self._parking.may_hold_streams = True
            self._opener.ours = await known_names(self._keys)
            async with self._pool.connection() as connection:
                await self._ownership.acquire(connection, partitions)
            offsets = self._ownership.next_offsets()
            return {partition: offsets[partition] for partition in partitions}

    async def release(self, partitions: Sequence[Partition]) -> None:
        """Stop counting these partitions as owned. Waits for the batch at hand."""
        async with self._turn:
            self._ownership.drop(partitions)
            self._reset()

    async def finish(self) -> None:
        """Wait for the batch at hand, own nothing, and hang up; `acquire` begins anew."""
        await self.release(list(self._ownership.partitions))
        await self._reader.close()

    def reads(self, record: Record) -> bool:
        """Whether there is more to do for a record than to pass it by."""
        return self._opener.reads(record)

    def next_offsets(self) -> dict[Partition, int]:
        """Where each owned partition goes on."""
        return self._ownership.next_offsets()

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
        ends = await self._reader.ends(list(self._ownership.partitions))
        for partition, end in ends.items():
            async with self._turn:
                left += await self._catch_up(partition, end)
        return left

    async def _catch_up(self, partition: Partition, end: int) -> int:
        owned = self._ownership.partitions.get(partition)
        if owned is None:
            return 0
        if found := await self._reader.read(partition, owned.next_offset, end):
            await self._consume(found)
        return max(0, end - owned.next_offset)

    async def _consume(self, records: Sequence[Record]) -> None:
        batches = self._continuity.batches(records, self._ownership.partitions)
        async for batch, ends in batches:
            await self._carry_out(batch, ends)

    async def _carry_out(self, records: Sequence[Record], ends: Ends) -> None:
        try:
            await self._in_transaction(await self._opener.open(records), ends)
        except REFUSED as error:
            self._reset()
            if len(records) == 1:
                await self._in_transaction([refused(records[0], error)], ends)
                return
            # One of them cannot be written. Alone, each shows whether it is the one.
            for record in records:
                _, timeline = ends[record.place]
                await self._carry_out([record], {record.place: (record.offset + 1, timeline)})
        except BaseException:
            self._reset()
            raise

    def _reset(self) -> None:
        self._streams.forget()

    async def _in_transaction(self, opened: Sequence[Opened], ends: Ends) -> None:
        async with self._transaction() as connection:
            plan = await self._plan(connection, opened)
            await self._work(connection, plan)
            if plan.parked:
                await self._parking.write(connection, plan.parked)
            if plan.requeued:
                await self._parking.requeue(connection, plan.requeued)
            await self._ownership.write(connection, plan.versions, ends)
        self._streams.keep(plan.states)
        self._ownership.moved(ends)
        telemetry.duplicates_dropped(self.name, plan.duplicates)
        telemetry.holes_healed(self.name, plan.holes)
        self._notify()

    @asynccontextmanager
    async def _transaction(self) -> AsyncIterator[Connection]:
        """A transaction whose statements travel together as far as no answer is needed."""
        async with (
            self._pool.connection() as connection,
            connection.pipeline(),
            connection.transaction(),
        ):
            if self._handler.can_be_repeated:
                await connection.execute("set local synchronous_commit = off")
            yield connection

    async def _plan(
        self, connection: Connection, opened: Sequence[Opened], *, replayed: bool = False
    ) -> Plan:
        events = [one.event for one in opened if not isinstance(one.event, Exception | None)]
        await self._handler.prefetch(connection, events)
        streams = {one.record.stream for one in opened if one.envelope}
        states = await self._streams.states(connection, streams)
        if replayed:
            for state in states.values():
                state.head = None
        plan = Plan(states)
        for one in opened:
            if missing := plan.add(one):
                log.warning("%s: %s: %s", self.name, one.record.stream, lacking(missing))
                found = await self._continuity.missing(one.record, missing)
                plan.fill(one, missing, await self._opener.open(found))
        return plan

    async def _work(self, connection: Connection, plan: Plan) -> None:
        if deliveries := plan.deliveries:
            with telemetry.handling(self.name, deliveries):
                failed = await self._handler.handle(connection, deliveries)
            plan.park_failures(failed)
        if self._handler.refolds:
            for record in plan.amendments:
                await self._refold(connection, plan, record)

    async def _refold(self, connection: Connection, plan: Plan, record: Record) -> None:
        """Have the stream of an amendment folded anew, with what stands now.

        What cannot be opened was given up by an operator before: nothing else passes by it.
        """
        seen = plan.states[record.stream].seen
        found = await self._continuity.missing(record, range(1, seen + 1))
        if len(found) < seen:
            raise Retry(f"{record.stream}: the topic does not hold all of it yet")
        opened = await self._opener.open(self._standing(found))
        deliveries = [
            Delivery(one.record.stream, one.envelope, one.event)
            for one in opened
            if one.envelope and one.event is not None and not isinstance(one.event, Exception)
        ]
        key = record.key.decode()
        error = await self._handler.refold(connection, record.topic, key, deliveries)
        if error is not None:
            plan.park_amendment(record, error)

    def _standing(self, records: Sequence[Record]) -> list[Record]:
        """The records of one stream, each with the value that holds for this consumer."""
        said = amended(decode(record.value) for record in records if record.is_amendment)
        return [
            one.standing(said[version], reader_of(self.name))
            if (version := version_of(one)) in said
            else one
            for one in records
        ]

    def _notify(self) -> None:
        self._handler.committed()
        if self._seen is not None:
            self._seen.notify()

    # --- Parked streams -------------------------------------------------------------------------

    async def serve_requests(self) -> int:
        """Carry out what operators asked for parked streams; answers how many streams.

        Requeue handles the parked records in order, up to the next one that fails. Discard drops
        the first parked record for good; those behind it stay parked until requeued.
        """
        if not self._parking.may_hold_streams:
            return 0
        async with self._turn, self._pool.connection() as connection:
            requests = await self._parking.requests(connection)
        for stream, request in requests:
            async with self._turn:
                await (self._discard(stream) if request == "discard" else self._requeue(stream))
        return len(requests)

    async def _parked(self, stream: str) -> list[tuple[int, Record]]:
        """The parked records of a stream by version; none when another process owns them."""
        async with self._pool.connection() as connection:
            found = await self._parking.records(connection, stream)
        owned = self._ownership.partitions
        return [(version, record) for version, record in found if record.place in owned]

    async def _requeue(self, stream: str) -> None:
        try:
            parked = await self._parked(stream)
            records = self._standing([record for _, record in parked])
            for (version, _), record in zip(parked, records, strict=True):
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
            [opened] = await self._opener.open([record])
            return await self._replay_in_transaction(stream, version, opened)
        except REFUSED as error:
            return await self._replay_in_transaction(stream, version, refused(record, error))

    async def _replay_in_transaction(self, stream: str, version: int, opened: Opened) -> bool:
        self._reset()
        async with self._pool.connection() as connection, connection.transaction():
            plan = await self._plan(connection, [opened], replayed=True)
            await self._work(connection, plan)
            if plan.parked:
                await self._parking.write(connection, plan.parked)
                await self._parking.answer(connection, stream)
            else:
                await self._parking.remove(connection, stream, version)
            await self._write_unmoved(connection, plan, opened.record)
        self._notify()
        return not plan.parked

    async def _discard(self, stream: str) -> None:
        parked = await self._parked(stream)
        if not parked:
            return
        version, record = parked[0]
        plan = Plan({stream: StreamState(seen=version)})
        async with self._pool.connection() as connection, connection.transaction():
            await self._parking.remove(connection, stream, version)
            await self._parking.answer(connection, stream)
            await self._write_unmoved(connection, plan, record)
        log.warning("%s discarded version %s of %s", self.name, version, stream)
        self._reset()

    async def _write_unmoved(self, connection: Connection, plan: Plan, record: Record) -> None:
        """Write how far streams are, as the owner of the record's partition, which stays."""
        ends = self._ownership.unmoved(record.place)
        await self._ownership.write(connection, plan.versions, ends)


async def migrate(pool: Pool) -> None:
    """Create what a consumer needs in its database. Safe to repeat."""
    await apply_migrations(pool, "consumer", steps_in("infra.consumers"))
