"""No route is left out: each is tried with every role, without one, and by a stranger.

The list in docs/routes.md is made from what was tried.
"""

import re
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any, get_args
from uuid import uuid4

import httpx
import pytest_asyncio

from infra import serving
from infra.host import opened
from infra.http.auth import Role, SigningKey, issue, jwks
from infra.settings import Settings
from services import registry
from tests.e2e.conftest import KEY, MASTER_KEYS

LIST = Path(__file__).parents[2] / "docs" / "routes.md"
PROBES = ("/health/live", "/health/ready", "/metrics")
METHODS = ("get", "head", "post", "put", "patch", "delete")
NOBODY = "trip-or-driver-of-somebody-else"


@dataclass(frozen=True, slots=True)
class Route:
    """One operation of one API. Public ones have no roles."""

    service: str
    method: str
    path: str
    roles: frozenset[str]
    summary: str

    def line(self) -> str:
        roles = ", ".join(sorted(self.roles)) or "anybody"
        return f"| {self.service} | {self.method} | `{self.path}` | {roles} | {self.summary} |"


@dataclass
class Site:
    """Every API there is, over empty databases."""

    client: httpx.AsyncClient
    routes: list[Route]

    async def ask(self, route: Route, token: str | None, body: Any = None) -> httpx.Response:
        headers = {"Idempotency-Key": uuid4().hex}
        if token is not None:
            headers["Authorization"] = f"Bearer {token}"
        path = re.sub(r"{\w+}", NOBODY, route.path)
        for part, known in (("pieces", "0"), ("stops", "arrival"), ("corrections", "8")):
            path = path.replace(f"{part}/{NOBODY}", f"{part}/{known}")
        content = {} if body is None else {"json": body}
        return await self.client.request(route.method, path, headers=headers, **content)


def routes_of(service: str, prefix: str, document: dict[str, Any]) -> Iterator[Route]:
    for path, operations in document["paths"].items():
        for method in METHODS:
            if (found := operations.get(method)) and not path.endswith(PROBES):
                roles = frozenset(found.get("x-roles", ()))
                said = found.get("description") or found.get("summary", "")
                summary = " ".join(said.split()).split(". ")[0].rstrip(".")
                yield Route(service, method.upper(), prefix + path, roles, summary)


@pytest_asyncio.fixture
async def site(new_database: Callable[[], str]) -> AsyncIterator[Site]:
    services = registry.services()
    settings = Settings.model_validate(
        {
            "databases": {part: new_database() for part in ("keys", *(s.name for s in services))},
            "master_keys": MASTER_KEYS,
            "jwks": jwks(KEY),
            "port": 0,
            "pool_size": 3,
            "position_wait": 0.1,
        }
    )
    async with AsyncExitStack() as stack:
        running = [await stack.enter_async_context(opened(s, settings)) for s in services]
        app = serving.site(running, settings)
        url = await stack.enter_async_context(serving.serving(app, settings))
        client = await stack.enter_async_context(httpx.AsyncClient(base_url=url, timeout=30))
        found: list[Route] = []
        for service in services:
            document = (await client.get(f"{service.prefix}/openapi.json")).json()
            found += routes_of(service.name, service.prefix, document)
        yield Site(client, found)


def token(role: str, key: SigningKey = KEY) -> str:
    roles: tuple[Role, ...] = tuple(one for one in get_args(Role) if one == role)
    return issue(key, "stranger", "elsewhere", roles)


async def test_every_route_asks_who_is_there(site: Site) -> None:
    forged = token("logistics", SigningKey.generate())
    for route in site.routes:
        for bearer in (None, forged, "no-token") if route.roles else ():
            answer = await site.ask(route, bearer)
            assert answer.status_code == 401, f"{route.line()} {answer.status_code}"


async def test_every_route_admits_its_roles_and_no_other(site: Site) -> None:
    for route in site.routes:
        for role in get_args(Role) if route.roles else ():
            answer = await site.ask(route, token(role))
            forbidden = answer.status_code == 403
            assert forbidden == (role not in route.roles), f"{route.line()} {role} {answer.text}"
            assert answer.status_code < 500, f"{route.line()} {role} {answer.text}"


async def test_what_a_route_cannot_read_is_a_problem(site: Site) -> None:
    for route in site.routes:
        if route.method in ("POST", "PUT") and route.roles:
            role = min(route.roles)
            answer = await site.ask(route, token(role), {"no_such_field": 1})
            assert 400 <= answer.status_code < 500, f"{route.line()} {answer.text}"
            assert answer.headers["Content-Type"] == "application/problem+json"


async def test_the_list_of_routes_is_the_one_that_was_tried(site: Site) -> None:
    head = "# Every route\n\nMade by `tests/contract/test_routes.py`, which tries each of them.\n\n"
    table = "| service | method | path | roles | what for |\n| --- | --- | --- | --- | --- |\n"
    whole = head + table + "".join(f"{route.line()}\n" for route in site.routes)
    known = LIST.read_text() if LIST.exists() else ""
    LIST.write_text(whole)
    assert whole == known, "docs/routes.md was stale and has been written anew: commit it"
