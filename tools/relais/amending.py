"""Events that were recorded wrongly: correcting, redacting and passing over, and which were."""

import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from rich.console import Console

from contracts import amendments
from contracts.common_v1 import AmendmentKind
from contracts.runtime import Contract, UnknownEventType
from infra.amending import Amending, Correct, Plan, Redact, Skip, Unamendable, Wish
from infra.host import Service
from infra.http.models import plain
from infra.store.protocol import RecordedEvent, ServiceStore, each_event
from services import registry
from tools.compiler.examples import BadExample, changed
from tools.relais import connections, declared
from tools.relais.answers import USAGE, Answer, Trouble, audit, operator, rows, sentence
from tools.relais.events import place

REHEARSED = "nothing was changed; --yes does it"
COLUMNS = ("stream", "version", "kind", "readers", "said_at_version", "actor", "reason")
_ALL = f"""
select event_id from es.stored_event where type = '{amendments.TYPE}'
"""
_FOLLOWED = """
select stream, version, type from es.stored_event
 where coalesce(meta->>'causation', causation_id::text, command_id::text) = %s
 order by stream, version
"""


async def corrected(word: str, version: int, file: Path, reason: str, yes: bool) -> Answer:
    """Let an event with other values hold instead; `file` has the fields that change, as JSON.

    Where the event cannot be read, the file has all of its fields. Without `yes`, a rehearsal.
    """
    changes = _json(file)

    async def wish(amending: Amending[Any], contract: Contract[Any]) -> Wish[Any]:
        return Correct(await _with(amending, contract, version, changes))

    return await _amend("events correct", word, version, wish, reason, yes)


async def redacted(word: str, version: int, file: Path | None, reason: str, yes: bool) -> Answer:
    """Remove the value of an event from the store for good, with a proof that it was there.

    What `file` says of its fields, as JSON, holds instead; without one, nothing does.
    """
    changes = None if file is None else _json(file)

    async def wish(amending: Amending[Any], contract: Contract[Any]) -> Wish[Any]:
        if changes is None:
            return Redact()
        return Redact(await _with(amending, contract, version, changes))

    return await _amend("events redact", word, version, wish, reason, yes)


async def skipped(word: str, version: int, readers: list[str], reason: str, yes: bool) -> Answer:
    """Let an event be passed over: by these readers, or by everybody when nothing reads it."""
    known = [name for service in registry.services() for name in _readers(service)]
    if unknown := sorted(set(readers) - set(known)):
        raise Trouble(
            f"nobody is called {', '.join(unknown)}; readers are {', '.join(known)}", USAGE
        )

    async def wish(_: Amending[Any], __: Contract[Any]) -> Wish[Any]:
        return Skip(tuple(readers))

    return await _amend("events skip", word, version, wish, reason, yes)


async def proven(word: str, version: int, file: Path) -> Answer:
    """Whether the bytes in a file are what stood in an event before it was redacted."""
    value = _bytes(file)
    async with _opened(word) as (amending, _):
        try:
            found = await amending.proves(version, value)
        except Unamendable as error:
            raise Trouble(str(error)) from error
    facts = {"stream": amending.stream, "version": version, "proven": found}
    said = "is" if found else "is not"
    text = f"{file} {said} what stood in {amending.stream} version {version}"
    return sentence(facts, text, 0 if found else 1)


async def listed(service: str | None) -> Answer:
    """Every amendment, in the order they were recorded."""
    settings = connections.settings()
    found: list[dict[str, Any]] = []
    async with connections.stores(settings, connections.recording(service)) as stores:
        for name, store in stores.items():
            found += [{"service": name, **one} for one in await said_in(store)]
    return rows(found, COLUMNS, "no event was amended")


async def _all(store: ServiceStore) -> list[RecordedEvent]:
    if not store.joins_transactions:
        return [one async for one in each_event(store) if one.type == amendments.TYPE]
    async with store.pool.connection() as connection:
        cursor = await connection.execute(_ALL.encode())
        ids = [id for (id,) in await cursor.fetchall()]
    return sorted(await store.find(ids), key=lambda one: one.position)


async def said_in(store: ServiceStore) -> list[dict[str, Any]]:
    """The amendments in a store: of which event, what, by whom and why."""
    found = [
        (amendments.decode(one.data), one.stream, one.version, one.meta, one.recorded_at)
        for one in await _all(store)
    ]
    return [
        {
            "stream": stream,
            "version": said.version,
            "kind": said.kind,
            "readers": ", ".join(said.readers),
            "said_at_version": version,
            "actor": meta.get("actor", ""),
            "reason": said.reason,
            "recorded_at": at,
        }
        for said, stream, version, meta, at in found
    ]


# --- Carrying it out --------------------------------------------------------


@asynccontextmanager
async def _opened(word: str) -> AsyncIterator[tuple[Amending[Any], Contract[Any]]]:
    contract, stream = place(word)
    settings = connections.settings()
    service = registry.service(contract.service)
    [aggregate] = [one for one in service.aggregates if one.contract is contract]
    async with declared.connected(settings, service) as running:
        id = stream.removeprefix(aggregate.stream(""))
        yield Amending(running.commands, running.keyring, aggregate, id), contract


async def _amend(
    action: str,
    word: str,
    version: int,
    wish: Callable[[Amending[Any], Contract[Any]], Any],
    reason: str,
    yes: bool,
) -> Answer:
    settings = connections.settings()
    async with _opened(word) as (amending, contract):
        try:
            plan = await amending.plan(version, await wish(amending, contract), reason)
            facts = await _facts(amending, contract, plan)
            if yes:
                actor, now = f"operator:{operator()}", datetime.now(UTC)
                facts["said_at_version"] = await amending.carry_out(plan, actor, now)
        except Unamendable as error:
            raise Trouble(str(error)) from error
    if facts["said_at_version"] is not None:
        shown = ("stream", "version", "said_at_version", "reason")
        audit(settings.home, action, **{name: facts[name] for name in shown})
    return Answer(facts, lambda console: _print(console, facts, yes))


async def _with(
    amending: Amending[Any], contract: Contract[Any], version: int, changes: Any
) -> Any:
    """The event of a version as it holds now, with the fields that change."""
    target = await amending.target(version)
    before = None if isinstance(target.holds, Exception) else target.holds
    try:
        return changed(contract.by_type(target.recorded.type).cls, before, changes)
    except BadExample as error:
        raise Unamendable(str(error)) from error
    except UnknownEventType as error:
        raise Unamendable(
            f"{error}: it can only be redacted, without --with, or skipped"
        ) from error


def _json(file: Path) -> Any:
    try:
        return json.loads(_bytes(file))
    except ValueError as error:
        raise Trouble(f"{file} is not JSON: {error}", USAGE) from error


def _bytes(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError as error:
        raise Trouble(f"cannot read {file}: {error.strerror}", USAGE) from error


# --- What it means ----------------------------------------------------------


async def _facts(
    amending: Amending[Any], contract: Contract[Any], plan: Plan[Any]
) -> dict[str, Any]:
    recorded, type = plan.target.recorded, plan.target.recorded.type
    named = plan.wish.readers if isinstance(plan.wish, Skip) else ()
    readers = [
        name
        for service in registry.services()
        for name, types in _readers(service).items()
        if type in types and (not named or name in named)
    ]
    return {
        "stream": amending.stream,
        "version": recorded.version,
        "type": type,
        "event_id": str(recorded.event_id),
        "kind": plan.amendment.kind if plan.amendment else None,
        "reason": plan.reason,
        "now": _closed(contract, *plan.target.said.stands(type, recorded.data, "")),
        "then": _then(contract, plan),
        "unreadable_versions": plan.unreadable,
        "timers": sorted(plan.timers),
        "readers": readers,
        "followed": await _followed(type, str(recorded.event_id)),
        "said_at_version": None,
    }


def _then(contract: Contract[Any], plan: Plan[Any]) -> Any:
    if plan.holds is None or plan.amendment is None:
        return None
    recorded = plan.target.recorded
    after = plan.target.said.after(plan.amendment)
    return _closed(contract, *after.stands(recorded.type, recorded.data, ""))


def _closed(contract: Contract[Any], type: str, value: bytes) -> Any:
    """The event with its personal fields closed; None when nothing, or nothing readable, holds."""
    try:
        return plain(contract.by_type(type).decode(value, lambda *_: None)) if value else None
    except ValueError:
        return None


def _readers(service: Service) -> dict[str, frozenset[str]]:
    """The readers of a service by the names that `skip` takes, and the types that each reads."""
    found = {f"{service.name}.{one.name}": one.subscription.types for one in service.reactions}
    found |= {f"{service.name}.{one.name}": one.subscription.types for one in service.followers}
    if service.tables:
        types = frozenset().union(*(one.types for one in service.subscriptions))
        found[f"views.{service.schema}"] = types
    return found


async def _caused(store: ServiceStore, event_id: str) -> list[tuple[str, int, str]]:
    """Stream, version and type of the events with this cause."""
    if not store.joins_transactions:
        found = [one async for one in each_event(store) if one.meta.get("causation") == event_id]
        return sorted((one.stream, one.version, one.type) for one in found)
    async with store.pool.connection() as connection:
        cursor = await connection.execute(_FOLLOWED, (event_id,))
        return await cursor.fetchall()


async def _followed(type: str, event_id: str) -> list[dict[str, Any]]:
    """The events that reactions recorded because of it: nobody takes them back by himself."""
    settings = connections.settings()
    reacting = [
        service.name
        for service in registry.services()
        if service.aggregates and any(type in one.subscription.types for one in service.reactions)
    ]
    found: list[dict[str, Any]] = []
    async with connections.stores(settings, reacting) as stores:
        for name, store in stores.items():
            found += [
                {"service": name, "stream": stream, "version": version, "type": kind}
                for stream, version, kind in await _caused(store, event_id)
                if kind != amendments.TYPE
            ]
    return found


def _print(console: Console, facts: dict[str, Any], yes: bool) -> None:
    kind = facts["kind"]
    where = f"{facts['stream']} version {facts['version']} ({facts['type']})"
    if kind is None:
        console.print(f"{where}: it is so already", markup=False)
        return
    console.print(f"{where}: {AmendmentKind(kind).name.lower()}: {facts['reason']}", markup=False)
    console.print(f"now:  {json.dumps(facts['now'], ensure_ascii=False)}", markup=False)
    console.print(f"then: {json.dumps(facts['then'], ensure_ascii=False)}", markup=False)
    for name in ("unreadable_versions", "timers", "readers"):
        if facts[name]:
            shown = ", ".join(map(str, facts[name]))
            console.print(f"{name.replace('_', ' ')}: {shown}", markup=False)
    for one in facts["followed"]:
        what = f"{one['service']} {one['stream']} version {one['version']} ({one['type']})"
        console.print(f"was recorded because of it, and stays: {what}", markup=False)
    at = facts["said_at_version"]
    console.print(
        f"recorded as version {at}"
        if yes and at
        else REHEARSED
        if not yes
        else "it is so already: somebody else said it meanwhile",
        markup=False,
    )
