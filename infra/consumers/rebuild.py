"""Rebuild: a new generation of the views fills from the stores, beside the one that is read."""

import asyncio
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from contextlib import aclosing
from itertools import groupby
from operator import attrgetter
from typing import Protocol

from contracts.amendments import TYPE
from infra.amendments import reader_of, said, standing
from infra.consumers.filling import Filled, fill
from infra.consumers.records import KafkaTopicReader, Partition, stream_of
from infra.consumers.subscriptions import Subscription
from infra.consumers.views import Generation, Generations, ViewHandler, subscriptions
from infra.database import Pool
from infra.heap import settled
from infra.personal import Codec, Encoded, Keyring
from infra.settings import Settings
from infra.store import RecordedEvent
from infra.store.protocol import BEGINNING, ServiceStore
from infra.topics import partitions_of

PAGE = 4_000
"""Events read from a store at once; a page is folded and written in one transaction."""
EVENTS_OF_STREAM = 20
"""So long a stream is taken to be where pages are counted in streams."""
# Of the streams of the aggregates: what is read, the amendments, and the last event, which says how
# far each is.
_READ = """
select stream, version, event_id, type, data, occurred_at, recorded_at from es.event e
 where (stream, version) > (%s, %s)
   and (type = any(%s)
        or split_part(stream, '-', 1) = any(%s)
           and not exists (select from es.event next
                            where next.stream = e.stream and next.version = e.version + 1))
 order by stream, version limit %s
"""
_COUNT = "select count(*) from es.event where type = any(%s)"


class Reader(Protocol):
    """A read service that is opened, as far as a rebuild needs it."""

    @property
    def settings(self) -> Settings: ...
    @property
    def pool(self) -> Pool: ...
    @property
    def keyring(self) -> Keyring: ...
    @property
    def generations(self) -> Generations | None: ...


class NotReadable(Exception):
    """A rebuild met an event that a table reads, this code cannot decode, and nobody amended."""

    def __init__(self, recorded: RecordedEvent) -> None:
        super().__init__(f"{recorded.stream} version {recorded.version}")


async def rebuild(
    running: Reader,
    sources: Mapping[str, ServiceStore],
    progress: Callable[[int, int], None] = lambda _done, _of: None,
    page: int = PAGE,
) -> Generation:
    """Fill a new generation from the stores of the services it reads; nothing reads it yet.

    `sources` are the stores by service name. `progress` hears how many events are done, of how
    many. Readers and workers go on undisturbed; nobody reacts to a rebuild. When it returns, the
    running workers feed the generation from where its topics stood in the beginning. When it
    fails, the generation is dropped; `NotFilled` names an event the views cannot take.
    """
    generations = _generations(running)
    reader = KafkaTopicReader(running.settings.cluster)
    generation = await generations.create(indexed=False)
    try:
        ends = await _ends(reader, generations)
        with settled():
            await _fill(running, generation, sources, progress, page)
        await generations.index(generation)
        return await generations.filled(generation, ends)
    except BaseException:
        await generations.drop(generation)
        raise
    finally:
        await reader.close()


async def lag(running: Reader, generation: Generation) -> int:
    """How many records a generation is behind the ends of its topics."""
    reader = KafkaTopicReader(running.settings.cluster)
    try:
        ends = await _ends(reader, _generations(running))
    finally:
        await reader.close()
    async with running.pool.connection() as connection:
        cursor = await connection.execute(
            "select topic, partition, next_offset from consumer.position where consumer = %s",
            (generation.consumer,),
        )
        at = {(topic, number): offset for topic, number, offset in await cursor.fetchall()}
    return sum(max(0, end - at.get(partition, 0)) for partition, (end, _) in ends.items())


async def ready(
    running: Reader,
    generation: Generation,
    behind: Callable[[int], None] = lambda _: None,
    *,
    limit: int = 0,
    every_seconds: float = 0.5,
) -> None:
    """Wait until the generation is at most `limit` records behind; `behind` hears each look.

    The running workers of the service bring it there. Then `generations.activate` swaps it in.
    """
    while (left := await lag(running, generation)) > limit:
        behind(left)
        await asyncio.sleep(every_seconds)
    behind(left)


def _generations(running: Reader) -> Generations:
    assert running.generations is not None
    return running.generations


# --- Where the topics stand -----------------------------------------------------------------------


async def _ends(
    reader: KafkaTopicReader, generations: Generations
) -> dict[Partition, tuple[int, int]]:
    """(next offset, timeline) of every partition."""
    topics = [one.topic for one in subscriptions(generations.tables)]
    places = [(topic, number) for topic in topics for number in range(partitions_of(topic))]
    found: dict[Partition, tuple[int, int]] = {}
    for partition, end in (await reader.ends(places)).items():
        last = await reader.read(partition, end - 1, end) if end else []
        found[partition] = (end, last[-1].timeline if last else 0)
    return found


# --- What the stores hold -------------------------------------------------------------------------


async def _fill(
    running: Reader,
    generation: Generation,
    sources: Mapping[str, ServiceStore],
    progress: Callable[[int, int], None],
    size: int,
) -> None:
    tables = _generations(running).tables
    handler = ViewHandler(generation, tables, filling=True)
    read = subscriptions(tables)
    histories = [
        _History(
            sources[name],
            [one for one in read if one.contract.service == name],
            running.keyring,
            reader_of(generation.consumer),
        )
        for name in {one.contract.service for one in read}
    ]
    total = sum([await history.count() for history in histories])
    done = 0

    async def write(events: Sequence[Filled], versions: Mapping[str, int]) -> None:
        nonlocal done
        async with (
            running.pool.connection() as connection,
            # The database has all of a page before the next one is decoded.
            connection.pipeline(),
            connection.transaction(),
        ):
            # What says that all is filled is committed after it, and waits for the log.
            await connection.execute("set local synchronous_commit = off")
            await fill(connection, generation.consumer, handler, events, versions)
        done += len(events)
        progress(done, max(done, total))

    # A page is decoded while the database writes the one before.
    writing = asyncio.create_task(asyncio.sleep(0))
    try:
        for history in histories:
            async with aclosing(history.pages(size)) as pages:
                async for page in pages:
                    events, versions = await history.decoded(page)
                    await writing
                    writing = asyncio.create_task(write(events, versions))
        await writing
    finally:
        writing.cancel()
        await asyncio.gather(writing, return_exceptions=True)


class _History:
    """The events of one store that are read."""

    def __init__(
        self,
        store: ServiceStore,
        subscriptions: Sequence[Subscription],
        keyring: Keyring,
        reader: str,
    ) -> None:
        self._store = store
        self._reader = reader
        self._codecs = {one.contract.name: Codec(one.contract, keyring) for one in subscriptions}
        self._types = frozenset(type for one in subscriptions for type in one.types)

    async def count(self) -> int:
        """Count them; 0 where the store cannot count."""
        if not self._store.joins_transactions:
            return 0
        async with self._store.pool.connection() as connection:
            cursor = await connection.execute(_COUNT, (list(self._types),))
            row = await cursor.fetchone()
            assert row is not None
            return int(row[0])

    async def pages(self, size: int) -> AsyncGenerator[list[RecordedEvent]]:
        """Stream by stream, each stream in one page; the next page is on its way.

        The last event of a stream is always there, so that the page says how far the stream is.
        What is recorded meanwhile may be in it or not: it comes from the topic as well.
        """
        if not self._store.joins_transactions:
            async for page in self._whole_streams(max(1, size // EVENTS_OF_STREAM)):
                yield page
            return
        reading = asyncio.create_task(self._read("", 0, size))
        rest: list[RecordedEvent] = []
        try:
            while found := await reading:
                reading = asyncio.create_task(self._read(found[-1].stream, found[-1].version, size))
                rest += found
                # The last stream may go on in the next page.
                whole = len(rest)
                while whole and rest[whole - 1].stream == found[-1].stream:
                    whole -= 1
                if whole:
                    yield rest[:whole]
                    rest = rest[whole:]
            if rest:
                yield rest
        finally:
            reading.cancel()

    async def _whole_streams(self, most: int) -> AsyncGenerator[list[RecordedEvent]]:
        """So many streams in a page, from a store without tables."""
        after = ""
        while names := await self._store.streams(after, most):
            after = names[-1]
            ours = [name for name in names if name.partition("-")[0] in self._codecs]
            found = await self._store.read_many(ours)
            yield [
                event
                for events in found.values()
                for event in events
                if event.type in self._types or event.type == TYPE or event is events[-1]
            ]

    async def _read(self, stream: str, version: int, size: int) -> list[RecordedEvent]:
        types, names = [*self._types, TYPE], list(self._codecs)
        async with self._store.pool.connection() as connection:
            cursor = connection.cursor(binary=True)
            await cursor.execute(_READ, (stream, version, types, names, size))
            return [
                # Without who and why: rows are folded from events alone, and parsing it takes long.
                RecordedEvent(stream, version, BEGINNING, id, type, data, {}, occurred, known)
                for stream, version, id, type, data, occurred, known in await cursor.fetchall()
            ]

    async def decoded(self, page: Sequence[RecordedEvent]) -> tuple[list[Filled], dict[str, int]]:
        """The events of a page that hold, and how far each of its streams is."""
        held: dict[str, list[tuple[str, RecordedEvent]]] = {name: [] for name in self._codecs}
        versions: dict[str, int] = {}
        for stream, found in groupby(page, attrgetter("stream")):
            name, _, key = stream.partition("-")
            # Amendments are in streams of others as well.
            if (codec := self._codecs.get(name)) is None:
                continue
            recorded, told = list(found), stream_of(codec.contract.topic, key)
            versions[told] = recorded[-1].version
            held[name] += (
                (told, one)
                for one in standing(recorded, said(recorded), self._reader)
                if one.type in self._types
            )
        filled: list[Filled] = []
        for name, read in held.items():
            encoded = [Encoded(one.event_id, one.type, one.data) for _, one in read]
            events = await self._codecs[name].try_decode(encoded)
            for (told, one), event in zip(read, events, strict=True):
                if isinstance(event, Exception):
                    raise NotReadable(one) from event
                filled.append(Filled(told, one.version, event))
        return filled, versions
