"""Who reads the topics, and how far each has come beside the stores, a page of streams at a time.

No list of all streams is ever held: the databases compare, and answer what differs.
"""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from contracts.runtime import Contract
from infra.consumers.records import stream_of
from infra.consumers.views import Generations
from infra.database import Pool
from infra.host import Service

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
 where consumer = %s and stream > %s and starts_with(stream, %s) and version > 0
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


async def stored(pool: Pool, settled: float, page: int = PAGE) -> AsyncIterator[list[Stored]]:
    """The streams of a store by name; what is younger than `settled` seconds may be under way."""
    after = ""
    while True:
        async with pool.connection() as connection:
            cursor = await connection.execute(_STREAMS, (settled, after, page))
            found = [Stored(*row) for row in await cursor.fetchall()]
        if found:
            yield found
        if len(found) < page:
            return
        after = found[-1].stream


async def behind(reader: Reader, contract: Contract[Any], found: Sequence[Stored]) -> list[str]:
    """Of these streams of a contract, those that the reader has not seen the settled part of."""
    asked = {
        "consumer": reader.name,
        "streams": [name_of(contract, one.stream) for one in found],
        "versions": [one.settled for one in found],
    }
    async with reader.pool.connection() as connection:
        cursor = await connection.execute(_BEHIND, asked)
        return [stream for (stream,) in await cursor.fetchall()]


async def ahead(
    reader: Reader, contract: Contract[Any], store: Pool, page: int = PAGE
) -> AsyncIterator[Ahead]:
    """The streams of a contract of which the reader has seen more than the store has.

    What it has seen is read first: meanwhile the store only grows.
    """
    kind = name_of(contract, f"{contract.name}-")
    after = ""
    while True:
        async with reader.pool.connection() as connection:
            cursor = await connection.execute(_SEEN, (reader.name, after, kind, page))
            found = [Ahead(stream, version) for stream, version in await cursor.fetchall()]
        async with store.connection() as connection:
            names = [f"{contract.name}-{one.stream.removeprefix(kind)}" for one in found]
            cursor = await connection.execute(_NOT_THERE, (names, [one.seen for one in found]))
            for (nth,) in await cursor.fetchall():
                yield found[nth - 1]
        if len(found) < page:
            return
        after = found[-1].stream


def name_of(contract: Contract[Any], stream: str) -> str:
    """How readers name a stream of the store: `missions.trip/T1` for `trip-T1`."""
    return stream_of(contract.topic, stream.removeprefix(f"{contract.name}-"))


def of_contract(contract: Contract[Any], found: Sequence[Stored]) -> list[Stored]:
    """Those of these streams that are of the contract."""
    return [one for one in found if one.stream.startswith(f"{contract.name}-")]
