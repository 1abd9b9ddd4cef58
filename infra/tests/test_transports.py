"""Whichever client carries the records, every event on the broker is done, once."""

import asyncio
import gc
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace

import pytest
import pytest_asyncio
from aiokafka import AIOKafkaConsumer, TopicPartition

from contracts.missions import trip_v1
from contracts.missions.trip_v1 import TripEvent
from infra.consumers.handler import Handler
from infra.consumers.records import Delivery, KafkaTopicReader
from infra.consumers.transports import MOST_WAITING, FaustApp
from infra.database import Connection
from infra.stack.broker import Broker
from infra.supervisor import Halt, supervise
from infra.testing.eventually import eventually
from infra.tests import member
from infra.tests.consuming import Kit, create_topic, history, opened, quoted, send
from infra.tests.member import Transport

ALL = ["published", "2", "3"]
PARTITIONS = 2
PATIENCE = 60.0
RECOVERY_SECONDS = 30.0
"""A session, the beat by which the others hear that it is over, and a busy machine."""


@dataclass
class Line:
    """A topic on the broker with a transport to a consumer of some kind."""

    kit: Kit
    broker: Broker
    versions: dict[str, int] = field(default_factory=dict)

    @property
    def topic(self) -> str:
        return self.kit.contract.topic

    def transport(self, handler: Handler | None = None, limit: int = 100) -> Transport:
        return member.transport(self.kit, self.broker.bootstrap, handler, limit)

    async def publish(self, *events: TripEvent) -> None:
        placed = []
        for event in events:
            self.versions[event.trip_id] = version = self.versions.get(event.trip_id, 0) + 1
            placed.append((event, version))
        await send(self.broker.bootstrap, self.kit.contract, placed)

    async def acknowledge_everything(self) -> None:
        """Commit the end of the topic for the group, as Faust does for what it never handed on."""
        client = AIOKafkaConsumer(
            bootstrap_servers=self.broker.bootstrap,
            group_id=f"{self.topic}.group",
            enable_auto_commit=False,
        )
        async with client:
            places = [TopicPartition(self.topic, n) for n in range(PARTITIONS)]
            client.assign(places)
            await client.commit(await client.end_offsets(places))

    async def until_seen(
        self, expected: Sequence[str], trip: str = "t-1", within: float = PATIENCE
    ) -> None:
        async def same() -> None:
            assert await self.kit.seen(trip) == list(expected)

        await eventually(same, within)


@pytest_asyncio.fixture(params=["view", "reaction"])
async def kit(request: pytest.FixtureRequest, kit_database: str) -> AsyncIterator[Kit]:
    """Without the reaction whose events are elsewhere: no transport knows the difference."""
    async with opened(request.param, kit_database) as kit:
        yield kit


@pytest_asyncio.fixture
async def line(kit: Kit, broker: Broker, topic_prefix: str) -> Line:
    kit.contract = replace(trip_v1.contract, topic=f"{topic_prefix}missions.trip.v1")
    await create_topic(broker.bootstrap, kit.contract.topic, PARTITIONS)
    return Line(kit, broker)


@asynccontextmanager
async def running(transport: Transport) -> AsyncIterator[Transport]:
    """Supervised, as the host runs it, and stopped in order at the end."""
    task = asyncio.create_task(supervise("test", transport.run, transport.progress))
    try:
        yield transport
    finally:
        transport.stop()
        await asyncio.wait_for(task, PATIENCE)


class TestRecords:
    async def test_become_what_the_consumer_makes_of_them(self, line: Line) -> None:
        async with running(line.transport()):
            await line.publish(*history("t-1"), *history("t-2"))
            await line.until_seen(ALL, "t-1")
            await line.until_seen(ALL, "t-2")

    async def test_that_were_there_before_are_done_too(self, line: Line) -> None:
        await line.publish(*history())
        async with running(line.transport()):
            await line.until_seen(ALL)

    async def test_that_were_acknowledged_and_not_done_are_not_lost(self, line: Line) -> None:
        await line.publish(*history())
        await line.acknowledge_everything()
        async with running(line.transport()):
            await line.until_seen(ALL)

    async def test_that_were_done_and_not_acknowledged_are_not_done_again(self, line: Line) -> None:
        await line.publish(*history())
        reader = KafkaTopicReader(line.broker.bootstrap)
        consumer = line.kit.consumer(reader=reader)
        await consumer.acquire([(line.topic, n) for n in range(PARTITIONS)])
        while await consumer.catch_up() or await line.kit.seen() != ALL:
            pass
        await consumer.finish()
        async with running(line.transport()):
            await line.publish(quoted("t-1", "4"))
            await line.until_seen([*ALL, "4"])

    # Stopped before it has joined its group again, Faust leaves its sockets to the collector.
    @pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
    async def test_come_again_after_the_broker_was_restarted(self, line: Line) -> None:
        async with running(line.transport()):
            await line.publish(*history(length=2))
            await line.until_seen(ALL[:2])
            await line.broker.restart()
            await line.publish(quoted("t-1", "3"))
            await line.until_seen(ALL)
        gc.collect()

    async def test_come_again_after_the_database_ended_every_session(self, line: Line) -> None:
        async with running(line.transport()):
            await line.publish(*history(length=2))
            await line.until_seen(ALL[:2])
            await line.kit.ask(
                "select pg_terminate_backend(pid) from pg_stat_activity"
                " where datname = current_database() and pid <> pg_backend_pid()"
            )
            # The question below is the test's, not the transport's: let it find live sessions.
            await line.kit.pool.check()
            await line.publish(quoted("t-1", "3"))
            await line.until_seen(ALL)

    async def test_are_shared_by_two_processes_and_left_to_the_one_that_stays(
        self, line: Line
    ) -> None:
        async with running(line.transport()) as one:
            await asyncio.wait_for(one.assigned.wait(), PATIENCE)
            async with running(line.transport()) as two:
                await asyncio.wait_for(two.assigned.wait(), PATIENCE)
                await line.publish(*(e for n in range(8) for e in history(f"t-{n}", 2)))
                for n in range(8):
                    await line.until_seen(ALL[:2], f"t-{n}")
            await line.publish(*(quoted(f"t-{n}", "3") for n in range(8)))
            for n in range(8):
                await line.until_seen(ALL, f"t-{n}", RECOVERY_SECONDS)

    async def test_of_a_process_that_is_killed_are_done_by_the_one_that_stays(
        self, line: Line, kit_database: str
    ) -> None:
        async with running(line.transport()) as one:
            await asyncio.wait_for(one.assigned.wait(), PATIENCE)
            other, has_some = member.begun(line.kit, kit_database, line.broker.bootstrap)
            try:
                assert await asyncio.to_thread(has_some.wait, PATIENCE)
                await line.publish(*(e for n in range(8) for e in history(f"t-{n}", 2)))
            finally:
                other.kill()
            await line.publish(*(quoted(f"t-{n}", "3") for n in range(8)))
            for n in range(8):
                await line.until_seen(ALL, f"t-{n}", RECOVERY_SECONDS)


@dataclass
class Slow(Handler):
    """A handler that takes its time between its work and the commit."""

    handler: Handler
    begun: asyncio.Event = field(default_factory=asyncio.Event)
    go_on: asyncio.Event = field(default_factory=asyncio.Event)

    async def handle(
        self, connection: Connection, deliveries: Sequence[Delivery]
    ) -> Mapping[int, Exception]:
        failed = await self.handler.handle(connection, deliveries)
        self.begun.set()
        await self.go_on.wait()
        return failed


class TestStop:
    async def test_the_batch_at_hand_is_finished_first(self, line: Line) -> None:
        await line.publish(*history(length=1))
        slow = Slow(line.kit.handler())
        transport = line.transport(slow)
        task = asyncio.create_task(transport.run())
        await asyncio.wait_for(slow.begun.wait(), PATIENCE)
        transport.stop()
        asyncio.get_running_loop().call_later(0.3, slow.go_on.set)
        await asyncio.wait_for(task, PATIENCE)
        assert await line.kit.seen() == ["published"]

    async def test_one_that_never_had_a_record_stops_as_well(self, line: Line) -> None:
        async with running(line.transport()) as transport:
            assert await asyncio.wait_for(transport.assigned.wait(), PATIENCE)

    async def test_too_many_parked_streams_halt_it(self, line: Line) -> None:
        line.kit.poison = {"published"}
        await line.publish(*history())
        with pytest.raises(Halt):
            await asyncio.wait_for(line.transport(limit=0).run(), PATIENCE)


class TestParked:
    async def test_an_operator_is_answered_while_it_runs(self, line: Line) -> None:
        line.kit.poison = {"2"}
        await line.publish(*history())
        async with running(line.transport()):
            await until(line.kit.parked)
            line.kit.poison.clear()
            await line.kit.ask("update consumer.parked set request = 'requeue' returning 1")
            await line.until_seen(ALL)


@pytest.mark.parametrize("kit", ["reaction"], indirect=True)
async def test_a_reader_of_several_topics_learns_each_of_them_once(line: Line) -> None:
    other = f"{line.topic}.other"
    await create_topic(line.broker.bootstrap, other, 1)
    reader = KafkaTopicReader(line.broker.bootstrap)
    await line.publish(*history())
    try:
        for _ in range(2):
            ends = await reader.ends([(line.topic, n) for n in range(PARTITIONS)])
            assert sum(ends.values()) == len(ALL)
            assert await reader.ends([(other, 0)]) == {(other, 0): 0}
            [place] = [place for place, end in ends.items() if end]
            assert len(await reader.read(place, 1, 3)) == 2
        client = await reader._connected()
        assert {tp.topic for tp in client.assignment()} == {line.topic, other}
        assert client.paused() == client.assignment()
    finally:
        await reader.close()


async def until(ask: Callable[[], Awaitable[object]]) -> None:
    async with asyncio.timeout(PATIENCE):
        while not await ask():
            await asyncio.sleep(0.05)


class Refusing(Handler):
    """A handler that takes no event."""

    async def handle(
        self, connection: Connection, deliveries: Sequence[Delivery]
    ) -> Mapping[int, Exception]:
        return {index: ValueError("refused") for index in range(len(deliveries))}


@pytest.mark.parametrize("kit", ["reaction"], indirect=True)
class TestSeveralConsumersOfOneApp:
    def app(self, line: Line, limit: int = 100, room: int = MOST_WAITING) -> FaustApp:
        """One consumer that takes everything beside one that takes nothing."""
        reader = KafkaTopicReader(line.broker.bootstrap)
        consumers = [
            line.kit.consumer("willing", reader=reader),
            line.kit.consumer("refusing", Refusing(), limit, reader),
        ]
        return FaustApp(consumers, line.broker.bootstrap, f"{line.topic}.group", room=room)

    async def test_each_keeps_its_own_place_and_parks_its_own_records(self, line: Line) -> None:
        async with running(self.app(line)):
            await line.publish(*history())
            await line.until_seen(ALL)
            await until(line.kit.parked)
        parked = await line.kit.ask("select distinct consumer from consumer.parked")
        assert parked == ["refusing"]

    async def test_one_that_halts_leaves_the_other_at_work(self, line: Line) -> None:
        app = self.app(line, limit=0)
        async with running(app):
            await line.publish(*history("t-1"))
            await line.until_seen(ALL, "t-1")

            async def halted() -> None:
                assert app.progress.halted is not None

            await eventually(halted, PATIENCE)
            await line.publish(*history("t-2"))
            await line.until_seen(ALL, "t-2")
        assert [one.progress.halted is None for one in app.lines] == [True, False]

    async def test_what_finds_no_room_in_a_line_is_read_from_the_topic(self, line: Line) -> None:
        async with running(self.app(line, room=0)) as app:
            await asyncio.wait_for(app.assigned.wait(), PATIENCE)
            await line.publish(*history())
            await line.until_seen(ALL)
