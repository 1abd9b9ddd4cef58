"""Workers that look again and again for something to do."""

import asyncio
from abc import ABC, abstractmethod
from contextlib import AsyncExitStack, suppress
from typing import ClassVar

from infra.signals import Signal, Waiter
from infra.supervisor import Progress


class Polling(ABC):
    """A worker that takes turns until it is stopped, and rests when there was nothing left to do.

    It rests for `rest_seconds`; with a `bell`, then on until somebody rings, for `idle_seconds` at
    most. What a turn raises ends `run`; whoever supervises it starts it again.
    """

    rest_seconds: ClassVar[float]
    idle_seconds: float = 0.0

    def __init__(self, bell: Signal | None = None) -> None:
        self.progress = Progress()
        self._stopping = asyncio.Event()
        self._bell = bell
        self._rung: Waiter | None = None

    def stop(self) -> None:
        """Finish the turn at hand, then return from `run`."""
        self._stopping.set()
        if self._rung is not None:
            self._rung.wake()

    async def run(self) -> None:
        """Take turns until stopped."""
        async with AsyncExitStack() as stack:
            if self._bell is not None:
                self._rung = await stack.enter_async_context(self._bell.subscribe())
            while not self._stopping.is_set():
                goes_on = await self.turn()
                self.progress.tick()
                if not goes_on:
                    await self._rest()

    @abstractmethod
    async def turn(self) -> bool:
        """Do a part of what there is to do; answer whether the next one is to follow at once."""

    async def _rest(self) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(self.rest_seconds):
                await self._stopping.wait()
        if self._rung is not None and not self._stopping.is_set():
            await self._rung.wait(self.idle_seconds)
