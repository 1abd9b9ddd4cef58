"""The promises of an event store, whichever database is behind it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import takewhile
from typing import Any, Protocol
from uuid import UUID

MAX_EVENT_BYTES = 512 * 1024
"""Larger events are refused at append, so that nothing unpublishable is ever recorded."""


@dataclass(frozen=True, slots=True, order=True)
class Position:
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


@dataclass(frozen=True, slots=True)
class RecordedEvent:
    """An event as it stands in the store for ever."""

    stream: str
    version: int
    position: Position
    event_id: UUID
    type: str
    data: bytes
    meta: Mapping[str, Any]
    occurred_at: datetime
    recorded_at: datetime


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
