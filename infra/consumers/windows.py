"""Counts in windows of time, kept in tables of Faust: for live statistics, and for nothing else.

A table of Faust may lose or repeat the last moments before a crash. So what is counted here is
shown as live; history is in the views.
"""

import asyncio
import json
import logging
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from aiokafka.admin import AIOKafkaAdminClient, NewTopic

from contracts.runtime import Contract
from infra.cloudevents import NotAnEvent, envelope
from infra.cluster import Address
from infra.consumers.records import Record
from infra.consumers.transports import UNSETTLED_SECONDS, FaustStopped, app_of, from_faust
from infra.kafka import options
from infra.supervisor import Progress
from infra.topics import make, partitions_of

log = logging.getLogger("relais.windows")

WINDOW = timedelta(minutes=15)
"""Every zone of the world begins its day at a multiple of it."""
KEPT = timedelta(days=2)
"""A day of the zone that is last, while it is today anywhere."""
FLUSH_SECONDS = 1.0


@dataclass(frozen=True, slots=True)
class Count:
    """One more of a key at a time, and an amount in minor units."""

    key: tuple[str, ...]
    at: datetime
    amount_minor: int = 0


@dataclass(frozen=True, slots=True)
class Window:
    """The totals that a partition has counted of a key in the window that begins then."""

    partition: int
    key: tuple[str, ...]
    begins_at: datetime
    count: int
    amount_minor: int


Counting = Callable[[Any, Any], tuple[Any, Sequence[Count]]]
"""Takes the knowledge of a stream and an event of it; gives the new knowledge, and the counts.

Knowledge is JSON; None is nothing."""


class WindowCounts:
    """Counts the events of one contract, and writes each window that changed, every second.

    Each replica counts its own partitions. A record that cannot be read is left out, and said.
    """

    def __init__(
        self,
        name: str,
        contract: Contract[Any],
        reads: Sequence[type[Any]],
        counting: Counting,
        write: Callable[[Sequence[Window]], Awaitable[None]],
        bootstrap: Address,
        replication: int = 1,
    ) -> None:
        """`name` is that of the group, and begins those of the topics of its tables."""
        self.progress = Progress()
        self._name = name
        self._contract = contract
        self._types = contract.types_of(reads)
        self._counting = counting
        self._write = write
        self._bootstrap = bootstrap
        self._replication = replication
        self._stopping = asyncio.Event()
        self._changed: set[tuple[int, tuple[str, ...], datetime]] = set()
        self._at = 0.0
        self._known: Any = None
        self._counts: Any = None

    def stop(self) -> None:
        """Write what was counted, then return from `run`."""
        self._stopping.set()

    async def run(self) -> None:
        """Count until stopped. Raises what breaks; the caller starts it again."""
        await self._make_topics()
        app = self._app()
        try:
            # It returns once the tables are what they were.
            async with asyncio.timeout(UNSETTLED_SECONDS):
                await app.start()
            self._changed.update(self._all())
            while not self._stopping.is_set():
                if app.should_stop:
                    raise FaustStopped(self._name)
                await self._flush()
                self.progress.tick()
                with suppress(TimeoutError):
                    await asyncio.wait_for(self._stopping.wait(), FLUSH_SECONDS)
            await self._flush()
        finally:
            await app.stop()

    def _app(self) -> Any:
        app = app_of(self._name, self._bootstrap)
        partitions = partitions_of(self._contract.topic)
        self._known = app.Table("known", partitions=partitions)
        windows = app.Table("counts", partitions=partitions, default=lambda: [0, 0])
        windows = windows.tumbling(WINDOW, expires=KEPT)
        self._counts = windows.relative_to(lambda _: self._at)
        topic = app.topic(self._contract.topic, key_serializer="raw", value_serializer="raw")
        # Faust takes a table in several agents at once, and then counts wrong.
        app.agent(topic, concurrency=1, name=self._name)(self._handle)
        return app

    async def _handle(self, stream: Any) -> None:
        async for event in stream.events():
            record = from_faust(event.message)
            try:
                self._take(record)
            except Exception:
                # Faust would acknowledge it and end the agent.
                log.exception("left out of %s: %s", self._name, record.place)

    def _take(self, record: Record) -> None:
        try:
            about = envelope(record.headers)
        except NotAnEvent:
            return
        if about.type not in self._types:
            return
        event = self._contract.by_type(about.type).decode(record.value, lambda *_: None)
        known = self._known.get(about.subject)
        then, counts = self._counting(known, event)
        if then is None:
            if known is not None:
                self._known.pop(about.subject)
        elif then != known:
            self._known[about.subject] = then
        for count in counts:
            if count.at > datetime.now(UTC) - KEPT:
                self._add(record.partition, count)

    def _add(self, partition: int, count: Count) -> None:
        self._at = count.at.timestamp()
        key = json.dumps([partition, *count.key])
        self._counts[key].apply(_added, [1, count.amount_minor])
        self._changed.add((partition, count.key, _begins_at(self._at)))

    def _all(self) -> list[tuple[int, tuple[str, ...], datetime]]:
        found = []
        for key, (begins, _) in self._counts.table:
            partition, *rest = json.loads(key)
            found.append((partition, tuple(rest), datetime.fromtimestamp(begins, UTC)))
        return found

    async def _flush(self) -> None:
        """Write what changed. What fails is tried again: windows are totals."""
        changed, self._changed = self._changed, set()
        if not changed:
            return
        try:
            await self._write([self._window(*one) for one in sorted(changed)])
        except BaseException:
            self._changed |= changed
            raise

    def _window(self, partition: int, key: tuple[str, ...], begins_at: datetime) -> Window:
        self._at = begins_at.timestamp()
        count, amount = self._counts[json.dumps([partition, *key])].value()
        return Window(partition, key, begins_at, count, amount)

    async def _make_topics(self) -> None:
        """Make the topics from which the tables are read again."""
        admin = AIOKafkaAdminClient(**options(self._bootstrap))
        await admin.start()
        try:
            partitions = partitions_of(self._contract.topic)
            config = {"cleanup.policy": "compact"}
            topics = [
                NewTopic(name, partitions, self._replication, topic_configs=config)
                for name in table_topics(self._name)
            ]
            await make(admin, topics)
        finally:
            await admin.close()


def table_topics(name: str) -> tuple[str, ...]:
    """The topics of the tables of that app."""
    return (f"{name}-known-changelog", f"{name}-counts-changelog")


def _added(one: list[int], more: list[int]) -> list[int]:
    return [a + b for a, b in zip(one, more, strict=True)]


def _begins_at(at: float) -> datetime:
    seconds = WINDOW.total_seconds()
    return datetime.fromtimestamp(at // seconds * seconds, UTC)
