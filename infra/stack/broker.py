"""A Kafka broker for a laptop and for tests, whichever program it is."""

import asyncio
import signal
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Protocol

from aiokafka.client import AIOKafkaClient
from aiokafka.errors import KafkaError

from infra.stack.ports import LOOPBACK, free_port, is_free
from infra.stack.process import Child, ServerFailed, tail

READY_WITHIN_SECONDS = 60
PORTS_TRIED = 5


class Broker(Protocol):
    """A broker that can be stopped, crashed and emptied; its address stays through all of it."""

    @property
    def bootstrap(self) -> str:
        """`host:port` for `bootstrap_servers`; known once started."""
        ...

    @property
    def running(self) -> bool:
        """Whether it was started and has not ended."""
        ...

    async def start(self) -> None:
        """Run until stopped; returns when clients are answered. Started twice, it runs once."""
        ...

    async def stop(self) -> None:
        """Shut down in order; records and topics are there after the next start."""
        ...

    async def kill(self) -> None:
        """End as in a crash. What was in memory only is lost."""
        ...

    async def restart(self) -> None:
        """Stop and start."""
        ...

    async def wipe(self) -> None:
        """Come back empty on the same address, as after the loss of every disk."""
        ...


class ChildBroker:
    """The common part of the brokers of this package: one child process on one port.

    `command` gives the command line for a port and is asked again for each start.
    `discard` forgets every record and topic; it is called while the broker is down.
    """

    def __init__(
        self,
        command: Callable[[int], Sequence[str]],
        discard: Callable[[], None],
        log: Path,
        port: int | None = None,
    ) -> None:
        self._command, self._discard, self._log = command, discard, log
        self._port = port
        self._child: Child | None = None

    @property
    def bootstrap(self) -> str:
        if self._port is None:
            raise ServerFailed("the broker has not been started")
        return f"{LOOPBACK}:{self._port}"

    @property
    def running(self) -> bool:
        return self._child is not None and self._child.running

    async def start(self) -> None:
        if self.running:
            return
        # One of two processes may have ended without the other.
        await self._end(signal.SIGTERM)
        if self._port is not None:
            await self._start_on(self._port)
            return
        for attempt in range(1, PORTS_TRIED + 1):
            port = free_port()
            try:
                await self._start_on(port)
            except ServerFailed:
                # Somebody else took the port between the look and the start.
                if attempt == PORTS_TRIED or is_free(port):
                    raise
            else:
                self._port = port
                return

    async def stop(self) -> None:
        await self._end(signal.SIGTERM)

    async def kill(self) -> None:
        await self._end(signal.SIGKILL)

    async def restart(self) -> None:
        await self.stop()
        await self.start()

    async def wipe(self) -> None:
        await self.kill()
        self._discard()
        await self.start()

    async def _end(self, how: signal.Signals) -> None:
        if self._child is not None:
            await self._child.stop(how)
            self._child = None

    async def _start_on(self, port: int) -> None:
        self._log.parent.mkdir(parents=True, exist_ok=True)
        child = Child(self._command(port), self._log)
        try:
            async with asyncio.timeout(READY_WITHIN_SECONDS):
                await until_listening(child, port)
                await until_ready(child, f"{LOOPBACK}:{port}")
        except TimeoutError:
            await child.stop(signal.SIGKILL)
            raise ServerFailed(f"no answer on port {port}\n{tail(self._log)}") from None
        except BaseException:
            await child.stop(signal.SIGKILL)
            raise
        self._child = child


async def until_listening(child: Child, port: int) -> None:
    """Wait for the port first: a Kafka client complains in the log about one that is closed."""
    while True:
        child.check()
        try:
            _, writer = await asyncio.open_connection(LOOPBACK, port)
        except OSError:
            await asyncio.sleep(0.02)
        else:
            writer.close()
            return


async def until_ready(child: Child, bootstrap: str) -> None:
    """Wait until the broker names itself in its own metadata, so that topics can be made."""
    while True:
        child.check()
        client = AIOKafkaClient(bootstrap_servers=bootstrap)
        try:
            await client.bootstrap()
            if client.cluster.brokers():
                return
        except KafkaError:
            pass
        finally:
            await client.close()
        await asyncio.sleep(0.05)
