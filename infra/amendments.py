"""Streams as they stand: with what was corrected, without what was redacted or passed over."""

import re
from collections.abc import Iterable, Sequence

from contracts.amendments import TYPE, Amended, amended, counts_in_the_past, decode
from contracts.common_v1 import EventAmended
from infra.store import RecordedEvent


def said(recorded: Iterable[RecordedEvent]) -> list[EventAmended]:
    """The amendments among these events, in their order. Raises DecodeError."""
    return [decode(event.data) for event in recorded if event.type == TYPE]


def said_by(version: int, recorded: Iterable[RecordedEvent]) -> list[EventAmended]:
    """The amendments that count when a stream is told as it was known at a version."""
    found = [(event.version, decode(event.data)) for event in recorded if event.type == TYPE]
    return [one for at, one in found if at <= version or counts_in_the_past(one)]


def standing(
    recorded: Sequence[RecordedEvent], amendments: Iterable[EventAmended], reader: str = ""
) -> list[RecordedEvent]:
    """The events of a stream, or of a part of it, that hold for a reader, each with its value.

    What is passed over is left out, and so are the amendments themselves.
    """
    found = amended(amendments)
    stand = [
        _stands(one, found[one.version], reader) if one.version in found else one
        for one in recorded
    ]
    return [one for one in stand if one.data and one.type != TYPE]


def _stands(recorded: RecordedEvent, amended: Amended, reader: str) -> RecordedEvent:
    type, value = amended.stands(recorded.type, recorded.data, reader)
    return recorded._replace(type=type, data=value)


def reader_of(consumer: str) -> str:
    """The name by which operators call a consumer; the generations of a table share theirs."""
    return re.sub(r"^(views\.\w+)\.\d+$", r"\1", consumer)
