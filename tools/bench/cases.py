"""500 cases an hour with photos, from the tablet to the customer who opens the page, beside a bare
FastAPI app at the same pace.

A case begins when its time has come; its requests follow each other. The photos are with `media`
already, and each is placed in the case.
"""

import asyncio
from collections.abc import Callable, Mapping
from contextlib import AsyncExitStack
from itertools import count
from time import perf_counter

import httpx

from infra.host import Running, opened
from infra.lookups import files
from infra.topics import create_topics
from services.interventions.service import service
from tools.bench import mixed, page
from tools.bench.figures import Figure, Samples, Side, at_most, interleave
from tools.bench.ground import Ground
from tools.bench.matching import write
from tools.bench.page import GROUP, Staff
from tools.bench.paying import p99
from tools.bench.processes import child
from tools.bench.requests import bare_environment
from tools.bench.subject import Size, Subject

AREA = "cases"
BARE = "tools.bench.bare_cases"
AN_HOUR = 500
PHOTOS = tuple(f"photo-{number}" for number in range(4))
SERVICES = ("interventions", "views.dealer")


async def measure(ground: Ground, size: Size, step: Callable[[], None]) -> Samples:
    await ground.broker.wipe()
    await create_topics(ground.broker.bootstrap, service.contracts, 1)
    a_turn = max(1, round(AN_HOUR / 60 * size.minutes / size.rounds))
    async with AsyncExitStack() as stack:
        async with opened(service, ground.settings(AREA)) as running:
            await page.seed(running)
            await _photos(running)
        environment = ground.environment(AREA)
        workers = child("-m", mixed.TOGETHER, "work", *SERVICES, environment=environment)
        await stack.enter_async_context(workers)
        ours = await stack.enter_async_context(
            child("-m", mixed.TOGETHER, "serve", *SERVICES, environment=environment)
        )
        environment = bare_environment(await ground.database("cases_bare"))
        bare = await stack.enter_async_context(child("-m", BARE, environment=environment))

        def side(name: str, port: int, client: httpx.AsyncClient) -> Side:
            numbers = count()

            async def once() -> Mapping[str, float]:
                staff = Staff(client, ground.signing)
                async with asyncio.TaskGroup() as group:
                    started = perf_counter()
                    for nth in range(a_turn):
                        due = started + nth * 3_600 / AN_HOUR
                        await asyncio.sleep(due - perf_counter())
                        group.create_task(_one(staff, next(numbers)))
                return {f"{name} p99": p99(staff.seconds)}

            return once

        sides = []
        for name, port in (("ours", ours.port), ("bare", bare.port)):
            client = httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", timeout=60)
            sides.append(side(name, port, await stack.enter_async_context(client)))
        return await interleave(size.rounds, sides, step)


async def _one(staff: Staff, number: int) -> None:
    await staff.look(await staff.sent(number, PHOTOS))


async def _photos(running: Running) -> None:
    """Photos that somebody of the dealership has sent to `media`."""
    assert running.generations is not None
    active = await running.generations.active()
    assert active is not None
    known = [
        files.File(
            file_id=photo,
            organisation_id=GROUP,
            user_id="lea",
            purpose="other",
            size_bytes=400_000,
            media_type="image/jpeg",
        )
        for photo in PHOTOS
    ]
    async with running.pool.connection() as connection:
        await write(connection, active.schema, files.lookup, known)


SUBJECT = Subject(
    figures=(
        Figure(
            "500 cases an hour with four photos each, a request's p99",
            "ms",
            "a bare FastAPI app, one statement a request",
            at_most(4),
            "ours p99",
            "bare p99",
        ),
    ),
    measure=measure,
)
