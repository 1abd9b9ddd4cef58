"""Workers that look again and again for something to do."""

import asyncio
from abc import ABC, abstractmethod
from contextlib import suppress
from typing import ClassVar

from infra.supervisor import Progress


class Polling(ABC):
    """A worker that takes turns until it is stopped, and rests when there was nothing left to do.

    What a turn raises ends `run`; whoever supervises it starts it again.
    """

    rest_seconds: ClassVar[float]

    def __init__(self) -> None:
        self.progress = Progress()
        self._stopping = asyncio.Event()

    def stop(self) -> None:
        """Finish the turn at hand, then return from `run`."""
        self._stopping.set()

    async def run(self) -> None:
        """Take turns until stopped."""
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
