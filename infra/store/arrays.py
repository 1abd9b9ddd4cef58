"""Arrays as PostgreSQL receives them; psycopg makes them of lists at three times the cost.

What is made here goes as a `%b` parameter and gets its type from the statement: `%b::uuid[]`.
"""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from struct import Struct
from uuid import UUID

import psycopg
from psycopg.adapt import Dumper
from psycopg.pq import Format

_HEAD = Struct("!5i")
"""Dimensions, whether a null is among them, the type of the elements, their number, the first."""
_LENGTH = Struct("!i")
_NULL = _LENGTH.pack(-1)
_NUMBER = Struct("!2i")
_MOMENT = Struct("!iq")
_EPOCH = datetime(2000, 1, 1, tzinfo=UTC)
_TICK = timedelta(microseconds=1)


class Array(bytes):
    """A whole array, packed."""


class _ArrayDumper(Dumper):
    format = Format.BINARY

    def dump(self, obj: Array) -> Array:
        return obj


psycopg.adapters.register_dumper(Array, _ArrayDumper)


def numbers(values: Sequence[int]) -> Array:
    """An `int[]`."""
    return _joined("int4", len(values), (_NUMBER.pack(4, value) for value in values))


def texts(values: Sequence[str | None]) -> Array:
    """A `text[]`."""
    return _packed("text", [None if value is None else value.encode() for value in values])


def blobs(values: Sequence[bytes | None]) -> Array:
    """A `bytea[]`."""
    return _packed("bytea", values)


def uuids(values: Sequence[UUID | None]) -> Array:
    """A `uuid[]`."""
    return _packed("uuid", [None if value is None else value.bytes for value in values])


def moments(values: Sequence[datetime]) -> Array:
    """A `timestamptz[]`."""
    ticks = ((value - _EPOCH) // _TICK for value in values)
    return _joined("timestamptz", len(values), (_MOMENT.pack(8, tick) for tick in ticks))


def _packed(type: str, elements: Sequence[bytes | None]) -> Array:
    packed = (_NULL if e is None else _LENGTH.pack(len(e)) + e for e in elements)
    return _joined(type, len(elements), packed, nulls=None in elements)


def _joined(type: str, count: int, elements: Iterable[bytes], *, nulls: bool = False) -> Array:
    head = _HEAD.pack(1, nulls, psycopg.postgres.types[type].oid, count, 1)
    return Array(head + b"".join(elements))
