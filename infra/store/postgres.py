"""The event store on PostgreSQL.

The order of all events is (xid, position), read only below the oldest running transaction, and a
transaction takes the locks of its streams before it gets its xid. `docs/adr/0003` tells why.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from time import monotonic
from typing import Any, ClassVar
from uuid import UUID

from psycopg import DataError, IntegrityError, Rollback, errors

from contracts.amendments import TYPE
from infra import telemetry
from infra.batching import Batcher
from infra.database import Connection, Pool
from infra.migrations import apply_migrations, steps_in
from infra.store import arrays, metadata
from infra.store.protocol import (
    BEGINNING,
    Append,
    Appended,
    Conflict,
    EventIdTaken,
    InTransaction,
    Lag,
    Outgoing,
    Position,
    RecordedEvent,
    TimerGone,
    Verdict,
    recorded_until,
    refuse_oversize,
)
from infra.store.timers import timers_of

_APPEND_ONE = """
select es.append_one(%s, %s, %s, %b, %s, %b, %b, %b, %b, %b, %s, %s, %b, %b, %s)
"""
_APPEND_GROUP = """
select append_no, verdict, stream_version from es.append_group(
  %b::text[], %b::int[], %b::int[], %b::int[],
  %b::uuid[], %b::text[], %b::bytea[], %b::timestamptz[],
  %b::uuid[], %b::uuid[], %b::uuid[], %b::text[],
  %b::text[], %b::bytea[], %b::bytea[], %b::text[], %s::jsonb)
"""
_COLUMNS = """
stream, version, xid::text::bigint, position, event_id, type, data, occurred_at, recorded_at,
command_id, correlation_id, causation_id, actor, organisation_id, fingerprint, trace, meta
"""
_READ = f"""
select {_COLUMNS} from es.stored_event
 where stream = %s and version > %s and version <= %s order by version
"""
_READ_MANY = (
    f"select {_COLUMNS} from es.stored_event where stream = any(%s) order by stream, version"
)
_READABLE = """
  from es.stored_event
 where xid < (select es.horizon())
   and (xid, position) > (%s::text::xid8, %s)
 order by es.stored_event.xid, es.stored_event.position limit %s
"""
_READ_ALL = f"select {_COLUMNS} {_READABLE}"
# As `metadata.given` has it: what is in `meta` stands in no column, or against it.
_OUTGOING = rf"""
select stream, version, xid::text::bigint, position, event_id::text, type, data,
       occurred_at, recorded_at,
       coalesce(meta->>'correlation', replace(correlation_id::text, '-', ''), ''),
       coalesce(meta->>'causation', causation_id::text, command_id::text, ''),
       coalesce(meta->>'actor', actor, ''),
       coalesce(meta->>'organisation', organisation_id, ''),
       coalesce(meta->>'redacted', ''),
       coalesce(meta->>'traceparent', regexp_replace(
         encode(trace, 'hex'), '^(..)(.{{32}})(.{{16}})(..)$', '\1-\2-\3-\4'), '')
{_READABLE}
"""
_STREAMS = """
select distinct stream from es.stored_event where stream > %s order by stream limit %s
"""
_VERSION = "select version from es.stored_event where stream = %s order by version desc limit 1"
# The type stands in the text, so that its own small index is used.
_AMENDMENTS = f"""
select {_COLUMNS} from es.stored_event where stream = %s and type = '{TYPE}' order by version
"""
_ERASE = """
update es.stored_event
   set type = %s, data = %s,
       meta = coalesce(meta, '{}') || jsonb_build_object('redacted', %s::text)
 where stream = %s and version = %s
"""
_WITHHOLDS = (
    "select exists (select from es.stored_event where (xid, position) > (%s::text::xid8, %s))"
)
_HOLDS = """
select exists (select from es.stored_event where xid = %s::text::xid8 and position = %s)
"""
_IDENTITY = "select system_identifier::text from pg_control_system()"
_WAITING = """
select coalesce(extract(epoch from now() - min(recorded_at)), 0)::float8,
       coalesce(extract(epoch from now() - min(recorded_at) filter
         (where xid >= (select es.horizon()))), 0)::float8
  from (select recorded_at, xid from es.event
         where (xid, position) > (%s::text::xid8, %s)
         order by xid, position limit 1000) pending
"""
_CULPRIT = """
select format('pid %s %s (%s)', pid, application_name, left(query, 80))
  from pg_stat_activity where backend_xid is not null and pid <> pg_backend_pid()
   and datname = current_database()
 order by age(backend_xid) desc limit 1
"""

_LAST_VERSION = 2**31 - 1
_SPOILED = (DataError, IntegrityError, TypeError, ValueError)
"""Errors that one append can cause in the statement that carries a whole group."""


class PostgresStore:
    """A `ServiceStore` in one PostgreSQL database; see the protocol for what it promises."""

    joins_transactions: ClassVar[bool] = True

    def __init__(
        self,
        pool: Pool,
        *,
        on_append: Callable[[], None] = lambda: None,
        group: int = 256,
        lanes: int = 2,
    ) -> None:
        self.pool = pool
        self.on_append = on_append
        self._appends: Batcher[Append, Verdict] = Batcher(
            self._append_group, size=group, lanes=lanes, key=lambda append: append.stream
        )
        self._reads: Batcher[str, list[RecordedEvent]] = Batcher(
            self._read_group, size=group, lanes=lanes
        )

    async def migrate(self) -> None:
        await apply_migrations(self.pool, "es", steps_in("infra.store"))

    async def append(self, append: Append) -> Verdict:
        refuse_oversize(append)
        started = monotonic()
        verdict = await self._appends.submit(append)
        telemetry.append_took(monotonic() - started)
        return verdict

    async def _append_group(self, group: Sequence[Append]) -> Sequence[Verdict | BaseException]:
        verdicts: Sequence[Verdict | BaseException]
        try:
            if len(group) == 1:
                verdicts = [await self._append_alone(group[0])]
            else:
                async with self.pool.connection() as connection:
                    verdicts = await self.append_in(connection, group)
        except _SPOILED:
            # Alone, each append gets its own verdict, and only the bad one its error.
            verdicts = [await self._append_alone(append) for append in group]
        telemetry.conflicts(sum(isinstance(verdict, Conflict) for verdict in verdicts))
        if any(isinstance(verdict, Appended) for verdict in verdicts):
            self.on_append()
        return verdicts

    async def _append_alone(self, append: Append) -> Verdict | BaseException:
        try:
            async with self.pool.connection() as connection:
                [verdict] = await self.append_in(connection, [append])
        except errors.UniqueViolation:
            return EventIdTaken()
        except _SPOILED as error:
            return error
        return verdict

    async def append_in(self, connection: Connection, group: Sequence[Append]) -> list[Verdict]:
        """Append to distinct streams within the caller's transaction, as its first statement.

        The caller commits. Raises `psycopg.errors.UniqueViolation` when an event id is taken,
        `psycopg.errors.RaiseException` when the transaction has already written.
        """
        verdicts: list[Verdict] = [
            Appended(append.expected_version + len(append.events)) for append in group
        ]
        timers = timers_of(group)
        if len(group) == 1 and await _recorded_at_once(connection, group[0], timers):
            return verdicts
        cursor = await connection.execute(_APPEND_GROUP, (*_columns(group), timers))
        for number, verdict, version in await cursor.fetchall():
            verdicts[number - 1] = _other_verdict(group[number - 1], verdict, version)
        return verdicts

    async def append_with(self, append: Append, in_transaction: InTransaction) -> Verdict:
        verdict: Verdict = EventIdTaken()
        async with self.pool.connection() as connection, connection.transaction() as transaction:
            try:
                [verdict] = await self.append_in(connection, [append])
            except errors.UniqueViolation:
                raise Rollback(transaction) from None
            if isinstance(verdict, Appended) and not verdict.repeated:
                await in_transaction(connection)
        self.on_append()
        return verdict

    async def erase(self, append: Append, values: Mapping[int, tuple[str, bytes]]) -> Verdict:
        refuse_oversize(append)
        async with self.pool.connection() as connection, connection.transaction():
            [verdict] = await self.append_in(connection, [append])
            if isinstance(verdict, Appended) and not verdict.repeated:
                by = str(append.events[-1].event_id)
                for version, (type, value) in values.items():
                    await connection.execute(_ERASE, (type, value, by, append.stream, version))
        self.on_append()
        return verdict

    async def read(
        self,
        stream: str,
        *,
        after_version: int = 0,
        to_version: int | None = None,
        to_time: datetime | None = None,
    ) -> list[RecordedEvent]:
        if "\0" in stream:
            return []  # No name in PostgreSQL holds a NUL; the error would hurt a whole group.
        if after_version == 0 and to_version is None and to_time is None:
            return await self._reads.submit(stream)
        last = _LAST_VERSION if to_version is None else to_version
        events = await self._fetch(_READ, (stream, after_version, last))
        return recorded_until(events, to_time)

    async def read_many(self, streams: Sequence[str]) -> dict[str, list[RecordedEvent]]:
        found: dict[str, list[RecordedEvent]] = {stream: [] for stream in streams}
        for event in await self._fetch(_READ_MANY, (list(found),)):
            found[event.stream].append(event)
        return found

    async def streams(self, after: str, limit: int) -> list[str]:
        async with self.pool.connection() as connection:
            cursor = await connection.execute(_STREAMS, (after, limit))
            return [stream for (stream,) in await cursor.fetchall()]

    async def version(self, stream: str) -> int:
        async with self.pool.connection() as connection:
            cursor = await connection.execute(_VERSION, (stream,))
            found = await cursor.fetchone()
        return 0 if found is None else int(found[0])

    async def amendments(self, stream: str) -> list[RecordedEvent]:
        return await self._fetch(_AMENDMENTS, (stream,))

    async def _read_group(self, streams: Sequence[str]) -> Sequence[list[RecordedEvent]]:
        found = await self.read_many(streams)
        return [found[stream] for stream in streams]

    async def read_all(self, after: Position = BEGINNING, limit: int = 500) -> list[RecordedEvent]:
        return await self._fetch(_READ_ALL, (str(after.xid), after.number, limit))

    async def outgoing(self, after: Position, limit: int) -> list[Outgoing]:
        async with self.pool.connection() as connection:
            cursor = connection.cursor(binary=True)
            await cursor.execute(_OUTGOING, (str(after.xid), after.number, limit))
            return [Outgoing._make(row) for row in await cursor.fetchall()]

    async def withholds(self, after: Position) -> bool:
        async with self.pool.connection() as connection:
            cursor = await connection.execute(_WITHHOLDS, (str(after.xid), after.number))
            return await cursor.fetchone() == (True,)

    async def find(self, event_ids: Sequence[UUID]) -> list[RecordedEvent]:
        return await self._fetch(
            f"select {_COLUMNS} from es.stored_event where event_id = any(%s)", (list(event_ids),)
        )

    async def settle(self) -> None:
        """Nothing is left: timers and rows are committed with their events."""

    async def holds(self, position: Position) -> bool:
        async with self.pool.connection() as connection:
            cursor = await connection.execute(_HOLDS, (str(position.xid), position.number))
            return await cursor.fetchone() == (True,)

    async def identity(self) -> str:
        async with self.pool.connection() as connection:
            cursor = await connection.execute(_IDENTITY)
            [(name,)] = await cursor.fetchall()
        return str(name)

    async def lag(self, after: Position) -> Lag:
        async with self.pool.connection() as connection:
            cursor = await connection.execute(_WAITING, (str(after.xid), after.number))
            [(seconds, holdback)] = await cursor.fetchall()
            if not holdback:
                return Lag(seconds)
            culprit = await (await connection.execute(_CULPRIT)).fetchone()
        return Lag(seconds, holdback, culprit[0] if culprit else "")

    async def _fetch(self, query: str, arguments: Sequence[Any]) -> list[RecordedEvent]:
        async with self.pool.connection() as connection:
            cursor = connection.cursor(binary=True)
            await cursor.execute(query, arguments)
            return [_recorded(*row) for row in await cursor.fetchall()]


async def _recorded_at_once(connection: Connection, append: Append, timers: str | None) -> bool:
    """Record the only event of an append that comes alone; False when it is another one."""
    if len(append.events) != 1:
        return False
    [event] = append.events
    arguments = (
        *(append.stream, append.expected_version, timers, event.event_id, event.type),
        *(event.data, event.occurred_at, *metadata.kept(event.meta)),
    )
    cursor = await connection.execute(_APPEND_ONE, arguments)
    return await cursor.fetchone() == (True,)


def _columns(group: Sequence[Append]) -> Iterable[arrays.Array]:
    events = [
        (number, version, event)
        for number, append in enumerate(group, 1)
        for version, event in enumerate(append.events, append.expected_version + 1)
    ]
    meta = [metadata.kept(event.meta) for _, _, event in events]
    return (
        arrays.texts([append.stream for append in group]),
        arrays.numbers([append.expected_version for append in group]),
        arrays.numbers([number for number, _, _ in events]),
        arrays.numbers([version for _, version, _ in events]),
        arrays.uuids([event.event_id for _, _, event in events]),
        arrays.texts([event.type for _, _, event in events]),
        arrays.blobs([event.data for _, _, event in events]),
        arrays.moments([event.occurred_at for _, _, event in events]),
        arrays.uuids([kept.command for kept in meta]),
        arrays.uuids([kept.correlation for kept in meta]),
        arrays.uuids([kept.causation for kept in meta]),
        arrays.texts([kept.actor for kept in meta]),
        arrays.texts([kept.organisation for kept in meta]),
        arrays.blobs([kept.fingerprint for kept in meta]),
        arrays.blobs([kept.trace for kept in meta]),
        arrays.texts([kept.rest for kept in meta]),
    )


def _other_verdict(append: Append, verdict: str, version: int) -> Verdict:
    match verdict:
        case "repeated":
            return Appended(append.expected_version + len(append.events), repeated=True)
        case "timer_gone":
            return TimerGone()
        case _:
            return Conflict(append.expected_version, version)


def _recorded(
    stream: str,
    version: int,
    xid: int,
    number: int,
    event_id: UUID,
    type: str,
    data: bytes,
    occurred_at: datetime,
    recorded_at: datetime,
    *columns: Any,
) -> RecordedEvent:
    position, meta = Position(xid, number), metadata.given(*columns)
    return RecordedEvent(
        stream, version, position, event_id, type, data, meta, occurred_at, recorded_at
    )
