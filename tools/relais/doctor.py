"""Compares store, topic and views, and says what is wrong and what to do."""

from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AsyncExitStack
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from typing import Any

import httpx
from rich.console import Console

from contracts.common_v1 import AmendmentKind
from contracts.runtime import Contract
from infra.cloudevents import NotAnEvent, envelope
from infra.consumers.records import KafkaTopicReader, Partition, stream_of
from infra.consumers.views import FORGETTING, Generations
from infra.database import Pool
from infra.host import Service
from infra.installation import objects_standing, standing
from infra.objects import ObjectsAway, objects_of
from infra.settings import Settings
from infra.store.postgres import PostgresStore
from infra.topics import partitions_of
from services import registry
from tools.relais import amending, connections, relays, topics, zones
from tools.relais.answers import FOUND, OK, UNREACHABLE, Answer, Trouble, first_line

SHOWN_STREAMS = 5
LATE_TIMER_SECONDS = 60
PROBE_SECONDS = 5.0


@dataclass(frozen=True)
class Finding:
    """Something wrong: where, what, and what to do about it."""

    where: str
    what: str
    do: str


@dataclass
class Report:
    """One examination, and its finding."""

    findings: list[Finding] = field(default_factory=list)
    looked_at: list[dict[str, Any]] = field(default_factory=list)

    def wrong(self, where: str, what: str, do: str) -> None:
        """Note a finding."""
        self.findings.append(Finding(where, what, do))

    def right(self, where: str, **facts: Any) -> None:
        """Note what was looked at."""
        self.looked_at.append({"where": where, **facts})


async def examine(settled: float, whole: bool) -> Answer:
    """Everything there is. What was recorded in the last `settled` seconds may be under way.

    `whole` reads every topic from its beginning and checks the versions of each stream.
    """
    settings = connections.settings()
    report = Report()
    async with AsyncExitStack() as stack:
        pools: dict[str, Pool] = {}
        for name in connections.named(None):
            pools[name] = await stack.enter_async_context(connections.database(settings, name))
        await _processes(settings, report)
        await _installation(settings, report, pools)
        versions: dict[str, tuple[int, int]] = {}
        for service in _recording():
            versions |= await _store(report, service, pools[service.name], settled)
            await _relay(settings, report, service.name)
            await _timers(report, service.name, pools[service.name])
            await _amendments(report, service.name, pools[service.name])
        await _topics(settings, report, pools, whole)
        for service in registry.services():
            await _consumers(report, service, pools, versions)
        await _forgotten(settings, report, pools)
        await _zones(report, pools)
    facts = {
        "healthy": not report.findings,
        "findings": [asdict(finding) for finding in report.findings],
        "looked_at": report.looked_at,
    }
    return Answer(facts, _printer(report), FOUND if report.findings else OK)


def _printer(report: Report) -> Callable[[Console], None]:
    def text(console: Console) -> None:
        for one in report.looked_at:
            shown = ", ".join(f"{k} {v}" for k, v in one.items() if k != "where")
            console.print(f"{one['where']}: {shown}", markup=False)
        for finding in report.findings:
            console.print(f"WRONG {finding.where}: {finding.what}", markup=False)
            console.print(f"      do: {finding.do}", markup=False)
        if not report.findings:
            console.print("store, topics and views agree; nothing is wrong")

    return text


# --- The processes ----------------------------------------------------------


async def _processes(settings: Settings, report: Report) -> None:
    """The findings about the platform of this home, by its own account."""
    url = connections.running_here(settings).get("url")
    if url is None:
        return
    try:
        async with httpx.AsyncClient(timeout=PROBE_SECONDS) as client:
            answer = await client.get(f"{url}/health/ready")
        checks: dict[str, str] = answer.json()["checks"]
    except (httpx.HTTPError, ValueError, KeyError) as error:
        report.wrong(url, f"no answer: {type(error).__name__}", "look at its log, start it again")
        return
    for name, said in checks.items():
        if said != "ok":
            report.wrong(name, said, "mend the cause, then start the process again")
    report.right(url, checks=len(checks))


# --- Whether they belong together -------------------------------------------


async def _installation(settings: Settings, report: Report, pools: dict[str, Pool]) -> None:
    identities = set()
    async with connections.database(settings, "keys") as keys:
        for name, pool in pools.items():
            found = await standing(name, keys, pool)
            identities.add(found.of_service)
            if found.trouble is not None:
                report.wrong(f"installation of {name}", found.trouble, "restore it, or adopt it")
        await _objects(settings, report, keys, pools)
    shown = sorted(str(identity) for identity in identities)
    report.right("installation", identity=", ".join(shown), services=len(pools))


async def _objects(settings: Settings, report: Report, keys: Pool, pools: dict[str, Pool]) -> None:
    """The findings about the store of objects, where this command is told of one."""
    if not settings.objects and not (settings.home / "objects").exists():
        return
    marks = set()
    for service in registry.services():
        if "objects" not in service.reaches or service.name not in pools:
            continue
        try:
            pool = pools[service.name]
            found = await objects_standing(service.name, objects_of(settings), keys, pool)
        except ObjectsAway as error:
            report.wrong("store of objects", first_line(error), "look at it, and at RELAIS_OBJECTS")
            return
        if found.trouble is not None:
            report.wrong("store of objects", found.trouble, "restore it, or adopt it")
            return
        marks.add(found.mark)
    report.right("store of objects", mark=", ".join(marks))


# --- The write side ---------------------------------------------------------


async def _store(
    report: Report, service: Service, pool: Pool, settled: float
) -> dict[str, tuple[int, int]]:
    """(settled version, version) of each stream, by the name consumers use."""
    names = {contract.name: contract for contract in service.contracts}
    async with pool.connection() as connection:
        cursor = await connection.execute(
            "select stream, max(version), count(*), coalesce(max(version) filter (where"
            " recorded_at < clock_timestamp() - make_interval(secs => %s)), 0)"
            " from es.event group by stream",
            (settled,),
        )
        found = await cursor.fetchall()
    holes = [stream for stream, version, count, _ in found if version != count]
    if holes:
        report.wrong(
            f"store of {service.name}",
            f"versions are missing in {_some(holes)}",
            "rows of es.event were removed by hand: restore the database",
        )
    events = sum(count for _, _, count, _ in found)
    report.right(f"store of {service.name}", streams=len(found), events=events)
    return {
        stream_of(names[stream.split("-", 1)[0]].topic, stream.split("-", 1)[1]): (early, version)
        for stream, version, _, early in found
        if stream.split("-", 1)[0] in names
    }


async def _relay(settings: Settings, report: Report, name: str) -> None:
    found = await relays.of(settings, name)
    if found["trouble"]:
        report.wrong(f"relay of {name}", "is in trouble", found["trouble"])
    shown = ("published", "waiting", "lag_seconds", "leader")
    report.right(f"relay of {name}", **{key: found[key] for key in shown})


async def _timers(report: Report, name: str, pool: Pool) -> None:
    async with pool.connection() as connection:
        cursor = await connection.execute(
            "select count(*), count(*) filter (where due_at < clock_timestamp()"
            " - make_interval(secs => %s)) from es.timer",
            (LATE_TIMER_SECONDS,),
        )
        row = await cursor.fetchone()
    assert row is not None
    if row[1]:
        report.wrong(
            f"timers of {name}",
            f"{row[1]} are more than {LATE_TIMER_SECONDS} s late",
            f"`relais timers list --late`; does `relais work {name}` run? its log says why",
        )
    report.right(f"timers of {name}", set=row[0], late=row[1])


async def _amendments(report: Report, name: str, pool: Pool) -> None:
    """The amendments of a store; events that are passed over by name, with the reason."""
    found = await amending.said_in(PostgresStore(pool))
    kinds = Counter(one["kind"].name.lower() for one in found)
    skipped = [
        f"{one['stream']} version {one['version']} by {one['readers'] or 'everybody'}"
        f" ({one['actor']}: {one['reason']})"
        for one in found
        if one["kind"] is AmendmentKind.SKIPPED
    ]
    if found:
        report.right(f"amendments of {name}", **dict(kinds), **{"passed over": skipped})


# --- The topics -------------------------------------------------------------


async def _topics(settings: Settings, report: Report, pools: dict[str, Pool], whole: bool) -> None:
    bootstrap = connections.broker(settings)
    try:
        there = await topics.topics_at(bootstrap)
    except Exception as error:
        raise Trouble(
            f"cannot reach the broker {bootstrap}: {first_line(error)}", UNREACHABLE
        ) from (error)
    reader = KafkaTopicReader(bootstrap)
    try:
        for service in _recording():
            marks = await _marks(service.name, pools[service.name])
            for contract in service.contracts:
                found = there.get(contract.topic)
                if found is None or found.partitions != partitions_of(contract.topic):
                    report.wrong(
                        contract.topic, "is missing or narrow", "`relais topics create` makes it"
                    )
                    continue
                if (lacking := found.lacks(settings)) is not None:
                    do = "docs/runbook.md, 'A topic has too few copies'"
                    report.wrong(contract.topic, lacking, do)
                await _topic(report, reader, pools[service.name], contract, marks, whole)
    finally:
        await reader.close()


async def _marks(name: str, pool: Pool) -> dict[str, int]:
    async with pool.connection() as connection:
        cursor = await connection.execute(
            "select ends from es.checkpoint where relay = %s", (name,)
        )
        row = await cursor.fetchone()
    return {} if row is None else {place: mark[0] for place, mark in row[0].items()}


async def _topic(
    report: Report,
    reader: KafkaTopicReader,
    pool: Pool,
    contract: Contract[Any],
    marks: dict[str, int],
    whole: bool,
) -> None:
    places = [(contract.topic, number) for number in range(partitions_of(contract.topic))]
    ends = await reader.ends(places)
    lost = [place for place in places if ends[place] < marks.get(f"{place[0]}:{place[1]}", 0)]
    if lost:
        report.wrong(
            contract.topic,
            f"the broker lost records of {len(lost)} partitions",
            "nothing: the relay fills them again from the store; `relais relay status` shows how"
            " far. See docs/runbook.md, 'The broker lost data'",
        )
    ids: list[Any] = []
    versions: dict[str, list[int]] = {}
    for place, end in ends.items():
        start = 0 if whole else max(0, end - 1)
        async for key, version, id in _envelopes(reader, place, start, end):
            ids.append(id)
            versions.setdefault(key, []).append(version)
    await _phantoms(report, contract, pool, ids)
    if whole:
        _disorder(report, contract, versions)
    report.right(contract.topic, records=sum(ends.values()), checked=len(ids))


async def _envelopes(
    reader: KafkaTopicReader, place: Partition, start: int, end: int
) -> AsyncIterator[tuple[str, int, Any]]:
    while start < end and (found := await reader.read(place, start, end)):
        for record in found:
            try:
                given = envelope(record.headers)
            except NotAnEvent:
                # Somebody else's record: consumers park it, which is a finding of its own.
                continue
            yield given.subject, given.sequence, given.event_id
        start = found[-1].offset + 1


async def _phantoms(report: Report, contract: Contract[Any], pool: Pool, ids: list[Any]) -> None:
    async with pool.connection() as connection:
        cursor = await connection.execute(
            "select id::text from unnest(%s::uuid[]) id"
            " where not exists (select from es.event where event_id = id)",
            (ids,),
        )
        unknown = [id for (id,) in await cursor.fetchall()]
    if unknown:
        report.wrong(
            contract.topic,
            f"holds events the store does not have: {_some(unknown)}",
            "see docs/runbook.md, 'Phantom events'",
        )


def _disorder(report: Report, contract: Contract[Any], versions: dict[str, list[int]]) -> None:
    """First appearances must come in order; repetitions are allowed."""
    bad = [
        key
        for key, seen in versions.items()
        if list(dict.fromkeys(seen)) != list(range(1, max(seen) + 1))
    ]
    if bad:
        report.wrong(
            contract.topic,
            f"versions are missing or out of order for {_some(bad)}",
            "see docs/runbook.md, 'The broker lost data'",
        )


# --- The read side ----------------------------------------------------------


async def _consumers(
    report: Report, service: Service, pools: dict[str, Pool], versions: dict[str, tuple[int, int]]
) -> None:
    for name, contracts in await _names(report, service, pools[service.name]):
        seen, parked = await _seen(pools[service.name], name)
        kinds = tuple(f"{contract.service}.{contract.name}/" for contract in contracts)
        ours = {stream: at for stream, at in versions.items() if stream.startswith(kinds)}
        behind = [s for s, (early, _) in ours.items() if seen.get(s, 0) < early and s not in parked]
        # Records that are no events stand under names of their own.
        more = {s for s, v in seen.items() if s.startswith(kinds) and v > ours.get(s, (0, 0))[1]}
        ahead = [s for s in sorted(more) if not await _recorded(pools, s, seen[s])]
        if behind:
            report.wrong(
                name,
                f"has not seen the latest of {_some(behind)}",
                f"does `relais work {service.name}` run? if it halted, its log says why",
            )
        if ahead:
            report.wrong(
                name,
                f"has seen more of {_some(ahead)} than the store has",
                "see docs/runbook.md, 'Phantom events'",
            )
        if parked:
            report.wrong(
                name,
                f"parked {_some(sorted(parked))}",
                "`relais parked list` says why; mend the cause, then `relais parked requeue`",
            )
        report.right(name, streams=len(ours), behind=len(behind), parked=len(parked))


async def _recorded(pools: dict[str, Pool], name: str, version: int) -> bool:
    """Whether the store has it by now: more may have been recorded since it was looked at."""
    service, _, stream = name.partition(".")
    async with pools[service].connection() as connection:
        cursor = await connection.execute(
            "select from es.event where stream = %s and version = %s",
            (stream.replace("/", "-", 1), version),
        )
    return cursor.rowcount > 0


async def _names(
    report: Report, service: Service, pool: Pool
) -> list[tuple[str, list[Contract[Any]]]]:
    """The consumers of a service, each with what it reads."""
    found = [(f"{service.name}.{one.name}", [one.contract]) for one in service.reactions]
    found += [(f"{service.name}.{one.name}", [one.contract]) for one in service.followers]
    if not service.tables:
        return found
    active = await Generations(service.schema, service.tables, pool).active()
    if active is None:
        report.wrong(
            service.name,
            "has no filled tables in the shape of this release, so its queries answer 503",
            f"start `relais work {service.name}` of this release, `relais views rebuild"
            f" {service.name}`; `relais views list` shows what other releases read",
        )
        return found
    return [*found, (active.consumer, list(service.sources))]


async def _seen(pool: Pool, consumer: str) -> tuple[dict[str, int], set[str]]:
    async with pool.connection() as connection:
        cursor = await connection.execute(
            "select stream, version from consumer.stream where consumer = %s", (consumer,)
        )
        seen: dict[str, int] = dict(await cursor.fetchall())
        cursor = await connection.execute(
            "select distinct stream from consumer.parked where consumer = %s", (consumer,)
        )
        return seen, {stream for (stream,) in await cursor.fetchall()}


async def _forgotten(settings: Settings, report: Report, pools: dict[str, Pool]) -> None:
    """Finds interrupted forgettings: the key is gone, and the stream does not say so."""
    async with connections.database(settings, "keys") as keys, keys.connection() as connection:
        cursor = await connection.execute(
            "select subject from keys.subject where forgotten_at is not null"
        )
        subjects = [subject for (subject,) in await cursor.fetchall()]
    unsaid = []
    for service in _recording():
        for contract, type in _forgetting(service):
            async with pools[service.name].connection() as connection:
                cursor = await connection.execute(
                    "select s from unnest(%(subjects)s::text[]) s where exists (select from"
                    " es.event where stream = %(kind)s || s) and not exists (select from es.event"
                    " where stream = %(kind)s || s and type = %(type)s)",
                    {"subjects": subjects, "kind": f"{contract.name}-", "type": type},
                )
                unsaid += [subject for (subject,) in await cursor.fetchall()]
    if unsaid:
        report.wrong(
            "forgotten people",
            f"{_some(unsaid)}: the key is destroyed and the stream does not say so",
            "repeat `relais subject forget`",
        )
    report.right("forgotten people", subjects=len(subjects))


async def _zones(report: Report, pools: dict[str, Pool]) -> None:
    """Finds clocks that are not those of the pinned package."""
    used, at = await zones.in_use(pools["accounts"]), zones.instants(datetime.now(UTC))
    packaged = {zone: zones.of_package(zone, at) for zone in used}
    python = {zone: zones.of_python(zone, at) for zone in used}
    if other := zones.differing(packaged, python):
        report.wrong(
            "time zones of Python",
            f"differ from the package tzdata {zones.release()} for {_some(other)}",
            "something set the search path of zoneinfo after infra did: find it, remove it",
        )
    for name, pool in pools.items():
        there = await zones.of_postgres(pool, used, at)
        if other := zones.differing(packaged, there):
            report.wrong(
                f"time zones of the database of {name}",
                f"differ from the package tzdata {zones.release()} for {_some(other)}",
                "Relais computes local times in Python alone; what you ask in SQL may be an hour"
                " off. Update the server, or the zones of its system",
            )
    report.right("time zones", used=len(used), tzdata=zones.release())


def _recording() -> list[Service]:
    return [service for service in registry.services() if service.aggregates]


def _forgetting(service: Service) -> Iterator[tuple[Contract[Any], str]]:
    for contract in service.contracts:
        for kind in contract.types:
            if kind.type.endswith(FORGETTING):
                yield contract, kind.type


def _some(names: list[str]) -> str:
    more = f" and {len(names) - SHOWN_STREAMS} more" if len(names) > SHOWN_STREAMS else ""
    return ", ".join(names[:SHOWN_STREAMS]) + more
