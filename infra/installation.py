"""Parts that belong together say so: one installation has one identity, written beside each.

The keys of people and the database of each service are parts of one installation. Each holds its
identity, and how far the other had come when it last looked. A part that is another's, older than
it was, or gone is found at start, and the process halts: going on would tell people that they are
forgotten, and give them second keys.
"""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from uuid import UUID, uuid4

from psycopg import Error

from infra.database import Connection, Pool
from infra.locks import Lock
from infra.migrations import apply_migrations
from infra.objects import KeptObjects, ObjectMissing, ObjectsAway
from infra.supervisor import Halt

log = logging.getLogger("relais.installation")

KEYS = "keys"
OBJECTS = "objects"
MARK = "installation"
"""The object that has the identity of the installation in it."""
_MARK_BYTES = 36
LOOK_SECONDS = 60.0
_TABLES = """
create schema if not exists relais;
create table if not exists relais.installation (
  part  text primary key,
  id    uuid   not null,
  other bigint not null default 0
);
comment on column relais.installation.other is
  'of a service: how many keys were made and destroyed when it last looked; of keys: none';
create table if not exists relais.member (
  part   text primary key,
  reached bigint not null default 0
);
comment on table relais.member is
  'beside the keys: the services of the installation, and how far the store of each had come';
"""
_FORMER = """
create table relais.former (id uuid primary key);
comment on table relais.former is
  'beside the keys: identities that parts had before they were adopted; records carry them';
"""
_IDENTITY = "select id, other from relais.installation where part = %s"
# Rows are never deleted: the number only grows. It is looked at every minute, so it is kept.
_KEYS_REACHED = "select coalesce(sum(number), 0) from keys.reached"
_KEYS_COUNTED = "select count(*) + count(forgotten_at) from keys.subject"
_STORE_REACHED = "select xid::text::bigint from es.event order by xid desc, position desc limit 1"


class NotTogether(Halt):
    """Parts of an installation that do not belong together, or one that is older or gone."""


@dataclass(frozen=True, slots=True)
class Standing:
    """The keys and the database of a service, and what each knows of the other."""

    service: str
    of_keys: UUID | None
    of_service: UUID | None
    keys_reached: int
    keys_seen: int
    """How far the keys had come when the service last looked."""
    store_reached: int
    store_seen: int
    """How far the store of the service had come when that was last written beside the keys."""
    member: bool
    """Whether the keys know that the service belongs to them."""

    @property
    def trouble(self) -> str | None:
        """Why they do not belong together, and what to do; None when they do."""
        if (why := self._why()) is None:
            return None
        return (
            f"{why}. Nothing was changed. Look at RELAIS_POSTGRES and RELAIS_DATABASES, or restore"
            " what is missing; when it is meant to be so, `relais adopt`:"
            " docs/runbook/parts-that-do-not-belong-together.md"
        )

    def _why(self) -> str | None:
        name = self.service
        if self.of_service is None:
            if self.member:
                return (
                    f"the database of {name} belongs to no installation, and {name} is a part of"
                    f" {self.of_keys}: its database is gone, or this is another one"
                )
            if self.of_keys is None and self.store_reached and not self.keys_reached:
                return f"the keys database is empty, and the store of {name} has events"
            return None
        if self.of_keys is None:
            return (
                f"the keys database belongs to no installation, and the database of {name} to"
                f" {self.of_service}: the keys are gone, or these are others"
            )
        if self.of_keys != self.of_service:
            return (
                f"the keys database belongs to installation {self.of_keys}, and the database of"
                f" {name} to {self.of_service}"
            )
        if self.keys_reached < self.keys_seen:
            return (
                f"the keys database is older than it was: it had {self.keys_seen} keys made and"
                f" destroyed, and has {self.keys_reached}"
            )
        if self.store_reached < self.store_seen:
            return (
                f"the store of {name} is older than it was: its last transaction was"
                f" {self.store_seen}, and is {self.store_reached}"
            )
        return None


@dataclass(frozen=True, slots=True)
class ObjectsStanding:
    """The store of objects, beside the keys and the store of a service that relies on it."""

    service: str
    of_keys: UUID | None
    mark: str
    """The content of its mark; empty without one."""
    member: bool
    """Whether the keys know that a marked store of objects belongs to them."""
    lost: bool
    """Whether the service has events, and there is no object at all."""

    @property
    def trouble(self) -> str | None:
        """Why it does not belong to the installation, and what to do; None when it does."""
        if (why := self._why()) is None:
            return None
        return (
            f"{why}. Nothing was changed. Look at RELAIS_OBJECTS and RELAIS_S3_ENDPOINT, or restore"
            " what is missing; when it is meant to be so, `relais adopt objects`:"
            " docs/runbook/parts-that-do-not-belong-together.md"
        )

    def _why(self) -> str | None:
        if self.mark and self.mark != str(self.of_keys):
            return (
                f"the store of objects belongs to installation {self.mark}, and the keys database"
                f" to {self.of_keys}"
            )
        if not self.mark and self.member:
            return (
                f"the store of objects has no mark, and one with the mark of {self.of_keys} is a"
                " part of this installation: it was emptied, or this is another one"
            )
        if not self.mark and self.lost:
            return f"the store of objects is empty, and the store of {self.service} has events"
        return None


async def objects_standing(
    service: str, objects: KeptObjects, keys: Pool, pool: Pool
) -> ObjectsStanding:
    """The store of objects as it is; nothing is changed. Raises `ObjectsAway`."""
    try:
        read = [part async for part in objects.read(MARK, 0, _MARK_BYTES)]
    except ObjectMissing:
        read = []
    async with pool.connection() as here:
        has_events = await _store_reached(here) > 0
    async with keys.connection() as there:
        of_keys, _ = await _identity(there, KEYS)
        member = await _member(there, OBJECTS) is not None
    lost = has_events and not read and await objects.is_empty()
    mark = b"".join(read).decode(errors="replace")
    return ObjectsStanding(service, of_keys, mark, member, lost)


async def objects_belong(service: str, objects: KeptObjects, keys: Pool, pool: Pool) -> None:
    """Check that the store of objects is that of the installation; a fresh one is marked.

    While it does not answer, nothing is checked. Raises `NotTogether`.
    """
    try:
        found = await objects_standing(service, objects, keys, pool)
        if found.trouble is not None:
            raise NotTogether(found.trouble)
        if not (found.mark and found.member):
            await adopt_objects(objects, keys)
    except ObjectsAway as error:
        log.warning("the store of objects was not looked at: %s", error)


async def adopt_objects(objects: KeptObjects, keys: Pool) -> UUID:
    """Make the store of objects a part of this installation, whatever it said; the identity.

    Raises `ObjectsAway`, and LookupError when the keys belong to none.
    """
    async with keys.connection() as there:
        identity, _ = await _identity(there, KEYS)
    if identity is None:
        raise LookupError("the keys database belongs to no installation")
    await objects.put(MARK, str(identity).encode())
    async with keys.connection() as there:
        await there.execute(
            "insert into relais.member (part) values (%s) on conflict do nothing", (OBJECTS,)
        )
    return identity


async def migrate(pool: Pool) -> None:
    """Make the tables of the identity in a database. Safe to repeat."""
    await apply_migrations(pool, "installation", [_TABLES, _FORMER])


async def standing(service: str, keys: Pool, pool: Pool) -> Standing:
    """The two databases side by side, as they are; nothing is changed."""
    # How far a side was seen is read before how far it is: meanwhile it only grows.
    async with pool.connection() as here:
        of_service, keys_seen = await _identity(here, service)
    async with keys.connection() as there:
        of_keys, _ = await _identity(there, KEYS)
        keys_reached = await _keys_reached(there)
        seen = await _member(there, service)
    async with pool.connection() as here:
        store_reached = await _store_reached(here)
    return Standing(
        service,
        of_keys,
        of_service,
        keys_reached,
        keys_seen,
        store_reached,
        store_seen=seen or 0,
        member=seen is not None,
    )


async def _member(keys: Connection, service: str) -> int | None:
    """How far the store of a member had come; None when it is no member."""
    if not await _has(keys, "relais.member"):
        return None
    cursor = await keys.execute("select reached from relais.member where part = %s", (service,))
    row = await cursor.fetchone()
    return row[0] if row is not None else None


async def belong(service: str, keys: Pool, pool: Pool) -> UUID:
    """Check that a service and the keys belong together; the first ones found become one.

    Answers the identity of the installation. Raises `NotTogether`.
    """
    found = await standing(service, keys, pool)
    if found.trouble is not None:
        raise NotTogether(found.trouble)
    return await adopt(service, keys, pool)


async def adopt(service: str, keys: Pool, pool: Pool) -> UUID:
    """Make them belong together, as they are now, whatever they said; answers the identity.

    Keys of no installation take the identity of the service: its records carry it.
    """
    async with pool.connection() as here:
        before, _ = await _identity(here, service)
    async with keys.connection() as there, there.transaction():
        await there.execute("select pg_advisory_xact_lock(%s, 2)", (Lock.MIGRATION,))
        identity, _ = await _identity(there, KEYS)
        if identity is None:
            identity = before or uuid4()
            await _write(there, KEYS, identity, 0)
        if before not in (None, identity):
            await there.execute(
                "insert into relais.former (id) values (%s) on conflict do nothing", (before,)
            )
    await _look(service, keys, pool, identity)
    return identity


async def look(service: str, keys: Pool, pool: Pool) -> None:
    """Write on each side how far the other has come by now."""
    found = await standing(service, keys, pool)
    if found.trouble is None and found.of_keys is not None:
        await _look(service, keys, pool, found.of_keys)


@asynccontextmanager
async def belonging(service: str, keys: Pool, pool: Pool) -> AsyncIterator[None]:
    """Check that they belong together, and look every minute within the block.

    Raises `NotTogether`.
    """
    await migrate(keys)
    await migrate(pool)
    await belong(service, keys, pool)
    task = asyncio.create_task(_keep_looking(service, keys, pool))
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def _keep_looking(service: str, keys: Pool, pool: Pool) -> None:
    while True:
        await asyncio.sleep(LOOK_SECONDS)
        try:
            await look(service, keys, pool)
        except Error as error:
            # The next minute is early enough; what needs the database says so itself.
            log.info("the parts of %s were not looked at: %s", service, error)


async def _look(service: str, keys: Pool, pool: Pool, identity: UUID) -> None:
    async with keys.connection() as there:
        keys_reached = await _keys_reached(there)
    async with pool.connection() as here:
        store_reached = await _store_reached(here)
        await _write(here, service, identity, keys_reached)
    async with keys.connection() as there:
        await there.execute(
            "insert into relais.member (part, reached) values (%s, %s)"
            " on conflict (part) do update set reached = excluded.reached",
            (service, store_reached),
        )


async def _write(connection: Connection, part: str, identity: UUID, other: int) -> None:
    await connection.execute(
        "insert into relais.installation (part, id, other) values (%s, %s, %s)"
        " on conflict (part) do update set id = excluded.id, other = excluded.other",
        (part, identity, other),
    )


async def _identity(connection: Connection, part: str) -> tuple[UUID | None, int]:
    if not await _has(connection, "relais.installation"):
        return None, 0  # No process of this release has started here.
    row = await (await connection.execute(_IDENTITY, (part,))).fetchone()
    return (row[0], row[1]) if row is not None else (None, 0)


async def _keys_reached(connection: Connection) -> int:
    # `relais doctor` may look before a process of this release has started here.
    kept = await _has(connection, "keys.reached")
    return await _number(connection, _KEYS_REACHED if kept else _KEYS_COUNTED)


async def _store_reached(connection: Connection) -> int:
    return await _number(connection, _STORE_REACHED) if await _has(connection, "es.event") else 0


async def _has(connection: Connection, table: str) -> bool:
    cursor = await connection.execute("select to_regclass(%s) is not null", (table,))
    return await cursor.fetchone() == (True,)


async def _number(connection: Connection, query: str) -> int:
    row = await (await connection.execute(query.encode())).fetchone()
    return int(row[0]) if row is not None else 0
