"""Ownership of partitions: who may move a position, and how far each one is.

Every owner has an epoch of its own; only the newest epoch of a partition can move its position,
and only from where this owner left it: a database that crashed may have gone back.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from infra.consumers.records import Partition
from infra.database import Connection

Ends = Mapping[Partition, tuple[int, int]]
"""Where each partition goes on after a batch: (next offset, timeline)."""


class Fenced(Exception):
    """The partition has a newer owner or another position; nothing of this batch was kept."""


@dataclass(slots=True)
class Owned:
    """A partition this process owns: where it goes on, and in which timeline of the topic."""

    epoch: int
    next_offset: int
    timeline: int


class Ownership:
    """The partitions that a consumer owns in this process."""

    def __init__(self, consumer: str, owner: str) -> None:
        self.partitions: dict[Partition, Owned] = {}
        self._consumer = consumer
        self._owner = owner

    async def acquire(self, connection: Connection, partitions: Sequence[Partition]) -> None:
        """Begin a new epoch of each partition, from the position that its last owner left."""
        topics, numbers = [t for t, _ in partitions], [p for _, p in partitions]
        cursor = await connection.execute(
            "insert into consumer.position (consumer, topic, partition, epoch, owner)"
            " select %s, t, p, 1, %s from unnest(%s::text[], %s::int[]) as n(t, p)"
            " on conflict (consumer, topic, partition) do update"
            "   set epoch = consumer.position.epoch + 1, owner = excluded.owner"
            " returning topic, partition, epoch, next_offset, timeline",
            (self._consumer, self._owner, topics, numbers),
        )
        for topic, partition, *owned in await cursor.fetchall():
            self.partitions[(topic, partition)] = Owned(*owned)

    def drop(self, partitions: Iterable[Partition]) -> None:
        """Stop counting these as owned."""
        for partition in partitions:
            self.partitions.pop(partition, None)

    def next_offsets(self) -> dict[Partition, int]:
        """Where each owned partition goes on."""
        return {partition: owned.next_offset for partition, owned in self.partitions.items()}

    def unmoved(self, partition: Partition) -> Ends:
        """The end of a transaction that leaves the position of this partition where it is."""
        owned = self.partitions[partition]
        return {partition: (owned.next_offset, owned.timeline)}

    def moved(self, ends: Ends) -> None:
        """Remember positions that were committed."""
        for partition, (next_offset, timeline) in ends.items():
            owned = self.partitions[partition]
            owned.next_offset, owned.timeline = next_offset, timeline

    async def write(self, connection: Connection, versions: Mapping[str, int], ends: Ends) -> None:
        """Write how far streams and partitions are. Raises `Fenced`, so that all is undone."""
        # One statement, so that it costs one round trip.
        cursor = await connection.execute(
            """
            with streams as (
              insert into consumer.stream (consumer, stream, version)
              select %s, s, v from unnest(%s::text[], %s::int[]) as n(s, v)
              on conflict (consumer, stream) do update set version = excluded.version
            ), moved as (
              update consumer.position p
                 set next_offset = n.next, timeline = n.timeline, updated_at = clock_timestamp()
                from unnest(%s::text[], %s::int[], %s::bigint[], %s::int[], %s::bigint[],
                            %s::bigint[]) as n(topic, partition, next, timeline, epoch, before)
               where p.consumer = %s and p.topic = n.topic and p.partition = n.partition
                 and p.epoch = n.epoch and p.next_offset = n.before
              returning 1
            ) select count(*) from moved
            """,
            (
                self._consumer,
                list(versions),
                list(versions.values()),
                [topic for topic, _ in ends],
                [number for _, number in ends],
                [offset for offset, _ in ends.values()],
                [timeline for _, timeline in ends.values()],
                [self.partitions[partition].epoch for partition in ends],
                [self.partitions[partition].next_offset for partition in ends],
                self._consumer,
            ),
        )
        row = await cursor.fetchone()
        if row is None or row[0] != len(ends):
            raise Fenced(f"{self._consumer} no longer owns one of {list(ends)} where it left it")
