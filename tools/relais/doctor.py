"""Compares store, topic and views, and says what is wrong and what to do.

It looks at all that it can reach, and names what it cannot. However much there is, it holds a page
of it at a time: its memory does not grow with the stores and the topics.
"""

import asyncio
import sqlite3
from collections import Counter, defaultdict
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import AsyncExitStack, closing
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import httpx

from contracts.common_v1 import AmendmentKind
from contracts.runtime import Contract
from infra.cloudevents import Envelope, NotAnEvent, envelope
from infra.consumers.records import KafkaTopicReader, Partition, TopicReader
from infra.consumers.views import FORGETTING
from infra.database import Pool
from infra.host import Service
from infra.installation import objects_standing, standing
from infra.objects import ObjectsAway, objects_of
from infra.settings import Settings
from infra.store.protocol import ServiceStore
from infra.topics import partitions_of
from services import registry
from tools.relais import amending, connections, processes, readers, relays, topics, zones
from tools.relais.answers import UNREACHABLE, Answer, Trouble, first_line
from tools.relais.progress import Telling, telling
from tools.relais.readers import Reader
from tools.relais.report import Report

PHANTOMS = "docs/runbook/phantom-events.md"
LATE_TIMER_SECONDS = 60
IDS = 5_000
"""Events of a topic that the store is asked for at once."""


async def examine(settled: float, whole: bool, quiet: bool = False) -> Answer:
    """Everything that can be reached. What was recorded in the last `settled` seconds may be under
    way.

    `whole` reads every topic from its beginning and checks the versions of each stream. Raises
    `Trouble` only where nobody says where anything is.
    """
    settings = connections.settings()
    if not (settings.postgres or settings.databases or settings.kafka):
        raise Trouble(connections.NO_PLATFORM.format(settings.home.absolute()), UNREACHABLE)
    report = Report()
    async with AsyncExitStack() as stack:
        told = stack.enter_context(telling(quiet=quiet))
        client = await stack.enter_async_context(httpx.AsyncClient(timeout=processes.PROBE_SECONDS))
        await processes.asked(settings, connections.named(None), report, client)
        names = [*connections.named(None), "keys"]
        opening = (_opened(stack, settings, report, name) for name in names)
        opened = await asyncio.gather(*opening)
        pools = {name: pool for name, pool in zip(names, opened, strict=True) if pool is not None}
        stores = {}
        for name in (one.name for one in registry.services() if one.aggregates):
            if name in pools:
                with report.going_on(f"store of {name}"):
                    beside = connections.store_beside(settings, name, pools[name])
                    stores[name] = await stack.enter_async_context(beside)
        await Examination(settings, report, pools, stores, settled, told).run(whole)
    return report.answer()


async def _opened(
    stack: AsyncExitStack, settings: Settings, report: Report, name: str
) -> Pool | None:
    """The database of a service or of the keys; None, which is reported, when it is away."""
    with report.going_on(f"database of {name}"):
        return await stack.enter_async_context(connections.database(settings, name))
    return None


@dataclass
class Examination:
    """The databases that answer, by name, and what is compared between them and the broker."""

    settings: Settings
    report: Report
    pools: Mapping[str, Pool]
    stores: Mapping[str, ServiceStore]
    settled: float
    told: Telling
    readers: list[Reader] = field(default_factory=list)

    async def run(self, whole: bool) -> None:
        """Look at every part, whatever the others are like."""
        with self.report.going_on("installation"):
            await self._installation()
        for service in registry.services():
            if service.name in self.pools:
                with self.report.going_on(f"readers of {service.name}"):
                    await self._readers(service)
        for service in self._recording():
            with self.report.going_on(f"relay of {service.name}"):
                await self._relay(service.name)
            with self.report.going_on(f"timers of {service.name}"):
                await self._timers(service.name)
            with self.report.going_on(f"amendments of {service.name}"):
                await self._amendments(service.name)
        with self.report.going_on("broker"):
            await self._topics(whole)
        await self._streams()
        with self.report.going_on("forgotten people"):
            await self._forgotten()
        with self.report.going_on("time zones"):
            await self._zones()

    def _recording(self) -> list[Service]:
        """The services with a store, as far as it can be reached."""
        return [one for one in registry.services() if one.name in self.stores]

    # --- Whether they belong together -----------------------------------------------------------

    async def _installation(self) -> None:
        if (keys := self.pools.get("keys")) is None:
            return
        identities = set()
        services = [name for name in self.pools if name != "keys"]
        for name in services:
            found = await standing(name, keys, self.pools[name])
            identities.add(found.of_service)
            if found.trouble is not None:
                where = f"installation of {name}"
                self.report.wrong(where, found.trouble, "restore it, or adopt it")
        await self._objects(keys)
        shown = sorted(str(identity) for identity in identities)
        self.report.right("installation", identity=", ".join(shown), services=len(services))

    async def _objects(self, keys: Pool) -> None:
        """The findings about the store of objects, where this command is told of one."""
        settings, report = self.settings, self.report
        if not settings.objects and not (settings.home / "objects").exists():
            return
        marks = set()
        for service in registry.services():
            if "objects" not in service.reaches or service.name not in self.pools:
                continue
            try:
                pool = self.pools[service.name]
                found = await objects_standing(service.name, objects_of(settings), keys, pool)
            except ObjectsAway as error:
                report.away("store of objects", f"{first_line(error)}; look at RELAIS_OBJECTS")
                return
            if found.trouble is not None:
                report.wrong("store of objects", found.trouble, "restore it, or adopt it")
                return
            marks.add(found.mark)
        report.right("store of objects", mark=", ".join(marks))

    # --- The write side -------------------------------------------------------------------------

    async def _relay(self, name: str) -> None:
        found = await relays.of(self.settings, name)
        if found["trouble"]:
            self.report.wrong(f"relay of {name}", "is in trouble", found["trouble"])
        shown = ("published", "waiting", "lag_seconds", "leader")
        self.report.right(f"relay of {name}", **{key: found[key] for key in shown})

    async def _timers(self, name: str) -> None:
        async with self.pools[name].connection() as connection:
            cursor = await connection.execute(
                "select count(*), count(*) filter (where due_at < clock_timestamp()"
                " - make_interval(secs => %s)) from es.timer",
                (LATE_TIMER_SECONDS,),
            )
            row = await cursor.fetchone()
        assert row is not None
        if row[1]:
            self.report.wrong(
                f"timers of {name}",
                f"{row[1]} are more than {LATE_TIMER_SECONDS} s late",
                f"`relais timers list --late`; does `relais work {name}` run? its log says why",
            )
        self.report.right(f"timers of {name}", set=row[0], late=row[1])

    async def _amendments(self, name: str) -> None:
        """The amendments of a store; events that are passed over by name, with the reason."""
        found = await amending.said_in(self.stores[name])
        kinds = Counter(one["kind"].name.lower() for one in found)
        skipped = [
            f"{one['stream']} version {one['version']} by {one['readers'] or 'everybody'}"
            f" ({one['actor']}: {one['reason']})"
            for one in found
            if one["kind"] is AmendmentKind.SKIPPED
        ]
        if found:
            self.report.right(f"amendments of {name}", **dict(kinds), **{"passed over": skipped})

    # --- The topics -----------------------------------------------------------------------------

    async def _topics(self, whole: bool) -> None:
        bootstrap = connections.broker(self.settings)
        there = await topics.topics_at(bootstrap)
        reader = KafkaTopicReader(bootstrap)
        try:
            for service in self._recording():
                marks = await self._marks(service.name)
                for contract in service.contracts:
                    found = there.get(contract.topic)
                    if found is None or found.partitions != partitions_of(contract.topic):
                        do = "`relais topics create` makes it"
                        self.report.wrong(contract.topic, "is missing or narrow", do)
                        continue
                    if (lacking := found.lacks(self.settings)) is not None:
                        do = "docs/runbook/a-topic-has-too-few-copies.md"
                        self.report.wrong(contract.topic, lacking, do)
                    await self._topic(reader, self.stores[service.name], contract, marks, whole)
        finally:
            await reader.close()

    async def _marks(self, name: str) -> dict[str, int]:
        async with self.pools[name].connection() as connection:
            cursor = await connection.execute(
                "select ends from es.checkpoint where relay = %s", (name,)
            )
            row = await cursor.fetchone()
        return {} if row is None else {place: mark[0] for place, mark in row[0].items()}

    async def _topic(
        self,
        reader: KafkaTopicReader,
        store: ServiceStore,
        contract: Contract[Any],
        marks: dict[str, int],
        whole: bool,
    ) -> None:
        topic, report = contract.topic, self.report
        places = [(topic, number) for number in range(partitions_of(topic))]
        ends = await reader.ends(places)
        lost = [place for place in places if ends[place] < marks.get(f"{place[0]}:{place[1]}", 0)]
        if lost:
            report.wrong(
                topic,
                f"the broker lost records of {len(lost)} partitions",
                "nothing: the relay fills them again from the store; `relais relay status` shows"
                " how far. See docs/runbook/the-broker-lost-data.md",
            )
        phantoms: list[str] = []
        disorder: list[str] = []
        checked = 0
        for place, end in ends.items():
            with closing(Order()) as order:
                start = 0 if whole else max(0, end - 1)
                async for page in pages(reader, place, start, end):
                    checked += len(page)
                    phantoms += await _phantoms(store, page)
                    if whole:
                        order.add(page)
                    self.told(topic, checked, sum(ends.values()) if whole else len(ends))
                disorder += order.wrong()
        if phantoms:
            what = "holds events the store does not have: {}"
            do = f"`relais phantoms list {contract.service}`; see {PHANTOMS}"
            report.wrong(topic, what, do, phantoms)
        if disorder:
            what = "versions are missing or out of order for {}"
            report.wrong(topic, what, "see docs/runbook/the-broker-lost-data.md", disorder)
        report.right(topic, records=sum(ends.values()), checked=checked)

    # --- The read side --------------------------------------------------------------------------

    async def _readers(self, service: Service) -> None:
        found, filled = await readers.of_service(service, self.pools[service.name])
        self.readers += found
        if not filled:
            self.report.wrong(
                service.name,
                "has no filled tables in the shape of this release, so its queries answer 503",
                f"start `relais work {service.name}` of this release, `relais views rebuild"
                f" {service.name}`; `relais views list` shows what other releases read",
            )

    async def _streams(self) -> None:
        """How far each reader is beside the stores; versions that a store itself lacks."""
        sizes: Counter[str] = Counter()
        behind: dict[str, list[str]] = defaultdict(list)
        ahead: dict[str, list[str]] = defaultdict(list)
        for service in self._recording():
            with self.report.going_on(f"store of {service.name}"):
                await self._store(service, sizes, behind)
                await self._beyond(service, ahead)
        for reader in self.readers:
            with self.report.going_on(reader.name):
                await self._reader(
                    reader, sizes[reader.name], behind[reader.name], ahead[reader.name]
                )

    async def _store(
        self, service: Service, sizes: Counter[str], behind: dict[str, list[str]]
    ) -> None:
        holes: list[str] = []
        streams = events = 0
        async for page in readers.stored(self.stores[service.name], self.settled):
            streams, events = streams + len(page), events + sum(one.events for one in page)
            holes += [one.stream for one in page if one.version != one.events]
            for reader, contracts in self._reading(service):
                many, late = await readers.behind(reader, contracts, page)
                sizes[reader.name] += many
                behind[reader.name] += late
            self.told(f"streams of {service.name}", streams)
        if holes:
            self.report.wrong(
                f"store of {service.name}",
                "versions are missing in {}",
                "rows of es.event were removed by hand: restore the database",
                holes,
            )
        self.report.right(f"store of {service.name}", streams=streams, events=events)

    async def _beyond(self, service: Service, ahead: dict[str, list[str]]) -> None:
        for reader, contracts in self._reading(service):
            self.told(f"{reader.name} beside {service.name}", 0)
            async for one in readers.ahead(reader, contracts, self.stores[service.name]):
                ahead[reader.name].append(one.stream)

    def _reading(self, service: Service) -> Iterator[tuple[Reader, list[Contract[Any]]]]:
        """Those who read the topics of a service, each with the contracts that it reads."""
        for reader in self.readers:
            if read := [one for one in service.contracts if one in reader.contracts]:
                yield reader, read

    async def _reader(
        self, reader: Reader, streams: int, behind: list[str], ahead: list[str]
    ) -> None:
        name, report = reader.name, self.report
        async with reader.pool.connection() as connection:
            cursor = await connection.execute(
                "select distinct stream from consumer.parked where consumer = %s order by 1",
                (name,),
            )
            parked = [stream for (stream,) in await cursor.fetchall()]
        if behind:
            do = f"does `relais work {reader.service}` run? if it halted, its log says why"
            report.wrong(name, "has not seen the latest of {}", do, behind)
        if ahead:
            report.wrong(name, "has seen more of {} than the store has", f"see {PHANTOMS}", ahead)
        if parked:
            do = "`relais parked list` says why; mend the cause, then `relais parked requeue`"
            report.wrong(name, "parked {}", do, parked)
        report.right(name, streams=streams, behind=len(behind), parked=len(parked))

    # --- People and clocks ----------------------------------------------------------------------

    async def _forgotten(self) -> None:
        """Finds interrupted forgettings: the key is gone, and the stream does not say so."""
        if (keys := self.pools.get("keys")) is None:
            return
        subjects, unsaid = 0, list[str]()
        async for page in _subjects(keys):
            subjects += len(page)
            for service in self._recording():
                for contract, type in _forgetting(service):
                    store = self.stores[service.name]
                    unsaid += await _unsaid(store, f"{contract.name}-", type, page)
        if unsaid:
            self.report.wrong(
                "forgotten people",
                "{}: the key is destroyed and the stream does not say so",
                "repeat `relais subject forget`",
                unsaid,
            )
        self.report.right("forgotten people", subjects=subjects)

    async def _zones(self) -> None:
        """Finds clocks that are not those of the pinned package."""
        if (accounts := self.stores.get("accounts")) is None:
            return
        used, at = await zones.in_use(accounts), zones.instants(datetime.now(UTC))
        packaged = {zone: zones.of_package(zone, at) for zone in used}
        python = {zone: zones.of_python(zone, at) for zone in used}
        differ = f"differ from the package tzdata {zones.release()} for {{}}"
        if other := zones.differing(packaged, python):
            do = "something set the search path of zoneinfo after infra did: find it, remove it"
            self.report.wrong("time zones of Python", differ, do, other)
        for name, pool in self.pools.items():
            there = await zones.of_postgres(pool, used, at)
            if other := zones.differing(packaged, there):
                self.report.wrong(
                    f"time zones of the database of {name}",
                    differ,
                    "Relais computes local times in Python alone; what you ask in SQL may be an"
                    " hour off. Update the server, or the zones of its system",
                    other,
                )
        self.report.right("time zones", used=len(used), tzdata=zones.release())


# --- Topics, a page at a time -----------------------------------------------


async def pages(
    reader: TopicReader, place: Partition, start: int, end: int, most: int = IDS
) -> AsyncIterator[list[Envelope]]:
    """The envelopes of a stretch of a partition, a new page once one has `most` of them.

    Records of others, which consumers park, are left out.
    """
    found: list[Envelope] = []
    while start < end and (records := await reader.read(place, start, end)):
        for record in records:
            try:
                found.append(envelope(record.headers))
            except NotAnEvent:
                continue
        start = records[-1].offset + 1
        if len(found) >= most:
            yield found
            found = []
    if found:
        yield found


async def _phantoms(store: ServiceStore, page: list[Envelope]) -> list[str]:
    """The ids of these events that the store does not have."""
    ids = [one.event_id for one in page]
    if not store.joins_transactions:
        there = {event.event_id for event in await store.find(ids)}
        return [str(id) for id in ids if id not in there]
    async with store.pool.connection() as connection:
        cursor = await connection.execute(
            "select id::text from unnest(%s::uuid[]) id"
            " where not exists (select from es.event where event_id = id)",
            (ids,),
        )
        return [id for (id,) in await cursor.fetchall()]


class Order:
    """The order of one partition: first appearances of versions come one after the other.

    Repetitions are allowed. How far each key is stands in a file without a name, so that as many
    keys as there are take no more memory.
    """

    def __init__(self) -> None:
        self._seen = sqlite3.connect("")
        self._seen.execute("create table seen (key text primary key, version int, wrong int)")

    def add(self, page: list[Envelope]) -> None:
        """Take what comes next."""
        # A version that was there before changes nothing; the next one counts; any other is wrong.
        self._seen.executemany(
            "insert into seen values (?1, ?2, ?2 <> 1) on conflict (key) do update set"
            " wrong = wrong or ?2 > version + 1, version = max(version, ?2)",
            [(one.subject, one.sequence) for one in page],
        )

    def wrong(self) -> list[str]:
        """The keys whose versions are missing or out of order."""
        return [
            key for (key,) in self._seen.execute("select key from seen where wrong order by key")
        ]

    def close(self) -> None:
        """Remove the file."""
        self._seen.close()


# --- Forgotten people, a page at a time -------------------------------------


async def _subjects(keys: Pool) -> AsyncIterator[list[str]]:
    after = ""
    while True:
        async with keys.connection() as connection:
            cursor = await connection.execute(
                "select subject from keys.subject where forgotten_at is not null"
                " and subject > %s order by subject limit %s",
                (after, readers.PAGE),
            )
            found = [subject for (subject,) in await cursor.fetchall()]
        if found:
            yield found
        if len(found) < readers.PAGE:
            return
        after = found[-1]


async def _unsaid(store: ServiceStore, kind: str, type: str, subjects: list[str]) -> list[str]:
    """Those of these subjects with a stream of this kind that does not say that they are gone."""
    if not store.joins_transactions:
        read = await store.read_many([kind + subject for subject in subjects])
        unsaid = [
            s for s, events in read.items() if events and type not in {e.type for e in events}
        ]
        return [stream.removeprefix(kind) for stream in unsaid]
    async with store.pool.connection() as connection:
        cursor = await connection.execute(
            "select s from unnest(%(subjects)s::text[]) s where exists (select from"
            " es.event where stream = %(kind)s || s) and not exists (select from es.event"
            " where stream = %(kind)s || s and type = %(type)s)",
            {"subjects": subjects, "kind": kind, "type": type},
        )
        return [subject for (subject,) in await cursor.fetchall()]


def _forgetting(service: Service) -> Iterator[tuple[Contract[Any], str]]:
    for contract in service.contracts:
        for kind in contract.types:
            if kind.type.endswith(FORGETTING):
                yield contract, kind.type
