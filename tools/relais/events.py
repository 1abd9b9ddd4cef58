"""Shows events of the stores: those of one stream, or the latest of all."""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack
from datetime import date, datetime
from fnmatch import fnmatchcase
from typing import Any

from contracts import amendments
from contracts.common_v1 import EventAmended
from contracts.index import contracts
from contracts.runtime import Contract, DecodeError
from infra.amendments import said, standing
from infra.http.models import plain
from infra.personal import Codec, Encoded, Keyring
from infra.store import Position, RecordedEvent
from infra.store.protocol import BEGINNING, ServiceStore, each_event
from tools.relais import connections
from tools.relais.answers import USAGE, Answer, Trouble, audit, cell, rows, time_of

FOLLOW_SECONDS = 0.25
PAGE = 500


def place(word: str) -> tuple[Contract[Any], str]:
    """The contract and the stream meant by `trip-T1` or `missions.trip/T1`. Raises `Trouble`."""
    kind, slash, id = word.partition("/")
    if not slash:
        kind, _, id = word.partition("-")
    for contract in contracts:
        if kind in (contract.name, f"{contract.service}.{contract.name}") and id:
            return contract, f"{contract.name}-{id}"
    known = ", ".join(f"{contract.name}-ID" for contract in contracts)
    raise Trouble(f"{word} is no stream; streams are {known}", USAGE)


def opened(contract: Contract[Any], recorded: RecordedEvent) -> Any:
    """The event with its personal fields closed (XXXX), or the exception that says why not."""
    if recorded.type == amendments.TYPE:
        return told(amendments.decode(recorded.data))
    if not recorded.data:
        return DecodeError(f"{recorded.type} has no value: it was redacted")
    try:
        return contract.by_type(recorded.type).decode(recorded.data, lambda *_: None)
    except ValueError as error:
        return error


def told(amendment: EventAmended) -> dict[str, Any]:
    """An amendment without the values that only its readers need."""
    names = ("version", "kind", "reason", "readers")
    return {name: getattr(amendment, name) for name in names}


def facts(recorded: RecordedEvent, event: Any) -> dict[str, Any]:
    """A recorded event as it is shown; `error` says why its content is not."""
    broken = isinstance(event, Exception)
    return {
        "stream": recorded.stream,
        "version": recorded.version,
        "type": recorded.type,
        "event_id": str(recorded.event_id),
        "occurred_at": recorded.occurred_at,
        "recorded_at": recorded.recorded_at,
        "actor": recorded.meta.get("actor", ""),
        "organisation_id": recorded.meta.get("organisation", ""),
        "correlation_id": recorded.meta.get("correlation", ""),
        "causation_id": recorded.meta.get("causation", ""),
        "event": None if broken else plain(event),
        "error": f"{type(event).__name__}: {event}" if broken else None,
    }


def business_time(
    contract: Contract[Any], recorded: RecordedEvent, event: Any
) -> date | datetime | None:
    """The time that counts for an event; None for what cannot be read."""
    if isinstance(event, Exception):
        return None
    if recorded.type == amendments.TYPE:
        return recorded.recorded_at
    return contract.by_type(recorded.type).time_of(event, recorded.recorded_at)


async def show(word: str, personal: bool) -> Answer:
    """Every event of a stream, as recorded, and beside each what was said of it and what holds.

    Personal fields are opened on request, which is written down.
    """
    contract, stream = place(word)
    found = connections.settings()
    async with AsyncExitStack() as stack:
        store = await stack.enter_async_context(connections.store(found, contract.service))
        recorded = await store.read(stream)
        if not recorded:
            raise Trouble(f"{stream} has no events")
        holding = {one.version: one for one in standing(recorded, said(recorded))}
        events = [opened(contract, one) for one in recorded]
        holds = [opened(contract, one) for one in holding.values()]
        if personal:
            keyring = await stack.enter_async_context(connections.keyring(found))
            events = await _unsealed(contract, keyring, recorded, events)
            holds = await _unsealed(contract, keyring, list(holding.values()), holds)
            audit(found.home, "events show --personal", stream=stream)
    listed = [
        facts(one, event) | {"amended_at": [], "holds": None}
        for one, event in zip(recorded, events, strict=True)
    ]
    _tell_amendments(listed, dict(zip(holding, holds, strict=True)), recorded)
    shown = [one | {"cause": one["causation_id"], "content": _content(one)} for one in listed]
    table = rows(shown, COLUMNS, "")
    return Answer(listed, table.text)


COLUMNS = ("version", "type", "recorded_at", "actor", "cause", "content")
"""`cause` is the event or the request that led to it."""


async def _unsealed(
    contract: Contract[Any], keyring: Keyring, recorded: list[RecordedEvent], closed: list[Any]
) -> list[Any]:
    """The events with their personal fields open; amendments have none."""
    encoded = [Encoded(one.event_id, one.type, one.data) for one in recorded]
    found = await Codec(contract, keyring).try_decode(encoded)
    return [
        event if isinstance(event, dict) else opened
        for event, opened in zip(closed, found, strict=True)
    ]


def _tell_amendments(
    listed: list[dict[str, Any]], holds: Mapping[int, Any], recorded: list[RecordedEvent]
) -> None:
    """Say of each amended event at which versions it was, and what holds in its place."""
    for one in recorded:
        if one.type == amendments.TYPE:
            told = listed[amendments.decode(one.data).version - 1]
            told["amended_at"].append(one.version)
            held = holds.get(told["version"])
            told["holds"] = None if isinstance(held, Exception | None) else plain(held)


def _content(found: Mapping[str, Any]) -> str:
    if found.get("amended_at"):
        holds = found["holds"]
        shown = "nothing" if holds is None else _fields(holds)
        return f"amended at version {found['amended_at'][-1]}; holds: {shown}"
    if found["error"]:
        return str(found["error"])
    return _fields(found["event"])


def _fields(event: Mapping[str, Any]) -> str:
    return " ".join(f"{name}={_short(value)}" for name, value in event.items())


def _short(value: Any) -> str:
    text = str(value)
    return text if len(text) <= 40 else text[:39] + "…"


# --- All streams ------------------------------------------------------------


def line(found: Mapping[str, Any]) -> str:
    """One event on one line."""
    when, where = cell(found["recorded_at"]), f"{found['stream']}@{found['version']}"
    return f"{when}  {where}  {found['type']}  {found['actor']}  {_content(found)}"


async def tail(
    service: str | None, type: str | None, since: str | None, last: int, follow: bool
) -> AsyncIterator[Mapping[str, Any]]:
    """The last events of the stores in the order they were recorded, and then those that come.

    `since` is a time: everything recorded from then on. `type` is a pattern (`*.quote_*`).
    """
    start = time_of("--from", since)
    names = connections.recording(service)
    async with connections.stores(connections.settings(), names) as stores:
        latest = dict.fromkeys(stores, BEGINNING)
        found: list[tuple[str, RecordedEvent]] = []
        for name, store in stores.items():
            events, latest[name] = await _until_now(store, type, start, last)
            found += [(name, event) for event in events]
        for name, event in sorted(found, key=lambda pair: pair[1].recorded_at):
            yield _facts(name, event)
        while follow:
            for name, store in stores.items():
                while events := await store.read_all(latest[name], PAGE):
                    latest[name] = events[-1].position
                    for event in events:
                        if type is None or fnmatchcase(event.type, type):
                            yield _facts(name, event)
            await asyncio.sleep(FOLLOW_SECONDS)


def _facts(service: str, recorded: RecordedEvent) -> dict[str, Any]:
    return facts(recorded, opened(contract_of(service, recorded), recorded))


def contract_of(service: str, recorded: RecordedEvent) -> Contract[Any]:
    """The contract of an event in the store of a service."""
    ours = [contract for contract in contracts if contract.service == service]
    [found] = [c for c in ours if recorded.stream.startswith(f"{c.name}-")]
    return found


async def _until_now(
    store: ServiceStore, type: str | None, since: datetime | None, last: int
) -> tuple[list[RecordedEvent], Position]:
    """The last events, and the end of the store: all of it is read where nobody can search it."""
    if store.joins_transactions:
        return await _last(store, type, since, last), await _end(store)
    end = BEGINNING
    found = deque[RecordedEvent](maxlen=None if since else last)
    async for event in each_event(store):
        end = event.position
        wanted = type is None or fnmatchcase(event.type, type)
        if wanted and (since is None or event.recorded_at >= since):
            found.append(event)
    return list(found), end


async def _end(store: ServiceStore) -> Position:
    async with store.pool.connection() as connection:
        cursor = await connection.execute(
            "select xid::text::bigint, position from es.event"
            " where xid < (select es.horizon())"
            " order by es.event.xid desc, position desc limit 1"
        )
        row = await cursor.fetchone()
    return BEGINNING if row is None else Position(*row)


async def _last(
    store: ServiceStore, type: str | None, since: datetime | None, last: int
) -> list[RecordedEvent]:
    like = None if type is None else _like(type)
    async with store.pool.connection() as connection:
        cursor = await connection.execute(
            "select event_id from es.event"
            " where (%(like)s::text is null or type like %(like)s)"
            "   and (%(since)s::timestamptz is null or recorded_at >= %(since)s)"
            "   and xid < (select es.horizon())"
            " order by xid desc, position desc limit %(last)s",
            {"like": like, "since": since, "last": None if since else last},
        )
        ids = [id for (id,) in await cursor.fetchall()]
    return sorted(await store.find(ids), key=lambda event: event.position)


def _like(pattern: str) -> str:
    escaped = pattern.replace("\\", r"\\").replace("%", r"\%").replace("_", r"\_")
    return escaped.replace("*", "%").replace("?", "_")
