"""A topic in memory, and its export into a folder."""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from contracts import amendments
from contracts.common_v1 import AmendmentKind, EventAmended
from contracts.missions import trip_v1
from contracts.runtime import Contract
from infra.cloudevents import headers
from infra.consumers.records import Partition, Record
from infra.store import RecordedEvent
from infra.store.protocol import BEGINNING
from tools.relais.exported import Form, opened
from tools.relais.exporting import ROWS, Export, start_of

NOON = datetime(2030, 5, 1, 12, 0, tzinfo=UTC)
TRIP: Contract[Any] = trip_v1.contract


class Topic:
    """A topic in memory, with a partition or more."""

    def __init__(self, contract: Contract[Any] = TRIP) -> None:
        self.contract = contract
        self._held: dict[int, list[Record]] = {}
        self.timeline = 1
        self.starts: list[int] = []
        """The offsets from which it was read."""

    def put(
        self,
        event: Any,
        version: int,
        partition: int = 0,
        at: datetime = NOON,
        story: str = "",
    ) -> Record:
        kind = self.contract.by_class(type(event))
        data = _value_of(self.contract, event)
        return self.append(kind.key_of(event), version, kind.type, data, partition, at, story)

    def amend(self, version: int, at: int, kind: AmendmentKind, instead: Any = None) -> Record:
        """An amendment of a version of t-1."""
        said = EventAmended(
            version=version,
            event_id=str(uuid5(NAMESPACE_URL, f"t-1/{version}")),
            kind=kind,
            reason="a slip of the pen",
            replacement=None if instead is None else _value_of(TRIP, instead),
            unreadable=False,
            readers=(),
            digest=None,
            type="" if instead is None else TRIP.by_class(type(instead)).type,
        )
        return self.append("t-1", at, amendments.TYPE, amendments.encode(said))

    def append(
        self,
        key: str,
        version: int,
        type: str,
        data: bytes,
        partition: int = 0,
        at: datetime = NOON,
        story: str = "",
    ) -> Record:
        id = uuid5(NAMESPACE_URL, f"{story}{key}/{version}")
        event = RecordedEvent(key, version, BEGINNING, id, type, data, {"actor": "lea"}, at, at)
        described = headers(self.contract, key, event, self.timeline)
        held = self._held.setdefault(partition, [])
        offset = len(held)
        held.append(
            Record(self.contract.topic, partition, offset, key.encode(), data, tuple(described))
        )
        return held[-1]

    def wipe(self) -> None:
        """Empty, as after the loss of every disk; the relay begins a new timeline."""
        self._held.clear()
        self.timeline += 1

    async def ends(self, partitions: Iterable[Partition]) -> dict[Partition, int]:
        return {place: len(self._held.get(place[1], ())) for place in partitions}

    async def read(self, partition: Partition, start: int, stop: int) -> list[Record]:
        if start < stop:
            self.starts.append(start)
        return self._held.get(partition[1], [])[start:stop][:2]

    async def close(self) -> None:
        """There is nothing to hang up."""


def _value_of(contract: Contract[Any], event: Any) -> bytes:
    kind = contract.by_class(type(event))
    encoded: bytes = kind.encode(event, lambda _subject, _field, plaintext: plaintext)
    return encoded


async def export(
    topic: Topic,
    folder: Path,
    form: Form,
    *,
    since: str | None = None,
    after: Sequence[str] = (),
    rows: int = ROWS,
) -> list[Any]:
    """Exports what is new, as `relais export` does; answers what it tells."""
    start = start_of(since, after)
    with opened(folder, form, start.since) as found:
        export = Export(topic.contract, topic, found, start.offsets, rows)
        return [told async for told in export.run()]
