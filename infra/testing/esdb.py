"""A test double of EventStoreDB and KurrentDB: the gRPC protocol before a log in memory.

It is no EventStoreDB. It does what the source of the servers 23.10 to 26.0 and their documentation
say that they do, as far as `infra.store.esdb` depends on it, and it breaks when it is told to. The
messages are those that the client library ships. Whatever a real server is seen to do in another
way becomes a test of this file.

Not there: users, TLS, projections, persistent subscriptions, scavenges, resolved links.
"""

import asyncio
import json
import re
import sys
from collections import defaultdict, deque
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import Enum, auto
from itertools import islice
from typing import Any, Self
from uuid import UUID, uuid4

import grpc
import grpc.aio
from google.protobuf import any_pb2, empty_pb2
from google.protobuf.message import Message
from kurrentdbclient.protos.v1 import gossip_pb2, shared_pb2, status_pb2, streams_pb2

NO_STREAM, ANY, EXISTS = -1, -2, -4
"""Expected versions that are not a number of an event, which begin with 0."""
DELETED = 2**63 - 1
"""`$tb` of a stream that was deleted softly."""
APPEND_BYTES = 1024 * 1024
"""The limit of 24.10 and 25.0; from 25.1 on it is 256 MiB."""
TICKS = 10_000_000
OPTIONS = (("grpc.so_reuseport", 0), ("grpc.max_receive_message_length", 16 * 1024 * 1024))


class Fault(Enum):
    """The fate of one append, instead of an ordinary answer."""

    BUSY = auto()
    """"Server Is Busy": nothing was recorded."""
    DROPPED_BEFORE = auto()
    """The connection breaks before anything is recorded."""
    DROPPED_AFTER = auto()
    """It is recorded, and the connection breaks before the answer."""
    TIMEOUT_AFTER = auto()
    """It is recorded too late: the server says that it has given up waiting for itself."""
    SILENT_AFTER = auto()
    """It is recorded and never answered, as a repetition is before the first try is replicated."""


@dataclass(frozen=True, slots=True)
class Record:
    """One event in the log."""

    stream: str
    number: int
    position: int
    id: UUID
    type: str
    content_type: str
    metadata: bytes
    data: bytes
    created: int


@dataclass(frozen=True, slots=True)
class Proposed:
    """An event that somebody wants to append."""

    id: UUID
    type: str
    data: bytes = b""
    metadata: bytes = b""
    content_type: str = "application/json"


@dataclass(frozen=True, slots=True)
class Written:
    """The number and the position of the last event of an append, or of the one it repeats."""

    number: int
    position: int


@dataclass(frozen=True, slots=True)
class WrongVersion:
    """The number of the last event of the stream; `NO_STREAM` when it has none."""

    actual: int


class Tombstoned(Exception):
    """The stream was deleted for good."""


class Log:
    """The one log that all nodes of a cluster have: streams, their metadata, their ends."""

    def __init__(self) -> None:
        self.records: list[Record] = []
        self.places: dict[int, int] = {}
        """The place among the records of the one at a position."""
        self._grown = asyncio.Event()
        self._streams: dict[str, list[Record]] = defaultdict(list)
        self._ids: dict[UUID, Record] = {}
        self._tombstones: set[str] = set()
        self.nodes: list[EsdbDouble] = []
        """All that were started, in their order."""
        self.end = 0
        """Where the next record will stand."""
        self._replicated: int | None = None
        # Every log begins with events of the server itself.
        self._add("$users", Proposed(uuid4(), "$UserCreated", b"{}"))

    def append(
        self, stream: str, expected: int, events: Sequence[Proposed]
    ) -> Written | WrongVersion:
        """Record all events or none, or find that they are recorded already.

        Repetition is judged as `IndexWriter.CheckCommit` of the server does: at a number, by the
        ids of the events that follow it; without a number, by whether the ids are known.
        """
        if stream in self._tombstones:
            raise Tombstoned(stream)
        head = len(self._streams[stream]) - 1
        deleted = self._truncated_before(stream) == DELETED
        if expected == EXISTS and deleted:
            raise Tombstoned(stream)
        if expected > head or (expected == EXISTS and head < 0):
            return WrongVersion(head)
        if expected < head:
            found = self._recorded_before(stream, expected, events)
            if len(found) == len(events):
                return Written(found[-1].number, found[-1].position)
            may_follow = expected in (ANY, EXISTS) or (expected == NO_STREAM and deleted)
            if found or not may_follow:
                return WrongVersion(head)
        if deleted:
            self.set_metadata(stream, {"$tb": head + 1})
        last = [self._add(stream, event) for event in events][-1]
        return Written(last.number, last.position)

    def _recorded_before(
        self, stream: str, expected: int, events: Sequence[Proposed]
    ) -> list[Record]:
        """The first of these events that stand where a repetition would have them."""
        found: list[Record] = []
        for nth, event in enumerate(events, expected + 1):
            if expected in (ANY, EXISTS):
                record = self._ids.get(event.id)
            else:
                known = self._streams[stream]
                record = known[nth] if nth < len(known) and known[nth].id == event.id else None
            if record is None or record.stream != stream:
                break
            found.append(record)
        return found

    def hold(self) -> None:
        """Replicate nothing from now on: what comes is neither shown nor answered, and counts."""
        self._replicated = len(self.records)

    def release(self) -> None:
        """Replicate what was held, and all that comes."""
        self._replicated = None
        self._changed()

    def lose(self) -> None:
        """Elect a leader that has nothing of what was held."""
        for record in self.records[self._replicated :]:
            self._streams[record.stream].remove(record)
            del self.places[record.position], self._ids[record.id]
        del self.records[self._replicated :]
        self.release()

    @property
    def readable(self) -> list[Record]:
        """The records that most nodes have: nobody is shown anything else."""
        return self.records[: self._replicated]

    async def replicates(self, position: int) -> None:
        """Wait until the record at a position may be read; for ever when it is lost."""
        while position not in self.places or self.places[position] >= len(self.readable):
            await self._grown.wait()

    def delete(self, stream: str) -> None:
        """Hide the events of a stream; the next one gets the next number."""
        self.set_metadata(stream, {"$tb": DELETED})

    def tombstone(self, stream: str) -> None:
        """End a stream for good."""
        self._add(stream, Proposed(uuid4(), "$streamDeleted"))
        self._tombstones.add(stream)

    def set_metadata(self, stream: str, metadata: dict[str, Any]) -> None:
        """Write into `$$stream`, such as the first number that is still shown (`$tb`)."""
        data = json.dumps(metadata).encode()
        self._add(f"$${stream}", Proposed(uuid4(), "$metadata", data))

    def shown(self, stream: str) -> list[Record] | None:
        """The events of a stream that may be read; None where there are none. May be tombstoned."""
        if stream in self._tombstones:
            raise Tombstoned(stream)
        before = self._truncated_before(stream)
        end = len(self.readable)
        return [
            one
            for one in self._streams.get(stream, ())
            if one.number >= before and self.places[one.position] < end
        ] or None

    def replace(self, record: Record) -> None:
        """Let another record stand at its place, which no server does."""
        self.records[self.places[record.position]] = record
        self._streams[record.stream][record.number] = record

    async def longer_than(self, count: int) -> None:
        """Wait until there are more records to read than these."""
        while len(self.readable) <= count:
            await self._grown.wait()

    def _truncated_before(self, stream: str) -> int:
        told = self._streams.get(f"$${stream}")
        return int(json.loads(told[-1].data).get("$tb", 0)) if told else 0

    def _add(self, stream: str, event: Proposed) -> Record:
        known = self._streams[stream]
        created = int(datetime.now(UTC).timestamp() * TICKS)
        record = Record(
            *(stream, len(known), self.end, event.id, event.type, event.content_type),
            *(event.metadata, event.data, created),
        )
        known.append(record)
        self.places[record.position] = len(self.records)
        self.records.append(record)
        self._ids[event.id] = record
        # Positions are places in files: they have gaps.
        self.end += 64 + len(event.data) + len(event.metadata)
        self._changed()
        return record

    def _changed(self) -> None:
        self._grown.set()
        self._grown = asyncio.Event()


@dataclass(slots=True)
class _Break:
    """Reads that are cut: after so many answers, with a status of gRPC."""

    after: int
    code: grpc.StatusCode
    details: str
    times: int


class EsdbDouble:
    """One node. Several nodes share a log; those with a leader do not take appends."""

    def __init__(
        self,
        log: Log | None = None,
        *,
        leader: "EsdbDouble | None" = None,
        append_bytes: int = APPEND_BYTES,
    ) -> None:
        self.log = log or Log()
        self.leader = leader
        self.port = 0
        self.appends = 0
        """How many appends came, refused ones included."""
        self.looked = 0
        """How many records were looked at by those who read all."""
        self._append_bytes = append_bytes
        self._faults: deque[Fault] = deque()
        self._break: _Break | None = None
        self._server: Any = None

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(self, *error: object) -> None:
        await self.stop()

    @property
    def url(self) -> str:
        return f"esdb://127.0.0.1:{self.port}?tls=false"

    async def start(self) -> None:
        """Listen, on the port of before when there was one."""
        self._server = grpc.aio.server(options=OPTIONS)
        self._server.add_generic_rpc_handlers(
            [
                grpc.method_handlers_generic_handler(f"event_store.client.{name}", methods)
                for name, methods in self._services().items()
            ]
        )
        self.port = self._server.add_insecure_port(f"127.0.0.1:{self.port}")
        await self._server.start()
        if self not in self.log.nodes:
            self.log.nodes.append(self)

    async def stop(self) -> None:
        """Break every connection; the log stays."""
        await self._server.stop(None)

    def next_appends(self, *faults: Fault) -> None:
        """Let the next appends meet these, one each."""
        self._faults.extend(faults)

    def break_reads(
        self,
        after: int,
        *,
        times: int = 1,
        code: grpc.StatusCode = grpc.StatusCode.UNAVAILABLE,
        details: str = "Socket closed",
    ) -> None:
        """Cut the next reads and subscriptions after so many answers."""
        self._break = _Break(after, code, details, times)

    def _services(self) -> dict[str, dict[str, Any]]:
        unary = grpc.unary_unary_rpc_method_handler
        read = grpc.unary_stream_rpc_method_handler(
            self._read, streams_pb2.ReadReq.FromString, _packed
        )
        append = grpc.stream_stream_rpc_method_handler(
            self._batch_append, streams_pb2.BatchAppendReq.FromString, _packed
        )
        delete = unary(self._delete, streams_pb2.DeleteReq.FromString, _packed)
        tombstone = unary(self._tombstone, streams_pb2.TombstoneReq.FromString, _packed)
        gossip = unary(self._gossip, shared_pb2.Empty.FromString, _packed)
        return {
            "streams.Streams": {
                "Read": read,
                "BatchAppend": append,
                "Delete": delete,
                "Tombstone": tombstone,
            },
            "gossip.Gossip": {"Read": gossip},
        }

    async def _gossip(self, _: shared_pb2.Empty, __: Any) -> gossip_pb2.ClusterInfo:
        """The nodes of the cluster, with the one that leads it."""
        states = gossip_pb2.MemberInfo
        return gossip_pb2.ClusterInfo(
            members=[
                gossip_pb2.MemberInfo(
                    state=states.Follower if node.leader else states.Leader,
                    is_alive=True,
                    http_end_point=gossip_pb2.EndPoint(address="127.0.0.1", port=node.port),
                )
                for node in self.log.nodes
            ]
        )

    # --- Append -------------------------------------------------------------

    async def _batch_append(
        self, requests: AsyncIterator[streams_pb2.BatchAppendReq], context: Any
    ) -> AsyncIterator[streams_pb2.BatchAppendResp]:
        async for request in requests:
            await self._only_leader(context)
            self.appends += 1
            fault = self._faults.popleft() if self._faults else None
            if fault is Fault.DROPPED_BEFORE:
                await context.abort(grpc.StatusCode.UNAVAILABLE, "Socket closed")
            if fault is Fault.BUSY:
                yield _failed(request, "Server Is Busy", empty_pb2.Empty())
                continue
            answer = self._answer(request)
            if answer.HasField("success"):
                await self.log.replicates(answer.success.position.commit_position)
            if fault is Fault.DROPPED_AFTER:
                await context.abort(grpc.StatusCode.UNAVAILABLE, "Socket closed")
            if fault is Fault.SILENT_AFTER:
                await asyncio.Event().wait()
            if fault is Fault.TIMEOUT_AFTER:
                answer = _failed(request, "Timeout", shared_pb2.Timeout())
            yield answer

    async def _only_leader(self, context: Any) -> None:
        if self.leader is None:
            return
        where = (
            ("leader-endpoint-host", "127.0.0.1"),
            ("leader-endpoint-port", str(self.leader.port)),
        )
        await context.abort(grpc.StatusCode.NOT_FOUND, "Leader info available", where)

    def _answer(self, request: streams_pb2.BatchAppendReq) -> streams_pb2.BatchAppendResp:
        stream = request.options.stream_identifier.stream_name.decode()
        events = [
            Proposed(
                UUID(one.id.string),
                one.metadata["type"],
                one.data,
                one.custom_metadata,
                one.metadata["content-type"],
            )
            for one in request.proposed_messages
        ]
        size = sum(len(one.type) * 2 + len(one.data) + len(one.metadata) for one in events)
        if size > self._append_bytes:
            limit = shared_pb2.MaximumAppendSizeExceeded(maxAppendSize=self._append_bytes)
            return _failed(request, "Maximum Append Size Exceeded", limit)
        try:
            found = self.log.append(stream, _expected(request.options), events)
        except Tombstoned:
            gone = shared_pb2.StreamDeleted(stream_identifier=request.options.stream_identifier)
            return _failed(request, "Stream Deleted", gone)
        if isinstance(found, WrongVersion):
            return _failed(request, "Wrong Expected Version", _wrong(found))
        answer = _to(request)
        answer.success.current_revision = found.number
        answer.success.position.commit_position = found.position
        answer.success.position.prepare_position = found.position
        return answer

    # --- Delete -------------------------------------------------------------

    async def _delete(self, request: streams_pb2.DeleteReq, _: Any) -> streams_pb2.DeleteResp:
        self.log.delete(request.options.stream_identifier.stream_name.decode())
        return streams_pb2.DeleteResp(no_position=shared_pb2.Empty())

    async def _tombstone(
        self, request: streams_pb2.TombstoneReq, _: Any
    ) -> streams_pb2.TombstoneResp:
        self.log.tombstone(request.options.stream_identifier.stream_name.decode())
        return streams_pb2.TombstoneResp(no_position=shared_pb2.Empty())

    # --- Read ---------------------------------------------------------------

    async def _read(
        self, request: streams_pb2.ReadReq, context: Any
    ) -> AsyncIterator[streams_pb2.ReadResp]:
        options = request.options
        if options.resolve_links or (
            options.HasField("subscription") and options.HasField("stream")
        ):
            await context.abort(grpc.StatusCode.UNIMPLEMENTED, "the double has no such read")
        if dict(context.invocation_metadata()).get("requires-leader") == "true":
            await self._only_leader(context)
        given = 0
        try:
            async for answer in self._answers(options):
                if (broken := self._broken(given)) is not None:
                    await context.abort(broken.code, broken.details)
                yield answer
                given += 1
        except Tombstoned as error:
            details = f"Event stream '{error}' is deleted."
            await context.abort(grpc.StatusCode.FAILED_PRECONDITION, details)
        except LookupError:
            details = "Unexpected FilteredReadAllResult: InvalidPosition"
            await context.abort(grpc.StatusCode.UNKNOWN, details)

    def _broken(self, given: int) -> _Break | None:
        """The way in which a read breaks now, after so many answers."""
        if self._break is None or given < self._break.after:
            return None
        broken = self._break
        broken.times -= 1
        self._break = broken if broken.times else None
        return broken

    def _answers(self, options: streams_pb2.ReadReq.Options) -> AsyncIterator[streams_pb2.ReadResp]:
        if options.HasField("subscription"):
            return self._subscribed(options)
        of_stream = options.HasField("stream")
        return _each(self._of_stream(options) if of_stream else self._of_all(options))

    def _of_stream(self, options: streams_pb2.ReadReq.Options) -> list[streams_pb2.ReadResp]:
        asked = options.stream
        shown = self.log.shown(asked.stream_identifier.stream_name.decode())
        if shown is None:
            missing = streams_pb2.ReadResp.StreamNotFound(stream_identifier=asked.stream_identifier)
            return [streams_pb2.ReadResp(stream_not_found=missing)]
        numbers = asked.HasField("revision")
        if options.read_direction == streams_pb2.ReadReq.Options.Backwards:
            found = [one for one in shown[::-1] if not numbers or one.number <= asked.revision]
        else:
            found = [one for one in shown if not numbers or one.number >= asked.revision]
        return [_event(one) for one in found[: options.count]]

    def _of_all(self, options: streams_pb2.ReadReq.Options) -> list[streams_pb2.ReadResp]:
        wanted = _filter(options)
        records = self.log.readable
        at = self._place(options)
        if options.read_direction == streams_pb2.ReadReq.Options.Backwards:
            span: Iterator[Record] = reversed(records[:at])
        else:
            span = iter(records[at:])
        found = islice(filter(wanted, map(self._looked_at, span)), options.count)
        return [_event(one) for one in found]

    def _looked_at(self, record: Record) -> Record:
        self.looked += 1
        return record

    def _place(self, options: streams_pb2.ReadReq.Options) -> int:
        """The place in the log of the first record at or after the position that was asked for."""
        end = len(self.log.readable)
        if options.all.HasField("start"):
            return 0
        position = options.all.position.commit_position
        if options.all.HasField("end") or position == self.log.end:
            return end
        # A log is read from a place where a record begins, or not at all.
        return self.log.places[position]

    async def _subscribed(
        self, options: streams_pb2.ReadReq.Options
    ) -> AsyncIterator[streams_pb2.ReadResp]:
        """Confirmed, then what comes after a position for ever, with checkpoints in between."""
        wanted = _filter(options)
        window = options.filter.max * options.filter.checkpointIntervalMultiplier
        # Unlike a read, a subscription begins behind its position.
        at = self._place(options) + options.all.HasField("position")
        confirmation = streams_pb2.ReadResp.SubscriptionConfirmation(subscription_id=str(uuid4()))
        yield streams_pb2.ReadResp(confirmation=confirmation)
        page = options.filter.max or sys.maxsize
        looked, reached = 0, (0, 0)
        while records := self.log.readable[at : at + page]:
            # Where nothing was wanted it tells where its last page began: the end of the record
            # before, with 0 beside it.
            if looked:
                reached = max(reached, (records[0].position, 0))
            at, looked = at + len(records), looked + len(records)
            for record in filter(wanted, records):
                yield _event(record)
                reached = (record.position, record.position)
            if window and looked % window == 0:
                yield _checkpoint(*reached)
        if window:
            yield _checkpoint(*reached)
        yield streams_pb2.ReadResp(caught_up=streams_pb2.ReadResp.CaughtUp())
        looked = 0
        while True:
            await self.log.longer_than(at)
            for record in self.log.readable[at:]:
                at, looked = at + 1, looked + 1
                if wanted(record):
                    yield _event(record)
                if window and looked % window == 0:
                    yield _checkpoint(record.position, record.position)


def _packed(message: Message) -> bytes:
    return message.SerializeToString()


async def _each(
    answers: Sequence[streams_pb2.ReadResp],
) -> AsyncIterator[streams_pb2.ReadResp]:
    for answer in answers:
        yield answer


def _filter(options: streams_pb2.ReadReq.Options) -> Callable[[Record], bool]:
    """Which records a reader wants, by name of stream or type of event."""
    if not options.HasField("filter"):
        return lambda _: True
    by_name = options.filter.HasField("stream_identifier")
    asked = options.filter.stream_identifier if by_name else options.filter.event_type
    expression, prefixes = re.compile(asked.regex), tuple(asked.prefix)

    def wanted(record: Record) -> bool:
        text = record.stream if by_name else record.type
        return text.startswith(prefixes) if prefixes else expression.search(text) is not None

    return wanted


def _expected(options: streams_pb2.BatchAppendReq.Options) -> int:
    match options.WhichOneof("expected_stream_position"):
        case "stream_position":
            return options.stream_position
        case "no_stream":
            return NO_STREAM
        case "any":
            return ANY
        case _:
            return EXISTS


def _wrong(found: WrongVersion) -> shared_pb2.WrongExpectedVersion:
    if found.actual == NO_STREAM:
        return shared_pb2.WrongExpectedVersion(current_no_stream=empty_pb2.Empty())
    return shared_pb2.WrongExpectedVersion(current_stream_revision=found.actual)


def _to(request: streams_pb2.BatchAppendReq) -> streams_pb2.BatchAppendResp:
    return streams_pb2.BatchAppendResp(
        correlation_id=request.correlation_id, stream_identifier=request.options.stream_identifier
    )


def _failed(
    request: streams_pb2.BatchAppendReq, message: str, details: Message
) -> streams_pb2.BatchAppendResp:
    packed = any_pb2.Any()
    packed.Pack(details)
    answer = _to(request)
    answer.error.CopyFrom(status_pb2.Status(message=message, details=packed))
    return answer


def _event(record: Record) -> streams_pb2.ReadResp:
    answer = streams_pb2.ReadResp()
    event = answer.event.event
    event.id.string = str(record.id)
    event.stream_identifier.stream_name = record.stream.encode()
    event.stream_revision = record.number
    event.commit_position = event.prepare_position = record.position
    event.metadata["type"] = record.type
    event.metadata["content-type"] = record.content_type
    event.metadata["created"] = str(record.created)
    event.custom_metadata = record.metadata
    event.data = record.data
    answer.event.commit_position = record.position
    return answer


def _checkpoint(commit: int, prepare: int) -> streams_pb2.ReadResp:
    checkpoint = streams_pb2.ReadResp.Checkpoint(commit_position=commit, prepare_position=prepare)
    return streams_pb2.ReadResp(checkpoint=checkpoint)


async def serve() -> None:
    """One node until the process ends; its URL goes to the standard output."""
    async with EsdbDouble() as server:
        sys.stdout.write(f"{server.url}\n")
        sys.stdout.flush()
        await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(serve())
