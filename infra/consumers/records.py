"""A record on its way to a consumer, freed from the client that fetched it."""


from dataclasses import dataclass
from typing import Any, Protocol

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.structs import ConsumerRecord

from infra.cloudevents import Envelope

Partition = tuple[str, int]


@dataclass(frozen=True, slots=True)
class Record:
    """What a topic holds at one offset."""

    topic: str
    partition: int
    offset: int
    key: bytes
    value: bytes
    headers: tuple[tuple[str, bytes], ...]

    @property
    def stream(self) -> str:
        """`missions.trip/T1` for key T1 of topic relais.missions.trip.v1."""
        return stream_of(self.topic, self.key.decode(errors="replace"))


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
        tuple(record.headers),
    )


class TopicReader(Protocol):
    """Reads stretches of a topic again, outside any consumer group."""

    async def end(self, partition: Partition) -> int:
        """The offset the next record will get."""
        ...

    async def read(self, partition: Partition, start: int, stop: int) -> list[Record]:
        """The records from `start` up to, not including, `stop`, as many as there are.

        May return fewer than asked; an empty list means there are none.
        """
        ...


class KafkaTopicReader:
    """A `TopicReader` over aiokafka; connects when first needed."""

    def __init__(self, bootstrap: str, page: int = 1_000) -> None:
        self._bootstrap = bootstrap
        self._page = page
        self._consumer: AIOKafkaConsumer | None = None

    async def _connected(self) -> AIOKafkaConsumer:
        if self._consumer is None:
            consumer = AIOKafkaConsumer(
                bootstrap_servers=self._bootstrap,
                enable_auto_commit=False,
                auto_offset_reset="earliest",
            )
            await consumer.start()
            self._consumer = consumer
        return self._consumer

    async def end(self, partition: Partition) -> int:
        consumer = await self._connected()
        tp = TopicPartition(*partition)
        return (await consumer.end_offsets([tp]))[tp]

    async def read(self, partition: Partition, start: int, stop: int) -> list[Record]:
        consumer = await self._connected()
        tp = TopicPartition(*partition)
        stop = min(stop, await self.end(partition))
        if start >= stop:
            return []
        consumer.assign([tp])
        consumer.seek(tp, start)
        found = await consumer.getmany(tp, timeout_ms=5_000, max_records=self._page)
        return [from_kafka(r) for r in found.get(tp, []) if start <= r.offset < stop]

    async def close(self) -> None:
        """Hang up; the next use connects again."""
        consumer, self._consumer = self._consumer, None
        if consumer is not None:
            await consumer.stop()


