"""Asks a broker for more at a pace, where it does not hold back the answer itself.

Apache Kafka keeps a question for records open until there are some. A small broker answers at once
that there are none, and the client asks again: 1,400 times a second, each consumer. So a consumer
pauses; and who fills a topic in the same process ends the pause.
"""

import asyncio
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from threading import Lock
from time import monotonic
from typing import Any
from weakref import WeakSet

from aiokafka import AIOKafkaConsumer
from aiokafka.protocol.fetch import FetchRequest

SHORTEST_SECONDS = 0.002
LONGEST_SECONDS = 0.05
WOKEN_SECONDS = 0.5
"""The longest pause where every topic is filled by this process, which says so."""

_filled: Counter[str] = Counter()
_asking: WeakSet["_Paced"] = WeakSet()
_lock = Lock()
"""Consumers have threads of their own."""


def pace(consumer: AIOKafkaConsumer, topics: Iterable[str]) -> None:
    """Let this consumer of these topics pause after an empty answer: 2 ms at first, then longer.

    An answer that was held back as long as that costs nothing. Safe to repeat.
    """
    if not isinstance(consumer._client.send, _Paced):
        paced = consumer._client.send = _Paced(consumer._client.send, frozenset(topics))
        with _lock:
            _asking.add(paced)


@contextmanager
def filling(topics: Iterable[str]) -> Iterator[None]:
    """Within the block this process is the one that fills the topics, and says when: `arrived`."""
    told = Counter(dict.fromkeys(topics, 1))
    _filled.update(told)
    try:
        yield
    finally:
        _filled.subtract(told)


def arrived(topic: str) -> None:
    """The topic holds new records: whoever pauses in this process asks now. From any thread."""
    with _lock:
        asking = [paced for paced in _asking if topic in paced.topics]
    for paced in asking:
        paced.wake()


class _Paced:
    def __init__(self, send: Any, topics: frozenset[str]) -> None:
        self.topics = topics
        self._send = send
        self._pause = SHORTEST_SECONDS
        self._loop: asyncio.AbstractEventLoop | None = None
        self._woken = asyncio.Event()

    def wake(self) -> None:
        if self._loop is None or self._woken.is_set():
            return
        # Its loop may be closed, with nobody left to wake.
        with suppress(RuntimeError):
            self._loop.call_soon_threadsafe(self._woken.set)

    async def __call__(self, node_id: Any, request: Any, **options: Any) -> Any:
        if not isinstance(request, FetchRequest):
            return await self._send(node_id, request, **options)
        started = monotonic()
        # What arrives from here on may be missing in the answer.
        self._loop = asyncio.get_running_loop()
        self._woken.clear()
        answer = await self._send(node_id, request, **options)
        if _holds_records(answer):
            self._pause = SHORTEST_SECONDS
        else:
            await self._wait(self._pause - (monotonic() - started))
        return answer

    async def _wait(self, seconds: float) -> None:
        try:
            async with asyncio.timeout(seconds):
                await self._woken.wait()
            self._pause = SHORTEST_SECONDS
        except TimeoutError:
            self._pause = min(2 * self._pause, self._longest())

    def _longest(self) -> float:
        here = all(_filled[topic] > 0 for topic in self.topics)
        return WOKEN_SECONDS if here else LONGEST_SECONDS


def _holds_records(answer: Any) -> bool:
    """The records of a partition are the last field of its answer."""
    return any(partition[-1] for _, partitions in answer.topics or () for partition in partitions)
