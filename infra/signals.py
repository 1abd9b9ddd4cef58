"""Wake whoever waits for new facts: at once in this process, soon in the others."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

from psycopg import AsyncConnection, OperationalError, sql

from infra.database import Pool

PAUSE_SECONDS = 0.001
BUSY_PAUSE_SECONDS = 0.005


class Signal:
    """A hint that something was recorded; losing one costs a poll, never a fact.

    `notify` never blocks and never fails. The NOTIFY leaves after the commit and on a connection of
    its own, because one inside the transaction would queue all commits behind it. The first one
    leaves at once; those that follow within 1 ms leave together, within 5 ms while many come.
    """

    def __init__(self, channel: str, pool: Pool | None = None) -> None:
        self._channel = channel
        self._pool = pool
        self._events: set[asyncio.Event] = set()
        self._waiting = 0
        self._notifying = False
        self._tasks: set[asyncio.Task[None]] = set()

    def notify(self) -> None:
        """Wake the waiters of this process, and within 5 ms those of the others."""
        self._wake()
        self._waiting += 1
        if self._pool is not None and not self._notifying:
            self._notifying = True
            task = asyncio.create_task(self._notify(self._pool))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _notify(self, pool: Pool) -> None:
        notify = sql.SQL("notify {}").format(sql.Identifier(self._channel))
        try:
            while together := self._waiting:
                self._waiting = 0
                # Without the database the waiters poll anyway.
                with suppress(OperationalError):
                    async with pool.connection() as connection:
                        await connection.execute(notify)
                await asyncio.sleep(PAUSE_SECONDS if together == 1 else BUSY_PAUSE_SECONDS)
        finally:
            self._notifying = False

    @asynccontextmanager
    async def subscribe(self, listen_on: AsyncConnection | None = None) -> AsyncIterator["Waiter"]:
        """A bell of one's own; with a connection, all of this process hear the others too."""
        event = asyncio.Event()
        self._events.add(event)
        listening = asyncio.create_task(self._listen(listen_on)) if listen_on is not None else None
        if listening is not None:
            # Whoever waits learns at once that nothing is heard any more.
            listening.add_done_callback(lambda _: event.set())
        try:
            yield Waiter(event, listening)
        finally:
            self._events.discard(event)
            if listening is not None:
                listening.cancel()
                await asyncio.gather(listening, return_exceptions=True)

    async def _listen(self, connection: AsyncConnection) -> None:
        await connection.execute(sql.SQL("listen {}").format(sql.Identifier(self._channel)))
        async for _ in connection.notifies():
            self._wake()

    def _wake(self) -> None:
        for event in self._events:
            event.set()


class Waiter:
    """One waiter's end of a `Signal`."""

    def __init__(self, event: asyncio.Event, listening: "asyncio.Task[None] | None") -> None:
        self._event = event
        self._listening = listening

    def wake(self) -> None:
        """End its wait, and nobody else's."""
        self._event.set()

    async def wait(self, timeout: float) -> bool:
        """True when nudged, False after `timeout` seconds.

        Raises `psycopg.OperationalError`, at once, when the connection it listens on is lost.
        """
        try:
            async with asyncio.timeout(timeout):
                await self._event.wait()
        except TimeoutError:
            return False
        return self.heard()

    def heard(self) -> bool:
        """Whether it was nudged since the last answer. Raises what `wait` does."""
        if not self._event.is_set():
            return False
        if self._listening is not None and self._listening.done():
            self._listening.result()
        self._event.clear()
        return True
