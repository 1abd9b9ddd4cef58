"""The page of a customer, from the link until it is there, beside a bare FastAPI page with one
SELECT; one after the other. It counts until the last byte of both, which comes with the first.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import replace
from itertools import cycle, islice
from time import perf_counter
from typing import Any

import httpx
import psycopg
from psycopg.types.json import Jsonb

from infra.host import Running, opened
from infra.lookups import dealerships
from infra.tokens import SigningKey, issue
from infra.topics import create_topics
from services.interventions.service import service
from tools.bench import reminding
from tools.bench.bare_page import TABLE
from tools.bench.figures import Figure, Samples, Side, at_most, interleave
from tools.bench.ground import Ground
from tools.bench.matching import write
from tools.bench.processes import RELAIS, answered, child
from tools.bench.requests import TOKEN_SECONDS, bare_environment, request
from tools.bench.subject import Size, Subject

AREA = "page"
BARE = "tools.bench.bare_page"
CASES = 40
A_SECOND = 50
"""Pages in a turn, by the seconds of a side's share."""
GROUP, HOUSE = reminding.ORGANISATION, reminding.DEALERSHIP
CUSTOMER: Mapping[str, Any] = {
    "title": "madam",
    "last_name": "Moreau",
    "first_name": "Claire",
    "email": "claire@example.org",
    "phone": "06 12 34 56 78",
}
WORKS: Mapping[str, int] = {"Front brake pads": 12_000, "Belt": 64_000, "Two tyres": 24_000}


class Staff:
    """Somebody of the dealership, who makes cases over HTTP."""

    def __init__(self, client: httpx.AsyncClient, key: SigningKey) -> None:
        self._client = client
        token = issue(
            key,
            "lea",
            GROUP,
            ["administrative_agent"],
            dealerships={"administrative_agent": [HOUSE]},
            lifetime=TOKEN_SECONDS,
        )
        self._headers = {"Authorization": f"Bearer {token}"}
        self.seconds: list[float] = []
        """How long each answer took."""

    async def ask(self, method: str, path: str, body: Mapping[str, Any] | None, key: str) -> Any:
        """The answer. Raises `AssertionError` with what was said instead."""
        headers = self._headers | {"Idempotency-Key": key}
        url = f"/interventions/cases{path}"
        started = perf_counter()
        answer = await self._client.request(method, url, json=body, headers=headers)
        self.seconds.append(perf_counter() - started)
        assert answer.is_success, answer.text
        return answer.json()

    async def look(self, page: str) -> None:
        """The customer opens the page. Raises `AssertionError` as `ask` does."""
        started = perf_counter()
        answer = await self._client.get(page)
        self.seconds.append(perf_counter() - started)
        assert answer.is_success, answer.text

    async def sent(self, number: int, photos: Sequence[str] = ()) -> str:
        """A case with a customer, works and photos that was sent; answers the path of its page."""
        key = f"case-{number}"
        body = {
            "key": key,
            "dealership_id": HOUSE,
            "module": "mechanical",
            "reference": f"OR-{number}",
        }
        made = await self.ask("POST", "", body, key)
        path = f"/{made['id']}"
        await self.ask("PUT", f"{path}/customer", CUSTOMER, f"{key}-customer")
        for nth, (label, amount) in enumerate(WORKS.items()):
            await self.ask("PUT", f"{path}/works/w{nth}", work(label, amount), f"{key}-{nth}")
        for nth, file_id in enumerate(photos):
            body = {"file_id": file_id, "work_id": f"w{nth % len(WORKS)}"}
            await self.ask("PUT", f"{path}/media/m{nth}", body, f"{key}-photo-{nth}")
        await self.ask("POST", f"{path}/sending", sending(len(photos)), f"{key}-sending")
        link = await self.ask("POST", f"{path}/links/customer", None, f"{key}-link")
        return f"/interventions/page/{link['url'].rpartition('/')[2]}"


def work(label: str, amount: int) -> dict[str, Any]:
    price = {"amount": {"amount_minor": amount, "currency": "EUR"}, "mode": "including_vat"}
    return {"label": label, "level": "urgent", "price": price}


def sending(photos: int) -> dict[str, Any]:
    proposed = {"amount_minor": sum(WORKS.values()), "currency": "EUR"}
    seen = {"works": len(WORKS), "media": photos, "proposed": proposed}
    return {"channels": ["email"], "seen": seen}


async def measure(ground: Ground, size: Size, step: Callable[[], None]) -> Samples:
    await ground.broker.wipe()
    await create_topics(ground.broker.bootstrap, service.contracts, 1)
    a_turn = max(2, round(A_SECOND * size.seconds))
    async with AsyncExitStack() as stack:
        async with opened(service, ground.settings(AREA)) as running:
            await seed(running)
        ours = await stack.enter_async_context(
            child(*RELAIS, "serve", "interventions", environment=ground.environment(AREA))
        )
        client = httpx.AsyncClient(base_url=f"http://127.0.0.1:{ours.port}", timeout=60)
        async with client:
            staff = Staff(client, ground.signing)
            pages = [await staff.sent(number) for number in range(CASES)]
        database = await ground.database("page_bare")
        await bare_rows(database)
        environment = bare_environment(database)
        bare = await stack.enter_async_context(child("-m", BARE, environment=environment))

        def side(name: str, port: int, paths: Iterator[str]) -> Side:
            async def once() -> Mapping[str, float]:
                requests = [request("GET", path) for path in islice(paths, a_turn)]
                found = await answered(port, requests, connections=1)
                return {f"{name} p99": found.p99 * 1_000}

            return once

        sides = [
            side("ours", ours.port, cycle(pages)),
            side("bare", bare.port, cycle(f"/page/{number}" for number in range(CASES))),
        ]
        return await interleave(size.rounds, sides, step)


async def seed(running: Running) -> None:
    """The dealership, as its topic would have left it."""
    assert running.generations is not None
    active = await running.generations.active()
    assert active is not None
    house = replace(reminding.dealership("Europe/Paris"), settings=())
    async with running.pool.connection() as connection:
        await write(connection, active.schema, dealerships.lookup, [house])


async def bare_rows(database: str) -> None:
    """The same cases, each as one row."""
    works = [{"label": label, "amount": amount / 100} for label, amount in WORKS.items()]
    async with await psycopg.AsyncConnection.connect(database) as connection:
        await connection.execute(TABLE)
        for number in range(CASES):
            values = (str(number), "Lumen Lille", "Claire Moreau", f"OR-{number}", Jsonb(works))
            await connection.execute("insert into shown values (%s, %s, %s, %s, %s)", values)


SUBJECT = Subject(
    figures=(
        Figure(
            "the page of a customer, from the link until it is there, p99",
            "ms",
            "a bare FastAPI page with one SELECT",
            at_most(4),
            "ours p99",
            "bare p99",
        ),
    ),
    measure=measure,
)
