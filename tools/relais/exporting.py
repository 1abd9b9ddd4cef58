"""Exports topics into files, and goes on where the last export ended.

A file holds what counts: what was corrected reads as it holds, what was redacted or passed over
says so and has no event. An amendment changes the file that has the event it speaks of.
"""

from collections import defaultdict
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, assert_never

from contracts.amendments import decode
from contracts.common_v1 import AmendmentKind, EventAmended
from contracts.index import contracts
from contracts.runtime import Contract, DecodeError
from infra.consumers.records import KafkaTopicReader, Partition, Record, TopicReader
from infra.http.models import instant, plain
from infra.topics import partitions_of
from tools.relais import connections
from tools.relais.answers import USAGE, Trouble, time_of
from tools.relais.exported import Folder, Form, Ndjson, Row, opened
from tools.relais.topics import contract_of, facts, said_by, topics_at

ROWS = 20_000
"""As many in a file at most: they are held in memory until it is written."""


@dataclass(frozen=True, slots=True)
class Start:
    """Where the first export into a folder begins; later ones go on where the last one ended."""

    since: str | None = None
    """Only what was recorded then or later."""
    offsets: Mapping[int, int] = field(default_factory=dict)
    """By partition the first offset; 0 where none is given."""


def start_of(since: str | None, after: Sequence[str]) -> Start:
    """A start in words: a time, and places like those of `topics tail`, 3/100. Raises `Trouble`."""
    try:
        places = [place.split("/") for place in after]
        offsets = {int(partition): int(offset) + 1 for partition, offset in places}
    except ValueError:
        raise Trouble("--after wants PARTITION/OFFSET, like 3/100", USAGE) from None
    begins = time_of("--from", since)
    return Start(None if begins is None else begins.isoformat(), offsets)


async def export(
    topics: Sequence[str], folder: Path, format: str, since: str | None, after: Sequence[str]
) -> AsyncIterator[Mapping[str, Any]]:
    """Export these topics, or all there are, as "ndjson" or "parquet"; tells of each file once it
    is there. Raises `Trouble`."""
    start = start_of(since, after)
    chosen = [contract_of(topic) for topic in topics] or contracts
    bootstrap = connections.broker(connections.settings())
    there = await topics_at(bootstrap)
    if missing := [topic for topic in topics if topic not in there]:
        raise Trouble(f"not at the broker: {', '.join(missing)}; `relais topics create` makes it")
    reader = KafkaTopicReader(bootstrap)
    try:
        for contract in chosen:
            if contract.topic in there:
                with opened(folder / contract.topic, _form(format, contract), start.since) as found:
                    async for told in Export(contract, reader, found, start.offsets).run():
                        yield told
    finally:
        await reader.close()


def line(told: Mapping[str, Any]) -> str:
    """One file on one line."""
    what = f"{told['records']} records" if "records" in told else f"{told['amended']} amended"
    left = f", {told['left']} to go" if told["left"] else ""
    return f"{told['file']}  {what}{left}"


def _form(format: str, contract: Contract[Any]) -> Form:
    if format == "ndjson":
        return Ndjson()
    # Imported here: only an installation with the extra `export` has what it needs.
    from tools.relais.parquet import Parquet

    return Parquet(contract)


class Export:
    """One run over one topic."""

    def __init__(
        self,
        contract: Contract[Any],
        reader: TopicReader,
        folder: Folder,
        offsets: Mapping[int, int],
        rows: int = ROWS,
    ) -> None:
        self._contract = contract
        self._reader = reader
        self._folder = folder
        self._offsets = offsets
        self._rows = rows

    async def run(self) -> AsyncIterator[Mapping[str, Any]]:
        """Take over what is on the topic now, file by file."""
        topic = self._contract.topic
        ends = await self._reader.ends([(topic, n) for n in range(partitions_of(topic))])
        left = sum(ends.values()) - sum(self._next(place, end) for place, end in ends.items())
        waiting: list[Record] = []
        for place, end in ends.items():
            async for records in self._of(place, end):
                waiting += records
                left -= len(records)
                while len(waiting) >= self._rows:
                    taken, waiting = waiting[: self._rows], waiting[self._rows :]
                    for told in self._take(taken):
                        yield told | {"left": max(left, 0) + len(waiting)}
        for told in self._take(waiting):
            yield told | {"left": 0}

    def _next(self, place: Partition, end: int) -> int:
        offset, _ = self._folder.next_of(place[1], self._offsets.get(place[1], 0))
        # Shorter than it was: filled again from its beginning (ADR 5).
        return offset if offset <= end else 0

    async def _of(self, place: Partition, end: int) -> AsyncIterator[list[Record]]:
        _, timeline = self._folder.next_of(place[1], 0)
        offset = self._next(place, end)
        while found := await self._reader.read(place, offset, end):
            newest = max(record.timeline for record in found)
            if timeline and newest > timeline and offset:
                # Filled again, so offsets mean other records: what is known is passed by.
                timeline, offset = newest, 0
                continue
            timeline, offset = max(timeline, newest), found[-1].offset + 1
            yield found

    def _take(self, records: Sequence[Record]) -> list[dict[str, Any]]:
        """Make a file of these records, and change those that have what was amended."""
        with self._folder.committed():
            new = list(self._new(records))
            rows = [row for _, row in new]
            places = {(row["key"], row["version"]): n for n, row in enumerate(rows)}
            earlier: dict[int, list[tuple[str, EventAmended]]] = defaultdict(list)
            for record, row in new:
                if (said := _amendment(record)) is not None:
                    key = row["key"]
                    if (n := places.get((key, said.version))) is not None:
                        rows[n] = amended(self._contract, rows[n], said)
                    elif (file := self._folder.file_of(key, said.version)) is not None:
                        earlier[file].append((key, said))
            told = [self._changed(file, all_said) for file, all_said in earlier.items()]
            if rows:
                told.append({"file": str(self._folder.add(rows)), "records": len(rows)})
            for record in records:
                self._folder.reached(record.partition, record.offset + 1, record.timeline)
        return told

    def _new(self, records: Sequence[Record]) -> Iterator[tuple[Record, Row]]:
        """Records that are new to the folder and were recorded since the start asked for."""
        since = self._folder.since and instant(self._folder.since)
        for record in records:
            found = facts(self._contract, record)
            if since and found["recorded_at"] and found["recorded_at"] < since:
                continue
            row: Row = plain(found)
            # What is no event has no version, and cannot be known again.
            if row["version"] is None or self._folder.is_new(row):
                yield record, row

    def _changed(self, file: int, said: Sequence[tuple[str, EventAmended]]) -> dict[str, Any]:
        def change(row: Row) -> Row:
            for key, one in said:
                if (row["key"], row["version"]) == (key, one.version):
                    row = amended(self._contract, row, one)
            return row

        return {"file": str(self._folder.change(file, change)), "amended": len(said)}


def _amendment(record: Record) -> EventAmended | None:
    """The amendment in a record; None in any other, also in one that cannot be read."""
    if not record.is_amendment:
        return None
    try:
        return decode(record.value)
    except DecodeError:
        return None


def amended(contract: Contract[Any], row: Row, said: EventAmended) -> Row:
    """A row once this was said of it; the same when it is said again."""
    match said.kind:
        case AmendmentKind.SKIPPED if said.readers:
            return row
        case AmendmentKind.CORRECTED | AmendmentKind.REDACTED if said.replacement:
            holds = said_by(contract, said.type, said.replacement, instant(row["recorded_at"]))
            return {**row, **plain(holds), "type": said.type, "amended": plain(said.kind)}
        case AmendmentKind.CORRECTED | AmendmentKind.REDACTED | AmendmentKind.SKIPPED:
            nothing = {"business_time": None, "event": None, "error": None}
            return {**row, **nothing, "amended": plain(said.kind)}
        case unhandled:
            assert_never(unhandled)
