"""How far a relay has come, who leads, and what holds it back."""

from dataclasses import dataclass
from typing import Any

from psycopg.rows import dict_row

from infra.database import Connection
from infra.locks import Lock
from infra.settings import Settings
from infra.store import Position
from infra.store.protocol import BEGINNING, ServiceStore, each_event
from tools.relais import connections
from tools.relais.answers import FOUND, OK, Answer, cell, rows

LATE_SECONDS = 30.0
COLUMNS = ("service", "leader", "published", "waiting", "lag_seconds", "timeline", "trouble")
_STATUS = """
select c.relay is not null as begun, coalesce(c.epoch, 0) as epoch, coalesce(c.timeline, 0) as
       timeline, coalesce(c.xid, '0')::text::bigint as xid, coalesce(c.position, 0) as number,
       c.updated_at, coalesce(c.store, '') as store,
       (select system_identifier from pg_control_system())::text as this_store,
       n.published, n.waiting,
       c.position = 0 or exists (select from es.event e
                                  where e.xid = c.xid and e.position = c.position) as reached
  from (select %(relay)s::text as relay) asked
  left join es.checkpoint c on c.relay = asked.relay,
       lateral (select count(*) filter (where (e.xid, e.position) <= (c.xid, c.position))
                       as published,
                       count(*) filter (where (e.xid, e.position) > (c.xid, c.position)
                                           or c.relay is null) as waiting
                  from es.event e) n
"""
_REACHED = """
select c.position = 0 or exists (select from es.event e
                                  where e.xid = c.xid and e.position = c.position),
       c.store not in ('', (select system_identifier from pg_control_system())::text)
  from es.checkpoint c where c.relay = %s
"""
_LEADER = """
select a.pid, coalesce(host(a.client_addr), 'local'), a.backend_start
  from pg_locks l join pg_stat_activity a using (pid)
 where l.locktype = 'advisory' and l.granted and l.classid = %s and l.objsubid = 2
   and l.objid = (hashtext(%s)::bigint & 4294967295)::oid
   and l.database = (select oid from pg_database where datname = current_database())
"""


async def status(service: str | None) -> Answer:
    """One line a relay; exit code 1 when one of them needs somebody."""
    settings = connections.settings()
    found = [await of(settings, name) for name in connections.recording(service)]
    answer = rows(found, COLUMNS, "")
    return Answer(answer.facts, answer.text, FOUND if any(f["trouble"] for f in found) else OK)


async def of(settings: Settings, name: str) -> dict[str, Any]:
    """The state of one relay; `trouble` says what is wrong and what to do, None when nothing is."""
    async with connections.store(settings, name) as store, store.pool.connection() as connection:
        row = await _row(connection, name)
        leader = await leading(connection, name)
        at = Position(row["xid"], row["number"])
        if not store.joins_transactions:
            row |= await _beside(store, at)
        lag = await store.lag(at)
    found = {
        "service": name,
        "leader": leader,
        "epoch": row["epoch"],
        "timeline": row["timeline"],
        "checkpoint": {"xid": row["xid"], "position": row["number"], "at": row["updated_at"]},
        "published": row["published"],
        "waiting": row["waiting"],
        "lag_seconds": lag.seconds,
        "holdback_seconds": lag.holdback_seconds,
        "culprit": lag.culprit,
    }
    return found | {"trouble": _trouble(found, row)}


async def _beside(store: ServiceStore, at: Position) -> dict[str, Any]:
    """The part of a row that the tables beside a store do not tell: all of it is read."""
    positions = [event.position async for event in each_event(store)]
    published = sum(position <= at for position in positions)
    return {
        "this_store": await store.identity(),
        "published": published,
        "waiting": len(positions) - published,
        "reached": at == BEGINNING or at in positions,
    }


async def _row(connection: Connection, name: str) -> dict[str, Any]:
    cursor = connection.cursor(row_factory=dict_row)
    await cursor.execute(_STATUS, {"relay": name})
    row = await cursor.fetchone()
    assert row is not None
    return row


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """Whether a relay may go on from where it was."""

    reached: bool
    """The store has the event that it came to last."""
    foreign: bool
    """It was written in another PostgreSQL cluster, so this store was filled from a dump."""


FITTING = Checkpoint(reached=True, foreign=False)


async def checkpoint(connection: Connection, name: str) -> Checkpoint:
    """The checkpoint of a relay beside the store; one that never ran may begin."""
    cursor = await connection.execute(_REACHED, (name,))
    row = await cursor.fetchone()
    return FITTING if row is None else Checkpoint(*row)


async def leading(connection: Connection, name: str) -> str | None:
    """The session of the relay that leads; None when none does."""
    cursor = await connection.execute(_LEADER, (Lock.RELAY, name))
    row = await cursor.fetchone()
    if row is None:
        return None
    pid, host, since = row
    return f"pid {pid} {host} since {cell(since)}"


def _trouble(found: dict[str, Any], row: dict[str, Any]) -> str | None:
    name = found["service"]
    if row["begun"] and not row["reached"]:
        return "the checkpoint is ahead of the store: see docs/runbook/phantom-events.md"
    if row["store"] not in ("", row["this_store"]):
        return "the checkpoint belongs to another store: see docs/runbook/phantom-events.md"
    if found["leader"] is None:
        return f"no relay leads: start `relais work {name}`; if it runs, it halted: read its log"
    if found["holdback_seconds"] > LATE_SECONDS:
        return f"held back by {found['culprit']}: end that transaction"
    if found["lag_seconds"] > LATE_SECONDS:
        return "it leads and does not publish: is the broker there? read the log of the worker"
    return None
