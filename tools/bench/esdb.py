"""The store on EventStoreDB beside the bare client, on the same server: append, read, follow.

On the double of the test kit, which is Python and keeps everything in memory, only the ratio says
anything. `--store esdb://...` measures on a real server.
"""

import asyncio
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import AsyncExitStack, aclosing, asynccontextmanager
from datetime import UTC, datetime
from time import perf_counter
from uuid import uuid4

from kurrentdbclient import AsyncKurrentDBClient, StreamState
from kurrentdbclient import NewEvent as ClientEvent

from infra.database import open_pool
from infra.store import Append, Appended, NewEvent, RecordedEvent
from infra.store.esdb.client import connected
from infra.store.esdb.store import EsdbStore
from tools.bench.appends import DATA, META, TYPE, WRITERS, Write, measure_of, per_second
from tools.bench.figures import Figure, Samples, Side, at_least, interleave
from tools.bench.ground import POOL, Ground
from tools.bench.subject import Measure, Size, Subject

DOUBLE = "esdb"
"""The name of the store that measures on the double."""
LENGTH = 100
"""Events of each stream that is read."""
BARE = "the bare client"
Work = Callable[[EsdbStore, AsyncKurrentDBClient, Size], Awaitable[Sequence[Side]]]


def subjects_on(store: str) -> Mapping[str, Subject]:
    """The measurements on the double, or on the server of a URL."""
    return {name: _subject(store, name, work) for name, work in _WORK.items()}


def _subject(store: str, name: str, work: Work) -> Subject:
    counts = (WRITERS, 1) if name == "append" else (WRITERS,)
    figures = tuple(
        Figure(
            f"EventStoreDB, {name}{', one writer' * (count == 1)}",
            "events/s",
            BARE,
            at_least(0.5),
            measure_of("ours", count),
            measure_of("bare", count),
        )
        for count in counts
    )
    return Subject(figures=figures, measure=_measure(store, name, work))


def _measure(store: str, name: str, work: Work) -> Measure:
    async def measure(ground: Ground, size: Size, step: Callable[[], None]) -> Samples:
        async with AsyncExitStack() as stack:
            url = await stack.enter_async_context(_server()) if store == DOUBLE else store
            client = await stack.enter_async_context(connected(url))
            pool = await open_pool(await ground.database(f"beside_{name}"), POOL, "bench")
            stack.push_async_callback(pool.close)
            ours = EsdbStore(client, pool, prefix=f"bench-{uuid4().hex}.")
            await ours.migrate()
            return await interleave(size.rounds, await work(ours, client, size), step)

    return measure


@asynccontextmanager
async def _server() -> AsyncIterator[str]:
    """The double in a process of its own; answers its URL."""
    command = (sys.executable, "-m", "infra.testing.esdb")
    server = await asyncio.create_subprocess_exec(*command, stdout=asyncio.subprocess.PIPE)
    assert server.stdout is not None
    try:
        yield (await server.stdout.readline()).decode().strip()
    finally:
        server.kill()
        await server.wait()


async def _appending(store: EsdbStore, client: AsyncKurrentDBClient, size: Size) -> Sequence[Side]:
    async def ours(stream: str, version: int) -> None:
        event = NewEvent(uuid4(), TYPE, DATA, META, datetime.now(UTC))
        verdict = await store.append(Append(stream, version - 1, [event]))
        assert isinstance(verdict, Appended)

    async def bare(stream: str, version: int) -> None:
        await client.append_to_stream(
            stream,
            events=[ClientEvent(TYPE, DATA, b"{}", "application/octet-stream")],
            current_version=version - 2 if version > 1 else StreamState.NO_STREAM,
        )

    def side(name: str, write: Write) -> Side:
        async def once() -> Mapping[str, float]:
            return {
                measure_of(name, count): await per_second(write, size.seconds, count)
                for count in (WRITERS, 1)
            }

        return once

    return [side("ours", ours), side("bare", bare)]


async def _reading(store: EsdbStore, client: AsyncKurrentDBClient, size: Size) -> Sequence[Side]:
    stream = await _filled(store, LENGTH)

    async def ours() -> int:
        return len(await store.read(stream))

    async def bare() -> int:
        return len(await client.get_stream(f"{store.prefix}{stream}"))

    return [_counted("ours", ours, size.seconds), _counted("bare", bare, size.seconds)]


async def _following(store: EsdbStore, client: AsyncKurrentDBClient, size: Size) -> Sequence[Side]:
    count = max(LENGTH, size.events // 10)
    await _filled(store, count)

    async def ours() -> int:
        seen = 0
        async with aclosing(store.follow()) as items:
            async for one in items:
                seen += isinstance(one, RecordedEvent)
                if seen == count:
                    break
        return seen

    async def bare() -> int:
        subscription = await client.subscribe_to_all(
            filter_include=(store.prefix,), filter_by_prefix=True, filter_by_stream_name=True
        )
        seen = 0
        async for _ in subscription:
            seen += 1
            if seen == count:
                break
        await subscription.stop()
        return seen

    return [_counted("ours", ours, size.seconds), _counted("bare", bare, size.seconds)]


async def _filled(store: EsdbStore, count: int) -> str:
    """A stream of so many events."""
    stream = f"trip-{uuid4()}"
    for version in range(0, count, LENGTH):
        events = [NewEvent(uuid4(), TYPE, DATA, META, datetime.now(UTC)) for _ in range(LENGTH)]
        await store.append(Append(stream, version, events))
    return stream


def _counted(name: str, read: Callable[[], Awaitable[int]], seconds: float) -> Side:
    """Events a second of one reader that reads again and again."""

    async def once() -> Mapping[str, float]:
        started = perf_counter()
        seen = 0
        while perf_counter() < started + seconds:
            seen += await read()
        return {name: seen / (perf_counter() - started)}

    return once


_WORK: Mapping[str, Work] = {"append": _appending, "read": _reading, "follow": _following}
