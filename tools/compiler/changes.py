"""Changes since the contracts released last, as their readers meet them."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import date
from enum import StrEnum
from pathlib import Path

from contracts.runtime import AMENDMENT_SCHEMA
from tools.compiler import schema
from tools.compiler.schema import Enum, Field, Message, Package

RELEASED = Path("contracts/released/events.binpb")
HISTORY = Path("contracts/released/history.json")


class Kind(StrEnum):
    """The kind of a change, as the list of changes names it."""

    TOPIC = "topic"
    EVENT = "event"
    FIELD = "field"
    VALUE = "value"


@dataclass(frozen=True, slots=True)
class Change:
    """One thing that is new: its kind, its name and what is said about it."""

    kind: Kind
    name: str
    """Like `relais.missions.trip.v1.TripPublished.reference`."""
    text: str


@dataclass(frozen=True, slots=True)
class Release:
    """The contracts as others rely on them since a day."""

    day: str
    """In UTC, as 2030-05-01."""
    text: str
    changes: tuple[Change, ...]


def history(root: Path) -> list[Release]:
    """Every release, oldest first."""
    path = root / HISTORY
    return [
        Release(
            one["day"],
            one["text"],
            tuple(Change(Kind(new["kind"]), new["name"], new["text"]) for new in one["changes"]),
        )
        for one in (json.loads(path.read_text()) if path.is_file() else ())
    ]


def write_release(root: Path, day: date, changes: Sequence[Change]) -> None:
    """Note a release; one without any change is none."""
    if not changes:
        return
    releases = [*history(root), Release(day.isoformat(), "", tuple(changes))]
    text = json.dumps([asdict(one) for one in releases], indent=2, ensure_ascii=False)
    (root / HISTORY).write_text(text + "\n")


def released(root: Path, descriptors: bytes) -> list[Package]:
    """The contracts released last, read with the options in these descriptors; none before the
    first release."""
    path = root / RELEASED
    return schema.read(path.read_bytes(), options=descriptors) if path.is_file() else []


def between(before: Sequence[Package], after: Sequence[Package]) -> Iterator[Change]:
    """Additions, in the order of the contracts. Nothing may go: buf refuses that."""
    topics = {package.name for package in before if package.events}
    for package in after:
        if package.events and package.name not in topics:
            yield Change(Kind.TOPIC, package.name, package.comment)
    known = {message.full_name for package in before for message in package.messages}
    for package in after:
        for message in package.messages:
            is_event = message.event or message.full_name == AMENDMENT_SCHEMA
            if is_event and message.full_name not in known:
                yield Change(Kind.EVENT, message.full_name, message.comment)
    for message, field in new_fields(before, after):
        yield Change(Kind.FIELD, f"{message.full_name}.{field.name}", field.comment)
    for enum, name, comment in _new_values(before, after):
        yield Change(Kind.VALUE, f"{enum.full_name}.{name}", comment)


def new_fields(
    before: Sequence[Package], after: Sequence[Package]
) -> Iterator[tuple[Message, Field]]:
    """The fields that messages have now and had not."""
    known = {
        message.full_name: {field.number for field in message.fields}
        for package in before
        for message in package.messages
    }
    for package in after:
        for message in package.messages:
            for field in message.fields if message.full_name in known else ():
                if field.number not in known[message.full_name]:
                    yield message, field


def _new_values(
    before: Sequence[Package], after: Sequence[Package]
) -> Iterator[tuple[Enum, str, str]]:
    known = {
        enum.full_name: {number for _, number, _ in enum.values}
        for package in before
        for enum in package.enums
    }
    for package in after:
        for enum in package.enums:
            for name, number, comment in enum.values if enum.full_name in known else ():
                if number not in known[enum.full_name]:
                    yield enum, name, comment
