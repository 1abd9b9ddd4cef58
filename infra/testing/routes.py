"""Checks what every route of a service refuses, and that it tells strangers nothing.

The routes come from the document of the API, so none can be forgotten. What is refused before a
database is asked is tried without one.
"""

import re
from collections.abc import Awaitable, Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Protocol, get_args

import httpx

from infra.http.browsers import SAFE_METHODS
from infra.http.middleware import LIVE
from infra.tokens import Role

EVERY_ROLE: tuple[Role, ...] = get_args(Role)
PROBES = frozenset({"/health/live", "/health/ready", "/metrics"})
"""Paths that every API has, for the platform."""
UNREADABLE = frozenset({400, 415, 422})
"""Answers that say nothing about whether something exists."""
NOTHING = "nothing"
_CONDITIONS = ("*", '"1"', '"9999"')
"""What strangers send as `If-Match`: versions of the thing, if they guess well, and any."""
Ask = Callable[..., Awaitable[httpx.Response]]
_METHODS = ("get", "head", "post", "put", "patch", "delete")
_PARAMETER = re.compile(r"{(\w+)}")


@dataclass(frozen=True, slots=True)
class Route:
    """One operation of an API; one without roles is for anybody."""

    method: str
    template: str
    roles: frozenset[str]
    summary: str
    body: str
    """The media type of what it takes; empty when it takes none."""

    def __str__(self) -> str:
        return f"{self.method} {self.template}"

    @property
    def parameters(self) -> tuple[str, ...]:
        return tuple(_PARAMETER.findall(self.template))

    @property
    def role(self) -> Role | None:
        """One of the roles that it admits."""
        return next((role for role in EVERY_ROLE if role in self.roles), None)

    def path(self, known: Mapping[str, str]) -> str:
        """The path with these ids; a name of nothing stands where none is given."""
        return _PARAMETER.sub(lambda match: known.get(match[1], NOTHING), self.template)


async def routes_of(client: httpx.AsyncClient) -> list[Route]:
    """Every operation of the API that the client asks, without the probes."""
    document = (await client.get("/openapi.json")).json()
    return list(_routes(document))


def _routes(document: Mapping[str, Any]) -> Iterator[Route]:
    for template, operations in document["paths"].items():
        for method in _METHODS if template not in PROBES else ():
            if found := operations.get(method):
                yield Route(
                    method.upper(),
                    template,
                    frozenset(found.get("x-roles", ())),
                    " ".join((found.get("description") or found.get("summary", "")).split()),
                    next(iter(found.get("requestBody", {}).get("content", ())), ""),
                )


# --- Strangers ----------------------------------------------------------------


class Asking(Protocol):
    """Asks an API as anybody; `infra.testing.serving.Caller` does."""

    client: httpx.AsyncClient

    async def ask(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        who: str = ...,
        roles: tuple[Role, ...] = ...,
        org: str = ...,
        headers: Mapping[str, str] = ...,
    ) -> httpx.Response: ...


@dataclass(frozen=True, kw_only=True)
class Existing:
    """Things that exist in a service while somebody asks who must not learn of them."""

    ids: Mapping[str, str]
    """By the parameter of a path: the id of something that exists, here alone."""
    words: Mapping[str, str] = field(default_factory=dict)
    """By the parameter of a path: one of the words that may stand there."""
    bodies: Mapping[str, Any] = field(default_factory=dict)
    """By the command, like "PUT /trips/{trip_id}": a body that it would take."""
    queries: Mapping[str, str] = field(default_factory=dict)
    """By the query, like "GET /drivers/available": the parameters that it has to be asked with."""
    owners: Mapping[Role, str] = field(default_factory=dict)
    """By the role: a user to whom these things are shown."""
    for_all: Collection[str] = ()
    """Routes, like "GET /information", whose answers are the same for everybody or name nothing."""

    async def is_hidden_from(
        self,
        caller: Asking,
        who: str = "stranger",
        org: str = "strangers",
        roles: tuple[Role, ...] = EVERY_ROLE,
    ) -> None:
        """Assert that somebody finds no trace of it on any route that lets them in.

        Whatever a route is told of it is answered as if there were no such thing, and no list has
        an id of it; its owners are shown it, so that there was something to find.
        """
        stranger = partial(caller.ask, who=who, org=org, roles=roles)
        for route in await routes_of(caller.client):
            # Who listens is told of the answers of the other routes, and of nothing else.
            if (
                str(route) in self.for_all
                or route.roles.isdisjoint(roles)
                or route.template == LIVE
            ):
                continue
            if route.method in SAFE_METHODS:
                assert await self._is_shown_to_owners(caller, route), f"{route}: empty"
            if set(route.parameters) & set(self.ids):
                await self._is_answered_as_nothing(stranger, route)
            elif route.method in SAFE_METHODS:
                answer = await stranger(route.method, self._path(route, self.words))
                assert not self._named_in(answer.text), f"{route}: {answer.text}"

    async def _is_shown_to_owners(self, caller: Asking, route: Route) -> bool:
        """Whether a query has something for one of its owners whom it admits: an id, or a file."""
        path = self._path(route, {**self.ids, **self.words})
        owners = {role: user for role, user in self.owners.items() if role in route.roles}
        answers = [
            await caller.ask(route.method, path, who=user, roles=(role,))
            for role, user in owners.items()
        ]
        return any(
            answer.is_success
            and (
                "json" not in answer.headers.get("content-type", "") or self._named_in(answer.text)
            )
            for answer in answers
        )

    def _path(self, route: Route, known: Mapping[str, str]) -> str:
        asked = self.queries.get(str(route))
        return route.path(known) + (f"?{asked}" if asked else "")

    def _named_in(self, text: str) -> bool:
        return any(id in text for id in self.ids.values())

    async def _is_answered_as_nothing(self, stranger: Ask, route: Route) -> None:
        for condition in (None, *_CONDITIONS) if route.method not in SAFE_METHODS else (None,):
            answers = [
                await self._answered(stranger, route, ids, condition)
                for ids in (self.ids, dict.fromkeys(self.ids, NOTHING))
            ]
            assert answers[0] == answers[1], f"{route} with If-Match {condition}: {answers}"

    async def _answered(
        self, stranger: Ask, route: Route, ids: Mapping[str, str], condition: str | None
    ) -> tuple[int, str, dict[str, str]]:
        """Status, body and headers, with each of the ids as nothing's."""
        path, body = self._path(route, {**ids, **self.words}), self.bodies.get(str(route))
        headers = {"Relais-Correlation-Id": "stranger"}
        headers |= {"If-Match": condition} if condition is not None else {}
        answer = await stranger(route.method, path, body, headers=headers)
        assert condition is not None or answer.status_code not in UNREADABLE, (
            f"{route}: give a body. {answer.text}"
        )
        told = answer.headers.items()
        return (
            answer.status_code,
            _without(ids.values(), answer.text),
            # The length is that of the text with the ids in it.
            {name: _without(ids.values(), at) for name, at in told if name != "content-length"},
        )


def _without(ids: Iterable[str], text: str) -> str:
    # An id may stand in a longer one.
    for id in sorted(ids, key=len, reverse=True):
        text = text.replace(id, NOTHING)
    return text
