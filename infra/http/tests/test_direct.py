"""A simple route is served directly, and tells whatever is wrong as the framework tells it."""

import httpx
import pytest
from fastapi import APIRouter
from fastapi.routing import APIRoute, request_response

from infra.http.direct import Direct
from infra.http.tests.stage import Unlucky, api, client, router

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


def served_directly() -> dict[str, bool]:
    routes = [route for route in router().routes if isinstance(route, APIRoute)]
    return {route.name: isinstance(route.app, Direct) for route in routes}


def test_only_simple_routes_are_served_directly() -> None:
    direct = served_directly()
    assert all(direct[name] for name in ("ring", "make", "me", "today"))
    # These have parameters in the query, and one takes the request.
    assert not any(direct[name] for name in ("show", "history", "numbers"))
