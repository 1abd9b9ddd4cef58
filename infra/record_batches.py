"""Batches of records as Kafka takes them (magic 2), whose headers come packed.

The producer of aiokafka packs every header of every record by itself, names included; most of them
are the same for thousands of records. A `Batch` goes where one of its `create_batch` goes.
"""

from collections.abc import Iterable
from functools import lru_cache
from struct import Struct

from aiokafka.codec import zstd_encode
from aiokafka.record.util import calc_crc32c

_FRONT = Struct(">qiibI")
"""Offset (the broker's to say), length of all behind it, epoch of the leader, magic, checksum."""
_BEHIND = Struct(">hiqqqhii")
"""Attributes, last offset, first and latest time, producer with epoch and sequence, records."""
_BEFORE_LENGTH = 12
_MAGIC = 2
_ZSTD = 4
_NO_EPOCH = -1


@lru_cache(maxsize=1 << 14)
def varint(number: int) -> bytes:
    """A number as records have it: zigzag, seven bits a byte."""
    left = number << 1 if number >= 0 else (-number << 1) - 1
    packed = bytearray()
    while left > 0x7F:
        packed.append(left & 0x7F | 0x80)
        left >>= 7
    packed.append(left)
    return bytes(packed)


def packed(headers: Iterable[tuple[str, bytes]]) -> bytes:
    """Headers as a record has them, behind their number."""
    parts: list[bytes] = []
    for name, value in headers:
        parts += (_packed_name(name), varint(len(value)), value)
    return b"".join(parts)


@lru_cache(maxsize=1_000)
def _packed_name(name: str) -> bytes:
    encoded = name.encode()
    return varint(len(encoded)) + encoded


class Batch:
    """Records of one partition, compressed with zstd."""

    def __init__(self, most_bytes: int) -> None:
        """It takes no more bytes than these, but always a first record."""
        self._room = most_bytes - _FRONT.size - _BEHIND.size
        self._parts: list[bytes] = []
        self._count = 0
        self._first_ms = self._latest_ms = 0
        self._producer = (-1, -1, -1)
        self._built: bytes | None = None

    def add(self, timestamp_ms: int, key: bytes, value: bytes, count: int, headers: bytes) -> bool:
        """Take one more record with so many headers; False when there is no room for it."""
        if not self._count:
            self._first_ms = self._latest_ms = timestamp_ms
        record = b"".join(
            (
                b"\0",
                varint(timestamp_ms - self._first_ms),
                varint(self._count),
                varint(len(key)),
                key,
                varint(len(value)),
                value,
                varint(count),
                headers,
            )
        )
        length = varint(len(record))
        room = self._room - len(length) - len(record)
        if room < 0 and self._count:
            return False
        self._room = room
        self._parts += (length, record)
        self._count += 1
        self._latest_ms = max(self._latest_ms, timestamp_ms)
        return True

    # --- As the producer of aiokafka calls it ---------------------------------------------------

    def record_count(self) -> int:
        """How many records it has."""
        return self._count

    def close(self) -> None:
        """Nothing is added to it once it is handed over."""

    def closed(self) -> bool:
        """It waits for no more records."""
        return True

    def _set_producer_state(self, producer_id: int, epoch: int, sequence: int) -> None:
        self._producer = (producer_id, epoch, sequence)

    def _build(self) -> bytes:
        if self._built is None:
            records = zstd_encode(b"".join(self._parts))
            self._parts.clear()
            times = self._first_ms, self._latest_ms
            behind = _BEHIND.pack(_ZSTD, self._count - 1, *times, *self._producer, self._count)
            behind += records
            length = _FRONT.size - _BEFORE_LENGTH + len(behind)
            checksum = calc_crc32c(behind)
            self._built = _FRONT.pack(0, length, _NO_EPOCH, _MAGIC, checksum) + behind
        return self._built
