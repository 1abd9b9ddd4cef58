"""python -m tools.bench.listeners [COUNT]: what so many listeners of one API cost.

All of them are on one process and follow the list of trips. At first nothing changes, then a trip
is published, of which all are to be told; a tenth read nothing from then on. Afterwards others
come who have small buffers and read nothing at all, while trips are published until the process
has cut them off.
"""

import asyncio
import resource
import socket
import sys
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter
from typing import cast
from uuid import uuid4

import httpx
import uvloop
from prometheus_client.parser import text_string_to_metric_families

from infra.database import open_pool
from infra.host import Running, opened
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
IDLE_SECONDS = 30.0
ALL_SECONDS = 900.0
SILENT = 10
"""One listener of so many reads nothing after its first event."""
SLOW = 20
"""Listeners with small buffers who read nothing."""
SLOW_QUERIES = tuple(f"/trips?limit={limit}" for limit in range(1, 9))
SLOW_SECONDS = 60.0
"""After which the process cuts off whoever takes nothing; the default."""
CHANGE_SECONDS = 1.2
"""From one change to the next: each listener looks once a second at the soonest."""
SPARE_FILES = 500
CUT_OFF = "relais_http_turned_away_total", "answer-not-taken"
MIB = 1024 * 1024


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


@dataclass(frozen=True, slots=True)
class Stage:
    """Workers that follow, and the service that is given commands."""

    ground: Ground
    running: Running
    environment: Mapping[str, str]
    tokens: Sequence[str]

    @asynccontextmanager
    async def api(self, **settings: str) -> AsyncIterator[Child]:
        """A process that serves the partner's views."""
        environment = {**self.environment, **settings}
        async with child(*RELAIS, "serve", "views.partner", environment=environment) as api:
            yield api

    async def change(self) -> None:
        """Publish a trip, which changes every list."""
        trip_id = f"L{uuid4().hex[:12]}"
        await self.running.commands.handle(TRIP, trip_id, publish(trip_id), context())

    def asked(self, number: int, queries: Sequence[str]) -> bytes:
        """The request of one listener."""
        watched = "&".join(f"watch={query.replace('?', '%3F')}" for query in queries)
        token = self.tokens[number % len(self.tokens)]
        return request("GET", f"/partner/live?{watched}", token).encode()


@asynccontextmanager
async def staged(ground: Ground, count: int) -> AsyncIterator[Stage]:
    """The stage for so many listeners, once the views show what is recorded."""
    await create_topics(ground.broker.bootstrap, service.contracts, 1)
    environment = ground.environment("listeners") | {
        "RELAIS_MAX_LISTENERS": str(count),
        "RELAIS_MAX_LISTENERS_OF_ORGANISATION": str(count),
        "RELAIS_MAX_LISTENERS_OF_PERSON": str(-(-count // events.DRIVERS)),
        "RELAIS_MAX_CONNECTIONS_OF_CLIENT": str(count + 1),
        "RELAIS_MAX_OF_CLIENT": str(count + 1),
    }
    tokens = [
        issue(
            ground.signing, f"driver-{n}", events.ORGANISATION, ["driver"], lifetime=TOKEN_SECONDS
        )
        for n in range(events.DRIVERS)
    ]
    async with AsyncExitStack() as stack:
        settings = ground.settings("listeners")
        running = await stack.enter_async_context(opened(service, settings))
        await mixed._seed(running, SEEDED)
        for words in (("work", "missions"), ("work", "views.partner")):
            await stack.enter_async_context(child(*RELAIS, *words, environment=environment))
        shown = await open_pool(settings.database("views.partner"), 2, "reader")
        stack.push_async_callback(shown.close)
        stage = Stage(ground, running, environment, tokens)
        # The first process of an API makes its tables.
        async with stage.api():
            await mixed._followed(running.pool, {"partner": shown})
        yield stage


async def idle(stage: Stage, count: int, seconds: float) -> AsyncIterator[str]:
    """Measure listeners while nothing changes, and once something did."""
    async with stage.api() as api:
        before, kernel = api.resident_bytes, sockets_bytes()
        began = perf_counter()
        listeners = await _listening(stage, api, count)
        yield f"{count:,} listeners came in {perf_counter() - began:.0f} s"
        # What was garbage meanwhile may stay with the process.
        await asyncio.sleep(1)
        held = api.resident_bytes
        yield f"memory before {_mib(before)}, with them {_mib(held)}"
        yield f"a listener holds {(held - before) / count / 1024:.1f} KiB"
        used = spent([api.process.pid])
        await asyncio.sleep(seconds)
        used = spent([api.process.pid]) - used
        yield f"{used / seconds:.1%} of a processor while nothing changes"
        reading = [one for one in listeners if not one.is_silent]
        for one in reading:
            one.told.clear()
        began, used = perf_counter(), spent([api.process.pid])
        await stage.change()
        async with asyncio.timeout(ALL_SECONDS):
            await asyncio.gather(*(one.told.wait() for one in reading))
        took, used = perf_counter() - began, spent([api.process.pid]) - used
        yield f"all who read are told of a change in {took:.0f} s, {used:.0f} s of a processor"
        yield f"memory then {_mib(api.resident_bytes)}; every {SILENT}th reads nothing"
        yield f"sockets of this machine hold {_mib(sockets_bytes() - kernel)} more"
        for one in listeners:
            one.transport.abort()


async def slow(stage: Stage, count: int, seconds: float) -> AsyncIterator[str]:
    """Measure those who take nothing, until they are cut off."""
    async with stage.api(RELAIS_BODY_SECONDS=str(seconds)) as api:
        with _silent(stage, api.port, 1):
            # What the first look loads is no listener's.
            await asyncio.sleep(CHANGE_SECONDS)
        before = most = api.resident_bytes
        began = perf_counter()
        first: float | None = None
        with _silent(stage, api.port, count):
            changes = cut = 0
            async with asyncio.timeout(ALL_SECONDS):
                while cut < count:
                    await stage.change()
                    changes += 1
                    await asyncio.sleep(CHANGE_SECONDS)
                    most = max(most, api.resident_bytes)
                    cut = await _cut_off(api.port)
                    if first is None and cut:
                        first = perf_counter() - began
        assert first is not None
        last = perf_counter() - began
        yield f"{count} who read nothing had {len(SLOW_QUERIES)} queries each; {changes} changes"
        yield f"they were cut off after {first:.0f} to {last:.0f} s"
        yield f"memory before {_mib(before)}, at most {_mib(most)}"
        yield f"one of them held {max(0, most - before) / count / 1024:.0f} KiB at most"


async def _listening(stage: Stage, api: Child, count: int) -> Sequence[Listener]:
    """Listeners that have had their first event."""
    loop = asyncio.get_running_loop()
    room = asyncio.Semaphore(AT_ONCE)

    async def one(number: int) -> Listener:
        asked = stage.asked(number, (QUERY,))
        async with room:
            _, listener = await loop.create_connection(
                lambda: Listener(asked, is_silent=number % SILENT == 0), "127.0.0.1", api.port
            )
            async with asyncio.timeout(ALL_SECONDS):
                await listener.told.wait()
            return listener

    return await asyncio.gather(*(one(number) for number in range(count)))


@contextmanager
def _silent(stage: Stage, port: int, count: int) -> Iterator[None]:
    """So many connections that listen and are never read, within the block."""
    made: list[socket.socket] = []
    try:
        for number in range(count):
            one = socket.socket()
            made.append(one)
            # Small segments, as from elsewhere: those of this machine would let the kernel keep
            # megabytes for each.
            one.setsockopt(socket.IPPROTO_TCP, socket.TCP_MAXSEG, 536)
            one.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1)
            one.connect(("127.0.0.1", port))
            one.sendall(stage.asked(number, SLOW_QUERIES))
        yield
    finally:
        for one in made:
            one.close()


async def _cut_off(port: int) -> int:
    """How many clients the process has cut off because they took nothing."""
    async with httpx.AsyncClient() as client:
        found = (await client.get(f"http://127.0.0.1:{port}/metrics")).text
    return round(
        sum(
            sample.value
            for family in text_string_to_metric_families(found)
            for sample in family.samples
            if (sample.name, sample.labels.get("reason")) == CUT_OFF
        )
    )


def sockets_bytes() -> int:
    """The bytes that the kernel holds for all TCP connections of this machine, for both ends."""
    tcp = next(
        line
        for line in Path("/proc/net/sockstat").read_text().splitlines()
        if line.startswith("TCP:")
    ).split()
    return int(tcp[tcp.index("mem") + 1]) * resource.getpagesize()


def _mib(size: int) -> str:
    return f"{size / MIB:.1f} MiB"


def with_files(count: int) -> None:
    """Let this process, and those it starts, have so many connections. Exits where it may not."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard != resource.RLIM_INFINITY and hard < count + SPARE_FILES:
        raise SystemExit(f"{count} listeners need {count + SPARE_FILES} files; {hard} are allowed")
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


async def main(count: int) -> None:
    """Measure on servers of this run alone."""
    with_files(count)
    async with servers("noida") as ground, staged(ground, count) as stage:
        for lines in (idle(stage, count, IDLE_SECONDS), slow(stage, SLOW, SLOW_SECONDS)):
            async for line in lines:
                print(line, flush=True)


if __name__ == "__main__":
    uvloop.run(main(int(sys.argv[1]) if len(sys.argv) > 1 else COUNT))
