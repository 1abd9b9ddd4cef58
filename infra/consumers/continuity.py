"""Continuity of offsets: what was passed over is read from the topic, what comes again is left out.

A timeline is one filling of a topic. When a record shows a newer one, offsets mean something else
than before, and the partition is read from its beginning.
"""

import logging
from collections.abc import AsyncIterator, Mapping, Sequence
from itertools import takewhile

from infra import telemetry
from infra.consumers.opening import version_of
from infra.consumers.ownership import Ends, Owned
from infra.consumers.records import Partition, Record, TopicReader

log = logging.getLogger("relais.consumer")

BATCH = 1_000
"""Records done in one transaction; those read again from a topic come in pages as large."""
NEAR = 5_000
"""How far back a missing record is looked for before the whole topic is read."""


class Continuity:
    """Makes whole what a transport hands over, in any order and any number of times."""

    def __init__(self, consumer: str, reader: TopicReader) -> None:
        self._consumer = consumer
        self._reader = reader

    async def batches(
        self, records: Sequence[Record], owned: Mapping[Partition, Owned]
    ) -> AsyncIterator[tuple[list[Record], Ends]]:
        """The records of owned partitions, without gaps, and where each partition then goes on.

        A batch stays within one timeline of each partition.
        """
        groups: dict[Partition, list[Record]] = {}
        for record in records:
            groups.setdefault(record.place, []).append(record)
        batch: list[Record] = []
        timelines: dict[Partition, int] = {}
        for partition in groups.keys() & owned.keys():
            stretches = self._continuous(partition, owned[partition], groups[partition])
            async for timeline, stretch in stretches:
                begun_again = timelines.get(partition, timeline) != timeline
                if batch and (begun_again or len(batch) + len(stretch) > BATCH):
                    yield batch, _ends(batch, timelines)
                    batch, timelines = [], {}
                batch += stretch
                timelines[partition] = timeline
        if batch:
            yield batch, _ends(batch, timelines)

    async def _continuous(
        self, partition: Partition, owned: Owned, records: list[Record]
    ) -> AsyncIterator[tuple[int, list[Record]]]:
        """The records without those seen before, and with those that were passed over."""
        expected, timeline = owned.next_offset, owned.timeline
        fresh: list[Record] = []
        for record in records:
            again = record.timeline > timeline
            if fresh and (again or record.offset > expected):
                yield timeline, fresh
                fresh = []
            if again:
                # The topic was filled again: offsets mean something else now, so read it all.
                timeline = record.timeline
                if expected > 0:
                    message = "%s reads %s again: timeline %s"
                    log.warning(message, self._consumer, partition, timeline)
                expected = 0
            if record.offset < expected:
                telemetry.duplicates_dropped(self._consumer, 1)
                continue
            async for stretch in self._stretch(partition, expected, record.offset):
                yield timeline, stretch
            fresh.append(record)
            expected = record.offset + 1
        if fresh:
            yield timeline, fresh

    async def missing(self, record: Record, versions: range) -> list[Record]:
        """These versions of the record's stream, as far as the topic holds them without a gap."""
        end = (await self._reader.ends([record.place]))[record.place]
        near = max(0, record.offset - NEAR)
        found: dict[int, Record] = {}
        for start, stop in ((near, end), (0, near)):
            async for stretch in self._stretch(record.place, start, stop):
                for other in stretch:
                    if other.key == record.key and (version := version_of(other)) in versions:
                        found.setdefault(version, other)
                if len(found) == len(versions):
                    break
            if len(found) == len(versions):
                break
        return [found[version] for version in takewhile(found.__contains__, versions)]

    async def _stretch(
        self, partition: Partition, start: int, stop: int
    ) -> AsyncIterator[list[Record]]:
        while start < stop and (found := await self._reader.read(partition, start, stop)):
            yield found
            start = found[-1].offset + 1


def _ends(records: Sequence[Record], timelines: Mapping[Partition, int]) -> Ends:
    return {record.place: (record.offset + 1, timelines[record.place]) for record in records}
