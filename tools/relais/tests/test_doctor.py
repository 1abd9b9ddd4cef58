"""Doctor looks at all that it can reach, names all that is wrong, and holds a page at a time."""

import asyncio
import json
from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import AsyncExitStack, closing
from dataclasses import replace
from datetime import UTC, datetime
from uuid import uuid4

import pytest
import pytest_asyncio

from contracts.missions import driver_v1, trip_v1
from infra.cloudevents import Envelope, headers
from infra.consumers import core
from infra.consumers.records import Partition, Record
from infra.database import Pool, open_pool
from infra.stack.broker import Broker
from infra.store import Append, NewEvent, RecordedEvent
from infra.store.esdb.client import connected
from infra.store.esdb.store import EsdbStore
from infra.store.postgres import PostgresStore
from infra.store.protocol import BEGINNING, ServiceStore
from infra.testing.brokers import emptied
from infra.testing.esdb import EsdbDouble
from tools.relais import readers, subjects
from tools.relais.answers import FOUND, OK, UNREACHABLE, Trouble
from tools.relais.doctor import Order, _phantoms, _unsaid, pages
from tools.relais.readers import Ahead, Reader
from tools.relais.report import Report, some
from tools.relais.tests.conftest import Line, Platform

TRIP = trip_v1.contract
NOON = datetime(2030, 5, 1, 12, 0, tzinfo=UTC)
NOBODY = "postgresql://nobody@127.0.0.1:1/x"


class TestReport:
    def test_the_text_has_five_names_and_the_facts_have_all(self) -> None:
        report = Report()
        report.wrong("views.partner", "parked {}", "mend it", [f"t-{n}" for n in range(1, 8)])
        [finding] = report.answer().facts["findings"]
        assert finding["what"] == "parked t-1, t-2, t-3, t-4, t-5 and 2 more"
        assert list(finding["names"]) == [f"t-{n}" for n in range(1, 8)]
        assert some(["a", "b", "c", "d", "e"]) == "a, b, c, d, e"

    def test_it_ends_with_3_when_something_is_away_whatever_else_is_wrong(self) -> None:
        report = Report()
        assert report.answer().code == OK
        report.wrong("a", "b", "c")
        assert report.answer().code == FOUND
        report.away("the broker", "refused")
        assert (report.answer().code, report.answer().facts["healthy"]) == (UNREACHABLE, False)

    def test_it_goes_on_behind_what_is_away_and_what_is_wrong_but_not_behind_a_bug(self) -> None:
        report = Report()
        with report.going_on("a database"):
            raise Trouble("cannot reach it", UNREACHABLE)
        with report.going_on("a store"):
            raise Trouble("it was never used")
        assert [one.where for one in report.unreachable] == ["a database"]
        assert [one.where for one in report.findings] == ["a store"]
        with pytest.raises(ZeroDivisionError), report.going_on("a bug"):
            raise ZeroDivisionError


class TestAway:
    def test_where_nothing_answers_each_of_it_is_named(self, nowhere: Line) -> None:
        away = {"RELAIS_POSTGRES": NOBODY, "RELAIS_KAFKA": "127.0.0.1:1"}
        said = Line(nowhere.home, {**nowhere.environment, **away}).facts("doctor", code=3)
        named = {one["where"] for one in said["unreachable"]}
        assert {"broker", "database of keys", "database of missions"} <= named
        assert said["findings"] == []

    def test_one_database_that_is_away_hides_nothing_else(self, platform: Platform) -> None:
        away = {"RELAIS_DATABASES": json.dumps({"papers": NOBODY})}
        said = Line(platform.home, {**platform.environment, **away}).facts("doctor", code=3)
        assert [one["where"] for one in said["unreachable"]] == ["database of papers"]
        looked_at = {one["where"] for one in said["looked_at"]}
        assert {"store of missions", "relay of missions", "forgotten people"} <= looked_at


# --- A page at a time ---------------------------------------------------------


@pytest_asyncio.fixture(params=["on PostgreSQL", "elsewhere"])
async def store(request: pytest.FixtureRequest, database: str) -> AsyncIterator[ServiceStore]:
    """A store with five streams of two events each, and what consumers need beside it."""
    async with AsyncExitStack() as stack:
        pool = await open_pool(database, 2, "missions")
        stack.push_async_callback(pool.close)
        store: ServiceStore = PostgresStore(pool)
        if request.param == "elsewhere":
            server = await stack.enter_async_context(EsdbDouble())
            store = EsdbStore(await stack.enter_async_context(connected(server.url)), pool)
        await store.migrate()
        await core.migrate(pool)
        kind = TRIP.types[0].type
        for trip in range(5):
            added = [NewEvent(uuid4(), kind, b"fact", {}, NOON) for _ in range(2)]
            await store.append(Append(f"trip-T{trip}", 0, added))
        yield store


async def see(pool: Pool, **versions: int) -> Reader:
    """A reader that has seen these versions."""
    async with pool.connection() as connection:
        for trip, version in versions.items():
            await connection.execute(
                "insert into consumer.stream values ('bells.noting', %s, %s)",
                (f"missions.trip/{trip}", version),
            )
    return Reader("bells.noting", "bells", "reaction", (TRIP,), pool)


class TestStreams:
    async def test_they_come_in_pages_and_each_once(self, store: ServiceStore) -> None:
        found = [page async for page in readers.stored(store, 0.0, page=2)]
        assert [len(page) for page in found] == [2, 2, 1]
        names = [one.stream for page in found for one in page]
        assert names == [f"trip-T{n}" for n in range(5)]
        assert {(one.version, one.events, one.settled) for one in found[0]} == {(2, 2, 2)}

    async def test_what_is_young_may_be_under_way(self, store: ServiceStore) -> None:
        [page] = [page async for page in readers.stored(store, 3600.0)]
        reader = await see(store.pool)
        assert {one.settled for one in page} == {0}
        assert await readers.behind(reader, [TRIP], page) == (5, [])

    async def test_a_reader_is_behind_where_it_has_not_seen_the_last(
        self, store: ServiceStore
    ) -> None:
        reader = await see(store.pool, T0=2, T1=1, T3=2, T4=2)
        [page] = [page async for page in readers.stored(store, 0.0)]
        late = ["missions.trip/T1", "missions.trip/T2"]
        assert await readers.behind(reader, [TRIP], page) == (5, late)
        assert await readers.behind(reader, [driver_v1.contract], page) == (0, [])

    async def test_a_reader_is_ahead_where_the_store_has_less(self, store: ServiceStore) -> None:
        reader = await see(store.pool, T0=2, T1=3, T9=1)
        found = [one async for one in readers.ahead(reader, [TRIP], store, page=1)]
        assert found == [Ahead("missions.trip/T1", 3), Ahead("missions.trip/T9", 1)]


class TestEvents:
    async def test_those_that_name_somebody_are_found_with_their_streams(
        self, store: ServiceStore
    ) -> None:
        kind = TRIP.types[0].type
        names = [NewEvent(uuid4(), kind, b"..ada..", {}, NOON)]
        await store.append(Append("trip-T3", 2, names))
        found = await subjects.containing(store, [kind], "ada")
        assert [(one.stream, one.version) for one in found] == [("trip-T3", 3)]
        assert await subjects.containing(store, ["another.type"], "ada") == []
        assert await subjects.naming(store, TRIP, "trip-", "ada") == ["trip-T3"]
        assert await subjects.naming(store, TRIP, "driver-", "ada") == []

    async def test_those_that_the_store_does_not_have_are_phantoms(
        self, store: ServiceStore
    ) -> None:
        [there, *_] = await store.read("trip-T1")
        lost, kept = given(("T1", 3), ("T1", 1))
        kept = replace(kept, event_id=there.event_id)
        assert await _phantoms(store, [lost, kept]) == [str(lost.event_id)]

    async def test_a_stream_that_does_not_say_that_somebody_is_gone_is_found(
        self, store: ServiceStore
    ) -> None:
        gone = [NewEvent(uuid4(), "gone", b"", {}, NOON)]
        await store.append(Append("trip-T0", 2, gone))
        assert await _unsaid(store, "trip-", "gone", ["T0", "T1", "T9"]) == ["T1"]


def given(*versions: tuple[str, int]) -> list[Envelope]:
    return [
        Envelope(uuid4(), "type", key, version, NOON, NOON, 0, "", "", "", "", None)
        for key, version in versions
    ]


class TestOrder:
    def wrong(self, *versions: tuple[str, int]) -> list[str]:
        with closing(Order()) as order:
            for one in given(*versions):
                order.add([one])
            return order.wrong()

    def test_versions_that_come_one_after_the_other_are_right(self) -> None:
        assert self.wrong(("a", 1), ("b", 1), ("a", 2), ("a", 3)) == []

    def test_repetitions_are_right(self) -> None:
        assert self.wrong(("a", 1), ("a", 2), ("a", 1), ("a", 2), ("a", 3)) == []

    def test_a_version_that_is_missing_or_comes_late_is_wrong(self) -> None:
        assert self.wrong(("a", 1), ("a", 3), ("b", 1)) == ["a"]
        assert self.wrong(("a", 2), ("b", 1)) == ["a"]
        assert self.wrong(("a", 1), ("a", 3), ("a", 2)) == ["a"]


class LongTopic:
    """A topic with as many records as it is asked for, and how many of them were held at once."""

    async def ends(self, partitions: Iterable[Partition]) -> dict[Partition, int]:
        raise NotImplementedError

    async def read(self, partition: Partition, start: int, stop: int) -> list[Record]:
        return [record_at(n) for n in range(start, min(stop, start + 10))]

    async def close(self) -> None:
        """There is nothing to hang up."""


def record_at(offset: int) -> Record:
    kind = TRIP.types[0].type
    event = RecordedEvent(f"trip-{offset}", 1, BEGINNING, uuid4(), kind, b"", {}, NOON, NOON)
    described: Sequence[tuple[str, bytes]] = headers(TRIP, str(offset), event, 0)
    # Every tenth is somebody else's.
    return Record(TRIP.topic, 0, offset, b"", b"", tuple(described) if offset % 10 else ())


async def test_a_topic_is_read_in_pages_without_the_records_of_others() -> None:
    sizes = [len(page) async for page in pages(LongTopic(), (TRIP.topic, 0), 0, 120, most=50)]
    assert sizes == [54, 54]


async def test_on_the_first_day_each_topic_is_listed_as_missing(
    broker: Broker, nowhere: Line
) -> None:
    await emptied(broker)
    line = Line(nowhere.home, {**nowhere.environment, "RELAIS_KAFKA": broker.bootstrap})
    found = await asyncio.to_thread(line.facts, "topics", "list")
    assert {(one["state"], one["records"]) for one in found} == {("missing", 0)}
