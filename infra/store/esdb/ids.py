"""Where event ids were tried: what tells a first try from a repetition, and one place from two."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from enum import IntEnum
from typing import NamedTuple
from uuid import UUID

from infra.database import Connection, Pool
from infra.store import arrays
from infra.store.protocol import Append, RecordedEvent
from infra.store.timers import timers_of

# Sorted by id, so that two groups never wait for each other.
_TRY = """
insert into beside.event_id (event_id, stream, version, timers)
select event_id, stream, version, nullif(timers, '')::jsonb
  from unnest(%b::uuid[], %b::text[], %b::int[], %b::text[]) as n(event_id, stream, version, timers)
 order by event_id
on conflict do nothing
returning event_id
"""
_TRY_AT = """
update beside.event_id set version = %s, timers = %s::jsonb where event_id = %s and version <> %s
"""
_HOLD = """
select from beside.event_id where event_id = any(%b::uuid[]) order by event_id for update
"""
_KNOWN = "select event_id, stream, version from beside.event_id where event_id = any(%b::uuid[])"

_LEARN = """
insert into beside.event_id as known (event_id, stream, version)
select * from unnest(%b::uuid[], %b::text[], %b::int[]) as n(event_id, stream, version)
 order by event_id
on conflict (event_id) do update set stream = excluded.stream, version = excluded.version
 where (known.stream, known.version) <> (excluded.stream, excluded.version)
"""

_STREAMS = """
select distinct stream from beside.event_id where stream > %s order by stream limit %s
"""


class Place(NamedTuple):
    """The stream of an event, and its version there."""

    stream: str
    version: int


class Tried(IntEnum):
    """How new an append is, the newest first."""

    NEVER = 0
    """No event of it was tried anywhere: it cannot be recorded yet."""
    MOVED = 1
    """An event of it was tried in this stream, at another version."""
    SAME_PLACE = 2
    """It was tried at this very place: it may be recorded, or on its way."""
    ELSEWHERE = 3
    """An event of it belongs to another stream."""


class Ids:
    """The ids that were tried, in the PostgreSQL beside the store."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def note(self, group: Sequence[Append]) -> list[Tried]:
        """Note where these appends are about to go, durably, and answer how new each of them is.

        All of them go to distinct streams.
        """
        places: dict[UUID, Place] = {}
        timers: dict[UUID, str] = {}
        for append in group:
            for event_id, place in _places(append):
                places.setdefault(event_id, place)
            if wanted := timers_of([append]):
                timers.setdefault(append.events[0].event_id, wanted)
        async with self._pool.connection() as connection, connection.transaction():
            new = await _noted(connection, places, timers)
            known = await _known(connection, [id for id in places if id not in new])
        return [_judged(append, places, new, known) for append in group]

    async def places(self, event_ids: Sequence[UUID]) -> dict[UUID, Place]:
        """Answer where these ids were tried last: each may stand in that one place only."""
        async with self._pool.connection() as connection:
            return await _known(connection, event_ids)

    async def learn(self, recorded: Sequence[RecordedEvent]) -> int:
        """Note where these events stand; answers how many were not known to stand there."""
        columns = (
            arrays.uuids([event.event_id for event in recorded]),
            arrays.texts([event.stream for event in recorded]),
            arrays.numbers([event.version for event in recorded]),
        )
        async with self._pool.connection() as connection:
            return (await connection.execute(_LEARN, columns)).rowcount

    async def streams(self, after: str, limit: int) -> list[str]:
        """Streams in which something was tried, behind a name, in their order."""
        async with self._pool.connection() as connection:
            cursor = await connection.execute(_STREAMS, (after, limit))
            return [stream for (stream,) in await cursor.fetchall()]

    async def move(self, append: Append, version: Callable[[str], Awaitable[int]]) -> bool:
        """Note that an append goes to this place now, where it is nowhere in its stream.

        False when the stream has gone on: somebody else may have noted a later place by now, and
        an earlier one must not come over it. When the place is noted already, its timers may be
        done, and it stays as it is.
        """
        timers = timers_of([append])
        ids = arrays.uuids([event.event_id for event in append.events])
        async with self._pool.connection() as connection, connection.transaction():
            await connection.execute(_HOLD, (ids,))
            if await version(append.stream) != append.expected_version:
                return False
            for nth, (event_id, place) in enumerate(_places(append)):
                values = (place.version, None if nth else timers, event_id, place.version)
                await connection.execute(_TRY_AT, values)
        return True


def _places(append: Append) -> list[tuple[UUID, Place]]:
    return [
        (event.event_id, Place(append.stream, version))
        for version, event in enumerate(append.events, append.expected_version + 1)
    ]


async def _noted(
    connection: Connection, places: Mapping[UUID, Place], timers: Mapping[UUID, str]
) -> set[UUID]:
    """Note the ids that were never tried; answers those."""
    columns = (
        arrays.uuids(list(places)),
        arrays.texts([place.stream for place in places.values()]),
        arrays.numbers([place.version for place in places.values()]),
        arrays.texts([timers.get(event_id, "") for event_id in places]),
    )
    cursor = await connection.execute(_TRY, columns)
    return {event_id for (event_id,) in await cursor.fetchall()}


async def _known(connection: Connection, ids: Sequence[UUID]) -> dict[UUID, Place]:
    if not ids:
        return {}
    cursor = await connection.execute(_KNOWN, (arrays.uuids(ids),))
    return {id: Place(stream, version) for id, stream, version in await cursor.fetchall()}


def _judged(
    append: Append, places: Mapping[UUID, Place], new: set[UUID], known: Mapping[UUID, Place]
) -> Tried:
    """The worst that was found of any event of an append."""
    found = Tried.NEVER
    for id, place in _places(append):
        if places[id] != place:
            return Tried.ELSEWHERE  # Another event of this very group came first.
        if id in new:
            continue
        if known[id].stream != place.stream:
            return Tried.ELSEWHERE
        same = known[id].version == place.version
        found = max(found, Tried.SAME_PLACE if same else Tried.MOVED)
    return found
