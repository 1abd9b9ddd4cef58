"""A record on its way to a consumer, freed from the client that fetched it."""

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any, Protocol

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.structs import ConsumerRecord

from contracts.amendments import TYPE, Amended
from infra.cloudevents import MAX_NUMBER, REDACTED_BY, Envelope
from infra.cluster import Address
from infra.kafka import end_offsets, options

Partition = tuple[str, int]
AMENDMENT = TYPE.encode()


@dataclass(frozen=True, slots=True)
class Record:
    """The record of a topic at one offset."""

    topic: str
    partition: int
    offset: int
    key: bytes
    value: bytes
    headers: tuple[tuple[str, bytes], ...]

    @property
    def place(self) -> Partition:
        """The partition it is in."""
        return self.topic, self.partition

    @property
    def stream(self) -> str:
        """`missions.trip/T1` for key T1 of topic relais.missions.trip.v1."""
        return stream_of(self.topic, self.key.decode(errors="replace"))

    @property
    def is_amendment(self) -> bool:
        """Whether it speaks of an earlier event of its stream."""
        return ("ce_type", AMENDMENT) in self.headers

    @property
    def is_empty(self) -> bool:
        """Whether its value was removed, so that it is passed by."""
        return not self.value and any(name == REDACTED_BY for name, _ in self.headers)

    def standing(self, amended: Amended, reader: str) -> "Record":
        """The same record with what was said to hold for a reader; empty when nothing does."""
        recorded = dict(self.headers).get("ce_type", b"").decode()
        type, value = amended.stands(recorded, self.value, reader)
        others = [header for header in self.headers if header[0] != "ce_type"]
        if not value:
            others.append((REDACTED_BY, b""))
        return replace(self, value=value, headers=(*others, ("ce_type", type.encode())))

    @property
    def timeline(self) -> int:
        """How often the topic had been filled again when this was published; 0 if it won't say."""
        for name, value in self.headers:
            if name == "ce_timeline" and value.isdigit():
                return min(int(value), MAX_NUMBER)
        return 0


@dataclass(frozen=True, slots=True)
class Delivery:
    """A decoded event with its envelope, the next one of its stream."""

    stream: str
    envelope: Envelope
    event: Any


def stream_of(topic: str, key: str) -> str:
    """How consumers and position tokens name a stream: `<service>.<aggregate>/<key>`."""
    _, service, aggregate, _ = topic.split(".")
    return f"{service}.{aggregate}/{key}"


def from_kafka(record: "ConsumerRecord[bytes, bytes]") -> Record:
    """Our record from aiokafka's."""
    return Record(
        record.topic,
        record.partition,
        record.offset,
        record.key or b"",
        record.value or b"",
        headers_of(record.headers),
    )


def headers_of(found: Iterable[tuple[str, bytes | None]]) -> tuple[tuple[str, bytes], ...]:
    """Kafka allows headers without a value; here they are empty."""
    return tuple((name, value or b"") for name, value in found)


class TopicReader(Protocol):
    """Reads stretches of a topic again, outside any consumer group."""

    async def ends(self, partitions: Iterable[Partition]) -> dict[Partition, int]:
        """The offset that the next record of each will get."""
        ...

    async def read(self, partition: Partition, start: int, stop: int) -> list[Record]:
        """The records from `start` up to, not including, `stop`, as many as there are.

        May return fewer than asked; an empty list means there are none, never that none came in
        time.
        """
        ...

    async def close(self) -> None:
        """Hang up; the next use connects again."""
        ...


class KafkaTopicReader:
    """A `TopicReader` over aiokafka, for one or several consumers; connects when first needed.

    Raises `TimeoutError` or aiokafka's errors when the broker does not answer.
    """

    def __init__(self, bootstrap: Address, page: int = 1_000, patience: float = 30.0) -> None:
        self._bootstrap = bootstrap
        self._page = page
        self._patience = patience
        self._consumer: AIOKafkaConsumer | None = None
        # One at a time: it is one client, in one place of one partition.
        self._turn = asyncio.Lock()

    async def _connected(self) -> AIOKafkaConsumer:
        if self._consumer is None:
            consumer = AIOKafkaConsumer(
                **options(self._bootstrap),
                enable_auto_commit=False,
                auto_offset_reset="earliest",
                # Only what is there is read. Apache Kafka would hold back an answer about the
                # partition before, and with it the question about this one.
                fetch_max_wait_ms=10,
            )
            try:
                await consumer.start()
            except BaseException:
                await consumer.stop()
                raise
            self._consumer = consumer
        return self._consumer

    async def ends(self, partitions: Iterable[Partition]) -> dict[Partition, int]:
        async with self._turn:
            return await self._ends(partitions)

    async def _ends(self, partitions: Iterable[Partition]) -> dict[Partition, int]:
        consumer = await self._connected()
        wanted = [TopicPartition(*partition) for partition in partitions]
        async with asyncio.timeout(self._patience):
            found = await end_offsets(consumer, wanted) if wanted else {}
        return {(tp.topic, tp.partition): end for tp, end in found.items()}

    async def read(self, partition: Partition, start: int, stop: int) -> list[Record]:
        async with self._turn:
            return await self._read(partition, start, stop) if start < stop else []

    async def _read(self, partition: Partition, start: int, stop: int) -> list[Record]:
        stop = min(stop, (await self._ends([partition]))[partition])
        if start >= stop:
            return []
        consumer = await self._connected()
        tp = TopicPartition(*partition)
        try:
            async with asyncio.timeout(self._patience):
                consumer.seek(tp, start)
                consumer.resume(tp)
                while True:
                    found = await consumer.getmany(tp, timeout_ms=250, max_records=self._page)
                    records = [from_kafka(r) for r in found.get(tp, [])]
                    wanted = [r for r in records if start <= r.offset < stop]
                    # Offsets may be passed over by the broker itself: the position moves alone.
                    if wanted or await consumer.position(tp) >= stop:
                        return wanted
        finally:
            # Nobody reads on here: the client would go on asking in the background.
            consumer.pause(tp)

    async def close(self) -> None:
        async with self._turn:
            consumer, self._consumer = self._consumer, None
            if consumer is not None:
                await consumer.stop()
