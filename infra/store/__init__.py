"""Streams of events: append with an expected version, read back, read everything in order."""

from infra.store.protocol import (
    Append,
    Appended,
    Cancel,
    Conflict,
    EventIdTaken,
    EventStore,
    EventTooLarge,
    Fire,
    InTransaction,
    NewEvent,
    Position,
    RecordedEvent,
    Schedule,
    TimerGone,
    Verdict,
)

__all__ = [
    "Append",
    "Appended",
    "Cancel",
    "Conflict",
    "EventIdTaken",
    "EventStore",
    "EventTooLarge",
    "Fire",
    "InTransaction",
    "NewEvent",
    "Position",
    "RecordedEvent",
    "Schedule",
    "TimerGone",
    "Verdict",
]
