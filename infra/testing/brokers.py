"""A broker without the topics of earlier tests, and who consumes from it."""

import asyncio

from aiokafka.admin import AIOKafkaAdminClient

from infra.stack.broker import Broker
from infra.stack.noida import NoidaBroker


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


def member_of(broker: Broker) -> str:
    """The name of a worker that may be killed and comes back: where it needs one (ADR 6)."""
    return "e2e" if isinstance(broker, NoidaBroker) else ""
