"""python -m tools.bench.listeners [COUNT]: what so many idle listeners of one API cost.

A tenth of them never read. They listen to the list of trips; a trip is published, of which all of
them are to be told. Prints the memory of the process before and after, the processor it takes while
nothing changes, and how long it took until every listener that reads was told.
"""

import asyncio
import sys
from collections.abc import Iterator, Sequence
from contextlib import AsyncExitStack
from time import perf_counter
from typing import cast
from uuid import uuid4

import uvloop

from infra.database import open_pool
from infra.host import opened
from infra.tokens import issue
from infra.topics import create_topics
from services.missions.aggregates import TRIP
from services.missions.service import service
from tools.bench import events, mixed
from tools.bench.ground import Ground, servers
from tools.bench.live import QUERY, SEEDED
from tools.bench.processes import RELAIS, Child, child
from tools.bench.requests import TOKEN_SECONDS, request
from tools.bench.turn import spent
from tools.bench.visibility import context, publish

COUNT = 10_000
AT_ONCE = 200
"""Connections that are opened at once."""
IDLE_SECONDS = 30
ALL_SECONDS = 600
SILENT = 10
"""One listener of so many reads nothing after its first event."""


class Listener(asyncio.Protocol):
    """One connection that listens."""

    def __init__(self, asked: bytes, *, is_silent: bool) -> None:
        self.told = asyncio.Event()
        self.is_silent = is_silent
        self._asked = asked

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        # That of uvloop is none by its class.
        self.transport = cast(asyncio.Transport, transport)
        self.transport.write(self._asked)

    def data_received(self, data: bytes) -> None:
        if b"event: changed" in data:
            self.told.set()
            if self.is_silent:
                self.transport.pause_reading()


async def measured(ground: Ground, count: int) -> Iterator[str]:
    """The lines that say what was found."""
    await create_topics(ground.broker.bootstrap, service.contracts, 1)
    of_person = -(-count // events.DRIVERS)
    environment = ground.environment("listeners") | {
        "RELAIS_MAX_LISTENERS_OF_PERSON": str(of_person),
        "RELAIS_MAX_LISTENERS": str(count),
        "RELAIS_MAX_LISTENERS_OF_ORGANISATION": str(count),
        "RELAIS_MAX_CONNECTIONS_OF_CLIENT": str(count + 1),
        "RELAIS_MAX_OF_CLIENT": str(count + 1),
    }
    async with AsyncExitStack() as stack:
        settings = ground.settings("listeners")
        running = await stack.enter_async_context(opened(service, settings))
        await mixed._seed(running, SEEDED)
        for words in (("work", "missions"), ("work", "views.partner")):
            await stack.enter_async_context(child(*RELAIS, *words, environment=environment))
        api = await stack.enter_async_context(
            child(*RELAIS, "serve", "views.partner", environment=environment)
        )
        shown = await open_pool(settings.database("views.partner"), 2, "reader")
        stack.push_async_callback(shown.close)
        await mixed._followed(running.pool, {"partner": shown})
        before = api.resident_bytes
        began = perf_counter()
        listeners = await _listening(ground, api, count)
        opening = perf_counter() - began
        # What was garbage meanwhile may stay with the process.
        await asyncio.sleep(1)
        idle = api.resident_bytes
        used = spent([api.process.pid])
        await asyncio.sleep(IDLE_SECONDS)
        used = spent([api.process.pid]) - used
        reading = [one for one in listeners if not one.is_silent]
        for one in reading:
            one.told.clear()
        began, used_before = perf_counter(), spent([api.process.pid])
        trip_id = f"L{uuid4().hex[:12]}"
        await running.commands.handle(TRIP, trip_id, publish(trip_id), context())
        async with asyncio.timeout(ALL_SECONDS):
            await asyncio.gather(*(one.told.wait() for one in reading))
        telling, worked = perf_counter() - began, spent([api.process.pid]) - used_before
        after = api.resident_bytes
        for one in listeners:
            one.transport.abort()
    return iter(
        (
            f"{count:,} listeners came in {opening:.0f} s; every {SILENT}th reads nothing",
            f"memory before {_mib(before)}, with them {_mib(idle)}, after a change {_mib(after)}",
            f"a listener holds {(idle - before) / count / 1024:.0f} KiB",
            f"{used / IDLE_SECONDS:.1%} of a processor while nothing changes",
            f"all told of a change within {telling:.0f} s, for {worked:.0f} s of a processor",
        )
    )


async def _listening(ground: Ground, api: Child, count: int) -> Sequence[Listener]:
    """Listeners that have had their first event."""
    loop = asyncio.get_running_loop()
    room = asyncio.Semaphore(AT_ONCE)
    tokens = [
        issue(
            ground.signing, f"driver-{n}", events.ORGANISATION, ["driver"], lifetime=TOKEN_SECONDS
        )
        for n in range(events.DRIVERS)
    ]

    async def one(number: int) -> Listener:
        path = f"/partner/live?watch={QUERY.replace('?', '%3F')}"
        asked = request("GET", path, tokens[number % events.DRIVERS]).encode()
        async with room:
            _, listener = await loop.create_connection(
                lambda: Listener(asked, is_silent=number % SILENT == 0), "127.0.0.1", api.port
            )
            async with asyncio.timeout(ALL_SECONDS):
                await listener.told.wait()
            return listener

    return await asyncio.gather(*(one(number) for number in range(count)))


def _mib(size: int) -> str:
    return f"{size / 2**20:.0f} MiB"


async def main(count: int) -> None:
    """Measure on servers of this run alone."""
    async with servers("noida") as ground:
        for line in await measured(ground, count):
            print(line, flush=True)


if __name__ == "__main__":
    uvloop.run(main(int(sys.argv[1]) if len(sys.argv) > 1 else COUNT))
