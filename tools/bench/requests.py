"""Commands over HTTP: a quote through the whole service, beside a route with one INSERT."""

import asyncio
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AsyncExitStack
from itertools import islice
from typing import Any
from uuid import uuid4

from infra.host import opened
from infra.installation import belonging
from infra.tokens import SigningKey, issue
from services.missions.aggregates import TRIP
from services.missions.service import service
from tools.bench import events
from tools.bench.figures import Figure, Samples, Side, at_least, interleave
from tools.bench.ground import POOL, Ground
from tools.bench.processes import RELAIS, answered, child
from tools.bench.subject import Size, Subject
from tools.bench.visibility import context, publish

TOKEN_SECONDS = 3_600
BARE = "tools.bench.bare"


def bare_environment(url: str) -> dict[str, str]:
    """The environment variables of the bare API."""
    return {"BENCH_DATABASE": url, "BENCH_POOL": str(POOL)}


async def measure(ground: Ground, size: Size, step: Callable[[], None]) -> Samples:
    async with AsyncExitStack() as stack:
        trips = await _publish(ground, (size.rounds + 1) * size.commands // events.QUOTES + 1)
        requests = _requests(trips, ground.signing)
        ours = await stack.enter_async_context(
            child(*RELAIS, "serve", "missions", environment=ground.environment("http"))
        )
        environment = bare_environment(await ground.database("http_bare"))
        bare = await stack.enter_async_context(child("-m", BARE, environment=environment))

        def side(name: str, port: int) -> Side:
            async def once() -> Mapping[str, float]:
                found = await answered(port, list(islice(requests, size.commands)))
                return {name: found.per_second}

            return once

        sides = [side("ours", ours.port), side("bare", bare.port)]
        return await interleave(size.rounds, sides, step)


async def _publish(ground: Ground, count: int) -> list[str]:
    """Trips to quote, published as logistics would."""
    ids = [f"Q{uuid4().hex[:12]}" for _ in range(count)]
    async with (
        opened(service, ground.settings("http")) as running,
        belonging(service.name, running.keyring.pool, running.pool),
    ):
        handle = running.commands.handle
        await asyncio.gather(*(handle(TRIP, id, publish(id), context()) for id in ids))
    return ids


def _requests(trips: Sequence[str], key: SigningKey) -> Iterator[str]:
    """One quote each, never two by the same driver on the same trip."""
    tokens = [
        issue(key, f"driver-{n}", events.ORGANISATION, ["driver"], lifetime=TOKEN_SECONDS)
        for n in range(events.DRIVERS)
    ]
    for nth in range(2 * events.QUOTES):
        for number, trip_id in enumerate(trips):
            driver = (number * events.QUOTES + nth) % events.DRIVERS
            path = f"/missions/trips/{trip_id}/quote"
            yield request("POST", path, tokens[driver], quote(driver, comment=nth == 0))


def quote(driver: int, *, comment: bool) -> dict[str, Any]:
    """The body of a driver's quote."""
    price = {"amount_minor": 12_500 + driver, "currency": "EUR"}
    return {"price": price} | ({"comment": "Can leave at six."} if comment else {})


def request(
    method: str,
    path: str,
    token: str | None = None,
    body: Mapping[str, Any] | None = None,
    headers: Mapping[str, str] = {},
) -> str:
    """A whole request as text, with a key of its own."""
    content = "" if body is None else json.dumps(body)
    lines = [
        f"{method} {path} HTTP/1.1",
        "Host: localhost",
        f"Idempotency-Key: {uuid4()}",
        "Content-Type: application/json",
        f"Content-Length: {len(content)}",
        *([f"Authorization: Bearer {token}"] if token else []),
        *(f"{name}: {value}" for name, value in headers.items()),
    ]
    return "\r\n".join([*lines, "", content])


SUBJECT = Subject(
    figures=(
        Figure(
            "HTTP commands, one quote each, durable",
            "requests/s",
            "a bare FastAPI route with one INSERT",
            at_least(0.7),
            "ours",
            "bare",
        ),
    ),
    measure=measure,
)
