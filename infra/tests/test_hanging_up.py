"""A client hangs up for good, even while its group does not settle."""

import asyncio

import pytest
from aiokafka import AIOKafkaConsumer

from infra.consumers.hanging_up import hang_up
from infra.stack.broker import Broker
from infra.tests.consuming import create_topic


@pytest.mark.parametrize("patience", [30.0, 0.0], ids=["settled", "without patience"])
async def test_no_socket_and_no_task_of_aiokafka_outlives_its_client(
    broker: Broker, topic_prefix: str, patience: float
) -> None:
    topic = f"{topic_prefix}missions.trip.v1"
    await create_topic(broker.bootstrap, topic, 1)
    before = asyncio.all_tasks()
    client = AIOKafkaConsumer(topic, bootstrap_servers=broker.bootstrap, group_id=f"{topic}.group")
    await client.start()
    connections = list(client._client._conns.values())
    assert any(connection.connected() for connection in connections)
    await hang_up(client, patience)
    assert not any(connection.connected() for connection in connections)
    assert asyncio.all_tasks() <= before
