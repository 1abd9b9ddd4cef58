"""A batch of ours is, byte by byte, the one that aiokafka would have made."""

from collections.abc import Sequence

from aiokafka.codec import zstd_decode
from aiokafka.producer.message_accumulator import BatchBuilder
from aiokafka.record.memory_records import MemoryRecords
from aiokafka.record.util import encode_varint
from hypothesis import given
from hypothesis import strategies as st

from infra.record_batches import Batch, packed, varint

ZSTD = 4
HEADER_BYTES = 61
Headers = list[tuple[str, bytes]]
Given = tuple[int, bytes, bytes, Headers]

headers = st.lists(st.tuples(st.text(max_size=9), st.binary(max_size=200)), max_size=4)
records = st.lists(
    st.tuples(
        # Clocks are set back now and then.
        st.integers(0, 2**42),
        st.binary(max_size=40),
        st.binary(max_size=300),
        headers,
    ),
    min_size=1,
    max_size=9,
)


def batch_of(given: Sequence[Given], most: int = 1 << 20) -> Batch:
    batch = Batch(most)
    for at, key, value, described in given:
        if not batch.add(at, key, value, len(described), packed(described)):
            break
    return batch


def builder_of(given: Sequence[Given]) -> BatchBuilder:
    builder = BatchBuilder(1 << 20, ZSTD)
    for at, key, value, described in given:
        builder.append(timestamp=at, key=key, value=value, headers=described)
    return builder


def built(batch: Batch | BatchBuilder) -> bytes:
    batch._set_producer_state(7, 2, 40)
    return bytes(batch._build())


@given(st.integers(-(2**62), 2**62))
def test_a_number_is_packed_as_aiokafka_packs_it(number: int) -> None:
    expected = bytearray()
    encode_varint(number, expected.append)
    assert varint(number) == expected


@given(records)
def test_a_batch_is_what_aiokafka_makes_of_the_same_records(given: list[Given]) -> None:
    assert built(batch_of(given)) == built(builder_of(given))


def size(batch: Batch) -> int:
    """Its bytes before they were compressed."""
    return HEADER_BYTES + len(zstd_decode(built(batch)[HEADER_BYTES:]))


@given(records, st.integers(HEADER_BYTES, 900))
def test_a_batch_takes_all_that_it_has_room_for_and_no_more(given: list[Given], most: int) -> None:
    batch = batch_of(given, most)
    taken = batch.record_count()
    assert taken == 1 or size(batch) <= most
    assert taken == len(given) or size(batch_of(given[: taken + 1])) > most


def test_a_client_reads_what_was_put_in() -> None:
    given = [(1_000 + n, b"T%d" % n, b"fact" * 50, [("ce_id", b"%d" % n)]) for n in range(100)]
    whole = built(batch_of(given))
    [batch] = iter(MemoryRecords(whole).next_batch, None)
    assert batch.validate_crc()
    found = [(r.timestamp, r.key, r.value, list(r.headers)) for r in batch]
    assert found == given
    assert len(zstd_decode(whole[HEADER_BYTES:])) > 4 * len(whole)


def test_a_batch_that_is_sent_again_is_the_same() -> None:
    batch = batch_of([(0, b"T", b"fact", [])])
    assert built(batch) == batch._build()
