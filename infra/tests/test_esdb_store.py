"""The event store on EventStoreDB: the suite of every store, and what is this one's own.

The suite runs on the double, or on the server that `RELAIS_EVENTSTORE` names.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AsyncExitStack, aclosing, asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from uuid import UUID, uuid4

import grpc
import pytest
from kurrentdbclient import AsyncKurrentDBClient, StreamState
from kurrentdbclient import NewEvent as ClientEvent
from kurrentdbclient import RecordedEvent as ClientRecorded
from kurrentdbclient.common import (
    DEFAULT_CHECKPOINT_INTERVAL_MULTIPLIER,
    DEFAULT_WINDOW_SIZE,
)

from infra.database import Pool
from infra.store import (
    Append,
    Appended,
    Conflict,
    EventIdTaken,
    EventStore,
    EventTooLarge,
    Position,
    RecordedEvent,
)
from infra.store.esdb.client import BadAddress, NotAllowed, connected
from infra.store.esdb.ids import Ids
from infra.store.esdb.store import (
    MAX_APPEND_BYTES,
    AnotherCluster,
    EsdbStore,
    StreamGone,
)
from infra.store.protocol import BEGINNING, StoreAway
from infra.testing.esdb import ANY, NO_STREAM, EsdbDouble, Fault, Log, Proposed
from infra.testing.store_suite import StoreSuite, versions_by_stream
from infra.tests.make import append, event, pool_of

LATE_SECONDS = 30.0


@asynccontextmanager
async def store_at(
    url: str, pool: Pool, *, prefix: str = "", patience: float = LATE_SECONDS
) -> AsyncIterator[EsdbStore]:
    """A store with a client of its own: what another process would hold."""
    async with connected(url) as client:
        store = EsdbStore(client, pool, prefix=prefix, patience=patience, call_seconds=5.0)
        await store.migrate()
        yield store


@pytest.fixture
async def pool(database: str) -> AsyncIterator[Pool]:
    async with pool_of(database) as pool:
        yield pool


@pytest.fixture
async def server() -> AsyncIterator[EsdbDouble]:
    async with EsdbDouble() as server:
        yield server


@pytest.fixture
async def store(server: EsdbDouble, pool: Pool) -> AsyncIterator[EsdbStore]:
    async with store_at(server.url, pool) as store:
        yield store


class Slow(Ids):
    """Notes that move only when they are told to."""

    def __init__(self, pool: Pool) -> None:
        super().__init__(pool)
        self.moving, self.go_on = asyncio.Event(), asyncio.Event()

    async def move(self, append: Append, version: Callable[[str], Awaitable[int]]) -> bool:
        self.moving.set()
        await self.go_on.wait()
        return await super().move(append, version)


class Late(EsdbStore):
    """A store whose answer about all events waits until it is told to come."""

    def __init__(self, client: AsyncKurrentDBClient, pool: Pool) -> None:
        super().__init__(client, pool)
        self.looking, self.go_on = asyncio.Event(), asyncio.Event()

    async def _from(self, position: Position, limit: int) -> list[ClientRecorded]:
        found = await super()._from(position, limit)
        self.looking.set()
        await self.go_on.wait()
        return found


async def add(client: AsyncKurrentDBClient, stream: str, type: str) -> None:
    """An event that is none of ours."""
    written = ClientEvent(type, b"0@trip-1")
    await client.append_to_stream(stream, events=[written], current_version=StreamState.ANY)


class TestEsdbStore(StoreSuite):
    @pytest.fixture
    async def store(self, pool: Pool, event_store_url: str | None) -> AsyncIterator[EventStore]:
        async with AsyncExitStack() as stack:
            if event_store_url is None:
                url, prefix = (await stack.enter_async_context(EsdbDouble())).url, ""
            else:
                # A real one keeps what the test before wrote.
                url, prefix = event_store_url, f"test-{uuid4().hex}."
            yield await stack.enter_async_context(store_at(url, pool, prefix=prefix))


class TestAppending:
    @pytest.mark.parametrize(
        "faults",
        [
            [Fault.DROPPED_BEFORE],
            [Fault.DROPPED_AFTER],
            [Fault.TIMEOUT_AFTER],
            [Fault.BUSY, Fault.BUSY],
            [Fault.SILENT_AFTER],
            [Fault.DROPPED_AFTER, Fault.TIMEOUT_AFTER, Fault.BUSY, Fault.DROPPED_BEFORE],
        ],
        ids=lambda faults: ", ".join(fault.name for fault in faults),
    )
    async def test_what_got_no_answer_is_recorded_once(
        self, server: EsdbDouble, pool: Pool, faults: list[Fault]
    ) -> None:
        async with connected(server.url) as client:
            store = EsdbStore(client, pool, call_seconds=0.3)
            await store.migrate()
            server.next_appends(*faults)
            assert await store.append(append("trip-1", 0, event(), event())) == Appended(2)
            assert [found.version for found in await store.read("trip-1")] == [1, 2]

    async def test_who_gave_up_may_come_again(self, server: EsdbDouble, pool: Pool) -> None:
        twice = append("trip-1")
        async with store_at(server.url, pool, patience=0.0) as store:
            server.next_appends(Fault.TIMEOUT_AFTER)
            with pytest.raises(StoreAway, match="AppendDeadlineExceeded"):
                await store.append(twice)
            assert await store.append(twice) == Appended(1, repeated=True)

    async def test_a_lost_answer_does_not_hide_who_wrote_behind_it(
        self, server: EsdbDouble, store: EsdbStore, pool: Pool
    ) -> None:
        late = append("trip-1")
        async with store_at(server.url, pool, patience=0.0) as first:
            server.next_appends(Fault.TIMEOUT_AFTER)
            with pytest.raises(StoreAway):
                await first.append(late)
        assert await store.append(append("trip-1", 1)) == Appended(2)
        assert await store.append(late) == Appended(1, repeated=True)

    async def test_the_first_part_of_an_append_is_a_repetition(self, store: EsdbStore) -> None:
        one, other = event(), event()
        await store.append(append("trip-1", 0, one, other))
        assert await store.append(append("trip-1", 0, one)) == Appended(1, repeated=True)
        assert await store.append(append("trip-1", 0, other)) == Conflict(0, 2)

    async def test_an_append_that_lost_comes_again_behind_the_winner(
        self, store: EsdbStore
    ) -> None:
        loser = append("trip-1")
        await store.append(append("trip-1"))
        assert await store.append(loser) == Conflict(0, 1)
        assert await store.append(replace(loser, expected_version=1)) == Appended(2)

    async def test_a_server_would_take_an_event_twice_and_the_store_does_not(
        self, store: EsdbStore
    ) -> None:
        twice = event()
        await store.append(append("trip-1", 0, twice))
        assert await store.append(append("trip-1", 1, twice)) == EventIdTaken()
        again = ClientEvent("test.happened", b"", id=twice.event_id)
        await store.client.append_to_stream("trip-1", events=[again], current_version=0)
        found = await store.client.get_stream("trip-1")
        assert [one.id for one in found] == [twice.event_id] * 2

    async def test_an_id_stays_with_the_stream_where_it_was_tried(self, store: EsdbStore) -> None:
        tried = event()
        assert await store.append(append("trip-1", 1, tried)) == Conflict(1, 0)
        assert await store.append(append("trip-2", 0, tried)) == EventIdTaken()
        assert await store.append(append("trip-1", 0, tried)) == Appended(1)

    async def test_no_verdict_follows_from_what_the_server_does_not_show_yet(
        self, server: EsdbDouble, store: EsdbStore
    ) -> None:
        server.log.hold()
        first = asyncio.create_task(store.append(append("trip-1")))
        while server.appends < 2:
            await asyncio.sleep(0.01)
        second = asyncio.create_task(store.append(append("trip-1")))
        await asyncio.sleep(0.3)
        assert not second.done()
        server.log.release()
        assert (await first, await second) == (Appended(1), Conflict(0, 1))

    async def test_what_a_leader_refused_before_it_lost_the_winner_is_recorded(
        self, server: EsdbDouble, store: EsdbStore
    ) -> None:
        server.log.hold()
        server.log.append("trip-1", NO_STREAM, [Proposed(uuid4(), "test.happened")])
        ours = asyncio.create_task(store.append(append("trip-1")))
        while server.appends < 2:
            await asyncio.sleep(0.01)
        server.log.lose()
        assert await ours == Appended(1)

    async def test_one_id_twice_in_an_append_is_refused(self, store: EsdbStore) -> None:
        twice = event()
        assert await store.append(append("trip-1", 0, twice, twice)) == EventIdTaken()
        assert await store.read("trip-1") == []

    async def test_two_processes_record_the_same_append_once(
        self, server: EsdbDouble, store: EsdbStore, pool: Pool
    ) -> None:
        async with store_at(server.url, pool) as other:
            for version in range(10):
                twice = append("trip-1", version)
                verdicts = await asyncio.gather(store.append(twice), other.append(twice))
                assert set(verdicts) == {
                    Appended(version + 1),
                    Appended(version + 1, repeated=True),
                }
        assert len(await store.read("trip-1")) == 10

    async def test_two_processes_never_share_a_version(
        self, server: EsdbDouble, store: EsdbStore, pool: Pool
    ) -> None:
        async def write(through: EsdbStore) -> int:
            won = 0
            for version in range(15):
                won += await through.append(append("trip-1", version)) == Appended(version + 1)
            return won

        async with store_at(server.url, pool) as other:
            won = await asyncio.gather(write(store), write(other))
        recorded = await store.read("trip-1")
        assert [found.version for found in recorded] == list(range(1, sum(won) + 1))

    async def test_a_note_never_goes_back_to_a_place_that_was_lost(
        self, server: EsdbDouble, store: EsdbStore, pool: Pool
    ) -> None:
        late = append("trip-1")
        await store.append(append("trip-1"))
        await store.append(late)
        async with connected(server.url) as client:
            slow = EsdbStore(client, pool)
            slow._ids = Slow(pool)
            behind_one = asyncio.create_task(slow.append(replace(late, expected_version=1)))
            await slow._ids.moving.wait()
            await store.append(append("trip-1", 1))
            assert await store.append(replace(late, expected_version=2)) == Appended(3)
            slow._ids.go_on.set()
            assert await behind_one == Conflict(1, 3)
        [found] = await store.find([late.events[0].event_id])
        assert found.version == 3

    async def test_names_count_for_the_size_as_they_do_on_the_server(
        self, server: EsdbDouble, store: EsdbStore
    ) -> None:
        many = [replace(event(), type="test." + "x" * 995) for _ in range(600)]
        with pytest.raises(EventTooLarge):
            await store.append(append("trip-1", 0, *many))
        assert await store.append(append("trip-1", 0, *many[:450])) == Appended(450)

    @pytest.mark.parametrize(("spare", "taken"), [(0, True), (-1, False)])
    async def test_an_append_is_as_large_as_the_oldest_server_takes(
        self, server: EsdbDouble, store: EsdbStore, spare: int, taken: bool
    ) -> None:
        around = b'{"meta":{"actor":"ada"},"occurred_at":"2020-05-01T12:00:00+00:00"}'
        half = MAX_APPEND_BYTES // 2 - len(around) - 2 * len("test.happened")
        halves = event(data=b"x" * half), event(data=b"x" * (half - spare))
        before = server.appends
        if taken:
            assert await store.append(append("trip-1", 0, *halves)) == Appended(2)
            return
        with pytest.raises(EventTooLarge, match=str(MAX_APPEND_BYTES + 1)):
            await store.append(append("trip-1", 0, *halves))
        assert server.appends == before

    async def test_everybody_who_waits_for_facts_is_told(
        self, server: EsdbDouble, pool: Pool
    ) -> None:
        rung: list[str] = []
        async with connected(server.url) as client:
            store = EsdbStore(client, pool, on_append=lambda: rung.append("rung"))
            await store.migrate()
            await store.append(append("trip-1"))
            await store.append(append("trip-1"))
        assert rung == ["rung"]


class TestStreamsThatAreGone:
    async def test_a_deleted_stream_is_not_begun_anew(
        self, store: EsdbStore, server: EsdbDouble
    ) -> None:
        await store.append(append("trip-1"))
        server.log.delete("trip-1")
        before = len(server.log.records)
        with pytest.raises(StreamGone, match="trip-1 was deleted or truncated"):
            await store.append(append("trip-1"))
        assert len(server.log.records) == before

    async def test_nor_by_an_append_that_was_tried_before(
        self, store: EsdbStore, server: EsdbDouble
    ) -> None:
        loser = append("trip-1")
        await store.append(append("trip-1"))
        assert await store.append(loser) == Conflict(0, 1)
        server.log.delete("trip-1")
        before = len(server.log.records)
        with pytest.raises(StreamGone, match="trip-1 was deleted or truncated"):
            await store.append(loser)
        assert len(server.log.records) == before

    @pytest.mark.parametrize("ending", [{"$maxAge": 1}, {"$maxCount": 1}])
    async def test_a_stream_whose_events_expire_is_not_begun(
        self, store: EsdbStore, server: EsdbDouble, ending: dict[str, int]
    ) -> None:
        server.log.set_metadata("trip-1", ending)
        with pytest.raises(StreamGone, match="trip-1 was deleted or truncated"):
            await store.append(append("trip-1"))

    async def test_a_truncated_stream_is_not_read_as_if_it_were_whole(
        self, store: EsdbStore, server: EsdbDouble
    ) -> None:
        await store.append(append("trip-1", 0, event(), event()))
        server.log.set_metadata("trip-1", {"$tb": 1})
        with pytest.raises(StreamGone, match="version 1 of trip-1 is missing"):
            await store.read("trip-1")
        assert [one.version for one in await store.read("trip-1", after_version=1)] == [2]

    async def test_a_tombstoned_stream_is_neither_read_nor_written(
        self, store: EsdbStore, server: EsdbDouble
    ) -> None:
        await store.append(append("trip-1"))
        server.log.tombstone("trip-1")
        with pytest.raises(StreamGone, match="trip-1 was deleted for good"):
            await store.read("trip-1")
        with pytest.raises(StreamGone, match="trip-1 was deleted for good"):
            await store.append(append("trip-1", 1))


class TestTheCluster:
    async def test_it_has_one_identity_for_everybody(
        self, server: EsdbDouble, store: EsdbStore, pool: Pool
    ) -> None:
        async with store_at(server.url, pool) as other:
            assert await other.cluster() == await store.cluster()

    async def test_the_tables_beside_it_serve_no_other(self, store: EsdbStore, pool: Pool) -> None:
        async with EsdbDouble() as another:
            with pytest.raises(AnotherCluster, match=str(await store.cluster())):
                async with store_at(another.url, pool):
                    pass

    async def test_a_position_of_another_log_is_refused(self, store: EsdbStore) -> None:
        with pytest.raises(AnotherCluster, match="no position 999999"):
            await store.read_all(Position(999999, 999999), 10)

    async def test_an_append_follows_the_leader(self, pool: Pool) -> None:
        log = Log()
        async with EsdbDouble(log) as one, EsdbDouble(log, leader=one) as two:
            url = f"esdb://127.0.0.1:{two.port},127.0.0.1:{one.port}?tls=false"
            async with store_at(url, pool) as store:
                assert await store.append(append("trip-1")) == Appended(1)
                one.leader, two.leader = two, None
                assert await store.append(append("trip-1", 1)) == Appended(2)
                assert two.appends == 1

    async def test_a_read_follows_the_leader(self, pool: Pool) -> None:
        log = Log()
        async with EsdbDouble(log) as one, EsdbDouble(log, leader=one) as two:
            url = f"esdb://127.0.0.1:{two.port},127.0.0.1:{one.port}?tls=false"
            async with store_at(url, pool, patience=1.0) as store:
                await store.append(append("trip-1"))
                one.leader, two.leader = two, None
                assert len(await store.read_all(BEGINNING, 10)) == 1
                one.leader, two.leader = None, one
                assert len(await store.read("trip-1")) == 1

    async def test_a_server_that_starts_again_is_waited_for(
        self, server: EsdbDouble, store: EsdbStore
    ) -> None:
        await server.stop()
        writing = asyncio.create_task(store.append(append("trip-1")))
        reading = asyncio.create_task(store.read("trip-2"))
        await asyncio.sleep(0.05)
        await server.start()
        assert (await writing, await reading) == (Appended(1), [])


class TestADatabaseThatWasRestored:
    async def test_it_learns_what_the_log_has(self, store: EsdbStore, pool: Pool) -> None:
        once = append("trip-1", 0, event(), event())
        await store.append(once)
        moved = append("trip-2")
        await store.append(append("trip-2"))
        await store.append(moved)
        await store.append(replace(moved, expected_version=1))
        ids = [one.event_id for one in (*once.events, *moved.events)]
        await forget(pool, ids[:2])
        async with pool.connection() as connection:
            await connection.execute(
                "update beside.event_id set version = 1 where event_id = %s", (ids[2],)
            )
        assert await store.find(ids) == []
        await store.migrate()
        assert {one.event_id for one in await store.find(ids)} == set(ids)
        assert await store.streams("", 9) == ["trip-1", "trip-2"]
        again = append("trip-1", 2, once.events[0])
        assert await store.append(again) == EventIdTaken()

    async def test_it_reads_what_lies_behind_the_relay(
        self, server: EsdbDouble, store: EsdbStore, pool: Pool
    ) -> None:
        for version in range(50):
            await store.append(append("trip-1", version))
        position = (await store.read("trip-1"))[-1].position
        async with pool.connection() as connection:
            await connection.execute(
                "insert into es.checkpoint (relay, store, xid, position)"
                " values ('missions', %s, %s::text::xid8, %s)",
                (await store.identity(), str(position.xid), position.number),
            )
        before = server.looked
        await store.migrate()
        assert server.looked - before < 10


async def forget(pool: Pool, event_ids: Sequence[UUID]) -> None:
    """Let the database know nothing of these ids, as before they were tried."""
    async with pool.connection() as connection:
        await connection.execute(
            "delete from beside.event_id where event_id = any(%s)", (list(event_ids),)
        )


class TestWhatASettingGetsWrong:
    async def test_what_the_client_does_not_know_is_said_without_the_password(self) -> None:
        with pytest.raises(BadAddress, match="Unknown field in connection query string: LEADER"):
            async with connected("esdb://ada:secret@log?leader=true"):
                pass
        with pytest.raises(BadAddress, match="required") as refused:
            async with connected("esdb://:secret@log"):
                pass
        assert "secret" not in str(refused.value)

    @pytest.mark.parametrize(
        "code", [grpc.StatusCode.UNAUTHENTICATED, grpc.StatusCode.PERMISSION_DENIED]
    )
    async def test_a_user_whom_the_server_refuses_is_said_at_start(
        self, server: EsdbDouble, pool: Pool, code: grpc.StatusCode
    ) -> None:
        server.break_reads(after=0, code=code, details="Access Denied")
        with pytest.raises(NotAllowed, match="the user in RELAIS_STORES has to be known there"):
            async with store_at(server.url, pool):
                pass


class TestReading:
    async def test_a_read_that_breaks_in_the_middle_is_whole(
        self, server: EsdbDouble, store: EsdbStore
    ) -> None:
        await store.append(append("trip-1", 0, event(), event(), event()))
        server.break_reads(after=2, times=2)
        assert [one.version for one in await store.read("trip-1")] == [1, 2, 3]
        server.break_reads(after=1, times=2)
        assert len(await store.read_all(BEGINNING, 10)) == 3

    async def test_a_long_stream_is_whole_though_no_read_of_all_of_it_ends(
        self, server: EsdbDouble, pool: Pool
    ) -> None:
        async with store_at(server.url, pool, patience=0.5) as store:
            for version in (0, 1_000, 2_000):
                await store.append(append("trip-1", version, *[event() for _ in range(1_000)]))
            server.break_reads(after=1_500, times=100)
            assert len(await store.read("trip-1")) == 3_000
            found = await store.read("trip-1", after_version=1, to_version=2_001)
            assert [found[0].version, found[-1].version, len(found)] == [2, 2_001, 2_000]

    async def test_what_is_no_fact_of_ours_is_passed_over(self, store: EsdbStore) -> None:
        for stream, type in [("$ce-trip", "$>"), ("$stats", "stats"), ("trips", "$>")]:
            await add(store.client, stream, type)
        for _ in range(4):
            await add(store.client, "trips", "$>")
        await store.append(append("trip-1"))
        found = await store.read_all(BEGINNING, 2)
        assert versions_by_stream(found) == {"trip-1": [1]}
        assert await store.read_all(found[0].position, 2) == []

    async def test_what_others_recorded_is_looked_through_once(
        self, server: EsdbDouble, store: EsdbStore
    ) -> None:
        await store.append(append("trip-1"))
        for _ in range(300):
            server.log.append("$stats", ANY, [Proposed(uuid4(), "stats")])
        [found] = await store.read_all(BEGINNING, 9)
        for _ in range(2):
            assert await store.read_all(found.position, 9) == []
        before = server.looked
        assert await store.read_all(found.position, 9) == []
        assert server.looked - before < 10
        await store.append(append("trip-1", 1))
        assert versions_by_stream(await store.read_all(found.position, 9)) == {"trip-1": [2]}

    async def test_the_end_of_a_read_that_began_before_is_no_place_to_go_on_from(
        self, server: EsdbDouble, store: EsdbStore
    ) -> None:
        await store.append(append("trip-1"))
        [found] = await store.read_all(BEGINNING, 9)
        late = Late(store.client, store.pool)
        slow = asyncio.create_task(late.read_all(found.position, 9))
        await late.looking.wait()
        await store.append(append("trip-1", 1))
        late._ends = {found.position: (await store.read("trip-1"))[-1].position}
        late.go_on.set()
        assert await slow == []
        assert len(await late.read_all(found.position, 9)) == 1

    async def test_an_installation_may_be_called_as_a_service_of_another(
        self, server: EsdbDouble, pool: Pool, new_database: Callable[[], str]
    ) -> None:
        async with (
            pool_of(new_database()) as other_pool,
            store_at(server.url, pool, prefix="missions.") as missions,
            store_at(server.url, other_pool, prefix="missions.papers.") as papers,
        ):
            await papers.append(append("paper-1"))
            assert await missions.read_all(BEGINNING, 9) == []
            assert len(await papers.read_all(BEGINNING, 9)) == 1

    async def test_stores_with_prefixes_share_a_cluster(
        self, server: EsdbDouble, pool: Pool, new_database: Callable[[], str]
    ) -> None:
        async with (
            pool_of(new_database()) as other_pool,
            store_at(server.url, pool, prefix="missions.") as missions,
            store_at(server.url, other_pool, prefix="papers.") as papers,
        ):
            for store in (missions, papers):
                await store.append(append("trip-1"))
            [mine], [theirs] = await missions.read_all(BEGINNING, 9), await papers.read("trip-1")
            assert (mine.stream, theirs.stream) == ("trip-1", "trip-1")
            assert mine.event_id != theirs.event_id
            assert await missions.cluster() != await papers.cluster()

    async def test_a_clock_set_back_leaves_no_hole(
        self, server: EsdbDouble, store: EsdbStore
    ) -> None:
        await store.append(append("trip-1", 0, event(), event(), event()))
        first, second, third = await store.read("trip-1")
        late = server.log.places[second.position.xid]
        record = server.log.records[late]
        server.log.replace(replace(record, created=record.created + 36_000_000_000))
        [known] = await store.read("trip-1", to_time=third.recorded_at + timedelta(seconds=1))
        assert known == first


class TestFollowing:
    @pytest.mark.parametrize(
        ("code", "details"),
        [
            (grpc.StatusCode.UNAVAILABLE, "Socket closed"),
            (grpc.StatusCode.ABORTED, "Consumer too slow"),
            (grpc.StatusCode.DEADLINE_EXCEEDED, "Deadline Exceeded"),
            (grpc.StatusCode.NOT_FOUND, "Leader info available"),
            (grpc.StatusCode.UNKNOWN, "Exception was thrown by handler."),
        ],
        ids=lambda value: value if isinstance(value, str) else None,
    )
    async def test_it_goes_on_where_a_connection_broke(
        self, server: EsdbDouble, store: EsdbStore, code: grpc.StatusCode, details: str
    ) -> None:
        for version in range(6):
            await store.append(append("trip-1", version))
        server.break_reads(after=3, times=2, code=code, details=details)
        assert versions_by_stream(await followed(store, 6)) == {"trip-1": [1, 2, 3, 4, 5, 6]}

    async def test_it_outlives_the_server(self, server: EsdbDouble, store: EsdbStore) -> None:
        following = asyncio.create_task(followed(store, 4))
        for version in range(4):
            if version == 2:
                await server.stop()
                await server.start()
            await store.append(append("trip-1", version))
        assert versions_by_stream(await following) == {"trip-1": [1, 2, 3, 4]}

    async def test_it_begins_behind_a_position(self, store: EsdbStore) -> None:
        await store.append(append("trip-1", 0, event(), event()))
        [first, _] = await store.read("trip-1")
        assert versions_by_stream(await followed(store, 1, first.position)) == {"trip-1": [2]}

    async def test_it_does_not_tell_the_position_of_what_just_came(
        self, server: EsdbDouble, store: EsdbStore
    ) -> None:
        window = DEFAULT_WINDOW_SIZE * DEFAULT_CHECKPOINT_INTERVAL_MULTIPLIER
        while len(server.log.records) < window - 1:
            server.log.append("$stats", ANY, [Proposed(uuid4(), "stats")])
        await store.append(append("trip-1"))
        await store.append(append("trip-1", 1))
        async with asyncio.timeout(LATE_SECONDS), aclosing(store.follow()) as items:
            found = [await anext(items), await anext(items)]
        assert [isinstance(one, RecordedEvent) for one in found] == [True, True]

    async def test_it_tells_how_far_it_came_past_what_is_no_fact(self, store: EsdbStore) -> None:
        await store.append(append("trip-1"))
        for _ in range(200):
            await add(store.client, "$stats", "stats")
        async with asyncio.timeout(LATE_SECONDS), aclosing(store.follow()) as items:
            first = await anext(items)
            position = await anext(items)
        assert isinstance(first, RecordedEvent)
        assert isinstance(position, Position)
        assert position > first.position
        await store.append(append("trip-1", 1))
        assert versions_by_stream(await followed(store, 1, position)) == {"trip-1": [2]}


async def followed(
    store: EsdbStore, count: int, after: Position = BEGINNING
) -> list[RecordedEvent]:
    """The first events that a follower sees; fails when they do not come."""
    found: list[RecordedEvent] = []
    async with asyncio.timeout(LATE_SECONDS), aclosing(store.follow(after)) as items:
        async for one in items:
            found += [one] if isinstance(one, RecordedEvent) else []
            if len(found) == count:
                break
    return found
