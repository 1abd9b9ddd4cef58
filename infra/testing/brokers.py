"""A broker without the topics of earlier tests."""

import asyncio
from collections.abc import Sequence
from typing import Any

from aiokafka import AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient

from contracts.runtime import Contract
from infra.consumers.records import Record
from infra.stack.broker import Broker
from infra.topics import create_topics


async def emptied(broker: Broker) -> None:
    """Start the broker if need be and delete its topics, which is quicker than a new broker.

    Returns when no topic is left; the groups of consumers stay.
    """
    await broker.start()
    admin = AIOKafkaAdminClient(bootstrap_servers=broker.bootstrap)
    await admin.start()
    try:
        while found := [name for name in await admin.list_topics() if not name.startswith("__")]:
            await admin.delete_topics(found)
            await asyncio.sleep(0.05)
    finally:
        await admin.close()


async def refilled(
    broker: Broker, contracts: Sequence[Contract[Any]], records: Sequence[Record]
) -> None:
    """Let the topics of these contracts hold these records and nothing else, at offsets anew."""
    await broker.wipe()
    await create_topics(broker.bootstrap, contracts, 1)
    producer = AIOKafkaProducer(bootstrap_servers=broker.bootstrap)
    await producer.start()
    try:
        for one in records:
            await producer.send(
                one.topic, one.value, one.key, one.partition, None, list(one.headers)
            )
        await producer.flush()
    finally:
        await producer.stop()
