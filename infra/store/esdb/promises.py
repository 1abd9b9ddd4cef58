"""Rows that go with an append whose events are elsewhere: both, or neither.

The rows are written first and wait, durable and unseen, in a prepared transaction. Then the append
is noted, whole, with the name of that transaction: from here on somebody sends it and ends the
transaction as the stream decides, also when whoever began is gone. A transaction that no promise
came to is rolled back, once no promise can come any more.
"""

from base64 import b64decode, b64encode
from collections.abc import Sequence
from datetime import datetime
from json import JSONEncoder
from typing import Any, NamedTuple
from uuid import UUID, uuid4

from psycopg import errors, sql

from infra.database import Connection, Pool
from infra.store.protocol import (
    Append,
    Cancel,
    Fire,
    InTransaction,
    NewEvent,
    Schedule,
)
from infra.supervisor import Halt

PREFIX = "relais:"
_json = JSONEncoder(separators=(",", ":")).encode

_WAIT = "set local lock_timeout = '5s'"
_LOCK = "select pg_advisory_xact_lock(hashtextextended(%s, 0))"
_MAKE = """
insert into beside.promise (event_id, gid, append)
select %(event_id)s, %(gid)s, %(append)s::jsonb
 where not exists (select from beside.given_up where gid = %(gid)s)
on conflict do nothing
"""
_OF = "select gid, append from beside.promise where event_id = %s and append is not null"
_OPEN = """
select gid, append from beside.promise
 where append is not null and made_at < clock_timestamp() - make_interval(secs => %s)
 order by made_at
"""
_KEPT = "update beside.promise set append = null where gid = %s"
_LOST = "delete from beside.promise where gid = %s"
_ORPHANS = """
select gid from pg_prepared_xacts x
 where database = current_database() and starts_with(gid, %s)
   and prepared < clock_timestamp() - make_interval(secs => %s)
   and not exists (select from beside.promise p where p.gid = x.gid)
"""
_GIVE_UP = """
insert into beside.given_up (gid)
select %(gid)s where not exists (select from beside.promise where gid = %(gid)s)
on conflict do nothing
"""
_GIVEN_UP = "select exists (select from beside.given_up where gid = %s)"


class NoPreparedTransactions(Halt):
    """The PostgreSQL beside a store does not take what must wait for the events."""


class Promise(NamedTuple):
    """The name of a prepared transaction, and the append that decides about it."""

    gid: str
    append: Append


class Promises:
    """Keeps what goes with appends, in the PostgreSQL beside the store.

    `notes` leads to the same database, and nobody waits for one of its connections while he holds
    one.
    """

    def __init__(self, pool: Pool, notes: Pool) -> None:
        self._pool = pool
        self._notes = notes

    async def check(self) -> None:
        """Raises `NoPreparedTransactions` where the server allows none."""
        async with self._notes.connection() as connection:
            cursor = await connection.execute("select current_setting('max_prepared_transactions')")
            if await cursor.fetchone() == ("0",):
                raise NoPreparedTransactions(
                    "max_prepared_transactions is 0 in the PostgreSQL beside a store on"
                    " EventStoreDB: secrets could not be kept with their events. Set it to the"
                    " number of connections, and restart PostgreSQL"
                )

    async def prepare(self, in_transaction: InTransaction) -> str:
        """Do what goes with an append, durable and unseen; answers the name of the transaction.

        What it raises comes out, and nothing is left. So does `LockNotAvailable` while the rows of
        another one wait, for as long as no server answers: nobody is to hold a connection so long.
        """
        gid = f"{PREFIX}{uuid4()}"
        async with self._pool.connection() as connection:
            await connection.execute("begin")
            try:
                await connection.execute(_WAIT)
                await in_transaction(connection)
                await _end(connection, "prepare transaction", gid)
            except BaseException:
                await connection.rollback()
                raise
        return gid

    async def make(self, promise: Promise) -> bool:
        """Note an append with its transaction; False when another try of it is there already, or
        the transaction was given up."""
        named = {
            "event_id": promise.append.events[0].event_id,
            "gid": promise.gid,
            "append": _json(_plain(promise.append)),
        }
        async with self._notes.connection() as connection, connection.transaction():
            await connection.execute(_LOCK, (promise.gid,))
            return (await connection.execute(_MAKE, named)).rowcount == 1

    async def of(self, event_id: UUID) -> Promise | None:
        """The open promise of an append by its first event."""
        async with self._notes.connection() as connection:
            row = await (await connection.execute(_OF, (event_id,))).fetchone()
        return None if row is None else Promise(row[0], _append(row[1]))

    async def open(self, age: float) -> Sequence[Promise]:
        """The promises that were made so many seconds ago and are not kept, the oldest first."""
        async with self._notes.connection() as connection:
            found = await (await connection.execute(_OPEN, (age,))).fetchall()
        return [Promise(gid, _append(plain)) for gid, plain in found]

    async def keep(self, gid: str) -> None:
        """Let everybody see the rows: the events stand. Safe to repeat."""
        async with self._notes.connection() as connection:
            await _end(connection, "commit prepared", gid)
            await connection.execute(_KEPT, (gid,))

    async def drop(self, gid: str) -> None:
        """Leave nothing of the rows: the events do not stand. Safe to repeat."""
        async with self._notes.connection() as connection:
            await _end(connection, "rollback prepared", gid)
            await connection.execute(_LOST, (gid,))

    async def give_up(self, age: float) -> None:
        """Drop what was prepared so many seconds ago and never promised, and never will be."""
        async with self._notes.connection() as connection:
            cursor = await connection.execute(_ORPHANS, (PREFIX, age))
            orphans = [gid for (gid,) in await cursor.fetchall()]
            for gid in orphans:
                async with connection.transaction():
                    await connection.execute(_LOCK, (gid,))
                    await connection.execute(_GIVE_UP, {"gid": gid})
                    cursor = await connection.execute(_GIVEN_UP, (gid,))
                    given_up = await cursor.fetchone() == (True,)
                if given_up:
                    await _end(connection, "rollback prepared", gid)


async def _end(connection: Connection, how: str, gid: str) -> None:
    """End a transaction by its name; one that is not there has ended before."""
    try:
        await connection.execute(sql.SQL(how + " {}").format(gid))
    except errors.UndefinedObject:
        return


# --- Appends as JSON ----------------------------------------------------------


def _plain(append: Append) -> dict[str, Any]:
    return {
        "stream": append.stream,
        "expected_version": append.expected_version,
        "events": [
            {
                "event_id": str(event.event_id),
                "type": event.type,
                "data": b64encode(event.data).decode(),
                "meta": event.meta,
                "occurred_at": event.occurred_at.isoformat(),
            }
            for event in append.events
        ],
        "timers": [_plain_timer(timer) for timer in append.timers],
    }


def _append(plain: dict[str, Any]) -> Append:
    return Append(
        plain["stream"],
        plain["expected_version"],
        [
            NewEvent(
                UUID(event["event_id"]),
                event["type"],
                b64decode(event["data"]),
                event["meta"],
                datetime.fromisoformat(event["occurred_at"]),
            )
            for event in plain["events"]
        ],
        [_timer(timer) for timer in plain["timers"]],
    )


def _plain_timer(timer: Schedule | Cancel | Fire) -> dict[str, Any]:
    match timer:
        case Schedule(name=name, due=due):
            return {"set": name, "due": due.isoformat()}
        case Cancel(name=name):
            return {"cancel": name}
        case Fire(name=name, generation=generation):
            return {"fire": name, "generation": generation}


def _timer(plain: dict[str, Any]) -> Schedule | Cancel | Fire:
    match plain:
        case {"set": name, "due": due}:
            return Schedule(name, datetime.fromisoformat(due))
        case {"cancel": name}:
            return Cancel(name)
        case _:
            return Fire(plain["fire"], plain["generation"])
