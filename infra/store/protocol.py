"""The promises of an event store, whichever database is behind it."""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import takewhile
from typing import Any, ClassVar, NamedTuple, Protocol
from uuid import UUID

from psycopg import OperationalError
from psycopg.errors import ProgramLimitExceeded

from infra.database import Connection, Pool

MAX_EVENT_BYTES = 512 * 1024
"""Larger events are refused at append, so that nothing unpublishable is ever recorded."""


class Position(NamedTuple):
    """A place in the order of all events of a store: the writing transaction, then the row.

    Positions order events for reading; they are not contiguous. Within a stream they
    ascend with the version.
    """

    xid: int
    number: int


BEGINNING = Position(0, 0)


@dataclass(frozen=True, slots=True)
class NewEvent:
    """An event about to be recorded. `data` is the bare protobuf message."""

    event_id: UUID
    type: str
    data: bytes
    meta: Mapping[str, Any]
    occurred_at: datetime


class RecordedEvent(NamedTuple):
    """An event as it stands in the store for ever.

    A tuple is made in a fraction of the time of a frozen class.
    """

    stream: str
    version: int
    position: Position
    event_id: UUID
    type: str
    data: bytes
    meta: Mapping[str, Any]
    occurred_at: datetime
    recorded_at: datetime


class Outgoing(NamedTuple):
    """An event on its way to its topic, with its metadata as texts; "" for what it does not say.

    A relay makes one of every row, so it has no ids, no position and no mapping: making those took
    more than half of its time.
    """

    stream: str
    version: int
    xid: int
    number: int
    event_id: str
    type: str
    data: bytes
    occurred_at: datetime
    recorded_at: datetime
    correlation: str
    causation: str
    actor: str
    organisation: str
    redacted: str
    traceparent: str

    @property
    def position(self) -> Position:
        """Its place in the order of all events."""
        return Position(self.xid, self.number)


def outgoing(event: RecordedEvent) -> Outgoing:
    """The event as it goes to its topic."""
    said = event.meta.get
    return Outgoing(
        event.stream,
        event.version,
        *event.position,
        str(event.event_id),
        event.type,
        event.data,
        event.occurred_at,
        event.recorded_at,
        said("correlation", ""),
        said("causation", ""),
        said("actor", ""),
        said("organisation", ""),
        said("redacted", ""),
        said("traceparent", ""),
    )


@dataclass(frozen=True, slots=True)
class Schedule:
    """Set or move the stream's timer of that name."""

    name: str
    due: datetime


@dataclass(frozen=True, slots=True)
class Cancel:
    """Remove the stream's timer of that name; nothing happens when there is none."""

    name: str


@dataclass(frozen=True, slots=True)
class Fire:
    """Consume the timer of that name and generation; the append fails when it is gone."""

    name: str
    generation: int


@dataclass(frozen=True, slots=True)
class Append:
    """Events to record in one stream that stands at `expected_version` (0: a new stream)."""

    stream: str
    expected_version: int
    events: Sequence[NewEvent]
    timers: Sequence[Schedule | Cancel | Fire] = field(default=())


@dataclass(frozen=True, slots=True)
class Appended:
    """Durable. `version` is that of the last event; `repeated` when it was already recorded."""

    version: int
    repeated: bool = False


@dataclass(frozen=True, slots=True)
class Conflict:
    """Nothing was recorded: the stream stands at another version."""

    expected_version: int
    actual_version: int


@dataclass(frozen=True, slots=True)
class TimerGone:
    """Nothing was recorded: the timer to fire was cancelled, moved or has fired."""


@dataclass(frozen=True, slots=True)
class EventIdTaken:
    """Nothing was recorded: one of the event ids belongs to an event of another place."""


Verdict = Appended | Conflict | TimerGone | EventIdTaken


class StoreAway(Exception):
    """No answer for a long while. What was sent may have been recorded, or may be later."""


def is_away(error: Exception) -> bool:
    """Whether an error of a store, or of the database beside it, says nothing about what was asked.

    psycopg counts among these what is too large for PostgreSQL, which says all about it.
    """
    return isinstance(error, OperationalError | StoreAway) and not isinstance(
        error, ProgramLimitExceeded
    )


class Unerasable(Exception):
    """The store keeps every value for ever: nothing in it is replaced."""


@dataclass(slots=True)
class Lag:
    """Seconds the oldest unpublished event has waited, and who holds it back."""

    seconds: float = 0.0
    holdback_seconds: float = 0.0
    culprit: str = ""


InTransaction = Callable[[Connection], Awaitable[None]]
"""Writes, in the transaction of the events, what must not be an event: secrets, for example."""


class EventTooLarge(ValueError):
    """An event is larger than `MAX_EVENT_BYTES`, so no broker would take it."""


def refuse_oversize(append: Append) -> None:
    """Raise `EventTooLarge` when an event of the append is."""
    for event in append.events:
        if len(event.data) > MAX_EVENT_BYTES:
            raise EventTooLarge(
                f"{event.type} has {len(event.data)} bytes, at most {MAX_EVENT_BYTES} fit a topic"
            )


def recorded_until(events: list[RecordedEvent], to_time: datetime | None) -> list[RecordedEvent]:
    """The events of a stream up to the first that was recorded later; all, without a time."""
    if to_time is None:
        return events
    # A filter would leave a hole where the server's clock was set back.
    return list(takewhile(lambda event: event.recorded_at <= to_time, events))


class EventStore(Protocol):
    """Append with an expected version; read a stream; read everything in a stable order."""

    async def append(self, append: Append) -> Verdict:
        """Record the events of one stream, all or none.

        Concurrent calls travel together in one commit, each with its own verdict.
        Repeating an append (same event ids after the same version) is `Appended(repeated=True)`.
        Raises `EventTooLarge` before anything is sent.
        """
        ...

    async def read(
        self,
        stream: str,
        *,
        after_version: int = 0,
        to_version: int | None = None,
        to_time: datetime | None = None,
    ) -> list[RecordedEvent]:
        """The stream in version order, up to a version or to what was recorded by a time."""
        ...

    async def read_all(self, after: Position, limit: int) -> list[RecordedEvent]:
        """The next events of all streams after a position.

        Never skips an event, whoever commits late, and never reorders within a stream.
        An empty list means nothing readable yet: something may still be withheld.
        """
        ...


class ServiceStore(EventStore, Protocol):
    """The store of a service: its events, and the PostgreSQL with all that is no event.

    Where the events are elsewhere, nothing is written to both at once. `append_in` is then durable
    before the caller commits, and the caller recognises by event ids what it did before a crash.
    """

    joins_transactions: ClassVar[bool]
    """Whether what `append_in` records is undone with the caller's transaction."""
    pool: Pool
    on_append: Callable[[], None]
    """Called after events were recorded."""

    async def migrate(self) -> None:
        """Bring the tables forward to this release. Safe to repeat, and from several processes."""
        ...

    async def append_in(self, connection: Connection, group: Sequence[Append]) -> list[Verdict]:
        """Append to distinct streams within the caller's transaction, as its first statement.

        The caller commits, and calls `on_append` then. Where a store does not join transactions
        the events stay, whatever becomes of the caller's.
        """
        ...

    async def append_with(self, append: Append, in_transaction: InTransaction) -> Verdict:
        """Append, and do what goes with the events: both or nothing, also after a crash.

        It is done for a fresh `Appended` only. What it raises comes out, and nothing is recorded.
        """
        ...

    async def erase(self, append: Append, values: Mapping[int, tuple[str, bytes]]) -> Verdict:
        """Append what says so, and with it replace the values of events of its stream for good.

        The one exception to "append only". `values` has the type and the value that stand there
        from now on, by version; nothing of what stood there is kept. All or nothing; when the
        verdict is not a fresh `Appended`, nothing was replaced. Raises `Unerasable`.
        """
        ...

    async def settle(self) -> None:
        """Do what crashes have left between the events and the tables. Safe to repeat."""
        ...

    async def streams(self, after: str, limit: int) -> list[str]:
        """The next names of streams behind a name, in their order; some may have no events."""
        ...

    async def read_many(self, streams: Sequence[str]) -> dict[str, list[RecordedEvent]]:
        """Several whole streams at once; a stream without events is an empty list."""
        ...

    async def version(self, stream: str) -> int:
        """The version of the last event of a stream; 0 without one."""
        ...

    async def amendments(self, stream: str) -> list[RecordedEvent]:
        """The amendments of a stream, in version order."""
        ...

    async def outgoing(self, after: Position, limit: int) -> list[Outgoing]:
        """As `read_all` answers, in the form of which a relay makes records."""
        ...

    async def find(self, event_ids: Sequence[UUID]) -> list[RecordedEvent]:
        """The events with these ids, in no particular order; unknown ids are left out."""
        ...

    async def withholds(self, after: Position) -> bool:
        """Whether there are events after a position, readable or not yet."""
        ...

    async def holds(self, position: Position) -> bool:
        """Whether an event stands at a position."""
        ...

    async def identity(self) -> str:
        """The name that no other store has: positions of another mean nothing here."""
        ...

    async def lag(self, after: Position) -> Lag:
        """Measure how long the oldest event after a position has waited, and who holds it back."""
        ...


async def each_event(
    store: EventStore, after: Position = BEGINNING, page: int = 1_000
) -> AsyncIterator[RecordedEvent]:
    """The events of all streams behind a position, in the order of the store, a page at a time.

    Nothing is passed by; what is withheld when the last page is read does not come.
    """
    while found := await store.read_all(after, page):
        for event in found:
            yield event
        after = found[-1].position
