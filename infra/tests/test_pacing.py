"""A consumer that pauses in a silence, and what ends the pause."""

import asyncio
from collections.abc import AsyncIterator

import pytest_asyncio
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition

from infra import pacing
from infra.stack.broker import Broker
from infra.tests.consuming import create_topic

ENDLESS = 3_600.0
A_MOMENT = 2.0


@pytest_asyncio.fixture
async def silent(broker: Broker, topic_prefix: str) -> AsyncIterator[AIOKafkaConsumer]:
    """A consumer of an empty topic that asked once, and now pauses for as long as nobody calls."""
    topic = f"{topic_prefix}pacing"
    await create_topic(broker.bootstrap, topic, 1)
    client = AIOKafkaConsumer(bootstrap_servers=broker.bootstrap, auto_offset_reset="earliest")
    async with client:
        pacing.pace(client, [topic])
        client._client.send._pause = ENDLESS
        client.assign([TopicPartition(topic, 0)])
        assert await client.getmany(timeout_ms=2_000) == {}
        yield client


def topic_of(client: AIOKafkaConsumer) -> str:
    [partition] = client.assignment()
    return str(partition.topic)


async def test_who_fills_the_topic_ends_the_pause(silent: AIOKafkaConsumer, broker: Broker) -> None:
    topic = topic_of(silent)
    async with AIOKafkaProducer(bootstrap_servers=broker.bootstrap) as producer:
        await producer.send_and_wait(topic, b"news")
    pacing.arrived("another.topic")
    assert await silent.getmany(timeout_ms=int(1_000 * A_MOMENT)) == {}
    await asyncio.to_thread(pacing.arrived, topic)
    assert (await asyncio.wait_for(silent.getone(), 30)).value == b"news"


async def test_a_long_pause_is_only_for_topics_that_this_process_fills(
    silent: AIOKafkaConsumer,
) -> None:
    paced = silent._client.send
    assert isinstance(paced, pacing._Paced)
    assert paced._longest() == pacing.LONGEST_SECONDS
    with pacing.filling([topic_of(silent)]):
        assert paced._longest() == pacing.WOKEN_SECONDS
        with pacing.filling(["another.topic"]):
            assert paced._longest() == pacing.WOKEN_SECONDS
    assert paced._longest() == pacing.LONGEST_SECONDS
