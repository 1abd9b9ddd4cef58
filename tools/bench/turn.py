"""python turn.py MEASURE DATA_DIR BOOTSTRAP KIND AREA SECONDS: one turn of one build.

Runs by its path with an older tree in front of it, so it uses only what both builds have. The
servers are there already and the broker is empty; the databases of this turn begin with AREA.
Prints what it measured as JSON. `against` calls it.
"""

import asyncio
import importlib.util
import json
import os
import signal
import sys
import tempfile
from collections.abc import Awaitable, Callable, Iterable, Mapping
from contextlib import AsyncExitStack, suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from itertools import groupby
from operator import itemgetter
from pathlib import Path
from statistics import median
from time import perf_counter
from typing import Any, cast
from uuid import uuid4

import httpx
import uvloop
from aiokafka import AIOKafkaConsumer
from aiokafka.consumer import fetcher
from psycopg import AsyncConnection
from psycopg.rows import TupleRow
from psycopg_pool import AsyncConnectionPool

from contracts.missions.driver_v1 import (
    DriverEngaged,
    DriverEvent,
    DriverRegistered,
    DriverReleased,
    PhoneChanged,
)
from contracts.missions.trip_v1 import contract as trips
from infra import commands
from infra.commands import CommandContext, Commands
from infra.host import opened
from infra.personal import Codec
from infra.stack.postgres import PostgresServer
from infra.topics import create_topics
from services.missions.aggregates import DRIVER, TRIP
from services.missions.driver import ChangePhone
from services.missions.service import service
from tools.bench import appends, events, mixed, visibility
from tools.bench.ground import Ground
from tools.bench.memory import until_ready
from tools.bench.processes import RELAIS, ChildFailed, answered, child
from tools.bench.requests import request
from tools.bench.subject import FULL
from tools.bench.subjects import SUBJECTS

# Where it was before.
_TOKENS = "infra.tokens" if importlib.util.find_spec("infra.tokens") else "infra.http.auth"
issue: Any = importlib.import_module(_TOKENS).issue
TICKS = os.sysconf("SC_CLK_TCK")
WORKED_A_SECOND = 50
NOW = datetime.now(UTC)


@dataclass(frozen=True)
class Running:
    """A broker that somebody else runs, and has emptied."""

    bootstrap: str

    async def wipe(self) -> None:
        return


class Turn(Ground):
    """The servers of the whole comparison, with databases of this turn alone."""

    area = ""

    def settings(self, area: str) -> Any:
        return super().settings(self.area + area)

    async def database(self, name: str) -> str:
        return await super().database(self.area + name)


def subject(
    name: str, rounds: int = 2
) -> Callable[[Ground, float], Awaitable[Mapping[str, float]]]:
    """A subject of `make bench`: the median of its rounds; two follow one that does not count."""

    async def measure(ground: Ground, seconds: float) -> Mapping[str, float]:
        share = seconds / FULL.seconds
        size = replace(
            FULL,
            rounds=rounds,
            seconds=seconds,
            events=max(400, round(100_000 * share)),
            commands=max(64, round(FULL.commands * share)),
        )
        samples = await SUBJECTS[name].measure(ground, size, lambda: None)
        return {measure: median(found) for measure, found in samples.items()}

    return measure


def writers(count: int) -> Callable[[Ground, float], Awaitable[Mapping[str, float]]]:
    """Appends beside bare INSERTs, by so many writers, in short turns."""

    async def measure(ground: Ground, seconds: float) -> Mapping[str, float]:
        found: dict[str, list[float]] = {"ours": [], "psycopg": []}
        async with AsyncExitStack() as stack:
            sides = {
                "ours": await appends._ours(ground, stack),
                "psycopg": await appends._bare(ground, stack),
            }
            for name, write in [*sides.items(), *reversed(sides.items())] * 2:
                found[name].append(await appends.per_second(write, seconds / 2, count))
        # The first two turns are the warm-up.
        return {name: median(values[1:]) for name, values in found.items()}

    return measure


def paced(a_second: int) -> Callable[[Ground, float], Awaitable[Mapping[str, float]]]:
    """From the answer to visible, at so many commands a second."""

    async def measure(ground: Ground, seconds: float) -> Mapping[str, float]:
        visibility.A_SECOND, visibility.PROBED = a_second, max(1, a_second // 50)
        if a_second < WORKED_A_SECOND:
            # Seldom enough that nothing has to be warm but what the first command warms.
            return await subject("visible", rounds=1)(ground, 4 * seconds)
        return await subject("visible")(ground, seconds)

    return measure


LONG_STREAM, SHORT_STREAM = 5_000, 10
AT_ONCE = 500
"""As many events of a stream as one append takes."""


async def long_stream(ground: Ground, seconds: float) -> Mapping[str, float]:
    """A command on a driver with thousands of missions behind them, and on a new one."""
    async with opened(service, ground.settings("long")) as running:
        found: dict[str, list[float]] = {}
        for name, length in (("long", LONG_STREAM), ("short", SHORT_STREAM)):
            await _drove(running.commands, name, length)
            for number in range(max(5, round(20 * seconds))):
                command = _change_phone(name, f"+336{number:08}")
                started = perf_counter()
                await running.commands.handle(DRIVER, name, command, _bench())
                found.setdefault(name, []).append((perf_counter() - started) * 1000)
    return {name: median(taken) for name, taken in found.items()}


def _change_phone(driver_id: str, phone: str) -> ChangePhone:
    """The command in the form that this build takes; older ones are given the event itself."""
    form: Any = ChangePhone
    if "fact" in form.__dataclass_fields__:
        fact = PhoneChanged(driver_id=driver_id, phone=phone, changed_at=NOW)
        return cast(ChangePhone, form(fact, "bench"))
    return ChangePhone(driver_id=driver_id, organisation_id="bench", phone=phone, at=NOW)


async def _drove(commands: Commands, driver_id: str, length: int) -> None:
    """Record a driver who was engaged for trip after trip."""
    day = NOW.date()
    events: list[DriverEvent] = [
        DriverRegistered(
            driver_id=driver_id,
            organisation_id="bench",
            name="Ada",
            phone="+33612345678",
            registered_at=NOW,
        )
    ]
    for number in range(length // 2):
        trip_id = f"T{number}"
        engaged = DriverEngaged(
            driver_id=driver_id, trip_id=trip_id, from_day=day, until_day=day, engaged_at=NOW
        )
        released = DriverReleased(driver_id=driver_id, trip_id=trip_id, released_at=NOW)
        events += [engaged, released]
    stream = DRIVER.stream(driver_id)
    for version in range(0, len(events), AT_ONCE):
        part = events[version : version + AT_ONCE]
        await commands.store.append(await commands.prepare(DRIVER, stream, version, part, _bench()))


def _bench() -> CommandContext:
    return CommandContext(uuid4(), "bench", "bench", "bench", "bench", NOW, "bench")


async def worked(ground: Ground, seconds: float) -> Mapping[str, float]:
    """The CPU time of an event in the workers of missions, while 50 commands a second come."""
    visibility.A_SECOND, visibility.PROBED = WORKED_A_SECOND, 1
    settings, environment = ground.settings("worked"), ground.environment("worked")
    await create_topics(ground.broker.bootstrap, service.contracts, 1)
    async with AsyncExitStack() as stack:
        running = await stack.enter_async_context(opened(service, settings))
        workers = await stack.enter_async_context(
            child(*RELAIS, "work", "missions", environment=environment)
        )
        await stack.enter_async_context(
            child(*RELAIS, "work", "views.partner", environment=environment)
        )
        shown: AsyncConnectionPool[AsyncConnection[TupleRow]] = await stack.enter_async_context(
            AsyncConnectionPool(
                settings.database("views.partner"),
                min_size=2,
                max_size=4,
                kwargs={"autocommit": True},
            )
        )
        command = visibility._command(running.commands, shown)
        # Groups settle meanwhile.
        await visibility.paced(command, 4 * seconds)
        before = spent([workers.process.pid])
        await visibility.paced(command, 2 * seconds)
        used = spent([workers.process.pid]) - before
        return {"microseconds": used / (2 * seconds * WORKED_A_SECOND) * 1e6}


TRIPS_A_SECOND = 500
SIZE = (
    "select sum(pg_total_relation_size(c.oid)) from pg_class c"
    " join pg_namespace n on n.oid = c.relnamespace where n.nspname = 'es' and c.relkind = 'r'"
)
ALL_AT_ONCE = 64 * 2**20
"""Bytes of a partition that one fetch may bring, so that every batch is fetched once."""


async def occupied(ground: Ground, seconds: float) -> Mapping[str, float]:
    """The bytes of an event in the store with all indexes, and on the topic as they are fetched.

    The worker finds all of them waiting, so its batches are full.
    """
    settings, environment = ground.settings("bytes"), ground.environment("bytes")
    await create_topics(ground.broker.bootstrap, service.contracts, 1)
    count = 0
    async with opened(service, settings) as running:
        told = events.story("T", max(25, round(TRIPS_A_SECOND * seconds)))
        for trip_id, parts in groupby(told, itemgetter(0)):
            facts, stream = [event for _, _, event in parts], TRIP.stream(trip_id)
            prepared = await running.commands.prepare(TRIP, stream, 0, facts, _asked())
            await running.commands.store.append(prepared)
            count += len(facts)
        async with running.pool.connection() as connection:
            row = await (await connection.execute(SIZE)).fetchone()
    assert row is not None
    async with child(*RELAIS, "work", "missions", environment=environment):
        sent = await _fetched(ground.broker.bootstrap, trips.topic, count)
    return {"store": float(row[0]) / count, "topic": sent / count}


def _asked() -> CommandContext:
    """As a request of the build has it: the command is its own cause."""
    command = uuid4()
    digits = getattr(commands, "FINGERPRINT_DIGITS", 64)
    fingerprint = (uuid4().hex + uuid4().hex)[:digits]
    return CommandContext(
        command, uuid4().hex, str(command), "driver-17", "bench", NOW, fingerprint
    )


async def _fetched(bootstrap: str, topic: str, count: int) -> int:
    """The bytes of the batches, as they came, of the first so many records of a topic."""
    sizes: list[int] = []
    records = fetcher.MemoryRecords

    def counted(batches: bytes) -> Any:
        sizes.append(len(batches))
        return records(batches)

    fetcher.MemoryRecords = counted
    consumer = AIOKafkaConsumer(
        topic,
        bootstrap_servers=bootstrap,
        auto_offset_reset="earliest",
        fetch_max_bytes=ALL_AT_ONCE,
        max_partition_fetch_bytes=ALL_AT_ONCE,
    )
    await consumer.start()
    try:
        async with asyncio.timeout(60):
            for _ in range(count):
                await consumer.getone()
    finally:
        await consumer.stop()
        fetcher.MemoryRecords = records
    return sum(sizes)


LISTED = 50


async def listed(ground: Ground, seconds: float) -> Mapping[str, float]:
    """The CPU time of a page of fifty open trips in the API that answers it.

    One driver asks; the page is the same each time, and the language is not the default.
    """
    settings, environment = ground.settings("listed"), ground.environment("listed")
    # Where tokens are issued has moved since then.
    token = mixed.Story(ground.signing, LISTED)._drivers[0]
    asked = request(
        "GET", f"/partner/trips?limit={LISTED}", token, headers={"Accept-Language": "fr"}
    )
    async with AsyncExitStack() as stack:
        missions = await stack.enter_async_context(opened(service, settings))
        await mixed._seed(missions, 2 * LISTED)
        async with child("-m", mixed.TOGETHER, "work", environment=environment):
            shown: Any = await stack.enter_async_context(
                AsyncConnectionPool(settings.database("views.partner"), min_size=2, max_size=2)
            )
            await mixed._followed(missions.pool, {"partner": shown})
        api = await stack.enter_async_context(
            child("-m", mixed.TOGETHER, "serve", environment=environment)
        )
        await _fifty(api.port, token)
        count = max(64, round(200 * seconds))
        await answered(api.port, [asked] * count)
        before = spent([api.process.pid])
        await answered(api.port, [asked] * count)
        used = spent([api.process.pid]) - before
        return {"milliseconds": used / count * 1000}


async def _fifty(port: int, token: str) -> None:
    """Raises AssertionError unless the page is full."""
    async with httpx.AsyncClient() as client:
        url = f"http://127.0.0.1:{port}/partner/trips?limit={LISTED}"
        found = await client.get(url, headers={"Authorization": f"Bearer {token}"})
    assert len(found.json()["items"]) == LISTED


async def idle(ground: Ground, seconds: float) -> Mapping[str, float]:
    """CPU and memory of `relais up`, servers included, while nobody asks for anything."""
    with tempfile.TemporaryDirectory(prefix="relais-idle-") as home:
        # Older builds started by root run their servers as somebody else, who enters it.
        Path(home).chmod(0o755)
        environment = {"RELAIS_HOME": home, "RELAIS_PORT": "0", "RELAIS_BROKER": ground.kind}
        async with child(*RELAIS, "up", environment=environment) as up:
            # Groups settle and caches fill after it says that it runs.
            await asyncio.sleep(20 * seconds)
            family = list(descendants(up.process.pid))
            before = spent(family)
            await asyncio.sleep(5 * seconds)
            used = spent(family) - before
            held = sum(_resident(pid) for pid in family)
    return {"percent of a core": used / (5 * seconds) * 100, "MiB": held / 2**20}


def descendants(pid: int) -> Iterable[int]:
    """A process and all that it started, however far down; one that ends meanwhile has none."""
    yield pid
    for below in _started_by(pid):
        yield from descendants(below)


def _started_by(pid: int) -> list[int]:
    found: list[int] = []
    with suppress(FileNotFoundError, ProcessLookupError):
        for task in Path(f"/proc/{pid}/task").iterdir():
            found += map(int, (task / "children").read_text().split())
    return found


def spent(pids: Iterable[int]) -> float:
    """Seconds of processor time that processes have used so far; those that ended do not count."""
    ticks = 0
    for pid in pids:
        with suppress(FileNotFoundError, ProcessLookupError):
            fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
            ticks += int(fields[11]) + int(fields[12])
    return ticks / TICKS


def _resident(pid: int) -> int:
    """Bytes; what processes share is divided among them."""
    for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
        if line.startswith("Pss:"):
            return int(line.split()[1]) * 1024
    return 0


async def lists(ground: Ground, seconds: float) -> Mapping[str, float]:
    """Lists and searches of an organisation with 100 000 open trips, p95; fewer in short turns."""
    spec = importlib.util.spec_from_file_location("lists", Path(__file__).with_name("lists.py"))
    assert spec is not None
    assert spec.loader is not None
    beside: Any = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = beside
    spec.loader.exec_module(beside)
    count = round(beside.MANY * min(1.0, seconds / FULL.seconds))
    async with beside.asked(ground, {"many": count}) as ask:
        await ask.all_once()
        return {name: await ask.p95(name, "many") for name in beside.QUESTIONS}


REBUILDING = Path(__file__).with_name("rebuilding.py")
REBUILT_A_SECOND = 100_000
"""Events for each second of a turn."""


async def rebuilt(ground: Ground, seconds: float) -> Mapping[str, float]:
    """Views made anew from the store, and the memory that it takes: of all, and of a quarter."""
    settings, environment = ground.settings("rebuilt"), ground.environment("rebuilt")
    await create_topics(ground.broker.bootstrap, service.contracts, 1)
    count = max(4 * events.EVENTS_A_TRIP, round(REBUILT_A_SECOND * seconds))
    trips_of_a_quarter = count // events.EVENTS_A_TRIP // 4
    taken: list[Mapping[str, float]] = []
    async with opened(service, settings) as running:
        codec = Codec(trips, running.keyring)
        for quarter in range(4):
            recorded = await events.rows(codec, f"R{quarter}-", trips_of_a_quarter)
            await events.record(running.pool, recorded)
            if quarter in (0, 3):
                await ground.settle()
                taken.append(await _alone(REBUILDING, environment))
    few, many = taken
    rebuilt_events = 4 * trips_of_a_quarter * events.EVENTS_A_TRIP
    return {
        "events/s": rebuilt_events / many["seconds"],
        "MiB": many["MiB"],
        "MiB of a quarter": few["MiB"],
    }


async def _alone(script: Path, environment: Mapping[str, str]) -> Mapping[str, float]:
    """The figures that a script prints, which runs in a process of its own."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        str(script),
        env={**os.environ, **environment},
        stdout=asyncio.subprocess.PIPE,
    )
    output, _ = await process.communicate()
    if process.returncode:
        raise ChildFailed(f"{script.name} ended with {process.returncode}")
    said: Mapping[str, float] = json.loads(output)
    return said


async def started(ground: Ground, seconds: float) -> Mapping[str, float]:
    """From the start of the workers of missions until they are ready; their databases are there."""
    environment = ground.environment("started")
    await create_topics(ground.broker.bootstrap, service.contracts, 1)
    taken: list[float] = []
    for _ in range(1 + max(2, round(3 * seconds))):
        begun = perf_counter()
        async with child(*RELAIS, "work", "missions", environment=environment) as workers:
            await until_ready(workers.port)
            taken.append(perf_counter() - begun)
    # The first one makes the databases.
    return {"seconds": median(taken[1:])}


MEASURES: Mapping[str, Callable[[Ground, float], Awaitable[Mapping[str, float]]]] = {
    "visible at 200": paced(200),
    "visible at 10": paced(10),
    "1 writer": writers(1),
    "8 writers": writers(8),
    "64 writers": writers(64),
    "relay": subject("relay"),
    "mixed": subject("mixed"),
    "http": subject("http"),
    "list": listed,
    "lists": lists,
    "sign-in": subject("sign-in"),
    "token": subject("token"),
    "bytes": occupied,
    "long stream": long_stream,
    "idle": idle,
    "worked": worked,
    "rebuild": rebuilt,
    "start": started,
}


async def main(measure: str, data: str, bootstrap: str, kind: str, area: str, seconds: str) -> None:
    """Measure once."""
    broker: Any = Running(bootstrap)
    ground = Turn(PostgresServer(Path(data)), broker, kind)
    object.__setattr__(ground, "area", area)
    print(json.dumps(await MEASURES[measure](ground, float(seconds))), flush=True)


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    uvloop.run(main(*sys.argv[1:]))
