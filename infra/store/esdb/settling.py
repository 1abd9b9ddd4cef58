"""The timers of appends whose events are elsewhere: noted first, done once the events stand there.

Nobody writes to PostgreSQL and to the server at once, so it goes in three steps, each repeatable:
the timers are noted beside the id of the first event, the events are sent, and what stands in the
stream decides: the timers of what is there are done, in the order of the versions, and those of
what lost are forgotten. Whoever comes next to the stream does what a crash left.
"""

from collections.abc import Awaitable, Callable, Sequence

from infra.database import Pool
from infra.store.protocol import Append, RecordedEvent
from infra.store.timers import timers_of

_LOCK = "select pg_advisory_xact_lock(hashtextextended(%s, 0))"
_NOTED = """
select event_id, version, timers::text from beside.event_id
 where stream = %s and timers is not null order by version
"""
_DO = "select es.apply_timers(array[%s], '{1}', %s::jsonb)"
# One that lost may go to another place at this moment, with its timers.
_FORGET = "update beside.event_id set timers = null where event_id = %s and version = %s"
_STREAMS = "select distinct stream from beside.event_id where timers is not null"
_GONE = "select es.timers_gone(array[%s], %s::jsonb) <> '{}'"

ReadAfter = Callable[[str, int], Awaitable[Sequence[RecordedEvent]]]
"""The events of a stream after a version."""


class Settling:
    """Does the timers that were noted, in the PostgreSQL beside the store."""

    def __init__(self, pool: Pool, read: ReadAfter) -> None:
        self._pool = pool
        self._read = read

    async def settle(self, stream: str) -> None:
        """Do or forget the timers of every append that the stream decides; leave the others.

        Safe to repeat, and from several processes: they take turns.
        """
        async with self._pool.connection() as connection, connection.transaction():
            await connection.execute(_LOCK, (stream,))
            cursor = await connection.execute(_NOTED, (stream,))
            noted = await cursor.fetchall()
            if not noted:
                return
            recorded = await self._read(stream, noted[0][1] - 1)
            standing = {event.version: event.event_id for event in recorded}
            for event_id, version, timers in noted:
                if version not in standing:
                    break  # The stream has not come so far: it may be under way.
                if standing[version] == event_id:
                    await connection.execute(_DO, (stream, timers))
                await connection.execute(_FORGET, (event_id, version))

    async def streams(self) -> list[str]:
        """The streams with timers that were noted and not done."""
        async with self._pool.connection() as connection:
            cursor = await connection.execute(_STREAMS)
            return [stream for (stream,) in await cursor.fetchall()]

    async def is_gone(self, append: Append) -> bool:
        """Whether a timer that the append fires is not there any more."""
        async with self._pool.connection() as connection:
            cursor = await connection.execute(_GONE, (append.stream, timers_of([append])))
            return await cursor.fetchone() == (True,)

    async def consume(self, append: Append) -> bool:
        """Fire the timer of an append without events; False when it is gone."""
        async with self._pool.connection() as connection, connection.transaction():
            await connection.execute(_LOCK, (append.stream,))
            timers = timers_of([append])
            cursor = await connection.execute(_GONE, (append.stream, timers))
            if await cursor.fetchone() == (True,):
                return False
            await connection.execute(_DO, (append.stream, timers))
            return True
