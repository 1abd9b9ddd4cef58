"""Amendments of events that were recorded wrongly: the one type of event in all topics.

An amendment is the next event of the stream in which the wrong one stands (ADR 43). Whoever folds a
stream first takes what stands: the replacement for what was corrected, nothing for what is passed
over. An event always has its key, so only a redacted one has a value without bytes.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Final, assert_never

from contracts.common_v1 import (
    AmendmentKind,
    EventAmended,
    decode_event_amended,
    encode_event_amended,
)
from contracts.runtime import AMENDMENT, AMENDMENT_SCHEMA, SCHEMAS, message_class, parser

SCHEMA_URI: Final = SCHEMAS + AMENDMENT_SCHEMA
TYPE: Final = AMENDMENT

_Message = message_class(AMENDMENT_SCHEMA)
_parse = parser(_Message)


def encode(amendment: EventAmended) -> bytes:
    """The value of an amendment."""
    encoded: bytes = _Message(**encode_event_amended(amendment)).SerializeToString()
    return encoded


def decode(data: bytes) -> EventAmended:
    """The amendment in these bytes. Raises DecodeError."""
    return decode_event_amended(_parse(data))


@dataclass(frozen=True, slots=True)
class Amended:
    """All that was said of one event."""

    replacement: bytes | None = None
    """The value that holds instead; empty when it was removed; None for the recorded one."""
    type: str = ""
    """The type of the replacement."""
    skipped: bool = False
    """Whether everybody passes it over."""
    readers: frozenset[str] = frozenset()
    """The readers that do."""

    def stands(self, type: str, recorded: bytes, reader: str) -> tuple[str, bytes]:
        """The type and the value that hold for a reader; without bytes when none does."""
        if self.skipped or reader in self.readers:
            return type, b""
        return self.held(type, recorded)

    def held(self, type: str, recorded: bytes) -> tuple[str, bytes]:
        """The same, whoever passes it over."""
        return (type, recorded) if self.replacement is None else (self.type, self.replacement)

    def after(self, amendment: EventAmended) -> "Amended":
        """The same, once one more thing was said."""
        match amendment.kind:
            case AmendmentKind.CORRECTED | AmendmentKind.REDACTED:
                return Amended(amendment.replacement or b"", amendment.type)
            case AmendmentKind.SKIPPED if not amendment.readers:
                return replace(self, skipped=True)
            case AmendmentKind.SKIPPED:
                return replace(self, readers=self.readers.union(amendment.readers))
            case unhandled:
                assert_never(unhandled)


def amended(amendments: Iterable[EventAmended]) -> Mapping[int, Amended]:
    """All that was said of each event of a stream, by version; `amendments` come in its order."""
    found: dict[int, Amended] = {}
    for one in amendments:
        found[one.version] = found.get(one.version, Amended()).after(one)
    return found


def counts_in_the_past(amendment: EventAmended) -> bool:
    """Whether it counts for a time at which it was not known: nothing else can be told then."""
    return amendment.unreadable or amendment.kind is not AmendmentKind.CORRECTED
