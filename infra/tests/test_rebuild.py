"""A rebuild fills new tables from the store while the old ones are read and fed."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, replace
from typing import Any
from uuid import uuid4

import pytest
import pytest_asyncio

from contracts.common_v1 import AmendmentKind
from contracts.missions import trip_v1
from infra.commands import Commands
from infra.consumers.filling import NotFilled
from infra.consumers.rebuild import NotReadable, ready, rebuild
from infra.consumers.views import Generation
from infra.host import Running, Service, ViewsWorker
from infra.settings import Settings
from infra.signals import Signal
from infra.stack.broker import Broker
from infra.store import Append, NewEvent
from infra.store.esdb.client import connected
from infra.store.esdb.store import EsdbStore
from infra.store.postgres import PostgresStore
from infra.store.protocol import ServiceStore
from infra.testing.esdb import EsdbDouble
from infra.tests.consuming import (
    Placed,
    ViewKit,
    amendment,
    create_topic,
    history,
    opened,
    published,
    quoted,
    recorded,
    send,
    withdrawn,
)
from infra.topics import partitions_of

TRIPS = 30
PATIENCE = 60.0
STORED = pytest.mark.any_broker
"""A rebuild from the store alone asks the broker for nothing but the ends of its topics."""


@dataclass
class Site:
    """A view service beside the store and the topic it reads."""

    kit: ViewKit
    running: Running
    store: ServiceStore

    async def record(self, placed: Sequence[Placed]) -> None:
        """In the store, and then in the topic."""
        for event, version in placed:
            found = recorded(event, version)
            new = NewEvent(found.event_id, found.type, found.data, {}, found.occurred_at)
            await self.store.append(Append(found.stream, version - 1, [new]))
        await send(self.running.settings.kafka, self.kit.contract, placed)

    async def say(self, version: int, at: int, **said: Any) -> None:
        """Something about a version of trip t-1, in the store."""
        found = amendment(version, at, **said)
        new = NewEvent(found.event_id, found.type, found.data, {}, found.occurred_at)
        await self.store.append(Append(found.stream, at - 1, [new]))

    async def rebuild(self, page: int = 7) -> Generation:
        return await rebuild(self.running, {"missions": self.store}, page=page)

    async def rows(self, generation: Generation) -> list[Any]:
        return await self.kit.ask(f"select trip_id, words from {generation.schema}.seen order by 1")


@pytest_asyncio.fixture
async def site(
    request: pytest.FixtureRequest, database: str, broker: Broker, topic_prefix: str
) -> AsyncIterator[Site]:
    async with AsyncExitStack() as stack:
        kit = await stack.enter_async_context(opened("view", database))
        assert isinstance(kit, ViewKit)
        kit.contract = replace(trip_v1.contract, topic=f"{topic_prefix}missions.trip.v1")
        await create_topic(broker.bootstrap, kit.contract.topic, partitions_of(kit.contract.topic))
        store: ServiceStore = PostgresStore(kit.pool)
        if getattr(request, "param", None) == "elsewhere":
            server = await stack.enter_async_context(EsdbDouble())
            store = EsdbStore(await stack.enter_async_context(connected(server.url)), kit.pool)
        await store.migrate()
        running = Running(
            service=Service("views.shown", lambda _: None, views=(kit.view,)),
            settings=Settings(kafka=broker.bootstrap),
            pool=kit.pool,
            keyring=kit.keyring,
            store=store,
            commands=Commands("views.shown", store, kit.keyring),
            appended=Signal("appended"),
            seen=Signal("seen"),
            generations=kit.generations,
        )
        yield Site(kit, running, store)


def trips(first: int = 0, count: int = TRIPS) -> list[Placed]:
    """Trips of different lengths, some longer than a page."""
    names = [f"t-{n:03}" for n in range(first, first + count)]
    return [
        (event, version)
        for n, name in enumerate(names)
        for version, event in enumerate(history(name, 1 + 3 * (n % 7)), 1)
    ]


async def test_the_new_tables_equal_the_old_ones_row_for_row(site: Site) -> None:
    await site.record(trips())
    async with feeding(site):
        await ready(site.running, site.kit.generation)
        made = await site.rebuild()
    rows = await site.rows(made)
    assert len(rows) == TRIPS
    assert rows == await site.rows(site.kit.generation)


@STORED
@pytest.mark.parametrize("site", ["on PostgreSQL", "elsewhere"], indirect=True)
async def test_every_size_of_page_makes_the_same_rows(site: Site) -> None:
    await site.record(trips())
    first, *others = [await site.rows(await site.rebuild(page)) for page in (1, 2, 5, 1_000)]
    assert others == [first, first, first]


@STORED
async def test_the_new_tables_have_the_indexes_of_the_old_ones(site: Site) -> None:
    await site.record(trips(count=2))
    made = await site.rebuild()
    query = "select replace(indexdef, schemaname, '') from pg_indexes where schemaname = '{}'"
    old, new = [
        sorted(await site.kit.ask(query.format(one.schema))) for one in (site.kit.generation, made)
    ]
    assert (new, len(new)) == (old, 2)


async def test_what_is_recorded_meanwhile_comes_from_the_topic(site: Site) -> None:
    await site.record(trips())
    meanwhile = asyncio.create_task(site.record(trips(first=TRIPS)))
    made = await site.rebuild(page=3)
    await meanwhile
    async with feeding(site):
        await ready(site.running, made)
    assert len(await site.rows(made)) == 2 * TRIPS
    assert await site.kit.parked() == []


async def test_it_goes_on_where_the_topics_stood_before(site: Site) -> None:
    await site.record(trips())
    made = await site.rebuild()
    [positions] = await site.kit.ask(
        f"select sum(next_offset)::int from consumer.position where consumer = '{made.consumer}'"
    )
    assert positions == len(trips())


async def test_queries_read_the_active_tables_throughout(site: Site) -> None:
    await site.record(trips())
    async with feeding(site):
        await ready(site.running, site.kit.generation)
        building = asyncio.create_task(site.rebuild(page=3))
        counts = set()
        while not building.done():
            counts.add(tuple(await site.kit.ask("select count(*) from shown.seen")))
        await ready(site.running, building.result())
        await site.kit.generations.activate(building.result())
        counts.add(tuple(await site.kit.ask("select count(*) from shown.seen")))
    assert counts == {(TRIPS,)}


async def test_it_can_be_swapped_back_without_having_missed_anything(site: Site) -> None:
    await site.record(trips())
    async with feeding(site):
        made = await site.rebuild()
        await site.kit.generations.activate(made)
        await site.record([(quoted("t-000", "2"), 2)])
        await ready(site.running, site.kit.generation)
        await site.kit.generations.activate(site.kit.generation)
    assert await site.kit.ask("select words from shown.seen where trip_id = 't-000'") == [
        ["published", "2"]
    ]


@STORED
async def test_progress_is_told_to_the_end(site: Site) -> None:
    await site.record(trips())
    told: list[tuple[int, int]] = []
    await rebuild(site.running, {"missions": site.store}, lambda *at: told.append(at), page=50)
    assert (len(told) > 2, told[-1]) == (True, (len(trips()), len(trips())))


@STORED
async def test_an_event_the_view_cannot_take_ends_it_without_a_trace(site: Site) -> None:
    await site.record(trips())
    site.kit.poison = {"7"}
    with pytest.raises(NotFilled, match="t-002 version 7"):
        await site.rebuild()
    assert await site.kit.generations.all() == [site.kit.generation]


@STORED
@pytest.mark.parametrize(
    ("said", "words"),
    [
        ({"instead": quoted("t-1", "right")}, ["published", "right", "3"]),
        ({"kind": AmendmentKind.REDACTED}, ["published", "3"]),
        ({"kind": AmendmentKind.SKIPPED}, ["published", "3"]),
        ({"kind": AmendmentKind.SKIPPED, "readers": ("views.shown",)}, ["published", "3"]),
        ({"kind": AmendmentKind.SKIPPED, "readers": ("views.a",)}, ["published", "2", "3"]),
    ],
)
@pytest.mark.parametrize("page", [1, 1_000])
async def test_it_takes_what_holds_of_amended_events(
    site: Site, said: dict[str, Any], words: list[str], page: int
) -> None:
    await site.record([*trips(count=2), *((e, v) for v, e in enumerate(history("t-1"), 1))])
    await site.say(2, 4, **said)
    rows = dict(await site.rows(made := await site.rebuild(page)))
    assert (rows["t-1"], len(rows)) == (words, 3)
    where = f"consumer = '{made.consumer}' and stream = 'missions.trip/t-1'"
    assert await site.kit.ask(f"select version from consumer.stream where {where}") == [4]


@STORED
async def test_an_amended_event_that_cannot_be_decoded_does_not_end_it(site: Site) -> None:
    found = recorded(published(), 1)
    new = NewEvent(found.event_id, found.type, b"\xff", {}, found.occurred_at)
    await site.store.append(Append("trip-t-1", 0, [new]))
    await site.say(1, 2, kind=AmendmentKind.SKIPPED)
    await site.say(1, 3, instead=published())
    assert await site.rows(await site.rebuild()) == [("t-1", ["published"])]


@STORED
async def test_an_event_that_cannot_be_decoded_ends_it_without_a_trace(site: Site) -> None:
    found = recorded(quoted(), 1)
    new = NewEvent(found.event_id, found.type, b"\xff", {}, found.occurred_at)
    await site.store.append(Append("trip-t-1", 0, [new]))
    with pytest.raises(NotReadable, match="trip-t-1 version 1"):
        await site.rebuild()
    assert await site.kit.generations.all() == [site.kit.generation]


@STORED
@pytest.mark.parametrize("site", ["on PostgreSQL", "elsewhere"], indirect=True)
@pytest.mark.parametrize("page", [1, 3, 1_000])
async def test_what_nobody_reads_is_passed_by_undecoded_and_counts(site: Site, page: int) -> None:
    found = recorded(withdrawn(), 2)
    unread = [
        NewEvent(uuid4(), type, b"\xff", {}, found.occurred_at)
        for type in (found.type, "of.tomorrow")
    ]
    await site.record([(published("t-1"), 1)])
    await site.store.append(Append("trip-t-1", 1, unread))
    await site.store.append(Append("trip-t-2", 0, [replace(unread[0], event_id=uuid4())]))
    await site.store.append(Append("file-t-3", 0, [replace(unread[0], event_id=uuid4())]))
    made = await site.rebuild(page)
    assert await site.rows(made) == [("t-1", ["published"])]
    versions = await site.kit.ask(
        f"select stream, version from consumer.stream where consumer = '{made.consumer}' order by 1"
    )
    assert versions == [("missions.trip/t-1", 3), ("missions.trip/t-2", 1)]


async def test_nothing_recorded_is_a_rebuild_too(site: Site) -> None:
    assert await site.rows(await site.rebuild()) == []


def feeding(site: Site) -> "Feeding":
    return Feeding(ViewsWorker(site.running))


@dataclass
class Feeding:
    """The views worker of the service, running for the time of a block."""

    worker: ViewsWorker

    async def __aenter__(self) -> None:
        self.task = asyncio.create_task(self.worker.run())

    async def __aexit__(self, *_: object) -> None:
        self.worker.stop()
        await asyncio.wait_for(self.task, PATIENCE)
