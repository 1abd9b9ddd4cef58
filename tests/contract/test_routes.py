"""No route is left out: each is tried with every role, with none, and with what it cannot read.

Nothing is behind most APIs: what is refused here is refused before a database is asked. The list
in docs/routes.md is made from what was tried.
"""

from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import httpx
import pytest
import pytest_asyncio

from contracts.accounts.organisation_v1 import OrganisationKind
from infra.host import Service
from infra.http.browsers import SAFE_METHODS
from infra.http.problems import MEDIA_TYPE
from infra.lookups import organisations
from infra.testing.databases import Prepare
from infra.testing.following import follow, organisation
from infra.testing.routes import EVERY_ROLE, Route, routes_of
from infra.testing.serving import KEY, Caller, prepare, served, without_database
from infra.tokens import SigningKey, issue
from services import registry
from services.names import NAMES

LIST = Path(__file__).parents[2] / "docs" / "routes.md"
JSON = "application/json"
ASKING_FIRST = frozenset({"accounts"})
"""Services that look up who asks, before they read what is asked, as those with a guard do."""
KINDS = {
    "dealerships": OrganisationKind.MARKETPLACE_OPERATOR,
    "marketplace": OrganisationKind.MARKETPLACE_OPERATOR,
    "payments": OrganisationKind.MARKETPLACE_OPERATOR,
    "support": OrganisationKind.MARKETPLACE_OPERATOR,
}
"""The organisations that services are for; others that ask are for depots."""
KNOWN: dict[str, list[Route]] = {}
HEAD = """# Every route

Made by `tests/contract/test_routes.py`, which tries each of them.

| service | method | path | roles | what for |
| --- | --- | --- | --- | --- |
"""


@dataclass
class Tried(Caller):
    """Asks the routes of one service as nobody in particular."""

    async def guarded(self) -> list[Route]:
        """The routes that ask for a role. The public ones may count requests before they read."""
        return [route for route in await self.routes() if route.roles]

    async def routes(self) -> list[Route]:
        """Every route of the service; its document is made once a process."""
        name = self.running.service.name
        if name not in KNOWN:
            KNOWN[name] = await routes_of(self.client)
        return KNOWN[name]

    async def commands(self, body: str = "") -> list[Route]:
        """Those of them that change something, and take a body of that type if one is given."""
        return [
            route
            for route in await self.guarded()
            if route.method not in SAFE_METHODS and body in ("", route.body)
        ]

    async def try_out(
        self, route: Route, headers: dict[str, str] | None = None, **content: Any
    ) -> httpx.Response:
        """With a token of one of its roles, unless the headers say otherwise."""
        token = issue(KEY, "ada", "hiflow", (route.role,) if route.role else ())
        sent = {"Authorization": f"Bearer {token}", "Idempotency-Key": "k", **(headers or {})}
        shown = {name: value for name, value in sent.items() if value}
        return await self.client.request(route.method, route.path({}), headers=shown, **content)


# All tests of a service in one process: its document is made once.
@pytest_asyncio.fixture(
    params=[pytest.param(name, marks=pytest.mark.xdist_group(f"routes {name}")) for name in NAMES]
)
async def tried(
    request: pytest.FixtureRequest, reused_database: Callable[[str, Prepare], Awaitable[str]]
) -> AsyncIterator[Tried]:
    service = registry.service(request.param)
    if request.param in ASKING_FIRST or service.guard is not None:
        database = await reused_database(service.name, partial(prepare, service))
        async with served(service, database, Tried) as tried:
            if organisations.lookup in service.lookups:
                kind = KINDS.get(service.name, OrganisationKind.DEPOT)
                await follow(tried.running, organisation("hiflow", kind))
            yield tried
    else:
        async with without_database(service, Tried) as tried:
            yield tried


def slug(answer: httpx.Response) -> str:
    assert answer.headers["Content-Type"] == MEDIA_TYPE, answer.text
    return str(answer.json()["type"]).rpartition(":")[2]


async def test_every_route_asks_who_is_there(tried: Tried) -> None:
    forged = issue(SigningKey.generate(), "ada", "hiflow", EVERY_ROLE)
    for route in await tried.guarded():
        for header in ("", f"Bearer {forged}", "Bearer no-token"):
            answer = await tried.try_out(route, {"Authorization": header})
            assert answer.status_code == 401, f"{route} {header} {answer.text}"


async def test_every_route_admits_its_roles_and_no_other(tried: Tried) -> None:
    for route in await tried.guarded():
        for role in EVERY_ROLE:
            token = issue(KEY, "ada", "hiflow", (role,))
            answer = await tried.try_out(route, {"Authorization": f"Bearer {token}"})
            refused = answer.status_code == 403
            assert refused == (role not in route.roles), f"{route} {role} {answer.text}"


@pytest.mark.requirement("G-07")
async def test_every_command_wants_an_idempotency_key(tried: Tried) -> None:
    for route in await tried.commands():
        answer = await tried.try_out(route, {"Idempotency-Key": ""})
        assert (answer.status_code, "Idempotency-Key" in answer.text) == (400, True), str(route)


async def test_no_command_takes_a_field_that_it_does_not_know(tried: Tried) -> None:
    for route in await tried.commands(JSON):
        answer = await tried.try_out(route, json={"no_such_field": 1})
        assert slug(answer) == "invalid-request", f"{route} {answer.text}"
        fields = [error["field"] for error in answer.json()["errors"]]
        assert "/no_such_field" in fields, f"{route} {answer.text}"


async def test_no_command_takes_another_type_than_it_names(tried: Tried) -> None:
    for route in await tried.commands():
        answer = await tried.try_out(route, {"Content-Type": "text/plain"}, content=b"x")
        assert answer.status_code == 415, f"{route} {answer.text}"


async def test_no_command_takes_what_is_not_json(tried: Tried) -> None:
    for route in await tried.commands(JSON):
        answer = await tried.try_out(route, {"Content-Type": JSON}, content=b"{")
        assert (answer.status_code, slug(answer)) == (400, "malformed-json"), str(route)


async def test_no_route_takes_a_name_that_is_no_name(tried: Tried) -> None:
    for route in await tried.guarded():
        path = route.path(dict.fromkeys(route.parameters, "x%00"))
        token = issue(KEY, "ada", "hiflow", (route.role,) if route.role else ())
        headers = {"Authorization": f"Bearer {token}", "Idempotency-Key": "k"}
        answer = await tried.client.request(route.method, path, headers=headers)
        if route.parameters:
            assert answer.status_code == 400, f"{route} {answer.text}"


async def test_the_list_of_routes_is_the_one_that_was_tried() -> None:
    lines: list[str] = []
    for name in NAMES:
        service = registry.service(name)
        async with without_database(service, Tried) as tried:
            lines += [line(service, route) for route in await tried.routes()]
    whole = HEAD + "".join(f"{one}\n" for one in lines)
    known = LIST.read_text() if LIST.exists() else ""
    LIST.write_text(whole)
    assert whole == known, "docs/routes.md was stale and has been written anew: commit it"


@pytest.mark.requirement("FLB-021")
def test_no_route_is_for_an_auditor_or_a_technician_who_sign_in_nowhere() -> None:
    rows = [one.split(" | ") for one in LIST.read_text().splitlines() if one.startswith("| ")]
    theirs = {
        path
        for _, _, path, roles, *_ in rows
        if not {"auditor", "technician"}.isdisjoint(roles.split(", "))
    }
    # A live screen tells of answers alone that its listener may ask for.
    assert theirs
    assert [path for path in theirs if not path.endswith("/live`")] == []


def line(service: Service, route: Route) -> str:
    roles = ", ".join(sorted(route.roles)) or "anybody"
    purpose = route.summary.split(". ")[0].rstrip(".")
    path = f"`{service.prefix}{route.template}`"
    return f"| {service.name} | {route.method} | {path} | {roles} | {purpose} |"
