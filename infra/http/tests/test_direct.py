"""A simple route is served directly, and tells whatever is wrong as the framework tells it."""

from typing import Annotated

import httpx
import pytest
from fastapi import APIRouter, Header, Query
from fastapi.routing import APIRoute, request_response
from starlette.requests import Request

from infra.http.answers import Answer, Answered, Router
from infra.http.direct import Direct
from infra.http.pages import Filters, Paging
from infra.http.tests.stage import Anyone, Unlucky, api, client
from infra.http.tests.stage import router as bells

JSON = "application/json"
WHAT: list[tuple[str, str, bytes, str]] = [
    ("a body that is right", "/bells/b1/rings", b'{"note": "x"}', JSON),
    ("a body of its own JSON type", "/bells/b1/rings", b"{}", "application/merge-patch+json"),
    ("a type with a parameter", "/bells/b1/rings", b"{}", "application/json; charset=utf-8"),
    ("no body", "/bells/b1/rings", b"", JSON),
    ("null", "/bells/b1/rings", b"null", JSON),
    ("a list", "/bells/b1/rings", b"[]", JSON),
    ("no JSON", "/bells/b1/rings", b'{"note":', JSON),
    ("a body that ends too late", "/bells/b1/rings", b"{} {}", JSON),
    ("no text", "/bells/b1/rings", b"\xff\xfe{", JSON),
    ("endlessly nested", "/bells/b1/rings", b"[" * 100_000, JSON),
    ("another type", "/bells/b1/rings", b"{}", "text/plain"),
    ("no type", "/bells/b1/rings", b"{}", ""),
    ("fields that are wrong", "/bells/b1/rings", b'{"note": 1, "count": "x", "more": 2}', JSON),
    ("a name that is wrong", "/bells/b@1/rings", b"{}", JSON),
    ("a name and a field", "/bells/b@1/rings", b'{"count": null}', JSON),
]


QUERIES = (
    *("", "upto=3", "upto=3&upto=4", "upto=", "upto=x", "limit=2&upto=5"),
    *("limit=0", "limit=201&upto=x", "cursor=made-up", "format=odt", "format=csv", "more=1"),
)
CHOICES = (
    *("", "tone=low", "tone=low&tone=high", "tone=", "least=3", "least=x"),
    *("limit=5", "limit=x&least=x", "least=3&limit=5&cursor=c&tone=a", "words=a&words=b", "tone=é"),
)


class BellFilters(Filters):
    tone: str | None = None
    least: int = 1


class Chosen(Answer):
    """The values that were read of a request."""

    tone: str | None
    least: int
    limit: int
    cursor: str | None
    words: list[str]
    url: str


def router() -> APIRouter:
    routes = bells()
    more = Router("More bells")

    @more.get("/chosen")
    async def chosen(
        context: Anyone,
        page: Paging,
        filters: Annotated[BellFilters, Query()],
        request: Request,
        words: Annotated[list[str] | None, Query()] = None,
    ) -> Answered[Chosen]:
        """Tell what was read."""
        shown = Chosen(
            tone=filters.tone,
            least=filters.least,
            limit=page.limit,
            cursor=page.cursor,
            words=words or [],
            url=str(request.url),
        )
        return Answered(shown)

    @more.get("/heard")
    async def heard(context: Anyone, relais_ear: Annotated[str, Header()]) -> Answered[int]:
        """Take a header."""
        return Answered(len(relais_ear))

    routes.routes += more.routes
    return routes


def by_the_framework() -> APIRouter:
    """The same routes, each served as the framework serves it."""
    routes = router()
    for route in routes.routes:
        assert isinstance(route, APIRoute)
        route.app = request_response(route.get_route_handler())
    return routes


async def ask(routes: APIRouter, path: str, body: bytes, media: str) -> httpx.Response:
    async with client(api(commands=Unlucky(LookupError()), routes=routes)) as caller:
        return await caller.post(path, content=body, headers={"Content-Type": media})


@pytest.mark.parametrize(("_what", "path", "body", "media"), WHAT, ids=[what for what, *_ in WHAT])
async def test_it_answers_like_the_framework(
    _what: str, path: str, body: bytes, media: str
) -> None:
    direct = await ask(router(), path, body, media)
    framework = await ask(by_the_framework(), path, body, media)
    for answer in (direct, framework):
        assert answer.status_code >= 400
    same = [(a.status_code, {**a.json(), "trace_id": None}) for a in (direct, framework)]
    assert same[0] == same[1]


@pytest.mark.parametrize("query", QUERIES)
async def test_a_list_answers_like_the_framework(query: str) -> None:
    await refuse_difference("/numbers", query)


@pytest.mark.parametrize("query", CHOICES)
async def test_filters_are_read_like_the_framework_reads_them(query: str) -> None:
    await refuse_difference("/chosen", query)


@pytest.mark.parametrize("query", ["", "as_of=2030-05-01T12:00:00Z", "as_of=noon"])
async def test_a_time_is_read_like_the_framework_reads_it(query: str) -> None:
    await refuse_difference("/bells/b@1", query)


async def refuse_difference(path: str, query: str) -> None:
    """The same answer is given to a query by both, whether it is one or a problem."""
    told = []
    for routes in (router(), by_the_framework()):
        async with client(api(routes=routes)) as caller:
            answer = await caller.get(f"{path}?{query}")
        is_json = "json" in answer.headers["content-type"]
        body = {**answer.json(), "trace_id": None} if is_json else answer.text
        told.append((answer.status_code, body))
    assert told[0] == told[1]


async def test_requests_do_not_share_what_one_was_given() -> None:
    async with client(api(routes=router())) as caller:
        first = await caller.get("/chosen?tone=low&least=3")
        second = await caller.get("/chosen")
    assert (first.json()["tone"], first.json()["least"]) == ("low", 3)
    assert (second.json()["tone"], second.json()["least"]) == (None, 1)


def served_directly() -> dict[str, bool]:
    routes = [route for route in router().routes if isinstance(route, APIRoute)]
    return {route.name: isinstance(route.app, Direct) for route in routes}


def test_only_simple_routes_are_served_directly() -> None:
    direct = served_directly()
    simple = ("ring", "make", "me", "today", "show", "history", "numbers", "chosen")
    assert all(direct[name] for name in simple)
    # It takes a header.
    assert not direct["heard"]
