"""Readers of the topics, and how far each is beside the stores, a page of streams at a time.

No list of all streams is ever held: the databases compare, and answer what differs.
"""

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Literal

from contracts.runtime import Contract
from infra.consumers.records import stream_of
from infra.consumers.views import Generations
from infra.database import Pool
from infra.host import Service
from infra.store import RecordedEvent
from infra.store.protocol import ServiceStore

PAGE = 5_000
Kind = Literal["reaction", "follower", "view"]

_STREAMS = """
select stream, max(version), count(*), coalesce(max(version) filter (where
       recorded_at < clock_timestamp() - make_interval(secs => %s)), 0)
  from es.event where stream > %s group by stream order by stream limit %s
"""
_BEHIND = """
select n.stream from unnest(%(streams)s::text[], %(versions)s::int[]) n(stream, version)
  left join consumer.stream c on c.consumer = %(consumer)s and c.stream = n.stream
 where coalesce(c.version, 0) < n.version
   and not exists (select from consumer.parked p
                    where p.consumer = %(consumer)s and p.stream = n.stream)
 order by n.stream
"""
_SEEN = """
select stream, version from consumer.stream
 where consumer = %s and stream > %s and version > 0
   and exists (select from unnest(%s::text[]) kind where starts_with(stream, kind))
 order by stream limit %s
"""
_NOT_THERE = """
select n.nth from unnest(%s::text[], %s::int[]) with ordinality n(stream, version, nth)
 where not exists (select from es.event e where e.stream = n.stream and e.version = n.version)
 order by n.nth
"""


@dataclass(frozen=True)
class Reader:
    """A consumer of topics, in the database of its service."""

    name: str
    service: str
    kind: Kind
    contracts: tuple[Contract[Any], ...]
    pool: Pool


@dataclass(frozen=True, slots=True)
class Stored:
    """A stream of a store; `settled` is its last version that is old enough to have been seen."""

    stream: str
    version: int
    events: int
    settled: int


@dataclass(frozen=True, slots=True)
class Ahead:
    """A stream of which a reader has seen a version that the store does not have."""

    stream: str
    seen: int


async def of_service(service: Service, pool: Pool) -> tuple[list[Reader], bool]:
    """The readers of a service. False when its tables have none yet that this release reads."""
    found = [
        Reader(f"{service.name}.{one.name}", service.name, "reaction", (one.contract,), pool)
        for one in service.reactions
    ]
    found += [
        Reader(f"{service.name}.{one.name}", service.name, "follower", (one.contract,), pool)
        for one in service.followers
    ]
    if not service.tables:
        return found, True
    active = await Generations(service.schema, service.tables, pool).active()
    if active is None:
        return found, False
    view = Reader(active.consumer, service.name, "view", service.sources, pool)
    return [*found, view], True


async def stored(
    store: ServiceStore, settled: float, page: int = PAGE
) -> AsyncIterator[list[Stored]]:
    """The streams of a store by name; what is younger than `settled` seconds may be under way."""
    after = ""
    if not store.joins_transactions:
        while names := await store.streams(after, page):
            after = names[-1]
            read = await store.read_many(names)
            yield [_stored(events, settled) for events in read.values() if events]
        return
    while True:
        async with store.pool.connection() as connection:
            cursor = await connection.execute(_STREAMS, (settled, after, page))
            found = [Stored(*row) for row in await cursor.fetchall()]
        if found:
            yield found
        if len(found) < page:
            return
        after = found[-1].stream


def _stored(events: Sequence[RecordedEvent], settled: float) -> Stored:
    until = datetime.now(UTC) - timedelta(seconds=settled)
    old = [event.version for event in events if event.recorded_at < until]
    last = events[-1]
    return Stored(last.stream, last.version, len(events), max(old, default=0))


async def behind(
    reader: Reader, contracts: Sequence[Contract[Any]], found: Sequence[Stored]
) -> tuple[int, list[str]]:
    """How many of these streams of a store are of the contracts, and those of them of which the
    reader has not seen what is settled."""
    topics = {contract.name: contract.topic for contract in contracts}
    ours = [one for one in found if one.stream.partition("-")[0] in topics]
    asked = {
        "consumer": reader.name,
        "streams": [_as_read(topics, one.stream) for one in ours],
        "versions": [one.settled for one in ours],
    }
    if not ours:
        return 0, []
    async with reader.pool.connection() as connection:
        cursor = await connection.execute(_BEHIND, asked)
        return len(ours), [stream for (stream,) in await cursor.fetchall()]


async def ahead(
    reader: Reader, contracts: Sequence[Contract[Any]], store: ServiceStore, page: int = PAGE
) -> AsyncIterator[Ahead]:
    """The streams of these contracts of which the reader has seen more than the store has.

    What it has seen is read first: meanwhile the store only grows.
    """
    kinds = [stream_of(contract.topic, "") for contract in contracts]
    after = ""
    while True:
        async with reader.pool.connection() as connection:
            cursor = await connection.execute(_SEEN, (reader.name, after, kinds, page))
            found = [Ahead(stream, version) for stream, version in await cursor.fetchall()]
        for one in await _not_there(store, found):
            yield one
        if len(found) < page:
            return
        after = found[-1].stream


async def _not_there(store: ServiceStore, found: Sequence[Ahead]) -> list[Ahead]:
    names = [stored_name(one.stream) for one in found]
    if not store.joins_transactions:
        versions = [await store.version(name) for name in names]
        pairs = zip(found, versions, strict=True)
        return [one for one, version in pairs if version < one.seen]
    async with store.pool.connection() as connection:
        cursor = await connection.execute(_NOT_THERE, (names, [one.seen for one in found]))
        return [found[nth - 1] for (nth,) in await cursor.fetchall()]


def stored_name(stream: str) -> str:
    """How a store names a stream of readers: `trip-T1` for `missions.trip/T1`."""
    kind, _, key = stream.partition("/")
    return f"{kind.partition('.')[2]}-{key}"


def _as_read(topics: Mapping[str, str], stream: str) -> str:
    """How readers name a stream of a store, by the topics of its contracts."""
    name, _, key = stream.partition("-")
    return stream_of(topics[name], key)
