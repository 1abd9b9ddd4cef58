"""A reaction passes by what it does not read together with the next event that it reads."""

import asyncio

import pytest

from contracts import amendments
from infra.consumers.transports import BATCH, Line
from infra.testing.eventually import eventually
from infra.tests.consuming import ReactionKit, quoted, reheaded, withdrawn

VERSION = "select version from consumer.stream where stream = 'missions.trip/t-1'"


@pytest.fixture
async def line(kit: ReactionKit) -> Line:
    return Line(await kit.owner())


@pytest.mark.parametrize("kit", ["reaction"], indirect=True)
class TestWhatIsOnlyPassedBy:
    async def test_it_waits_for_what_is_read(self, kit: ReactionKit, line: Line) -> None:
        passed, read = kit.topic.publish(withdrawn(), quoted())
        line.bring(passed)
        assert not line._arrived.is_set()
        line.bring(read)
        assert line._arrived.is_set()

    async def test_it_waits_no_longer_than_until_the_next_look(
        self, kit: ReactionKit, line: Line
    ) -> None:
        stopping = asyncio.Event()
        running = asyncio.create_task(line.run(stopping))
        # The first look reads the topic itself.
        await eventually(lambda: looked(line))
        [passed] = kit.topic.publish(withdrawn())
        line.bring(passed)

        async def went_on() -> None:
            assert await kit.ask(VERSION) == [1]

        await eventually(went_on)
        stopping.set()
        line.finish()
        await running

    async def test_a_whole_batch_of_it_is_enough(self, kit: ReactionKit, line: Line) -> None:
        [passed] = kit.topic.publish(withdrawn())
        for _ in range(BATCH - 1):
            line.bring(passed)
        assert not line._arrived.is_set()
        line.bring(passed)
        assert line._arrived.is_set()

    async def test_an_amendment_and_what_is_no_event_are_not_passed_by(
        self, kit: ReactionKit, line: Line
    ) -> None:
        [passed] = kit.topic.publish(withdrawn())
        assert not line.consumer.reads(passed)
        assert line.consumer.reads(reheaded(passed, type=amendments.TYPE.encode()))
        assert line.consumer.reads(reheaded(passed, type=None))


async def looked(line: Line) -> None:
    """The first look is over."""
    assert line._read_at > 0
