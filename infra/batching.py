"""Callers that come at the same time travel together."""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from typing import Generic, TypeVar

T = TypeVar("T")
R = TypeVar("R")


class Full(Exception):
    """More callers are waiting than the batcher admits; try again later."""


class Batcher(Generic[T, R]):
    """Hands items to `flush` in batches, as soon as one of `lanes` is free.

    No timer and no added wait: an item that comes alone leaves alone, and while every lane is
    busy the next batch gathers. `flush` answers one result or exception an item, in order; when
    it raises, every caller of that batch gets the exception. At most `waiting` items queue up,
    then `Full` is raised instead of a queue without end.
    """

    def __init__(
        self,
        flush: Callable[[Sequence[T]], Awaitable[Sequence[R | BaseException]]],
        *,
        size: int,
        lanes: int = 1,
        waiting: int = 10_000,
        key: Callable[[T], str] | None = None,
    ) -> None:
        self._flush = flush
        self._size = size
        self._free = lanes
        self._waiting = waiting
        self._key = key
        self._queue: deque[tuple[T, asyncio.Future[R]]] = deque()
        self._tasks: set[asyncio.Task[None]] = set()
        self._quiet = False
        """Whether the last batch was of one: then nobody is waited for, not even for a turn."""

    async def submit(self, item: T) -> R:
        """The result of `item`, once its batch is through."""
        if len(self._queue) >= self._waiting:
            raise Full
        if self._quiet and self._free and not self._queue:
            return await self._serve_alone(item)
        future: asyncio.Future[R] = asyncio.get_running_loop().create_future()
        self._queue.append((item, future))
        if self._free:
            self._free -= 1
            self._open_lane()
        return await future

    async def _serve_alone(self, item: T) -> R:
        """Within the caller's own task: another one costs about as much as a small query."""
        self._free -= 1
        try:
            [result] = await self._flush([item])
        finally:
            if self._queue:
                self._open_lane()
            else:
                self._free += 1
        if isinstance(result, BaseException):
            raise result
        return result

    def _open_lane(self) -> None:
        task = asyncio.create_task(self._lane())
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _lane(self) -> None:
        # One turn of the loop lets everybody who is about to submit come along.
        await asyncio.sleep(0)
        try:
            while batch := self._take():
                self._quiet = len(batch) == 1
                await self._serve(batch)
        finally:
            self._free += 1

    def _take(self) -> list[tuple[T, asyncio.Future[R]]]:
        batch: list[tuple[T, asyncio.Future[R]]] = []
        left: list[tuple[T, asyncio.Future[R]]] = []
        keys: set[str] = set()
        while self._queue and len(batch) < self._size:
            entry = self._queue.popleft()
            if self._key is not None and (key := self._key(entry[0])) in keys:
                left.append(entry)
                continue
            if self._key is not None:
                keys.add(key)
            batch.append(entry)
        self._queue.extendleft(reversed(left))
        return batch

    async def _serve(self, batch: list[tuple[T, asyncio.Future[R]]]) -> None:
        try:
            results = await self._flush([item for item, _ in batch])
            answers = list(zip(batch, results, strict=True))
        except BaseException as error:
            for _, future in batch:
                if not future.done():
                    future.set_exception(error)
            if not isinstance(error, Exception):
                raise
            return
        for (_, future), result in answers:
            if future.done():
                continue
            if isinstance(result, BaseException):
                future.set_exception(result)
            else:
                future.set_result(result)
