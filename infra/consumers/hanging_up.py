"""Hangs up a Kafka client, also one whose group does not settle.

aiokafka has no public way to close its sockets and to end its tasks without leaving the group
first. This is the one place that reaches into it; `infra/tests/test_hanging_up.py` fails when a
new version differs.
"""

import asyncio

from aiokafka import AIOKafkaConsumer
from aiokafka.errors import KafkaError

HANG_UP_SECONDS = 5.0


async def hang_up(client: AIOKafkaConsumer, patience: float = HANG_UP_SECONDS) -> None:
    """Leave the group, close every socket and end every task; without leaving the group when that
    takes too long."""
    try:
        async with asyncio.timeout(patience):
            await client.stop()
    except (KafkaError, TimeoutError):
        # It would wait for its group to settle; nothing of it must outlive us meanwhile.
        if (coordinator := client._coordinator) is not None:
            await coordinator._stop_heartbeat_task()
            await coordinator._stop_commit_offsets_refresh_task()
        await client._fetcher.close()
        await client._client.close()
