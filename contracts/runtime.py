"""The ground of the generated contracts: protobuf classes, event types, and how they are read."""

import builtins
from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from enum import IntEnum
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any, Final, Generic, TypeVar, get_type_hints

from google.protobuf import descriptor_pb2, descriptor_pool, message_factory
from google.protobuf.message import DecodeError as MalformedMessage

E = TypeVar("E")
N = TypeVar("N", bound=IntEnum)

Seal = Callable[[str, int, bytes], bytes]
"""(subject, field number, plaintext) -> ciphertext."""

Unseal = Callable[[str, int, bytes], bytes | None]
"""(subject, field number, ciphertext) -> plaintext, or None once the subject is forgotten."""

RECORDED: Final = "recorded"
"""The business time of an event none of whose fields is it: when it was recorded."""

SCHEMAS = "urn:relais:schema:"
"""The name of a message after it is an absolute URI, as CloudEvents demands of a schema."""

AMENDMENT: Final = "relais.common.v1.event_amended"
"""The CloudEvents type of an amendment, whatever the topic (contracts/amendments.py)."""

AMENDMENT_SCHEMA: Final = "relais.common.v1.EventAmended"

REDACTED = "XXXX"
"""The words in the place of a personal text once its subject is forgotten."""


class DecodeError(ValueError):
    """The bytes are not an event this version of the contract can read."""


class UnknownEventType(ValueError):
    """The contract has no event of this type (yet)."""

    def __init__(self, type: str) -> None:
        super().__init__(f"unknown event type {type!r}")
        self.type = type


@dataclass(frozen=True, slots=True)
class EventType(Generic[E]):
    """One kind of event: its names, and the way between its dataclass and its bytes.

    `encode` raises ValueError for values the wire cannot carry (a number out of range).
    `parse` and `convert` are the two halves of `decode`; both raise DecodeError.
    """

    type: str
    """The CloudEvents type."""
    cls: builtins.type[E]
    key: str
    """The field that is both the stream id and the Kafka key."""
    time: str
    """The field that is its business time, or `RECORDED`."""
    schema: str
    """The full name of the protobuf message."""
    personal: tuple[tuple[str, str], ...]
    """The personal fields, each with the field that names its data subject."""
    encode: Callable[[E, Seal], bytes]
    parse: Callable[[bytes], Any]
    """Bytes to the protobuf message; personal fields stay sealed."""
    convert: Callable[[Any, Unseal], E]

    @property
    def schema_uri(self) -> str:
        """The schema as a URI, the same for ever."""
        return SCHEMAS + self.schema

    def decode(self, data: bytes, unseal: Unseal) -> E:
        """The event in these bytes. Raises DecodeError, and whatever `unseal` raises."""
        return self.convert(self.parse(data), unseal)

    def key_of(self, event: E) -> str:
        key: str = getattr(event, self.key)
        return key

    def time_of(self, event: E, recorded_at: datetime) -> datetime | date:
        """The time, or the day, that counts in a report."""
        if self.time == RECORDED:
            return recorded_at
        found: datetime | date = getattr(event, self.time)
        return found

    def subjects_of(self, event: E) -> frozenset[str]:
        """The people whose personal data an event carries; an absent field is nobody's."""
        return frozenset(
            getattr(event, subject)
            for name, subject in self.personal
            if getattr(event, name) is not None
        )

    def subjects_in(self, message: Any) -> frozenset[str]:
        """The people whose personal data a parsed message carries."""
        return frozenset(
            getattr(message, subject) for name, subject in self.personal if message.HasField(name)
        )


@dataclass(frozen=True, slots=True)
class Contract(Generic[E]):
    """The events of one aggregate: one package, one topic, one kind of stream."""

    name: str
    service: str
    package: str
    topic: str
    types: tuple[EventType[Any], ...]
    former: tuple[EventType[Any], ...] = ()
    """The types that are recorded no more; their events are read in the present shape."""
    _by_type: dict[str, EventType[Any]] = field(init=False, repr=False, compare=False)
    _by_class: dict[type[Any], EventType[Any]] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        by_type = {known.type: known for known in (*self.types, *self.former)}
        object.__setattr__(self, "_by_type", by_type)
        object.__setattr__(self, "_by_class", {known.cls: known for known in self.types})

    def by_type(self, type: str) -> EventType[Any]:
        """Raises UnknownEventType."""
        known = self._by_type.get(type)
        if known is None:
            raise UnknownEventType(type)
        return known

    def types_of(self, classes: Collection[type[Any]]) -> frozenset[str]:
        """The types of the events that are read as these classes, former ones too."""
        return frozenset(kind.type for kind in self._by_type.values() if kind.cls in classes)

    def by_class(self, cls: type[Any]) -> EventType[Any]:
        """Raises KeyError: passing the event of another aggregate is a bug."""
        return self._by_class[cls]


# --- Former events ----------------------------------------------------------


def upcasting(
    convert: Callable[[Any, Unseal], Any], present: type[E], module: str, function: str
) -> Callable[[Any, Unseal], E]:
    """The conversion of a former event, followed by the function that gives it its present shape.

    That is written by hand, beside the contract; it needs the classes that are generated here, so
    it is imported when the first such event is read. TypeError where it makes another event.
    """

    @cache
    def upcast() -> Callable[[Any], E]:
        found: Callable[[Any], E] = getattr(import_module(module), function)
        if get_type_hints(found).get("return") is not present:
            raise TypeError(f"{module}.{function} has to answer a {present.__name__}")
        return found

    return lambda message, unseal: upcast()(convert(message, unseal))


def recorded_no_more(event: Any, _seal: Seal) -> bytes:
    """Refuses to encode: only the present shape is recorded."""
    raise TypeError(f"{type(event).__name__} is recorded in its present type only")


# --- Protobuf messages ------------------------------------------------------


@cache
def _pool() -> descriptor_pool.DescriptorPool:
    # A pool of our own: two libraries that bring the same .proto path cannot collide with us.
    content = Path(__file__).with_name("descriptors.binpb").read_bytes()
    pool = descriptor_pool.DescriptorPool()
    for file in descriptor_pb2.FileDescriptorSet.FromString(content).file:
        pool.Add(file)
    return pool


def message_class(full_name: str) -> type[Any]:
    """The protobuf class of a message of the contracts. Raises KeyError."""
    found: type[Any] = message_factory.GetMessageClass(_pool().FindMessageTypeByName(full_name))
    return found


def parser(message: type[Any]) -> Callable[[bytes], Any]:
    """Bytes to a message of this class; raises our DecodeError."""
    from_string = message.FromString

    def parse(data: bytes) -> Any:
        try:
            return from_string(data)
        except MalformedMessage as error:
            raise DecodeError(f"not a {message.DESCRIPTOR.full_name}: {error}") from None

    return parse


# --- Values of the generated converters -------------------------------------

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def missing(message: Any, *names: str) -> DecodeError:
    absent = ", ".join(name for name in names if not message.HasField(name))
    return DecodeError(f"{message.DESCRIPTOR.full_name} lacks {absent}")


def member(enum: type[N], number: int) -> N:
    """The member of that number. Zero means that the writer did not say, so it has none."""
    try:
        return enum(number)
    except ValueError:
        raise DecodeError(f"{enum.__name__} has no member {number}") from None


def decode_instant(message: Any) -> datetime:
    """In UTC; finer than a microsecond is cut off."""
    try:
        return _EPOCH + timedelta(0, message.seconds, message.nanos // 1000)
    except OverflowError:
        raise DecodeError(f"no such instant: {message.seconds} s") from None


def encode_instant(value: datetime) -> dict[str, int]:
    """Exact to the microsecond. Raises TypeError for a time without a zone."""
    since = value - _EPOCH
    return {
        "seconds": since.days * 86_400 + since.seconds,
        "nanos": since.microseconds * 1000,
    }


def decode_date(message: Any) -> date:
    try:
        return date(message.year, message.month, message.day)
    except ValueError as error:
        raise DecodeError(f"no such day: {error}") from None


def encode_date(value: date) -> dict[str, int]:
    return {"year": value.year, "month": value.month, "day": value.day}


def decode_text(plaintext: bytes | None) -> str:
    if plaintext is None:
        return REDACTED
    try:
        return plaintext.decode()
    except UnicodeDecodeError as error:
        raise DecodeError(f"not a text: {error.reason}") from None
