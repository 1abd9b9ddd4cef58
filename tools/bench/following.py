"""Counts what a follower sees while 64 writers append: every event, or not."""

import asyncio
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import AsyncExitStack
from threading import Event
from time import monotonic, sleep
from uuid import uuid4

from eventsourcing.postgres import PostgresApplicationRecorder

from infra.store.postgres import PostgresStore
from infra.store.protocol import BEGINNING
from tools.bench.appends import (
    DATA,
    WRITERS,
    append_for,
    insert_for,
    open_recorder,
    open_store,
    writer_of,
)
from tools.bench.emmett import emmett
from tools.bench.figures import Figure, Samples, at_least, interleave
from tools.bench.ground import Ground
from tools.bench.subject import Size, Subject

PAGE = 100
ROUNDS = 2
"""What is lost is lost; it needs no median of five."""
PATIENCE = 2.0
"""Seconds with nothing new, once nobody writes, after which a follower has seen all it ever will:
twice the longest pause of any of them."""
LOOK_SECONDS = 0.01


async def measure(ground: Ground, size: Size, step: Callable[[], None]) -> Samples:
    async with AsyncExitStack() as stack:
        node = await stack.enter_async_context(emmett(len(DATA)))

        async def database() -> str:
            return await ground.database(f"follow_{uuid4().hex[:8]}")

        async def ours() -> Mapping[str, float]:
            async with AsyncExitStack() as side:
                store = await open_store(side, await database())
                return {"ours": await _seen_of_ours(store, size.seconds)}

        async def peer() -> Mapping[str, float]:
            recorder = await asyncio.to_thread(open_recorder, await database(), fast=True)
            try:
                return {"peer": await asyncio.to_thread(_seen_of_peer, recorder, size.seconds)}
            finally:
                recorder.datastore.close()

        async def emmetts() -> Mapping[str, float]:
            assert node is not None
            url = await database()
            # In a process of its own, as whoever follows is.
            async with emmett(len(DATA)) as follower:
                assert follower is not None
                await follower.follow(url)
                written = await node.append(url, size.seconds, WRITERS)
                seen, before = await follower.seen(), -1
                while seen < written and seen != before:
                    await asyncio.sleep(PATIENCE)
                    seen, before = await follower.seen(), seen
            return {"emmett": 100 * seen / written}

        sides = [ours, peer] if node is None else [ours, peer, emmetts]
        return await interleave(min(size.rounds, ROUNDS), sides, step)


async def _seen_of_ours(store: PostgresStore, seconds: float) -> float:
    writing = asyncio.create_task(append_for(writer_of(store), seconds, WRITERS))
    after, seen, last = BEGINNING, 0, monotonic()
    while not writing.done() or (seen < writing.result()[0] and monotonic() - last < PATIENCE):
        page = await store.read_all(after, PAGE)
        if page:
            after, seen, last = page[-1].position, seen + len(page), monotonic()
        else:
            await asyncio.sleep(LOOK_SECONDS)
    return 100 * seen / (await writing)[0]


def _seen_of_peer(recorder: PostgresApplicationRecorder, seconds: float) -> float:
    """As its own followers do: on from the last notification they read."""
    done = Event()

    def follow() -> int:
        after, seen, last = 0, 0, monotonic()
        while not done.is_set() or monotonic() - last < PATIENCE:
            page = recorder.select_notifications(after, PAGE, inclusive_of_start=False)
            if page:
                after, seen, last = page[-1].id, seen + len(page), monotonic()
            else:
                sleep(LOOK_SECONDS)
        return seen

    with ThreadPoolExecutor(1) as thread:
        following = thread.submit(follow)
        try:
            written, _ = insert_for(recorder, seconds)
        finally:
            done.set()
        return 100 * following.result() / written


SUBJECT = Subject(
    figures=tuple(
        Figure(
            "seen by a follower while 64 writers append",
            "% of the events",
            beside,
            at_least(1),
            "ours",
            other,
        )
        for beside, other in (
            ("the eventsourcing library with its functions", "peer"),
            ("Emmett", "emmett"),
        )
    ),
    measure=measure,
)
