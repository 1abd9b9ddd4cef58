"""Follows one cause across all services: every event of a correlation, as a tree of causes."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AsyncExitStack
from datetime import datetime
from typing import Any
from uuid import UUID

from psycopg.rows import dict_row
from rich.console import Console

from infra.database import Pool
from infra.http.models import instant
from infra.store import RecordedEvent
from infra.store.metadata import kept
from infra.store.protocol import ServiceStore, each_event
from infra.wording import Unfit
from tools.relais import connections, events
from tools.relais.answers import USAGE, Answer, Trouble, cell

Facts = dict[str, Any]
PAGE = """
select event_id from es.stored_event
 where (correlation_id = %(column)s::uuid or meta->>'correlation' = %(correlation)s)
   and (%(after)s::timestamptz is null or (recorded_at, event_id) > (%(after)s, %(id)s::uuid))
 order by recorded_at, event_id limit %(most)s
"""
_STREAMS = """
select distinct on (stream) stream, version, type, recorded_at from es.event
 where stream = any(%s) order by stream, version desc
"""
_FIRED = """
select distinct stream, meta->>'correlation' as correlation_id from es.event
 where stream = any(%s) and starts_with(meta->>'correlation', 'timer:') order by 1, 2
"""
_TIMERS = "select stream, name, due_at from es.timer where stream = any(%s) order by due_at"
_PARKED = """
select consumer, stream, version, reason, parked_at from consumer.parked
 where exists (select from json_array_elements(headers) h
                where h->>0 = 'ce_correlationid' and h->>1 = %s)
 order by parked_at, consumer, version
"""


async def followed(word: str, last: int, after: str | None) -> Answer:
    """The events of a correlation, or of that of an event, and what waits because of them.

    At most `last` events, in the order they were recorded; `after` is the `next` of the page
    before. Personal fields stay closed. Raises `Trouble` when there is none, and while a database
    is away: a tree with a branch missing would say that nothing came of it.
    """
    begin = _begin(after)
    settings = connections.settings()
    async with AsyncExitStack() as stack:
        pools = {
            name: await stack.enter_async_context(connections.database(settings, name))
            for name in connections.named(None)
        }
        stores = {
            name: await stack.enter_async_context(
                connections.store_beside(settings, name, pools[name])
            )
            for name in connections.recording()
        }
        correlation = await _correlation(stores, word)
        found = await _events(stores, correlation, last + 1, begin)
        if not found:
            raise Trouble(f"nothing was recorded with the correlation {correlation}")
        shown = found[:last]
        facts: Facts = {
            "correlation_id": correlation,
            "events": shown,
            "streams": [],
            "timers": [],
            "fired": [],
            "parked": [],
            "next": _next(shown[-1]) if len(found) > last else None,
        }
        for name, store in stores.items():
            streams = sorted({one["stream"] for one in shown if one["service"] == name})
            for kind, rows in (await _of_streams(store, streams)).items():
                facts[kind] += [{"service": name, **row} for row in rows]
        for name, pool in pools.items():
            parked = await _rows(pool, _PARKED, correlation)
            facts["parked"] += [{"service": name, **row} for row in parked]
    return Answer(facts, lambda console: _print(console, facts))


async def _of_streams(store: ServiceStore, streams: list[str]) -> Mapping[str, list[Facts]]:
    """The last event of each stream, its timers, and the correlations of those that fired."""
    timers = await _rows(store.pool, _TIMERS, streams)
    if store.joins_transactions:
        last, fired = [await _rows(store.pool, query, streams) for query in (_STREAMS, _FIRED)]
        return {"streams": last, "timers": timers, "fired": fired}
    read = [events for events in (await store.read_many(streams)).values() if events]
    kept = ("stream", "version", "type", "recorded_at")
    by_timer = {
        (one.stream, str(one.meta.get("correlation", ""))) for events in read for one in events
    }
    return {
        "streams": [{name: getattr(events[-1], name) for name in kept} for events in read],
        "timers": timers,
        "fired": [
            {"stream": stream, "correlation_id": correlation}
            for stream, correlation in sorted(by_timer)
            if correlation.startswith("timer:")
        ],
    }


async def _correlation(stores: Mapping[str, ServiceStore], word: str) -> str:
    """The correlation that is meant; that of an event where the word is the id of one."""
    try:
        id = UUID(word)
    except ValueError:
        return word
    for store in stores.values():
        for event in await store.find([id]):
            if correlation := event.meta.get("correlation"):
                return str(correlation)
    return word


async def _events(
    stores: Mapping[str, ServiceStore],
    correlation: str,
    most: int,
    begin: tuple[datetime, UUID] | None,
) -> list[Facts]:
    found: list[Facts] = []
    for name, store in stores.items():
        if not store.joins_transactions:
            of_it = [
                _facts(name, one)
                async for one in each_event(store)
                if one.meta.get("correlation") == correlation
            ]
            found += [one for one in of_it if begin is None or _place(one) > begin]
            continue
        async with store.pool.connection() as connection:
            cursor = await connection.execute(PAGE, asked(correlation, most, begin))
            ids = [id for (id,) in await cursor.fetchall()]
        found += [_facts(name, one) for one in await store.find(ids)]
    return sorted(found, key=_place)[:most]


def asked(
    correlation: str, most: int, begin: tuple[datetime, UUID] | None = None
) -> dict[str, object]:
    """The parameters of `PAGE`."""
    column = kept({"correlation": correlation}).correlation
    after, id = begin or (None, None)
    return {
        "correlation": correlation,
        "column": column,
        "after": after,
        "id": id,
        "most": most,
    }


def _place(one: Facts) -> tuple[datetime, UUID]:
    return one["recorded_at"], UUID(one["event_id"])


def _facts(service: str, recorded: RecordedEvent) -> Facts:
    contract = events.contract_of(service, recorded)
    event = events.opened(contract, recorded)
    when = events.business_time(contract, recorded, event)
    return {"service": service, "business_time": when, **events.facts(recorded, event)}


async def _rows(pool: Pool, query: str, asked: object) -> list[Facts]:
    async with pool.connection() as connection:
        cursor = connection.cursor(row_factory=dict_row)
        await cursor.execute(query.encode(), (asked,))
        return await cursor.fetchall()


# --- Pages ------------------------------------------------------------------


def _next(one: Facts) -> str:
    return f"{one['recorded_at'].isoformat()}/{one['event_id']}"


def _begin(after: str | None) -> tuple[datetime, UUID] | None:
    if after is None:
        return None
    at, _, id = after.partition("/")
    try:
        return instant(at), UUID(id)
    except (Unfit, ValueError):
        raise Trouble("--after wants the `next` of the page before", USAGE) from None


# --- For a person -----------------------------------------------------------


def tree(found: Sequence[Facts]) -> Iterator[tuple[int, Facts]]:
    """Each event behind the one that led to it, with how deep it stands; roots in their order."""
    known = {one["event_id"] for one in found}
    led_to: dict[str, list[Facts]] = defaultdict(list)
    for one in found:
        led_to[one["causation_id"]].append(one)
    # An event that names itself as its cause, or a circle of them, is a root as well.
    waiting = [(0, one) for one in found if one["causation_id"] not in known]
    told: set[str] = set()
    for root in (*waiting, *((0, one) for one in found)):
        stack = [root]
        while stack:
            depth, one = stack.pop()
            if one["event_id"] in told:
                continue
            told.add(one["event_id"])
            yield depth, one
            stack += [(depth + 1, child) for child in reversed(led_to[one["event_id"]])]


def _print(console: Console, facts: Facts) -> None:
    console.print(f"correlation {facts['correlation_id']}", markup=False)
    for depth, one in tree(facts["events"]):
        console.print("  " * (depth + 1) + _line(depth, one), markup=False)
    for one in facts["streams"]:
        console.print(
            f"{one['stream']} is at version {one['version']}, {one['type']}", markup=False
        )
    for one in facts["timers"]:
        console.print(
            f"{one['stream']} waits for {one['name']}, {cell(one['due_at'])}", markup=False
        )
    for one in facts["fired"]:
        if one["correlation_id"] != facts["correlation_id"]:
            console.print(f"what a timer did: relais why {one['correlation_id']}", markup=False)
    for one in facts["parked"]:
        what = f"{one['consumer']} parked {one['stream']} version {one['version']}"
        console.print(f"{what}: {one['reason'] or 'behind another'}", markup=False)
    if facts["next"]:
        console.print(f"there is more: --after {facts['next']}", markup=False)


def _line(depth: int, one: Facts) -> str:
    when = f"{cell(one['recorded_at'])}  {one['service']} {one['stream']}@{one['version']}"
    counts = one["business_time"]
    late = f" (of {cell(counts)})" if counts and cell(counts) != cell(one["recorded_at"]) else ""
    cause = f"  because of {one['causation_id']}" if depth == 0 and one["causation_id"] else ""
    return f"{when}  {one['type']}{late}  by {one['actor']}{cause}"
