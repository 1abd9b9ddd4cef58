"""Measures one append and one fold with a million events in the store, beside ten thousand."""

import asyncio
import json
from collections.abc import Awaitable, Callable, Mapping
from contextlib import AsyncExitStack
from datetime import UTC, datetime
from random import Random
from time import perf_counter
from uuid import uuid4

from contracts.missions.trip_v1 import QuoteSubmitted, TripEvent
from infra.commands import Commands
from infra.database import Pool
from infra.host import opened
from infra.store import Append, Appended, NewEvent
from services.missions.aggregates import TRIP
from services.missions.service import service
from tools.bench import events
from tools.bench.figures import Figure, Samples, at_most, interleave
from tools.bench.ground import Ground
from tools.bench.subject import Size, Subject

FEW = 10_000
A_STREAM = 10
"""Events of each stream: a trip, and nine quotes."""
AT_ONCE = 16

# Every stream holds the same events under a name of its own, made by the server: no client is as
# quick, and how the bytes came there is nothing a later append could notice.
FILL = f"""
insert into es.stored_event (stream, version, event_id, type, data, occurred_at, {events.COLUMNS})
select 'trip-S' || s, e.version, gen_random_uuid(), e.type, e.data, %s,
       %s, %s, %s, %s, %s, %s, %s, %s
  from generate_series(%s::int, %s::int - 1) s,
       unnest(%s::text[], %s::bytea[]) with ordinality as e(type, data, version)
"""


async def measure(ground: Ground, size: Size, step: Callable[[], None]) -> Samples:
    async with AsyncExitStack() as stack:
        stores: dict[str, tuple[Commands, int]] = {}
        for name, count in (("few", FEW), ("many", size.filled)):
            running = await stack.enter_async_context(opened(service, ground.settings(name)))
            await fill(running.pool, running.commands, count, step)
            stores[name] = running.commands, count // A_STREAM
        await ground.settle()

        def side(name: str) -> Callable[[], Awaitable[Mapping[str, float]]]:
            commands, streams = stores[name]
            append, fold = _append(commands, {}), _fold(commands)

            async def once() -> Mapping[str, float]:
                return {
                    f"append {name}": await _microseconds(append, streams, size),
                    f"fold {name}": await _microseconds(fold, streams, size),
                }

            return once

        return await interleave(size.rounds, [side("many"), side("few")], step)


async def fill(pool: Pool, commands: Commands, count: int, step: Callable[[], None]) -> None:
    """Streams of ten events each, in transactions of some thousand events."""
    types, data = await _template(commands)
    streams, page = count // A_STREAM, 5_000
    for first in range(0, streams, page):
        last = min(first + page, streams)
        async with pool.connection() as connection:
            at = datetime.now(UTC)
            await connection.execute(FILL, (at, *events.KEPT, first, last, types, data))
        step()
    async with pool.connection() as connection:
        await connection.execute("vacuum analyze es.stored_event")


async def _template(commands: Commands) -> tuple[list[str], list[bytes]]:
    at = datetime.now(UTC)
    quotes = [events.quoted("S", driver, None, at) for driver in range(A_STREAM - 1)]
    told: list[TripEvent] = [events.published("S", at), *quotes]
    named = [(uuid4(), event) for event in told]
    encoded = await commands.codec(TRIP.contract).encode(named)
    return [one.type for one in encoded], [one.data for one in encoded]


async def _microseconds(once: Callable[[int], Awaitable[None]], streams: int, size: Size) -> float:
    """The microseconds of one while some are under way, each on a stream picked at random."""
    random, left = Random(), iter(range(size.commands))

    async def worker() -> None:
        for _ in left:
            await once(random.randrange(0, streams, 2))

    started = perf_counter()
    await asyncio.gather(*(worker() for _ in range(AT_ONCE)))
    return (perf_counter() - started) / size.commands * 1e6


def _append(commands: Commands, versions: dict[str, int]) -> Callable[[int], Awaitable[None]]:
    """To streams with an even number, so that those with an odd one stay as long as they are."""
    kind = TRIP.contract.by_class(QuoteSubmitted)
    data = kind.encode(events.quoted("S", 1, None, datetime.now(UTC)), lambda *_: b"")
    meta = json.loads(events.META)

    async def once(number: int) -> None:
        stream = f"trip-S{number}"
        version = versions.setdefault(stream, A_STREAM)
        event = NewEvent(uuid4(), kind.type, data, meta, datetime.now(UTC))
        match await commands.store.append(Append(stream, version, [event])):
            case Appended(version=reached):
                versions[stream] = reached
            case _:
                # Two at once on one stream: the other one has counted it.
                return

    return once


def _fold(commands: Commands) -> Callable[[int], Awaitable[None]]:
    async def once(number: int) -> None:
        loaded = await commands.load(TRIP, f"S{number + 1}")
        assert loaded.version == A_STREAM

    return once


SUBJECT = Subject(
    figures=tuple(
        Figure(
            f"one {work} with 1 000 000 events in the store",
            "\N{MICRO SIGN}s",
            "the same with 10 000",
            at_most(1.3),
            f"{work} many",
            f"{work} few",
        )
        for work in ("append", "fold")
    ),
    measure=measure,
)
