"""After any crash the topics hold every event of the store, in the order of the store."""

import asyncio
import random
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID, uuid4

import psycopg
import pytest
import pytest_asyncio
from aiokafka import AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.partitioner import murmur2 as of_aiokafka
from hypothesis import given
from hypothesis import strategies as st

from contracts import amendments
from contracts.missions import driver_v1, trip_v1
from contracts.runtime import Contract
from infra import installation
from infra.cloudevents import envelope
from infra.consumers.records import Record
from infra.database import open_pool
from infra.identity import name_of
from infra.locks import Lock
from infra.record_batches import Batch
from infra.relay import BATCH_BYTES, Deposed, Relay, murmur2, partition_of
from infra.signals import Signal
from infra.stack.apache import ApacheBroker
from infra.stack.broker import Broker
from infra.stack.choice import LIBRARIES
from infra.store import Append, Appended, NewEvent, RecordedEvent
from infra.store.postgres import PostgresStore
from infra.store.protocol import BEGINNING, MAX_EVENT_BYTES
from infra.supervisor import Halt, supervise
from infra.testing.brokers import emptied, refilled
from infra.testing.eventually import eventually
from infra.testing.records import header, records_of, versions
from infra.topics import create_topics, partitions_of

CONTRACTS: tuple[Contract[trip_v1.TripEvent] | Contract[driver_v1.DriverEvent], ...] = (
    trip_v1.contract,
    driver_v1.contract,
)
TOPICS = [contract.topic for contract in CONTRACTS]
PUBLISHED = trip_v1.contract.types[0].type
HAPPENED = datetime(2026, 3, 1, 8, 30, tzinfo=UTC)
META = {
    "correlation": "journey-1",
    "causation": "request-1",
    "actor": "user:7",
    "organisation": "atlas",
    "traceparent": "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
}


@dataclass
class Desk:
    """A store with its relays and their broker."""

    broker: Broker
    url: str
    elsewhere: str
    store: PostgresStore
    signal: Signal
    _versions: dict[str, int] = field(default_factory=dict)

    def relay(self, lock: str = "") -> Relay:
        """A relay; with the URL of another database for its lock it always thinks it leads."""
        return Relay(
            "missions",
            self.store,
            CONTRACTS,
            bootstrap=self.broker.bootstrap,
            conninfo=lock or self.url,
            signal=self.signal,
        )

    async def record(
        self, stream: str, count: int = 1, *, type: str = PUBLISHED, data: bytes = b"fact"
    ) -> None:
        """Record `count` events one after the other."""
        for _ in range(count):
            event = NewEvent(uuid4(), type, data, META, HAPPENED)
            version = self._versions.get(stream, 0)
            assert await self.store.append(Append(stream, version, [event])) == Appended(
                version + 1
            )
            self._versions[stream] = version + 1

    async def history(self, writers: int, appends: int) -> None:
        """Writers that record in streams of their own, all at the same time."""
        await asyncio.gather(*(self.record(f"trip-T{n}", appends) for n in range(writers)))

    async def stored(self) -> list[RecordedEvent]:
        """Everything in the store, in its order."""
        return await self.store.read_all(BEGINNING, 1_000_000)

    async def records(self) -> list[Record]:
        """Everything in the topics."""
        return await records_of(self.broker.bootstrap, TOPICS)

    async def holds_everything(self) -> list[Record]:
        """The records, once they are all the store's events, in its order within a timeline."""
        records, stored = await self.records(), await self.stored()
        order = {event.event_id: n for n, event in enumerate(stored)}
        found = first_occurrences(records)
        assert {order[id] for ids in found for id in ids} == set(range(len(stored)))
        assert all(ids == sorted(ids, key=order.__getitem__) for ids in found)
        return records

    async def holds_everything_once(self) -> list[Record]:
        """The records, once they are the store's events and nothing else."""
        records = await self.holds_everything()
        assert len(records) == len(await self.stored())
        return records

    async def execute(self, statement: str, url: str = "") -> None:
        async with await psycopg.AsyncConnection.connect(url or self.url, autocommit=True) as c:
            await c.execute(statement.encode())


def first_occurrences(records: Sequence[Record]) -> list[list[UUID]]:
    """The event ids of each partition and timeline, repetitions left out."""
    found: dict[tuple[str, int, int], dict[UUID, None]] = {}
    for record in records:
        told = envelope(record.headers)
        ids = found.setdefault((record.topic, record.partition, told.timeline), {})
        ids[told.event_id] = None
    return [list(ids) for ids in found.values()]


@pytest_asyncio.fixture
async def desk(broker: Broker, new_database: Callable[[], str]) -> AsyncIterator[Desk]:
    await emptied(broker)
    url = new_database()
    pool = await open_pool(url, 8, "missions")
    signal = Signal("appended_missions", pool)
    store = PostgresStore(pool, on_append=signal.notify)
    await store.migrate()
    yield Desk(broker, url, new_database(), store, signal)
    await pool.close()


@asynccontextmanager
async def publishing(*relays: Relay) -> AsyncIterator[None]:
    """These relays at work, supervised, stopped in order at the end."""
    tasks = [asyncio.create_task(supervise("relay", r.run, r.progress)) for r in relays]
    try:
        yield
    finally:
        for relay in relays:
            relay.stop()
        await asyncio.gather(*tasks)


async def crash(running: "asyncio.Task[None]") -> None:
    """End it wherever it is. A client may swallow a cancellation, so it is said again."""
    while not running.done():
        running.cancel()
        await asyncio.wait([running], timeout=1)
    await asyncio.gather(running, return_exceptions=True)


async def halted(relay: Relay) -> str:
    """Why the relay refuses to go on."""
    with pytest.raises(Halt) as why:
        await asyncio.wait_for(relay.run(), 15)
    return str(why.value)


FREEZE = """
create function refuse() returns trigger language plpgsql as $$
begin raise exception 'no'; end $$;
create trigger frozen before update of xid on es.checkpoint for each row execute function refuse();
"""
THAW = "drop function refuse() cascade"


class TestPartitions:
    @given(key=st.text(max_size=50))
    def test_a_key_goes_where_every_client_would_put_it(self, key: str) -> None:
        assert murmur2(key.encode()) == of_aiokafka(key.encode())
        assert 0 <= partition_of(key, 12) < 12


class TestPublishing:
    async def test_an_event_carries_all_that_a_cloud_event_needs(self, desk: Desk) -> None:
        await desk.record("trip-T1", data=b"bare protobuf")
        async with publishing(desk.relay()):
            [record] = await eventually(desk.holds_everything_once)
        [event] = await desk.stored()
        assert (record.topic, record.key, record.value) == (TOPICS[0], b"T1", b"bare protobuf")
        assert {name: value.decode() for name, value in record.headers} == {
            "ce_specversion": "1.0",
            "ce_id": str(event.event_id),
            "ce_source": "/relais/missions",
            "ce_type": PUBLISHED,
            "ce_subject": "T1",
            "ce_time": HAPPENED.isoformat(),
            "ce_recordedtime": event.recorded_at.astimezone(UTC).isoformat(),
            "ce_sequence": "1",
            "ce_partitionkey": "T1",
            "ce_timeline": "0",
            "ce_dataschema": "urn:relais:schema:relais.missions.trip.v1.TripPublished",
            "ce_correlationid": "journey-1",
            "ce_causationid": "request-1",
            "ce_actor": "user:7",
            "ce_organisation": "atlas",
            "content-type": "application/protobuf",
            "traceparent": META["traceparent"],
        }

    async def test_an_event_names_the_installation_that_recorded_it(self, desk: Desk) -> None:
        await installation.migrate(desk.store.pool)
        identity = uuid4()
        async with desk.store.pool.connection() as connection:
            await connection.execute(
                "insert into relais.installation (part, id) values ('missions', %s)", (identity,)
            )
        await desk.record("trip-T1")
        async with publishing(desk.relay()):
            [record] = await eventually(desk.holds_everything_once)
        assert header(record, "ce_installation") == name_of(identity)

    async def test_an_event_newer_than_the_relay_names_no_schema(self, desk: Desk) -> None:
        await desk.record("trip-T1", type="relais.missions.trip.v1.towed")
        async with publishing(desk.relay()):
            [record] = await eventually(desk.holds_everything_once)
        assert header(record, "ce_type") == "relais.missions.trip.v1.towed"
        assert "ce_dataschema" not in dict(record.headers)

    async def test_an_amendment_goes_where_its_event_went_and_names_its_schema(
        self, desk: Desk
    ) -> None:
        await desk.record("trip-T1")
        await desk.record("trip-T1", type=amendments.TYPE)
        async with publishing(desk.relay()):
            first, second = await eventually(desk.holds_everything_once)
        assert (second.partition, second.key) == (first.partition, b"T1")
        assert header(second, "ce_dataschema") == "urn:relais:schema:relais.common.v1.EventAmended"

    async def test_a_topic_that_is_filled_again_has_nothing_of_what_was_redacted(
        self, desk: Desk
    ) -> None:
        await desk.record("trip-T1", data=b"a phone number")
        by = NewEvent(uuid4(), amendments.TYPE, b"why", META, HAPPENED)
        await desk.store.erase(Append("trip-T1", 1, [by]), {1: (PUBLISHED, b"")})
        async with publishing(desk.relay()):
            first, _ = await eventually(desk.holds_everything_once)
        assert (first.value, header(first, "ce_redactedby")) == (b"", str(by.event_id))

    async def test_a_hundred_events_take_a_third_of_their_bytes(self, desk: Desk) -> None:
        await desk.record("trip-T1", 100)
        async with desk.relay()._session() as session:
            batch = Batch(BATCH_BYTES)
            for event in await desk.store.outgoing(BEGINNING, 100):
                assert session._add(batch, event)
            plain = sum(map(len, batch._parts))
        assert batch.record_count() == 100
        assert 3 * len(batch._build()) < plain

    async def test_each_aggregate_has_its_own_topic(self, desk: Desk) -> None:
        await desk.record("trip-1")
        await desk.record("driver-1", type=driver_v1.contract.types[0].type)
        async with publishing(desk.relay()):
            records = await eventually(desk.holds_everything_once)
        assert {r.stream for r in records} == {"missions.trip/1", "missions.driver/1"}

    async def test_an_id_may_contain_the_separator(self, desk: Desk) -> None:
        await desk.record("trip-a-b-c")
        async with publishing(desk.relay()):
            [record] = await eventually(desk.holds_everything_once)
        assert record.key == b"a-b-c"

    async def test_order_and_completeness_hold_under_many_writers(self, desk: Desk) -> None:
        async with publishing(desk.relay()):
            await desk.history(writers=64, appends=30)
            records = await eventually(desk.holds_everything_once)
        assert all(found == list(range(1, 31)) for found in versions(records).values())

    async def test_the_largest_event_is_published(self, desk: Desk) -> None:
        await desk.record("trip-T1", 3, data=random.randbytes(MAX_EVENT_BYTES))
        async with publishing(desk.relay()):
            await eventually(desk.holds_everything_once)

    async def test_an_event_type_of_a_newer_release_is_published_all_the_same(
        self, desk: Desk
    ) -> None:
        await desk.record("trip-T1", type="org.relais.missions.trip.v1.invented")
        async with publishing(desk.relay()):
            [record] = await eventually(desk.holds_everything_once)
        assert header(record, "ce_type") == "org.relais.missions.trip.v1.invented"

    async def test_an_aggregate_of_a_newer_release_stops_the_relay(self, desk: Desk) -> None:
        await desk.record("ghost-1")
        assert "ghost-1 is of no aggregate that this release" in await halted(desk.relay())

    async def test_a_nudge_of_another_process_is_heard(self, desk: Desk) -> None:
        async with publishing(relay := desk.relay()):
            await relay.leading.wait()
            await desk.record("trip-T1")
            await eventually(desk.holds_everything_once)


class TestCrashes:
    async def test_a_stop_and_a_start_repeat_nothing(self, desk: Desk) -> None:
        for _ in range(3):
            async with publishing(desk.relay()):
                await desk.history(writers=5, appends=4)
                await eventually(desk.holds_everything_once)

    async def test_a_crash_before_the_checkpoint_moved_repeats_nothing(self, desk: Desk) -> None:
        async with publishing(desk.relay()):
            await desk.history(writers=10, appends=2)
            await eventually(desk.holds_everything_once)
        await desk.execute(FREEZE)
        async with publishing(desk.relay()):
            await desk.history(writers=20, appends=5)
            await eventually(desk.holds_everything_once)
        await desk.execute(THAW)
        await desk.record("trip-T1")
        async with publishing(desk.relay()):
            await eventually(desk.holds_everything_once)

    async def test_crashes_at_random_moments_lose_and_reorder_nothing(self, desk: Desk) -> None:
        # What was on its way at a crash may arrive after the next leader looked, and so twice.
        dice = random.Random(7)
        writing = asyncio.create_task(desk.history(writers=40, appends=40))
        while not writing.done():
            running = asyncio.create_task(desk.relay().run())
            await asyncio.wait([running, writing], timeout=dice.uniform(0.01, 0.3))
            await crash(running)
        await writing
        async with publishing(desk.relay()):
            await eventually(desk.holds_everything)

    async def test_lost_database_connections_repeat_nothing(self, desk: Desk) -> None:
        writing = asyncio.create_task(desk.history(writers=20, appends=50))
        async with publishing(desk.relay()):
            while not writing.done():
                await desk.execute(
                    "select pg_terminate_backend(pid) from pg_locks"
                    f" where locktype = 'advisory' and classid = {Lock.RELAY}"
                )
                await asyncio.wait([writing], timeout=0.2)
            await writing
            await eventually(desk.holds_everything_once)


class TestLeading:
    async def test_one_relay_leads_and_another_takes_over(self, desk: Desk) -> None:
        first, second = desk.relay(), desk.relay()
        leader = asyncio.create_task(first.run())
        await first.leading.wait()
        async with publishing(second):
            await desk.history(writers=5, appends=5)
            await eventually(desk.holds_everything_once)
            assert not second.leading.is_set()
            await desk.execute(
                "select pg_terminate_backend(pid) from pg_locks"
                f" where locktype = 'advisory' and classid = {Lock.RELAY}"
            )
            with pytest.raises(psycopg.OperationalError):
                await leader
            await asyncio.wait_for(second.leading.wait(), 10)
            await desk.history(writers=5, appends=5)
            await eventually(desk.holds_everything_once)

    async def test_a_deposed_relay_cannot_move_the_checkpoint(self, desk: Desk) -> None:
        deposed, leader = desk.relay(), desk.relay(desk.elsewhere)
        still_sending = asyncio.create_task(deposed.run())
        await deposed.leading.wait()
        async with publishing(leader):
            await leader.leading.wait()
            await desk.record("trip-T1")
            with pytest.raises(Deposed):
                await asyncio.wait_for(still_sending, 10)
            await eventually(desk.holds_everything)

    async def test_two_that_think_they_lead_lose_nothing(self, desk: Desk) -> None:
        async with publishing(desk.relay(), desk.relay(desk.elsewhere)):
            await desk.history(writers=20, appends=40)
            await eventually(desk.holds_everything)
        async with publishing(desk.relay()):
            await desk.record("trip-T1")
            await eventually(desk.holds_everything)


class TestBrokenBroker:
    async def test_an_unreachable_broker_delays_and_loses_nothing(self, desk: Desk) -> None:
        async with publishing(desk.relay()):
            await desk.history(writers=5, appends=2)
            await eventually(desk.holds_everything_once)
            await desk.broker.stop()
            await desk.history(writers=5, appends=2)
            await desk.broker.start()
            await eventually(desk.holds_everything_once)

    async def test_a_broker_that_is_away_at_the_start_is_waited_for(self, desk: Desk) -> None:
        await desk.history(writers=5, appends=2)
        await desk.broker.stop()
        async with publishing(desk.relay()):
            await asyncio.sleep(0.3)
            await desk.broker.start()
            await eventually(desk.holds_everything_once)

    async def test_a_broker_that_comes_back_empty_is_filled_again(self, desk: Desk) -> None:
        async with publishing(desk.relay()):
            await desk.history(writers=20, appends=3)
            await eventually(desk.holds_everything_once)
            await desk.broker.wipe()
            await desk.record("trip-T1")
            records = await eventually(desk.holds_everything)
        assert {int(header(record, "ce_timeline")) for record in records} == {1}

    async def test_a_broker_emptied_between_two_sends_is_filled_again(self, desk: Desk) -> None:
        async with publishing(desk.relay()):
            for _ in range(3):
                writing = asyncio.create_task(desk.history(writers=20, appends=20))
                await asyncio.wait([writing], timeout=0.1)
                await desk.broker.wipe()
                await writing
            await eventually(desk.holds_everything)

    async def test_a_broker_emptied_while_the_relay_is_down_is_filled_again(
        self, desk: Desk
    ) -> None:
        async with publishing(desk.relay()):
            await desk.history(writers=20, appends=3)
            await eventually(desk.holds_everything_once)
        await desk.broker.wipe()
        async with publishing(desk.relay()):
            records = await eventually(desk.holds_everything_once)
        assert {int(header(record, "ce_timeline")) for record in records} == {1}


async def test_partitions_that_lose_their_leader_get_another_and_lose_nothing(
    desk: Desk, tmp_path: Path
) -> None:
    if not isinstance(desk.broker, ApacheBroker):
        return
    first = ApacheBroker(tmp_path / "first", LIBRARIES)
    second = ApacheBroker(tmp_path / "second", LIBRARIES, beside=first)
    await first.start()
    await second.start()
    beside = replace(desk, broker=first)
    await create_topics(first.bootstrap, CONTRACTS, replication=2)
    async with publishing(beside.relay()):
        await beside.history(writers=30, appends=2)
        await eventually(beside.holds_everything_once)
        await second.kill()
        await beside.history(writers=30, appends=2)
        await eventually(beside.holds_everything)
    await first.kill()


class TestTruncatedTopics:
    """The records a broker may hold after a failover to a copy that was behind."""

    async def published(self, desk: Desk) -> list[Record]:
        async with publishing(desk.relay()):
            await desk.history(writers=30, appends=4)
            return await eventually(desk.holds_everything_once)

    async def comes_back_with(self, desk: Desk, records: Sequence[Record]) -> None:
        await refilled(desk.broker, CONTRACTS, records)

    async def filled_again(self, desk: Desk) -> None:
        async with publishing(desk.relay()):
            records = await eventually(desk.holds_everything)
        assert max(int(header(record, "ce_timeline")) for record in records) == 1

    async def test_a_topic_without_its_end_is_filled_again(self, desk: Desk) -> None:
        records = await self.published(desk)
        await self.comes_back_with(desk, [r for r in records if r.offset < 3])
        await self.filled_again(desk)

    async def test_a_topic_that_lost_its_end_and_took_more_is_filled_again(
        self, desk: Desk
    ) -> None:
        records = await self.published(desk)
        await desk.execute(FREEZE)
        async with publishing(desk.relay()):
            await desk.history(writers=30, appends=20)
            later = await eventually(desk.holds_everything_once)
        await desk.execute(THAW)
        before = {envelope(r.headers).event_id for r in records}
        taken = [r for r in later if envelope(r.headers).event_id not in before]
        await self.comes_back_with(desk, taken)
        await self.filled_again(desk)

    async def test_a_topic_with_a_gap_after_the_checkpoint_is_filled_again(
        self, desk: Desk
    ) -> None:
        records = await self.published(desk)
        await desk.execute(FREEZE)
        async with publishing(desk.relay()):
            await desk.history(writers=30, appends=20)
            later = await eventually(desk.holds_everything_once)
        await desk.execute(THAW)
        before = {envelope(r.headers).event_id for r in records}
        gap = next(r for r in later if envelope(r.headers).event_id not in before)
        await self.comes_back_with(desk, [r for r in later if r != gap])
        await self.filled_again(desk)

    async def test_a_record_of_somebody_else_does_no_harm(self, desk: Desk) -> None:
        await self.published(desk)
        stray = Record(TOPICS[0], 0, 0, b"k", b"not ours", ())
        producer = AIOKafkaProducer(bootstrap_servers=desk.broker.bootstrap)
        await producer.start()
        await producer.send_and_wait(stray.topic, stray.value, stray.key, 0)
        await producer.stop()
        await desk.history(writers=30, appends=1)
        async with publishing(relay := desk.relay()):
            await eventually(lambda: self.all_published(desk, 30 * 5 + 1))
        assert relay.progress.halted is None

    async def all_published(self, desk: Desk, count: int) -> None:
        assert len(await desk.records()) == count


class TestTopics:
    async def test_a_topic_that_made_itself_gets_the_partitions_of_its_file(
        self, desk: Desk
    ) -> None:
        await self.create(desk, partitions=1)
        await desk.history(writers=30, appends=1)
        async with publishing(desk.relay()):
            records = await eventually(desk.holds_everything_once)
        assert max(r.partition for r in records) == partitions_of(TOPICS[0]) - 1

    async def test_another_number_of_partitions_stops_the_relay(self, desk: Desk) -> None:
        await self.create(desk, partitions=5)
        assert "has 5 partitions, its file says 12" in await halted(desk.relay())

    async def create(self, desk: Desk, partitions: int) -> None:
        admin = AIOKafkaAdminClient(bootstrap_servers=desk.broker.bootstrap)
        await admin.start()
        await admin.create_topics([NewTopic(TOPICS[0], partitions, 1)])
        await admin.close()


class TestAnotherStore:
    async def once_published(self, desk: Desk) -> None:
        async with publishing(desk.relay()):
            await desk.record("trip-T1", 3)
            await eventually(desk.holds_everything_once)

    async def test_a_checkpoint_ahead_of_the_store_stops_the_relay(self, desk: Desk) -> None:
        await self.once_published(desk)
        await desk.execute("delete from es.event where version = 3")
        assert "is ahead of the store" in await halted(desk.relay())

    async def test_an_event_that_only_the_topic_has_stops_the_relay(self, desk: Desk) -> None:
        await self.once_published(desk)
        await desk.execute(FREEZE)
        async with publishing(desk.relay()):
            await desk.record("trip-T1", 3)
            await eventually(desk.holds_everything_once)
        await desk.execute(THAW)
        await desk.execute("delete from es.event where version = 5")
        assert "which the store does not have" in await halted(desk.relay())

    async def test_the_checkpoint_of_another_store_stops_the_relay(self, desk: Desk) -> None:
        await self.once_published(desk)
        await desk.execute("update es.checkpoint set store = '1'")
        assert "the checkpoint belongs to store 1" in await halted(desk.relay())


class TestLag:
    async def test_who_holds_events_back_is_reported(self, desk: Desk) -> None:
        relay = desk.relay()
        async with publishing(relay):
            async with await psycopg.AsyncConnection.connect(
                desk.url, application_name="report"
            ) as foreign:
                await foreign.execute("select pg_current_xact_id()")
                await desk.record("trip-T1")
                await eventually(lambda: self.named(relay, "report"))
                assert await desk.records() == []
                await foreign.rollback()
            await eventually(desk.holds_everything_once)

    async def named(self, relay: Relay, culprit: str) -> None:
        assert culprit in relay.lag.culprit
        assert relay.lag.seconds >= relay.lag.holdback_seconds > 0
