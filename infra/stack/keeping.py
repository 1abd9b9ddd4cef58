"""Keeps the servers of a laptop running: one that ends by itself is started again."""

import asyncio
import logging
from time import monotonic
from typing import Protocol

from infra.stack.process import ServerFailed

log = logging.getLogger("relais.stack")

LOOK_SECONDS = 0.5
AGAIN_WITHIN_SECONDS = 30.0
PAUSE_SECONDS = 1.0


class Server(Protocol):
    """A server of this process."""

    @property
    def running(self) -> bool:
        """Whether it was started and has not ended."""
        ...

    async def start(self) -> None:
        """Run, if it does not; raises `ServerFailed`."""
        ...


async def keep_running(
    name: str, server: Server, within_seconds: float = AGAIN_WITHIN_SECONDS
) -> None:
    """Start a server again whenever it has ended, until cancelled.

    Raises `ServerFailed` when it cannot be started within that time.
    """
    while True:
        await asyncio.sleep(LOOK_SECONDS)
        if not server.running:
            log.warning("%s ended by itself and is started again", name)
            await _start_again(server, within_seconds)


async def _start_again(server: Server, within_seconds: float) -> None:
    deadline = monotonic() + within_seconds
    while True:
        try:
            await server.start()
        except ServerFailed:
            # The children of a killed PostgreSQL hold its memory until they have noticed.
            if monotonic() > deadline:
                raise
            await asyncio.sleep(PAUSE_SECONDS)
        else:
            return
