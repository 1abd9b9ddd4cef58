"""Turns at work that costs much: nobody waits for all that somebody else asked before."""

import asyncio
from collections import OrderedDict, deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager


class Turns:
    """Lets so many be at work at once. Who waits is taken by organisation, one of each in turn."""

    def __init__(self, at_once: int) -> None:
        self._free = at_once
        self._waiting: OrderedDict[str, deque[asyncio.Future[None]]] = OrderedDict()

    @asynccontextmanager
    async def of(self, organisation_id: str) -> AsyncIterator[None]:
        """Wait for a turn, and have it within the block."""
        if self._free:
            self._free -= 1
        else:
            await self._wait(organisation_id)
        try:
            yield
        finally:
            self._pass_on()

    async def _wait(self, organisation_id: str) -> None:
        turn = asyncio.get_running_loop().create_future()
        self._waiting.setdefault(organisation_id, deque()).append(turn)
        try:
            await turn
        except asyncio.CancelledError:
            if not turn.cancelled():
                # It came in the moment in which we gave up.
                self._pass_on()
            raise

    def _pass_on(self) -> None:
        while self._waiting:
            organisation_id, line = self._waiting.popitem(last=False)
            turn = line.popleft()
            if line:
                self._waiting[organisation_id] = line
            if not turn.done():
                turn.set_result(None)
                return
        self._free += 1
