"""Asks a broker for more at a pace, where it does not hold back the answer itself.

Apache Kafka keeps a question for records open until there are some. A small broker answers at once
that there are none, and the client asks again: 1,400 times a second, each consumer.
"""

import asyncio
from time import monotonic
from typing import Any

from aiokafka import AIOKafkaConsumer
from aiokafka.protocol.fetch import FetchRequest

SHORTEST_SECONDS = 0.002
LONGEST_SECONDS = 0.05


def pace(consumer: AIOKafkaConsumer) -> None:
    """Let this consumer pause after an empty answer: 2 ms at first, at most 50 ms in a silence.

    An answer that was held back as long as that costs nothing. Safe to repeat.
    """
    if not isinstance(consumer._client.send, _Paced):
        consumer._client.send = _Paced(consumer._client.send)


class _Paced:
    def __init__(self, send: Any) -> None:
        self._send = send
        self._pause = SHORTEST_SECONDS

    async def __call__(self, node_id: Any, request: Any, **options: Any) -> Any:
        started = monotonic()
        answer = await self._send(node_id, request, **options)
        if isinstance(request, FetchRequest):
            if _holds_records(answer):
                self._pause = SHORTEST_SECONDS
            else:
                await asyncio.sleep(self._pause - (monotonic() - started))
                self._pause = min(2 * self._pause, LONGEST_SECONDS)
        return answer


def _holds_records(answer: Any) -> bool:
    """The records of a partition are the last field of its answer."""
    return any(partition[-1] for _, partitions in answer.topics or () for partition in partitions)
