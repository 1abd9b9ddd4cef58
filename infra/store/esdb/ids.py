"""Where event ids were tried: what tells a first try from a repetition, and one place from two."""

from collections.abc import Mapping, Sequence
from enum import IntEnum
from typing import NamedTuple
from uuid import UUID

from infra.database import Connection, Pool
from infra.store import arrays
from infra.store.protocol import Append

# Sorted by id, so that two groups never wait for each other.
_TRY = """
insert into beside.event_id as known (event_id, stream, version)
select * from unnest(%b::uuid[], %b::text[], %b::int[]) order by 1
on conflict (event_id) do update set version = excluded.version
   where known.stream = excluded.stream and known.version <> excluded.version
returning event_id, xmax = 0
"""
_KNOWN = "select event_id, stream, version from beside.event_id where event_id = any(%b::uuid[])"


class Place(NamedTuple):
    """The stream of an event, and its version there."""

    stream: str
    version: int


class Tried(IntEnum):
    """How new an append is, the newest first."""

    NEVER = 0
    """No event of it was tried anywhere: it cannot be recorded yet."""
    HERE_BEFORE = 1
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
        for append in group:
            for event_id, place in _places(append):
                places.setdefault(event_id, place)
        async with self._pool.connection() as connection, connection.transaction():
            news = await _noted(connection, places)
            known = await _known(connection, [id for id in places if id not in news])
        return [_judged(append, places, news, known) for append in group]

    async def streams(self, event_ids: Sequence[UUID]) -> set[str]:
        """The streams to which these ids belong."""
        async with self._pool.connection() as connection:
            known = await _known(connection, event_ids)
        return {place.stream for place in known.values()}


def _places(append: Append) -> list[tuple[UUID, Place]]:
    return [
        (event.event_id, Place(append.stream, version))
        for version, event in enumerate(append.events, append.expected_version + 1)
    ]


async def _noted(connection: Connection, places: Mapping[UUID, Place]) -> dict[UUID, Tried]:
    columns = (
        arrays.uuids(list(places)),
        arrays.texts([place.stream for place in places.values()]),
        arrays.numbers([place.version for place in places.values()]),
    )
    cursor = await connection.execute(_TRY, columns)
    rows = await cursor.fetchall()
    return {id: Tried.NEVER if inserted else Tried.HERE_BEFORE for id, inserted in rows}


async def _known(connection: Connection, ids: Sequence[UUID]) -> dict[UUID, Place]:
    if not ids:
        return {}
    cursor = await connection.execute(_KNOWN, (arrays.uuids(ids),))
    return {id: Place(stream, version) for id, stream, version in await cursor.fetchall()}


def _judged(
    append: Append,
    places: Mapping[UUID, Place],
    news: Mapping[UUID, Tried],
    known: Mapping[UUID, Place],
) -> Tried:
    """The worst that was found of any event of an append."""
    found = Tried.NEVER
    for id, place in _places(append):
        if places[id] != place:
            return Tried.ELSEWHERE  # Another event of this very group came first.
        if id in news:
            found = max(found, news[id])
        elif known[id].stream == place.stream:
            found = max(found, Tried.SAME_PLACE)
        else:
            return Tried.ELSEWHERE
    return found
