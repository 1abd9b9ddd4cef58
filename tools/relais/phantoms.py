"""Phantom events: published, read, and lost by a store that was restored to an earlier time.

What readers hold of them is undone so that all that the store has is published and read again: the
topics with phantoms are made anew, each reaction goes back to the last version on which store and
topic agree, and the relay begins a new timeline. What the phantoms said is kept in the database of
the service (`relais.phantom`), where the repair also notes that it is done.
"""

import asyncio
import json
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import UnknownTopicOrPartitionError, for_code
from psycopg.rows import dict_row
from rich.console import Console

from contracts.runtime import Contract
from infra import installation
from infra.cloudevents import NotAnEvent, envelope
from infra.cluster import Address
from infra.consumers.records import KafkaTopicReader, Record
from infra.database import Connection, Pool
from infra.kafka import options
from infra.locks import Lock
from infra.migrations import apply_migrations
from infra.settings import Settings
from infra.store.postgres import PostgresStore
from infra.topics import create_topics
from services import registry
from tools.relais import connections, readers, relays
from tools.relais.answers import FOUND, OK, Answer, Trouble, audit, operator, rows
from tools.relais.progress import Telling, telling
from tools.relais.readers import Reader
from tools.relais.relays import FITTING, Checkpoint
from tools.relais.topics import contract_of, facts, topics_at

LOOK_SECONDS = 0.1
GONE_WITHIN = 60.0
REHEARSED = "nothing was changed; --yes does it"
FOREIGN = (
    "the checkpoint belongs to another PostgreSQL cluster: this store was filled from a dump, and"
    " nothing may be published from it. Restore it physically"
)
_KEPT = """
create schema if not exists relais;
create table relais.phantom (
  topic       text        not null,
  partition   int         not null,
  "offset"    bigint      not null,
  stream      text        not null,
  version     int         not null,
  event_id    uuid        not null unique,
  key         bytea       not null,
  value       bytea       not null,
  headers     json        not null,
  found_at    timestamptz not null default clock_timestamp(),
  found_by    text        not null,
  reason      text        not null,
  repaired_at timestamptz
);
comment on table relais.phantom is
  'events that were published and that the store lost when it was restored (relais phantoms)';
"""
_UNKNOWN = """
select id from unnest(%s::uuid[]) id where not exists (select from es.event where event_id = id)
"""
_OPEN = """
select topic, partition, "offset", key, value, headers from relais.phantom p
 where repaired_at is null and not exists (select from es.event e where e.event_id = p.event_id)
 order by topic, partition, "offset"
"""
_KEEP = """
insert into relais.phantom (topic, partition, "offset", stream, version, event_id, key, value,
                            headers, found_by, reason)
values (%s, %s, %s, %s, %s, %s, %s, %s, %s::text::json, %s, %s) on conflict (event_id) do nothing
"""
_RECORDED = """
select * from (
  select stream, version, type, coalesce(actor, meta->>'actor') as actor,
         coalesce(meta->>'causation', causation_id::text, command_id::text) as because_of,
         recorded_at
    from es.stored_event) recorded
 where because_of = any(%s) order by stream, version
"""
_BEYOND = """
select stream, seen, parked from (
  select n.stream, n.agreed,
         coalesce((select version from consumer.stream c
                    where c.consumer = %(consumer)s and c.stream = n.stream), 0) as seen,
         (select count(*) from consumer.parked p where p.consumer = %(consumer)s
             and p.stream = n.stream and p.version > n.agreed) as parked
    from unnest(%(streams)s::text[], %(agreed)s::int[]) n(stream, agreed)) found
 where seen > agreed or parked > 0 order by stream
"""
_GO_BACK = """
with forgotten as (
  delete from consumer.parked p
   using unnest(%(streams)s::text[], %(agreed)s::int[]) n(stream, agreed)
   where p.consumer = %(consumer)s and p.stream = n.stream and p.version > n.agreed
)
update consumer.stream c set version = n.agreed
  from unnest(%(streams)s::text[], %(agreed)s::int[]) n(stream, agreed)
 where c.consumer = %(consumer)s and c.stream = n.stream and c.version > n.agreed
"""
_READ_AGAIN = """
update consumer.position set epoch = epoch + 1, next_offset = 0, updated_at = clock_timestamp()
 where consumer = %s and topic = any(%s)
"""
_NEW_TIMELINE = """
insert into es.checkpoint as c (relay, timeline) values (%(relay)s, %(newest)s + 1)
on conflict (relay) do update
   set xid = '0', position = 0, timeline = greatest(c.timeline, %(newest)s) + 1,
       updated_at = clock_timestamp(),
       ends = coalesce((select jsonb_object_agg(key, value) from jsonb_each(c.ends)
                         where split_part(key, ':', 1) <> all(%(topics)s)), '{}')
"""


@dataclass(frozen=True)
class Phantom:
    """An event that the store does not have, as it stands on the topic or was kept from it."""

    record: Record
    event_id: UUID
    version: int

    @property
    def stream(self) -> str:
        """As readers name it."""
        return self.record.stream

    def shown(self) -> dict[str, Any]:
        """The record as it is shown, with personal fields closed."""
        return facts(contract_of(self.record.topic), self.record)


@dataclass(frozen=True)
class Held:
    """A stream that a reader has come further in than store and topic agree on."""

    reader: Reader
    stream: str
    seen: int
    agreed: int
    parked: int

    def shown(self) -> dict[str, Any]:
        """The same for a table."""
        return {
            "reader": self.reader.name,
            "kind": self.reader.kind,
            "stream": self.stream,
            "seen": self.seen,
            "agreed": self.agreed,
            "parked": self.parked,
        }


@dataclass
class Lost:
    """All that is left in topics and databases of what a store has lost."""

    phantoms: list[Phantom] = field(default_factory=list)
    agreed: dict[str, int] = field(default_factory=dict)
    """By stream the last version on which store and topic agree, where one of them has more."""
    held: list[Held] = field(default_factory=list)
    recorded: list[dict[str, Any]] = field(default_factory=list)
    """Events that reactions recorded because of a phantom; they are undone by commands."""
    topics: set[str] = field(default_factory=set)
    """The topics that hold phantoms by now."""
    timeline: int = 0
    """The newest one that a record or a reader knows."""
    checkpoint: Checkpoint = FITTING

    @property
    def anything(self) -> bool:
        """Whether there is something to repair."""
        return bool(self.phantoms or self.held or self.trouble)

    @property
    def trouble(self) -> str | None:
        """Why the relay cannot go on from its checkpoint; None when it can."""
        if self.checkpoint.foreign:
            return FOREIGN
        return None if self.checkpoint.reached else "its checkpoint is ahead of the store"

    def rebuilds(self) -> list[str]:
        """The services whose tables are folded from phantoms."""
        return sorted({one.reader.service for one in self.held if one.reader.kind == "view"})


@dataclass(frozen=True)
class Restored:
    """A service whose store was restored, with everybody who reads its topics."""

    service: str
    contracts: Sequence[Contract[Any]]
    pool: Pool
    readers: Sequence[Reader]
    stores: Mapping[str, Pool]
    """Where reactions may have recorded something, by service."""
    bootstrap: Address
    told: Telling

    # --- Looking --------------------------------------------------------------------------------

    async def lost(self) -> Lost:
        """The traces of events that the store does not have; nothing is changed."""
        found = Lost()
        await self._on_topics(found)
        await self._kept(found)
        async with self.pool.connection() as connection:
            found.checkpoint = await relays.checkpoint(connection, self.service)
        for one in found.phantoms:
            before = found.agreed.get(one.stream, one.version)
            found.agreed[one.stream] = min(before, one.version - 1)
        for reader in self.readers:
            await self._beyond(reader, found)
        for reader in self.readers:
            await self._held(reader, found)
        ids = [str(one.event_id) for one in found.phantoms]
        # Nothing leads from the cause to its events, so that a whole store is read for them.
        for name, pool in self.stores.items() if ids else ():
            found.recorded += [{"service": name, **row} for row in await _recorded(pool, ids)]
        return found

    async def _on_topics(self, found: Lost) -> None:
        there = await topics_at(self.bootstrap)
        reader = KafkaTopicReader(self.bootstrap)
        try:
            for topic in (one.topic for one in self.contracts if one.topic in there):
                places = [(topic, number) for number in range(there[topic].partitions)]
                ends, done = await reader.ends(places), 0
                for place, end in ends.items():
                    start = 0
                    while start < end and (records := await reader.read(place, start, end)):
                        start = records[-1].offset + 1
                        done += len(records)
                        self.told(topic, done, sum(ends.values()))
                        found.timeline = max(found.timeline, *(one.timeline for one in records))
                        if unknown := await self._unknown(records):
                            found.phantoms += unknown
                            found.topics.add(topic)
        finally:
            await reader.close()

    async def _unknown(self, records: Sequence[Record]) -> list[Phantom]:
        events = _events(records)
        async with self.pool.connection() as connection:
            ids = [one.event_id for one in events]
            cursor = await connection.execute(_UNKNOWN, (ids,))
            unknown = {id for (id,) in await cursor.fetchall()}
        return [one for one in events if one.event_id in unknown]

    async def _kept(self, found: Lost) -> None:
        """Those that an interrupted repair has taken off the topics."""
        async with self.pool.connection() as connection:
            if not await _has(connection, "relais.phantom"):
                return
            kept = await (await connection.execute(_OPEN)).fetchall()
        known = {one.event_id for one in found.phantoms}
        records = [
            Record(
                topic,
                partition,
                offset,
                key,
                value,
                tuple((name, text.encode("latin-1")) for name, text in headers),
            )
            for topic, partition, offset, key, value, headers in kept
        ]
        found.phantoms += [one for one in _events(records) if one.event_id not in known]

    async def _beyond(self, reader: Reader, found: Lost) -> None:
        """Add the streams of which a reader has seen more than there is on either side."""
        if not (read := self._read_by(reader)):
            return
        async for one in readers.ahead(reader, read, PostgresStore(self.pool)):
            version = await self._version(one.stream)
            found.agreed[one.stream] = min(found.agreed.get(one.stream, version), version)

    async def _held(self, reader: Reader, found: Lost) -> None:
        """Add the streams in which the reader has come further than store and topic agree on."""
        topics = [contract.topic for contract in self._read_by(reader)]
        streams = _of_topics(found.agreed, self._read_by(reader))
        asked = {
            "consumer": reader.name,
            "streams": list(streams),
            "agreed": list(streams.values()),
        }
        async with reader.pool.connection() as connection:
            cursor = await connection.execute(
                "select coalesce(max(timeline), 0) from consumer.position"
                " where consumer = %s and topic = any(%s)",
                (reader.name, topics),
            )
            row = await cursor.fetchone()
            found.timeline = max(found.timeline, row[0] if row else 0)
            cursor = await connection.execute(_BEYOND, asked)
            found.held += [
                Held(reader, stream, seen, streams[stream], parked)
                for stream, seen, parked in await cursor.fetchall()
            ]

    def _read_by(self, reader: Reader) -> list[Contract[Any]]:
        return [contract for contract in self.contracts if contract in reader.contracts]

    async def _version(self, stream: str) -> int:
        name = readers.stored_name(stream)
        async with self.pool.connection() as connection:
            cursor = await connection.execute(
                "select coalesce(max(version), 0) from es.event where stream = %s", (name,)
            )
            row = await cursor.fetchone()
        return row[0] if row else 0

    # --- Repairing ------------------------------------------------------------------------------

    @asynccontextmanager
    async def alone(self) -> AsyncIterator[None]:
        """No relay of the service leads within the block. Raises `Trouble` while one does."""
        async with self.pool.connection() as connection:
            key = Lock.RELAY, self.service
            cursor = await connection.execute("select pg_try_advisory_lock(%s, hashtext(%s))", key)
            if await cursor.fetchone() != (True,):
                leader = await relays.leading(connection, self.service)
                raise Trouble(
                    f"the relay of {self.service} runs ({leader}): stop `relais work"
                    f" {self.service}` everywhere first"
                )
            try:
                yield
            finally:
                await connection.execute("select pg_advisory_unlock(%s, hashtext(%s))", key)

    async def repair(
        self, found: Lost, reason: str, replication: int = 1, in_sync: int = 1
    ) -> None:
        """Let all that the store has be published and read again, and nothing else.

        Interrupted, it is said again, and goes on: what it takes off a topic is kept before. Views
        are left as they are, to be rebuilt. Call it `alone`.
        """
        await self._keep(found, reason)
        await self._begin_topics_anew(sorted(found.topics), replication, in_sync)
        for reader in self.readers:
            if reader.kind != "view":
                await self._go_back(reader, found)
        await self._begin_timeline(found)

    async def _keep(self, found: Lost, reason: str) -> None:
        await apply_migrations(self.pool, "phantoms", [_KEPT])
        async with self.pool.connection() as connection, connection.transaction():
            cursor = connection.cursor()
            await cursor.executemany(
                _KEEP, [_row(one, operator(), reason) for one in found.phantoms]
            )

    async def _begin_topics_anew(self, topics: Sequence[str], copies: int, in_sync: int) -> None:
        if topics:
            admin = AIOKafkaAdminClient(**options(self.bootstrap))
            try:
                await admin.start()
                await _delete(admin, topics)
                async with asyncio.timeout(GONE_WITHIN):
                    while not set(topics).isdisjoint(await topics_at(self.bootstrap)):
                        await asyncio.sleep(LOOK_SECONDS)
            except TimeoutError:
                raise Trouble(
                    f"the broker still tells of {', '.join(topics)} after {GONE_WITHIN:g} s: say it"
                    " again when they are gone"
                ) from None
            finally:
                await admin.close()
        await create_topics(self.bootstrap, list(self.contracts), copies, in_sync)

    async def _go_back(self, reader: Reader, found: Lost) -> None:
        """Have a reader read the topics of the service from their beginning, and take each stream
        from where store and topic agree.

        A process that feeds it is fenced off and takes up what is written here. What it has seen
        otherwise it knows, and drops.
        """
        topics = [contract.topic for contract in self._read_by(reader)]
        streams = _of_topics(found.agreed, self._read_by(reader))
        asked = {
            "consumer": reader.name,
            "streams": list(streams),
            "agreed": list(streams.values()),
        }
        async with reader.pool.connection() as connection, connection.transaction():
            await connection.execute(_READ_AGAIN, (reader.name, topics))
            await connection.execute(_GO_BACK, asked)

    async def _begin_timeline(self, found: Lost) -> None:
        """The relay publishes from the beginning; partitions of other topics keep their marks."""
        asked = {
            "relay": self.service,
            "newest": found.timeline,
            "topics": sorted(found.topics),
        }
        async with self.pool.connection() as connection, connection.transaction():
            await connection.execute(_NEW_TIMELINE, asked)
            await connection.execute(
                "update relais.phantom set repaired_at = clock_timestamp()"
                " where repaired_at is null"
            )


async def _delete(admin: AIOKafkaAdminClient, topics: Sequence[str]) -> None:
    """Delete these topics at the broker. Raises KafkaError, also when we may not."""
    answer = await admin.delete_topics(list(topics))
    for topic, code in answer.topic_error_codes:
        error = for_code(code)
        if code and error is not UnknownTopicOrPartitionError:
            raise error(topic)


def _of_topics(agreed: Mapping[str, int], contracts: Sequence[Contract[Any]]) -> dict[str, int]:
    """Those of these streams that are of the contracts."""
    kinds = tuple(f"{contract.service}.{contract.name}/" for contract in contracts)
    return {stream: version for stream, version in agreed.items() if stream.startswith(kinds)}


def _events(records: Sequence[Record]) -> list[Phantom]:
    found = []
    for record in records:
        try:
            given = envelope(record.headers)
        except NotAnEvent:
            # No event of ours was ever in the store under it; consumers park it.
            continue
        found.append(Phantom(record, given.event_id, given.sequence))
    return found


def _row(one: Phantom, by: str, reason: str) -> tuple[object, ...]:
    record = one.record
    headers = [[name, value.decode("latin-1")] for name, value in record.headers]
    return (
        *(record.topic, record.partition, record.offset, one.stream, one.version, one.event_id),
        *(record.key, record.value, json.dumps(headers), by, reason),
    )


async def _has(connection: Connection, table: str) -> bool:
    cursor = await connection.execute("select to_regclass(%s) is not null", (table,))
    return await cursor.fetchone() == (True,)


async def _recorded(pool: Pool, ids: Sequence[str]) -> list[dict[str, Any]]:
    async with pool.connection() as connection:
        cursor = connection.cursor(row_factory=dict_row)
        await cursor.execute(_RECORDED, (list(ids),))
        return await cursor.fetchall()


# --- The commands -----------------------------------------------------------


@asynccontextmanager
async def _restored(
    settings: Settings, names: Sequence[str], told: Telling
) -> AsyncIterator[list[Restored]]:
    """These services, with all that their events have reached. Raises `Trouble` when some of it is
    away: whoever is not asked may hold a phantom."""
    connections.recorded_here(settings, connections.recording())
    bootstrap = connections.broker(settings)
    async with AsyncExitStack() as stack:
        services = registry.services()
        pools = {
            one.name: await stack.enter_async_context(connections.database(settings, one.name))
            for one in services
        }
        found: list[Reader] = []
        for service in services:
            found += (await readers.of_service(service, pools[service.name]))[0]
        stores = {one.name: pools[one.name] for one in services if one.aggregates}
        yield [
            Restored(one.name, one.contracts, pools[one.name], found, stores, bootstrap, told)
            for one in services
            if one.name in names
        ]


async def listed(service: str | None, quiet: bool) -> Answer:
    """Events that topics and readers hold and the stores lack. Exit code 1 when there are some."""
    names = connections.recording(service)
    with telling(quiet=quiet) as told:
        async with _restored(connections.settings(), names, told) as restored:
            found = [(one.service, await one.lost()) for one in restored]
    shown = [_facts(name, lost) for name, lost in found if lost.anything]
    return Answer(shown, lambda console: _print(console, shown), FOUND if shown else OK)


async def repaired(service: str, reason: str, yes: bool, quiet: bool) -> Answer:
    """Undo what is held of events that the store of a service lost; without `yes`, say what.

    Raises `Trouble` while a relay of the service runs, and for a store that was filled from a dump.
    """
    if not reason.strip():
        raise Trouble("--reason says why, for those who ask later")
    settings = connections.settings()
    [name] = connections.recording(service)
    with telling(quiet=quiet) as told:
        async with _restored(settings, [name], told) as [restored]:
            if not yes:
                said = _facts(name, await restored.lost())
                return Answer(said, lambda console: _rehearsed(console, said))
            async with restored.alone():
                found = await restored.lost()
                if found.checkpoint.foreign:
                    raise Trouble(FOREIGN)
                if found.anything:
                    copies = settings.topic_replication, settings.topic_in_sync
                    await restored.repair(found, reason, *copies)
                    said = {"service": name, "reason": reason, "phantoms": len(found.phantoms)}
                    held = [one.shown() for one in found.held]
                    audit(
                        settings.home,
                        "phantoms repair",
                        **said,
                        topics=sorted(found.topics),
                        readers=held,
                    )
            await _adopt(settings, restored, reason)
    said = _facts(name, found)
    return Answer(said, lambda console: _done(console, said))


async def _adopt(settings: Settings, restored: Restored, reason: str) -> None:
    """Where nothing but the store is older than it was, the keys take it as it is.

    Whatever else does not belong together is for somebody to look at (`relais doctor`).
    """
    async with connections.database(settings, "keys") as keys:
        found = await installation.standing(restored.service, keys, restored.pool)
        together = found.of_keys is not None and found.of_keys == found.of_service
        if together and found.keys_reached >= found.keys_seen and found.trouble is not None:
            await installation.adopt(restored.service, keys, restored.pool)
            audit(
                settings.home,
                "adopt",
                service=restored.service,
                installation=str(found.of_keys),
                reason=reason,
                trouble=found.trouble,
            )


def _facts(name: str, lost: Lost) -> dict[str, Any]:
    return {
        "service": name,
        "relay": lost.trouble,
        "phantoms": [one.shown() for one in lost.phantoms],
        "readers": [one.shown() for one in lost.held],
        "recorded": lost.recorded,
        "topics": sorted(lost.topics),
        "rebuild": lost.rebuilds(),
    }


_TABLES = {
    "phantoms": ("topic", "key", "version", "type", "recorded_at", "actor", "event_id"),
    "readers": ("reader", "kind", "stream", "seen", "agreed", "parked"),
    "recorded": ("service", "stream", "version", "type", "actor", "because_of"),
}
_TITLES = {
    "phantoms": "events that the store of {} does not have:",
    "readers": "who has read further than the store of {} and the topics agree on:",
    "recorded": "recorded because of them; undo it with commands:",
}


def _print(console: Console, found: Sequence[Mapping[str, Any]]) -> None:
    for one in found:
        if one["relay"]:
            console.print(f"relay of {one['service']}: {one['relay']}", markup=False)
        for name, columns in _TABLES.items():
            if one[name]:
                console.print(_TITLES[name].format(one["service"]), markup=False)
                rows(one[name], columns, "").text(console)
    if not found:
        console.print("topics and readers hold nothing that the stores do not have")


def _anything(said: Mapping[str, Any]) -> bool:
    return bool(said["phantoms"] or said["readers"] or said["relay"])


def _rehearsed(console: Console, said: Mapping[str, Any]) -> None:
    _print(console, [said] if _anything(said) else [])
    if _anything(said):
        console.print(REHEARSED)


def _done(console: Console, said: Mapping[str, Any]) -> None:
    _print(console, [said] if _anything(said) else [])
    if not _anything(said):
        return
    name = said["service"]
    console.print(f"done. Now: start `relais work {name}`, which publishes everything again")
    for one in said["rebuild"]:
        console.print(f"`relais views rebuild {one}`, then drop the generation before")
    console.print("`relais doctor --whole`, and then the APIs")
