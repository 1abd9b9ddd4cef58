"""Everything that topics hold, as a consumer without a group sees it."""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import KafkaError

from infra.consumers.records import Record, from_kafka
from infra.kafka import end_offsets
from infra.topics import partitions_of


async def records_of(bootstrap: str, topics: Sequence[str]) -> list[Record]:
    """The records of whole topics, each partition in its order.

    Raises AssertionError when the broker does not answer for all partitions, which `eventually`
    asks again: topics made anew have no leader for a moment.
    """
    try:
        return await _records_of(bootstrap, topics)
    except KafkaError as error:
        raise AssertionError(f"the topics are not there: {error}") from error


async def _records_of(bootstrap: str, topics: Sequence[str]) -> list[Record]:
    partitions = [TopicPartition(t, n) for t in topics for n in range(partitions_of(t))]
    async with _reader(bootstrap) as reader:
        ends = await end_offsets(reader, partitions)
        left = {partition for partition, end in ends.items() if end > 0}
        if left:
            await reader.seek_to_beginning(*left)
            reader.resume(*left)
        found: list[Record] = []
        while left:
            fetched = await reader.getmany(*left, timeout_ms=2_000)
            found += [from_kafka(record) for group in fetched.values() for record in group]
            left = {tp for tp in left if await reader.position(tp) < ends[tp]}
        return sorted(found, key=lambda record: (record.topic, record.partition, record.offset))


@asynccontextmanager
async def _reader(bootstrap: str) -> AsyncIterator[AIOKafkaConsumer]:
    reader = AIOKafkaConsumer(
        bootstrap_servers=bootstrap,
        enable_auto_commit=False,
        request_timeout_ms=5_000,
        fetch_max_wait_ms=10,
    )
    try:
        await reader.start()
        yield reader
    finally:
        await reader.stop()


def header(record: Record, name: str) -> str:
    """One header of a record, as text; KeyError when it has none of that name."""
    return dict(record.headers)[name].decode()


def versions(records: Sequence[Record]) -> Mapping[str, list[int]]:
    """The versions of each stream as they stand in the topic, repetitions left out."""
    found: dict[str, dict[int, None]] = {}
    for record in records:
        found.setdefault(record.stream, {})[int(header(record, "ce_sequence"))] = None
    return {stream: list(seen) for stream, seen in found.items()}
