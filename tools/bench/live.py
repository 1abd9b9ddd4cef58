"""From the answer to a command until a live screen is told, beside until the view shows it."""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from statistics import median
from time import perf_counter
from uuid import uuid4

import httpx

from infra.commands import Done
from infra.consumers.views import Generations
from infra.database import open_pool
from infra.host import Running, opened
from infra.http.live import GAP_SECONDS
from infra.tokens import issue
from infra.topics import create_topics
from services.missions.aggregates import TRIP
from services.missions.service import service
from services.views.partner.service import service as partner
from tools.bench import events, mixed
from tools.bench.figures import Figure, Samples, at_most, interleave
from tools.bench.ground import Ground
from tools.bench.processes import RELAIS, child
from tools.bench.requests import TOKEN_SECONDS
from tools.bench.subject import Size, Subject
from tools.bench.visibility import LOOK_SECONDS, context, publish

QUERY = "/trips?limit=20"
"""The newest trips: each one that is published changes the answer."""
TOLD_SECONDS = 30.0
SEEDED = 8
"""Trips that are there already; what matters is that the driver is."""


class Screen:
    """A screen that listens, and what it was told last."""

    def __init__(self) -> None:
        self._told = asyncio.Event()

    async def follow(self, answer: httpx.Response) -> None:
        """Hear the events of a stream until it ends."""
        async for line in answer.aiter_lines():
            if line == "event: changed":
                self._told.set()

    async def told(self) -> float:
        """Wait for the next event; answers when it came."""
        async with asyncio.timeout(TOLD_SECONDS):
            await self._told.wait()
        self._told.clear()
        return perf_counter()


async def measure(ground: Ground, size: Size, step: Callable[[], None]) -> Samples:
    await ground.broker.wipe()
    await create_topics(ground.broker.bootstrap, service.contracts, 1)
    settings, environment = ground.settings("live"), ground.environment("live")
    token = issue(
        ground.signing, "driver-1", events.ORGANISATION, ["driver"], lifetime=TOKEN_SECONDS
    )
    async with AsyncExitStack() as stack:
        running = await stack.enter_async_context(opened(service, settings))
        await mixed._seed(running, SEEDED)
        for words in (("work", "missions"), ("work", "views.partner")):
            await stack.enter_async_context(child(*RELAIS, *words, environment=environment))
        api = await stack.enter_async_context(
            child(*RELAIS, "serve", "views.partner", environment=environment)
        )
        shown = await open_pool(settings.database("views.partner"), 4, "reader")
        stack.push_async_callback(shown.close)
        generations = Generations("partner", partner.tables, shown)
        await mixed._followed(running.pool, {"partner": shown})
        screen = await stack.enter_async_context(_listening(api.port, token))
        # The first event says how it stands; the first command waits for the workers.
        await screen.told()
        await _once(running, generations, screen)

        async def relais() -> Mapping[str, float]:
            found = [
                await _once(running, generations, screen)
                for _ in range(max(2, round(5 * size.seconds)))
            ]
            return {
                "told p50": median(told for told, _ in found) * 1000,
                "shown p50": median(shown for _, shown in found) * 1000,
            }

        return await interleave(size.rounds, [relais], step)


@asynccontextmanager
async def _listening(port: int, token: str) -> AsyncIterator[Screen]:
    headers = {"Authorization": f"Bearer {token}"}
    url = f"http://127.0.0.1:{port}/partner/live"
    async with (
        httpx.AsyncClient(timeout=60) as client,
        client.stream("GET", url, params={"watch": QUERY}, headers=headers) as answer,
        asyncio.TaskGroup() as group,
    ):
        answer.raise_for_status()
        screen = Screen()
        following = group.create_task(screen.follow(answer))
        yield screen
        following.cancel()


async def _once(running: Running, generations: Generations, screen: Screen) -> tuple[float, float]:
    """Publish a trip; answers the seconds until the screen was told, and until the view had it."""
    # A listener rests between two looks, which is not what is measured.
    await asyncio.sleep(1.2 * GAP_SECONDS)
    trip_id = f"L{uuid4().hex[:12]}"
    done = await running.commands.handle(TRIP, trip_id, publish(trip_id), context())
    assert isinstance(done, Done)
    answered = perf_counter()
    telling = asyncio.create_task(screen.told())
    stream = f"missions.trip/{trip_id}"
    while (await generations.seen([stream])).get(stream, 0) < done.version:
        await asyncio.sleep(LOOK_SECONDS)
    shown = perf_counter() - answered
    return await telling - answered, shown


SUBJECT = Subject(
    figures=(
        Figure(
            "from the command's answer to the event of a live screen, p50",
            "ms",
            "from the same answer to visible in the view, p50",
            at_most(1.5),
            "told p50",
            "shown p50",
        ),
    ),
    measure=measure,
)
