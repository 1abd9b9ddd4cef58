"""People: what is known of them, and forgetting them, with proof."""

import asyncio
from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from typing import Any
from uuid import NAMESPACE_URL, UUID, uuid5

from psycopg import sql
from psycopg.rows import dict_row
from rich.console import Console

from contracts import amendments
from contracts.common_v1 import Point
from contracts.obligations import Kept
from contracts.runtime import REDACTED, Contract
from infra.commands import Aggregate, CommandContext, Refused
from infra.database import Pool
from infra.host import Running
from infra.personal import Codec, Encoded
from infra.store import RecordedEvent
from infra.store.protocol import ServiceStore, each_event
from services import registry
from tools.relais import connections, declared
from tools.relais.answers import FOUND, OK, Answer, Trouble, audit, cell, operator

COMMANDS = uuid5(NAMESPACE_URL, "relais:operator")
LOOK_SECONDS = 0.25
SHORTEST_TEXT = 4
"""Shorter texts stand in any bytes by chance."""


@dataclass(frozen=True)
class Held:
    """One personal field of the subject in one recorded event; `value` None when unreadable."""

    contract: Contract[Any]
    recorded: RecordedEvent
    field: str
    value: Any

    def facts(self) -> dict[str, Any]:
        """Where it is and whether it can be read; never what it says."""
        return {
            "stream": f"{self.contract.service}.{self.recorded.stream}",
            "version": self.recorded.version,
            "type": self.recorded.type,
            "field": self.field,
            "readable": self.value is not None,
        }

    def texts(self) -> list[str]:
        """The texts that must be found nowhere any more, if long enough to be told apart."""
        match self.value:
            case str(text):
                found = [text]
            case Point(latitude=latitude, longitude=longitude):
                found = [str(latitude), str(longitude)]
            case _:
                found = []
        return [text for text in found if len(text) >= SHORTEST_TEXT]


@asynccontextmanager
async def everything() -> AsyncIterator[dict[str, Running]]:
    """Every service, opened, by name. Raises `Trouble` when one of them cannot be reached."""
    settings = connections.settings()
    async with AsyncExitStack() as stack:
        yield {
            service.name: await stack.enter_async_context(declared.connected(settings, service))
            for service in registry.services()
        }


async def show(subject: str) -> Answer:
    """Whether the subject has a key, and where there is personal data of theirs."""
    async with everything() as running:
        key = await _key(next(iter(running.values())).keyring.pool, subject)
        held = await _held(running, subject)
        streams = [f"{r.service.name}.{s}" for r, _, s in await _own_streams(running, subject)]
    if key is None and not held and not streams:
        raise Trouble(f"nothing is known of {subject}")
    facts = {
        "subject": subject,
        "key": _state_of(key),
        "created_at": key and key["created_at"],
        "forgotten_at": key and key["forgotten_at"],
        "requested_by": key and key["requested_by"],
        "streams": streams,
        "fields": [one.facts() for one in held],
    }
    return Answer(facts, lambda console: _print(console, facts))


def _state_of(key: Mapping[str, Any] | None) -> str:
    return "none" if key is None else "destroyed" if key["destroyed"] else "there"


async def _key(keys: Pool, subject: str) -> dict[str, Any] | None:
    async with keys.connection() as connection:
        cursor = connection.cursor(row_factory=dict_row)
        await cursor.execute(
            "select wrapped is null as destroyed, created_at, forgotten_at, requested_by"
            " from keys.subject where subject = %s",
            (subject,),
        )
        return await cursor.fetchone()


async def _own_streams(
    running: Mapping[str, Running], subject: str
) -> list[tuple[Running, Aggregate[Any, Any, Any, Any], str]]:
    """The streams that are about the subject: of the aggregates that can forget one."""
    return [
        (one, aggregate, stream)
        for one in running.values()
        for aggregate in one.service.aggregates
        if aggregate.forget and await one.store.read(stream := aggregate.stream(subject))
    ]


async def _held(running: Mapping[str, Running], subject: str) -> list[Held]:
    """Every personal field of the subject in every store, decoded as anybody would."""
    found: list[Held] = []
    for one in running.values():
        for contract in one.service.contracts:
            found += await _held_in(one, contract, subject)
    return found


async def _held_in(running: Running, contract: Contract[Any], subject: str) -> list[Held]:
    kinds = {kind.type: kind for kind in contract.types if kind.personal}
    recorded = await containing(running.store, list(kinds), subject)
    recorded += await _instead(running, kinds.keys(), subject)
    encoded = [Encoded(one.event_id, one.type, one.data) for one in recorded]
    found: list[Held] = []
    events = await Codec(contract, running.keyring).decode(encoded)
    for one, event in zip(recorded, events, strict=True):
        message = kinds[one.type].parse(one.data)
        found += [
            Held(contract, one, name, _readable(getattr(event, name)))
            for name, whose in kinds[one.type].personal
            if getattr(event, whose) == subject and message.HasField(name)
        ]
    return found


async def _instead(running: Running, types: Collection[str], subject: str) -> list[RecordedEvent]:
    """Events of these types as amendments say that they hold, where the subject stands in them."""
    found = await containing(running.store, [amendments.TYPE], subject)
    said = [amendments.decode(one.data) for one in found]
    originals = {
        str(event.event_id): event
        for event in await running.store.find([UUID(one.event_id) for one in said])
    }
    return [
        originals[one.event_id]._replace(type=one.type, data=one.replacement)
        for one in said
        if one.replacement is not None and one.type in types
    ]


async def containing(
    store: ServiceStore, types: Sequence[str], subject: str
) -> list[RecordedEvent]:
    """The events of these types in which the subject stands, in the order they were recorded."""
    # The subject is not encrypted, so its bytes stand in the message.
    if not store.joins_transactions:
        text, wanted = subject.encode(), set(types)
        return [one async for one in each_event(store) if one.type in wanted and text in one.data]
    async with store.pool.connection() as connection:
        cursor = await connection.execute(
            "select event_id from es.event where type = any(%s) and position(%s in data) > 0",
            (list(types), subject.encode()),
        )
        ids = [id for (id,) in await cursor.fetchall()]
    return sorted(await store.find(ids), key=lambda event: event.position)


def _readable(value: Any) -> Any:
    return None if value in (None, REDACTED) else value


# --- Forgetting -------------------------------------------------------------


@dataclass
class Certificate:
    """The steps done and the texts found afterwards; `complete` when nothing is left."""

    subject: str
    forgotten_at: datetime
    requested_by: str
    reason: str
    by: str
    recorded: list[dict[str, Any]] = field(default_factory=list)
    fields: list[dict[str, Any]] = field(default_factory=list)
    plaintext_in_stores: int = 0
    kept: list[dict[str, Any]] = field(default_factory=list)
    views: list[dict[str, Any]] = field(default_factory=list)

    def facts(self) -> dict[str, Any]:
        """As JSON."""
        readable = sum(one["readable"] for one in self.fields)
        shown = [v for v in self.views if not v["seen"] or v["rows_with_text"]]
        complete = not readable and not self.plaintext_in_stores and not shown
        return {
            "subject": self.subject,
            "forgotten_at": self.forgotten_at,
            "requested_by": self.requested_by,
            "reason": self.reason,
            "by": self.by,
            "key": "destroyed",
            "recorded": self.recorded,
            "fields": self.fields,
            "readable_fields": readable,
            "plaintext_in_stores": self.plaintext_in_stores,
            "kept": self.kept,
            "views": self.views,
            "complete": complete,
        }


async def forget(subject: str, requested_by: str, reason: str, within: float) -> Answer:
    """Destroy the subject's key, record it in their stream, and prove what is left.

    Refused, with what has to end first, while a mission runs or money is owed. Safe to repeat: it
    goes on where it was interrupted. Exit code 1 when something is left that no law keeps.
    """
    async with everything() as running:
        streams = await _own_streams(running, subject)
        keyring = next(iter(running.values())).keyring
        if not streams and await _key(keyring.pool, subject) is None:
            raise Trouble(f"nothing is known of {subject}")
        waits_for, kept = await _obligations(running, subject)
        if waits_for:
            raise Trouble(f"{subject} cannot be forgotten yet: {'; '.join(waits_for)}")
        before = await _held(running, subject)
        # First the key: whatever is decoded after this, late records too, has no text any more.
        done = await keyring.forget(subject, requested_by)
        certificate = Certificate(
            subject, done.forgotten_at, done.requested_by, reason, f"operator:{operator()}"
        )
        certificate.kept = [asdict(one) for one in kept]
        audit(
            connections.settings().home,
            "subject forget",
            subject=subject,
            requested_by=requested_by,
            reason=reason,
        )
        for one, aggregate, stream in streams:
            version = await _record(one, aggregate, subject, certificate.by)
            certificate.recorded.append({"stream": stream, "version": version})
        await _prove(certificate, running, before, within)
    facts = certificate.facts()
    return Answer(facts, lambda c: _print(c, facts), OK if facts["complete"] else FOUND)


async def _obligations(
    running: Mapping[str, Running], subject: str
) -> tuple[list[str], list[Kept]]:
    """The reasons to wait, and what is kept, of every stream that names the subject."""
    waits_for: list[str] = []
    kept: list[Kept] = []
    for one in running.values():
        for aggregate in one.service.aggregates:
            if aggregate.obligations is None:
                continue
            prefix = aggregate.stream("")
            for stream in await naming(one.store, aggregate.contract, prefix, subject):
                loaded = await one.commands.load(aggregate, stream.removeprefix(prefix))
                found = aggregate.obligations(loaded.state, subject)
                waits_for += [found.waits_for] if found.waits_for else []
                kept += found.kept
    # Several services may wait for the same mission.
    return list(dict.fromkeys(waits_for)), kept


async def naming(
    store: ServiceStore, contract: Contract[Any], prefix: str, subject: str
) -> list[str]:
    """The streams of a contract with an event in which the subject's id stands."""
    types = [*(kind.type for kind in contract.types), amendments.TYPE]
    if not store.joins_transactions:
        found = {one.stream for one in await containing(store, types, subject)}
        return sorted(stream for stream in found if stream.startswith(prefix))
    async with store.pool.connection() as connection:
        cursor = await connection.execute(
            "select distinct stream from es.event where starts_with(stream, %s)"
            " and type = any(%s) and position(%s in data) > 0 order by 1",
            (prefix, types, subject.encode()),
        )
        return [stream for (stream,) in await cursor.fetchall()]


async def _record(
    running: Running, aggregate: Aggregate[Any, Any, Any, Any], subject: str, by: str
) -> int:
    """Let the service's own rules record it; answers the version of the stream."""
    assert aggregate.forget is not None
    first, *_ = await running.store.read(aggregate.stream(subject))
    organisation, now = first.meta.get("organisation", ""), datetime.now(UTC)
    id = uuid5(COMMANDS, f"forget {aggregate.stream(subject)}")
    context = CommandContext(id, str(id), str(id), by, organisation, now, "forget")
    command = aggregate.forget(subject, organisation, now)
    result = await running.commands.handle(aggregate, subject, command, context)
    if isinstance(result, Refused):
        raise Trouble(
            f"the key of {subject} is destroyed, but {running.service.name} refused to record it:"
            f" {result.rejection}"
        )
    return result.version


async def _prove(
    certificate: Certificate, running: Mapping[str, Running], before: Sequence[Held], within: float
) -> None:
    after = await _held(running, certificate.subject)
    certificate.fields = [one.facts() for one in after]
    certificate.plaintext_in_stores = sum(
        text.encode() in one.recorded.data for one in before for text in one.texts()
    )
    for one in running.values():
        if one.generations is not None:
            certificate.views += await _views(one, certificate, before, within)


async def _views(
    running: Running, certificate: Certificate, before: Sequence[Held], within: float
) -> list[dict[str, Any]]:
    """The texts in the tables of every generation, once these have seen the fact."""
    assert running.generations is not None
    wanted = {
        f"{contract.service}.{contract.name}/{certificate.subject}": recorded["version"]
        for contract in running.service.sources
        for recorded in certificate.recorded
        if recorded["stream"] == f"{contract.name}-{certificate.subject}"
    }
    contracts = {view.name: view.contract for view in running.service.tables}
    fed = {generation.number for generation in await running.generations.fed()}
    found = []
    for generation in await running.generations.all():
        patience = within if generation.number in fed else 0.0
        seen = await _seen(running.pool, generation.consumer, wanted, patience)
        for table in await _tables(running.pool, generation.schema):
            # What other streams say of them, or of a town of the same name, is no trace of this.
            of = contracts.get(table)
            texts = {t for h in before if of is None or h.contract == of for t in h.texts()}
            left, about = await _rows(running.pool, generation.schema, table, certificate, texts)
            name = f"{generation.schema}.{table}"
            found.append({"table": name, "seen": seen, "rows": about, "rows_with_text": left})
    return found


async def _tables(pool: Pool, schema: str) -> list[str]:
    async with pool.connection() as connection:
        cursor = await connection.execute(
            "select tablename::text from pg_tables where schemaname = %s order by 1", (schema,)
        )
        return [name for (name,) in await cursor.fetchall()]


async def _seen(pool: Pool, consumer: str, wanted: Mapping[str, int], within: float) -> bool:
    deadline = asyncio.get_running_loop().time() + within
    while True:
        async with pool.connection() as connection:
            cursor = await connection.execute(
                "select stream, version from consumer.stream"
                " where consumer = %s and stream = any(%s)",
                (consumer, list(wanted)),
            )
            at: dict[str, int] = dict(await cursor.fetchall())
        if all(at.get(stream, 0) >= version for stream, version in wanted.items()):
            return True
        if asyncio.get_running_loop().time() > deadline:
            return False
        await asyncio.sleep(LOOK_SECONDS)


async def _rows(
    pool: Pool, schema: str, table: str, certificate: Certificate, texts: set[str]
) -> tuple[int, int]:
    """(rows about the subject that hold one of the texts, rows about the subject)."""
    query = sql.SQL(
        "select to_jsonb(t) from {} t where exists"
        " (select from jsonb_each_text(to_jsonb(t)) c where c.value = %s)"
    ).format(sql.Identifier(schema, table))
    async with pool.connection() as connection:
        cursor = await connection.execute(query, (certificate.subject,))
        about = [row for (row,) in await cursor.fetchall()]
    return sum(bool(texts & set(_values(row))) for row in about), len(about)


def _values(value: Any) -> list[str]:
    match value:
        case str() | float():
            return [str(value)]
        case dict():
            return [text for one in value.values() for text in _values(one)]
        case list():
            return [text for one in value for text in _values(one)]
        case _:
            return []


# --- For a person -----------------------------------------------------------


def _print(console: Console, facts: Mapping[str, Any]) -> None:
    for name, value in facts.items():
        if isinstance(value, list):
            console.print(f"{name.replace('_', ' ')}: {len(value)}", markup=False)
            for one in value:
                console.print(f"  {_line(one)}", markup=False)
        elif value is not None:
            console.print(f"{name.replace('_', ' ')}: {cell(value)}", markup=False)


def _line(one: Any) -> str:
    if not isinstance(one, Mapping):
        return str(one)
    return "  ".join(f"{name}={cell(value)}" for name, value in one.items())
