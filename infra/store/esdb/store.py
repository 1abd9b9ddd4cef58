"""The event store on EventStoreDB or KurrentDB.

Versions begin with 1 here and with 0 there. A position is a place in the log of one cluster, so
`migrate` writes into the PostgreSQL beside it which cluster that is.
"""

import asyncio
import json
import logging
import sys
from collections import defaultdict
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping, Sequence
from contextlib import aclosing, suppress
from datetime import UTC, datetime
from time import monotonic
from typing import Any, ClassVar, Literal
from uuid import UUID, uuid4

from kurrentdbclient import AsyncKurrentDBClient, StreamState
from kurrentdbclient import NewEvent as ClientEvent
from kurrentdbclient import RecordedEvent as Found
from kurrentdbclient.exceptions import (
    InvalidCommitPositionError,
    KurrentDBClientError,
    NodeIsNotLeaderError,
    NotFoundError,
    ServiceUnavailableError,
    StreamIsDeletedError,
    WrongCurrentVersionError,
)

from contracts.amendments import TYPE
from infra import telemetry
from infra.batching import Batcher
from infra.database import Connection, Pool
from infra.migrations import apply_migrations, steps_in
from infra.store.esdb.client import (
    CALL_SECONDS,
    FIRST_PAUSE,
    LONGEST_PAUSE,
    PATIENCE_SECONDS,
    Undecided,
    passes,
    patiently,
)
from infra.store.esdb.ids import Ids, Tried
from infra.store.esdb.promises import Promise, Promises
from infra.store.esdb.settling import Settling
from infra.store.protocol import (
    BEGINNING,
    Append,
    Appended,
    Conflict,
    EventIdTaken,
    EventTooLarge,
    Fire,
    InTransaction,
    Lag,
    NewEvent,
    Outgoing,
    Position,
    RecordedEvent,
    TimerGone,
    Unerasable,
    Verdict,
    outgoing,
    recorded_until,
    refuse_oversize,
)
from infra.supervisor import Halt

log = logging.getLogger("relais.store")

MAX_APPEND_BYTES = 1_000_000
"""Of all events of one append together: servers before 25.1 take 1 MiB, names included."""
SETTLE_SECONDS = 30.0
"""After so long, whoever began an append has ended or given up. Nothing but work depends on it."""
SCAN_CALLS = 12
"""How many times longer than other calls a read of all may take: it looks through what others have
recorded, of which the server says nothing."""
LEARN_PAGE = 1_000
STREAM_PAGE = 1_000
"""Events of a stream that one call answers at most."""
READ_AT_ONCE = 64
"""Streams that are read at the same time."""
CLUSTER_STREAM = "relais-store"
"""Its first event has the id by which we know the cluster."""
EXCLUDED = (r"\$.*", CLUSTER_STREAM)
"""Streams of the server, and ours about the cluster: no facts."""
LINK = "$>"
"""The type of what a projection writes into a stream of ours: no event, but the name of one."""
ENDING = ("$tb", "$maxAge", "$maxCount")
"""What the metadata of a stream has when the server shows only its end, or nothing of it."""
BINARY: Literal["application/octet-stream"] = "application/octet-stream"


_PASSED = """
select xid::text::bigint, position from es.checkpoint where store = %s order by xid limit 1
"""


class StreamGone(Halt):
    """Somebody deleted or truncated a stream on the server; its facts are missing."""


class AnotherCluster(Halt):
    """The PostgreSQL beside the store belongs to another cluster."""


class EsdbStore:
    """A `ServiceStore` in a cluster of EventStoreDB or KurrentDB; the protocol has its promises.

    `pool` is the PostgreSQL beside it, which knows where event ids were tried: an id tried in one
    stream is taken for every other, also when nothing was recorded there. Timers are rows there,
    like those of the store on PostgreSQL. `notes` leads to the same database: whoever appends may
    hold a connection of `pool`, and must not wait there for a second one. `prefix` stands before
    the names of all its streams, where several share a cluster. Raises `StoreAway` when no server
    answers for `patience` seconds.
    """

    joins_transactions: ClassVar[bool] = False

    def __init__(
        self,
        client: AsyncKurrentDBClient,
        pool: Pool,
        *,
        notes: Pool | None = None,
        prefix: str = "",
        on_append: Callable[[], None] = lambda: None,
        patience: float = PATIENCE_SECONDS,
        call_seconds: float = CALL_SECONDS,
    ) -> None:
        self.client = client
        self.pool = pool
        self.on_append = on_append
        self.prefix = prefix
        self._patience = patience
        self._call_seconds = call_seconds
        self._ids = Ids(notes or pool)
        self._settling = Settling(
            notes or pool, lambda stream, after: self.read(stream, after_version=after)
        )
        self._promises = Promises(pool, notes or pool)
        self._quiet: dict[Position, Position] = {}
        """Nothing of ours stands between these two. Only the last one is kept."""
        self._ends: dict[Position, Position] = {}
        """Where the log ended when nothing of ours was found behind a position."""
        self._tries: Batcher[Append, Tried] = Batcher(
            self._ids.note, size=256, lanes=2, key=lambda append: append.stream
        )

    async def migrate(self) -> None:
        """Make the tables beside the store and bind them to its cluster. Safe to repeat.

        Tables that were restored to an earlier time learn which ids the cluster has meanwhile.

        Raises `AnotherCluster` when they are bound to another one, `NoPreparedTransactions`.
        """
        await make_tables(self.pool)
        await self._promises.check()
        cluster = await self.cluster()
        async with self.pool.connection() as connection:
            await connection.execute(
                "insert into beside.cluster (id) values (%s) on conflict do nothing", (cluster,)
            )
            cursor = await connection.execute("select id from beside.cluster")
            [(bound,)] = await cursor.fetchall()
        if bound != cluster:
            raise AnotherCluster(
                f"the database beside the store belongs to the cluster {bound}, and this is"
                f" {cluster}: positions mean nothing here; correct the addresses"
            )
        await self._learn(str(cluster))

    async def _learn(self, identity: str) -> None:
        """Note what the log has and the tables beside it do not know.

        What the relay had passed was noted before, so whatever is unknown lies behind that.
        """
        async with self.pool.connection() as connection:
            row = await (await connection.execute(_PASSED, (identity,))).fetchone()
        after, learnt = BEGINNING if row is None else Position(*row), 0
        while page := await self.read_all(after, LEARN_PAGE):
            learnt += await self._ids.learn(page)
            after = page[-1].position
        if learnt:
            log.warning(
                "the database beside the store did not know %s events of it: it was restored to an"
                " earlier time. Timers that they set, and secrets beside them, are not there",
                learnt,
            )

    async def identity(self) -> str:
        return str(await self.cluster())

    async def cluster(self) -> UUID:
        """The identity of the cluster, made at the first time; a restored backup keeps it."""
        stream = self.prefix + CLUSTER_STREAM
        mark = ClientEvent(type="relais.store", data=b"{}", id=uuid4())
        found = await self._read_from(stream, 0, 1)
        if not found:
            with suppress(WrongCurrentVersionError):  # Another process was first.
                await patiently(
                    lambda: self.client.append_to_stream(
                        stream,
                        events=[mark],
                        current_version=StreamState.NO_STREAM,
                        timeout=self._call_seconds,
                    ),
                    self._patience,
                )
            found = await self._read_from(stream, 0, 1)
        return found[0].id

    # --- Append -------------------------------------------------------------

    async def append(self, append: Append) -> Verdict:
        _refuse(append)
        started = monotonic()
        verdict = await self._append(append)
        telemetry.append_took(monotonic() - started)
        telemetry.conflicts(isinstance(verdict, Conflict))
        if isinstance(verdict, Appended):
            self.on_append()
            if append.timers:
                await self._settling.settle(append.stream)
        return verdict

    async def append_in(self, connection: Connection, group: Sequence[Append]) -> list[Verdict]:
        """As the protocol says; durable before the caller commits, whose connection is not used."""
        found = await asyncio.gather(*map(self.append, group), return_exceptions=True)
        verdicts: list[Verdict] = []
        for one in found:
            if isinstance(one, BaseException):
                raise one
            verdicts.append(one)
        return verdicts

    async def append_with(self, append: Append, in_transaction: InTransaction) -> Verdict:
        """As the protocol says; `in_transaction` is begun before the verdict, and undone then."""
        _refuse(append)
        # The rows of an earlier try are in the way of ours until they have ended.
        if await self._earlier_kept(append):
            return Conflict(append.expected_version, await self.version(append.stream))
        try:
            gid = await self._promises.prepare(in_transaction)
        except Exception:
            # Another append may have come between: this very one, whose rows are in the way.
            head = await self.version(append.stream)
            if head != append.expected_version:
                return Conflict(append.expected_version, head)
            raise
        promise = Promise(gid, append)
        if await self._promises.make(promise):
            return await self._keep(promise)
        await self._promises.drop(gid)
        await self._earlier_kept(append)
        return Conflict(append.expected_version, await self.version(append.stream))

    async def _earlier_kept(self, append: Append) -> bool:
        """Whether an earlier try of it had made a promise, which has ended now."""
        if other := await self._promises.of(append.events[0].event_id):
            await self._keep(other)
        return other is not None

    async def _keep(self, promise: Promise) -> Verdict:
        """Send an append, and end what waits for it as its stream decides. Safe to repeat."""
        verdict = await self.append(promise.append)
        if not isinstance(verdict, Appended):
            await self._promises.drop(promise.gid)
            return verdict
        await self._promises.keep(promise.gid)
        # Whoever sent it before did so for this promise.
        return Appended(verdict.version)

    async def erase(self, append: Append, values: Mapping[int, tuple[str, bytes]]) -> Verdict:
        raise Unerasable(
            f"{append.stream} is in EventStoreDB, which keeps every value for ever: correct the"
            " event or skip it. What is personal in it is gone with the key of the person"
        )

    async def settle(self, age: float = SETTLE_SECONDS) -> None:
        """As the protocol says; of what others may be about, only what is so many seconds old."""
        for promise in await self._promises.open(age):
            await _apart(self._keep(promise))
        await self._promises.give_up(age)
        for stream in await self._settling.streams():
            await _apart(self._settling.settle(stream))

    async def _append(self, append: Append) -> Verdict:
        if any(isinstance(timer, Fire) for timer in append.timers):
            # The timers as of the expected version: it must be there, and whoever wrote before may
            # not have come to its timers.
            head = len(await self.read(append.stream))
            if head < append.expected_version:
                return Conflict(append.expected_version, head)
            await self._settling.settle(append.stream)
            if await self._settling.is_gone(append):
                return TimerGone()
        if not append.events:
            return await self._without_events(append)
        return await self._sent_once(append, await self._tries.submit(append))

    async def _without_events(self, append: Append) -> Verdict:
        """The verdict on an append that only fires a timer."""
        head = len(await self.read(append.stream))
        if head != append.expected_version:
            return Conflict(append.expected_version, head)
        gone = append.timers and not await self._settling.consume(append)
        return TimerGone() if gone else Appended(head)

    async def _sent_once(self, append: Append, tried: Tried) -> Verdict:
        if tried is not Tried.NEVER and (verdict := await self._found(append, tried)):
            return verdict
        if append.expected_version == 0:
            await self._refuse_deleted(append.stream)
        if tried is Tried.MOVED and not await self._ids.move(append, self.version):
            return await self._compared(append, tried)
        try:
            await patiently(lambda: self._send(append), self._patience)
        except WrongCurrentVersionError:
            # It may have been ourselves: the answer to an earlier try was lost.
            return await self._compared(append, tried)
        except StreamIsDeletedError:
            raise _tombstoned(append.stream) from None
        return Appended(
            append.expected_version + len(append.events), repeated=tried is Tried.SAME_PLACE
        )

    async def _found(self, append: Append, tried: Tried) -> Verdict | None:
        """The verdict on an append that was tried before, if the stream tells; None: send it.

        A server takes a second time what it has, when it comes with another version. But what lies
        before the expected version does not change any more, and the server takes nothing unless
        the stream ends there, so it is enough to have looked.
        """
        recorded = await self.read(append.stream)
        if len(recorded) != append.expected_version:
            return _compared(append, recorded[append.expected_version :], len(recorded))
        taken = {event.event_id for event in recorded}
        if tried is Tried.ELSEWHERE or any(event.event_id in taken for event in append.events):
            return EventIdTaken()
        return None

    async def _compared(self, append: Append, tried: Tried) -> Verdict:
        """The verdict of the stream on an append that the server has refused."""
        recorded = await self.read(append.stream)
        verdict = _compared(append, recorded[append.expected_version :], len(recorded))
        if isinstance(verdict, Appended) and tried is not Tried.SAME_PLACE:
            return Appended(verdict.version)
        return verdict

    async def _refuse_deleted(self, stream: str) -> None:
        """A deleted stream looks new, and the server would go on counting where it ended."""
        metadata, _ = await patiently(
            lambda: self.client.get_stream_metadata(
                self.prefix + stream, timeout=self._call_seconds
            ),
            self._patience,
        )
        if any(metadata.get(name) for name in ENDING):
            raise StreamGone(f"the stream {stream} was deleted or truncated on the server")

    async def _send(self, append: Append) -> None:
        try:
            await self.client.append_to_stream(
                self.prefix + append.stream,
                events=[_sent(event) for event in append.events],
                current_version=append.expected_version - 1
                if append.expected_version
                else StreamState.NO_STREAM,
                timeout=self._call_seconds,
            )
        except WrongCurrentVersionError as error:
            # A leader judges by what it has, and shows what most nodes have: until then it may
            # lose what refuses us, with its office.
            if await self.version(append.stream) == append.expected_version:
                raise Undecided(f"{append.stream} has more than it shows") from error
            raise

    # --- Read ---------------------------------------------------------------

    async def read(
        self,
        stream: str,
        *,
        after_version: int = 0,
        to_version: int | None = None,
        to_time: datetime | None = None,
    ) -> list[RecordedEvent]:
        """As the protocol says. Raises `StreamGone` where events are missing on the server."""
        limit = sys.maxsize if to_version is None else to_version - after_version
        if limit <= 0:
            return []
        found = await self._read_from(self.prefix + stream, after_version, limit)
        events = [self._recorded(one) for one in found]
        for version, event in enumerate(events, after_version + 1):
            if event.version != version:
                raise StreamGone(f"version {version} of {stream} is missing on the server")
        return recorded_until(events, to_time)

    async def streams(self, after: str, limit: int) -> list[str]:
        return await self._ids.streams(after, limit)

    async def read_many(self, streams: Sequence[str]) -> dict[str, list[RecordedEvent]]:
        found: dict[str, list[RecordedEvent]] = {}
        for start in range(0, len(streams), READ_AT_ONCE):
            some = streams[start : start + READ_AT_ONCE]
            found |= dict(zip(some, await asyncio.gather(*map(self.read, some)), strict=True))
        return found

    async def version(self, stream: str) -> int:
        found = await self._read_from(self.prefix + stream, None, 1)
        return found[0].stream_position + 1 if found else 0

    async def amendments(self, stream: str) -> list[RecordedEvent]:
        return [event for event in await self.read(stream) if event.type == TYPE]

    async def find(self, event_ids: Sequence[UUID]) -> list[RecordedEvent]:
        versions: dict[str, list[int]] = defaultdict(list)
        for place in (await self._ids.places(event_ids)).values():
            versions[place.stream].append(place.version)
        wanted, found = set(event_ids), list[RecordedEvent]()
        places = list(versions.items())
        for start in range(0, len(places), READ_AT_ONCE):
            read = await asyncio.gather(
                *(
                    self.read(stream, after_version=min(at) - 1, to_version=max(at))
                    for stream, at in places[start : start + READ_AT_ONCE]
                )
            )
            found += [event for events in read for event in events if event.event_id in wanted]
        return found

    async def _read_from(self, stream: str, number: int | None, limit: int) -> Sequence[Found]:
        """Events of a stream from a number on; from the last one backwards without a number.

        They are asked for a page at a time: a call that ends too early costs no more than that.
        """
        found = list(await self._read_page(stream, number, min(limit, STREAM_PAGE)))
        page = len(found)
        while page == STREAM_PAGE and len(found) < limit:
            behind = found[-1].stream_position + 1
            more = await self._read_page(stream, behind, min(limit - len(found), STREAM_PAGE))
            page = len(more)
            found += more
        return found

    async def _read_page(self, stream: str, number: int | None, limit: int) -> Sequence[Found]:
        try:
            return await patiently(
                lambda: self.client.get_stream(
                    stream,
                    stream_position=number,
                    backwards=number is None,
                    limit=limit,
                    timeout=self._call_seconds,
                ),
                self._patience,
            )
        except NotFoundError:
            return ()
        except StreamIsDeletedError:
            raise _tombstoned(stream) from None

    async def read_all(self, after: Position = BEGINNING, limit: int = 500) -> list[RecordedEvent]:
        """As the protocol says. Raises `AnotherCluster` for a position that this log has not."""
        while True:
            page = await self._page(after, limit)
            events = [self._recorded(one) for one in page if self._is_fact(one)]
            if events or len(page) < limit:
                return events
            # A whole page of links; what we look for may lie behind it.
            after = _position(page[-1])

    async def outgoing(self, after: Position, limit: int) -> list[Outgoing]:
        return [outgoing(event) for event in await self.read_all(after, limit)]

    async def withholds(self, after: Position) -> bool:
        return bool(await self.read_all(after, 1))

    async def holds(self, position: Position) -> bool:
        try:
            found = await self._from(position, 1)
        except InvalidCommitPositionError:
            return False
        return [_position(one) for one in found] == [position]

    async def lag(self, after: Position) -> Lag:
        oldest = await self.read_all(after, 1)
        waited = [(datetime.now(UTC) - event.recorded_at).total_seconds() for event in oldest]
        return Lag(max([0.0, *waited]))

    async def _page(self, after: Position, limit: int) -> list[Found]:
        """The next part of the log, of the streams of this store only."""
        start, passed = self._quiet.get(after, after), self._ends.get(after)
        begins = start == BEGINNING
        try:
            # A read begins with the event at its position.
            found = await self._from(start, limit if begins else limit + 1)
        except InvalidCommitPositionError:
            raise AnotherCluster(f"the log of this cluster has no position {start.xid}") from None
        page = [one for one in found if begins or _position(one) > after]
        if not page:
            # The server looks through all that others have recorded, every time. What was the end
            # of the log before this read is behind it now.
            if passed is not None:
                self._quiet = {after: passed}
            self._ends = {after: await self._end()}
        return page

    async def _end(self) -> Position:
        """The place of the last record, whoever's it is."""
        found = await patiently(
            lambda: self._read_all(
                backwards=True, limit=1, filter_exclude=(), timeout=self._call_seconds
            ),
            self._patience,
        )
        return _position(found[0])

    async def _from(self, position: Position, limit: int) -> list[Found]:
        return await patiently(
            lambda: self._read_all(
                commit_position=None if position == BEGINNING else position.xid,
                limit=limit,
                timeout=SCAN_CALLS * self._call_seconds,
                **self._filter(),
            ),
            self._patience,
        )

    async def _read_all(self, **asked: Any) -> list[Found]:
        connection = self.client.connection_id
        try:
            return [one async for one in await self.client.read_all(**asked)]
        except (NodeIsNotLeaderError, ServiceUnavailableError):
            # The library looks for the leader itself only where a call answers before it is read.
            await self.client.reconnect(connection_id=connection)
            raise

    async def follow(
        self, after: Position = BEGINNING
    ) -> AsyncGenerator[RecordedEvent | Position, None]:
        """The events of all streams after a position, as they come, for ever.

        Now and then comes a position alone: nothing before it is missing, and one may go on from
        there. A broken connection is made anew behind what came last, however it broke.
        """
        pause = FIRST_PAUSE
        while True:
            try:
                async with aclosing(self._subscribed(after)) as items:
                    async for one in items:
                        pause = FIRST_PAUSE
                        if (position := _position(one)) <= after:
                            continue
                        after = position
                        yield self._recorded(one) if self._is_fact(one) else position
            except KurrentDBClientError as error:
                if not passes(error):
                    raise
            await asyncio.sleep(pause)
            pause = min(2 * pause, LONGEST_PAUSE)

    async def _subscribed(self, after: Position) -> AsyncGenerator[Found, None]:
        subscription = await self.client.subscribe_to_all(
            commit_position=None if after == BEGINNING else after.xid,
            include_checkpoints=True,
            **self._filter(),
        )
        try:
            async for one in subscription:
                yield one
        finally:
            await subscription.stop()

    def _filter(self) -> dict[str, Any]:
        """Which streams the server answers: those of this store."""
        if self.prefix:
            return {
                "filter_include": (self.prefix,),
                "filter_by_prefix": True,
                "filter_by_stream_name": True,
            }
        return {"filter_exclude": EXCLUDED, "filter_by_stream_name": True}

    def _is_fact(self, found: Found) -> bool:
        name = found.stream_name.removeprefix(self.prefix)
        # An installation may have the name of a service of another one.
        ours = name != CLUSTER_STREAM and "." not in name.partition("-")[0]
        return ours and found.type != LINK and not found.is_checkpoint

    def _recorded(self, found: Found) -> RecordedEvent:
        told = json.loads(found.metadata)
        assert found.recorded_at is not None
        return RecordedEvent(
            found.stream_name.removeprefix(self.prefix),
            found.stream_position + 1,
            _position(found),
            found.id,
            found.type,
            found.data,
            told["meta"],
            datetime.fromisoformat(told["occurred_at"]),
            found.recorded_at,
        )


async def make_tables(pool: Pool) -> None:
    """Bring the tables beside a store forward to this release. Safe to repeat.

    Timers are in the tables of the store on PostgreSQL, whose events stay empty.
    """
    await apply_migrations(pool, "es", steps_in("infra.store"))
    await apply_migrations(pool, "beside", steps_in("infra.store.esdb"))


async def _apart(settling: Awaitable[object]) -> None:
    """A stream that is gone keeps nobody from settling the others; it is said each time."""
    try:
        await settling
    except StreamGone as gone:
        log.error("%s: what went with its events waits", gone)


def _refuse(append: Append) -> None:
    refuse_oversize(append)
    size = sum(map(_size, map(_sent, append.events)))
    if size > MAX_APPEND_BYTES:
        raise EventTooLarge(f"{append.stream}: {size} bytes at once, at most {MAX_APPEND_BYTES}")


def _size(sent: ClientEvent) -> int:
    """Bytes as the server counts them: its names have two for each letter."""
    return len(sent.data) + len(sent.metadata) + 2 * len(sent.type)


def _sent(event: NewEvent) -> ClientEvent:
    told = {"meta": event.meta, "occurred_at": event.occurred_at.isoformat()}
    metadata = json.dumps(told, separators=(",", ":")).encode()
    return ClientEvent(event.type, event.data, metadata, BINARY, event.event_id)


def _compared(append: Append, behind: Sequence[RecordedEvent], head: int) -> Verdict:
    """Repeated, when what stands behind the expected version are these events; else a conflict."""
    standing = [event.event_id for event in behind[: len(append.events)]]
    if append.events and standing == [event.event_id for event in append.events]:
        return Appended(append.expected_version + len(append.events), repeated=True)
    return Conflict(append.expected_version, head)


def _position(found: Found) -> Position:
    return Position(found.commit_position, found.prepare_position)


def _tombstoned(stream: str) -> StreamGone:
    return StreamGone(f"the stream {stream} was deleted for good on the server")
