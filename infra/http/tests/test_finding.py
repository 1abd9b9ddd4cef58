"""A request goes to the route that the framework would find, whichever way it is found."""

import httpx
import pytest
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Mount, Route, Router
from starlette.types import ASGIApp

from infra.http.finding import Finder

PATHS = (
    *("/", "/bells", "/bells/", "/bells/new", "/bells/b1", "/bells/b1/rings", "/bells/b1/rings/2"),
    *("/files", "/files/a/b/c", "/files/new", "/tower/bells", "/tower/other", "/x1", "/x1/rings"),
    *("/nowhere", "/b1/rings", "/open/b1", "/openx/b1", "/bells/b%2F1", "/bells/%C3%A9"),
)


def told(name: str) -> Route:
    """A route under this path, which tells its name and what it was given."""

    async def answer(request: Request) -> PlainTextResponse:
        scope = request.scope
        found = scope["route"].path, scope["router"] is not None, scope["path_params"]
        return PlainTextResponse(f"{name} {found}")

    path, _, methods = name.partition(" ")
    return Route(path, answer, methods=methods.split())


def router() -> Router:
    below = Router([told("/bells GET")])
    return Router(
        [
            told("/bells GET"),
            told("/bells/new GET"),
            told("/bells/{id} GET PUT"),
            told("/bells/new POST"),
            told("/bells/{id} DELETE"),
            told("/bells/{id}/rings GET"),
            told("/files/{rest:path} GET"),
            told("/files/new PUT"),
            told("/x{id} GET"),
            told("/open{id:int}/{other} GET"),
            told("/{any}/rings GET"),
            Mount("/tower", below),
        ],
        redirect_slashes=False,
    )


async def asked(app: ASGIApp, method: str, path: str) -> tuple[int, str, str | None]:
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://tower") as caller:
        answer = await caller.request(method, path)
    return answer.status_code, answer.text, answer.headers.get("Allow")


@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "POST", "DELETE"])
@pytest.mark.parametrize("path", PATHS)
async def test_it_is_the_one_of_the_framework(method: str, path: str) -> None:
    finding = router()
    finding.middleware_stack = Finder(finding)
    assert await asked(finding, method, path) == await asked(router(), method, path)


async def test_only_routes_of_the_same_form_are_tried() -> None:
    tried: list[str] = []

    class Noting(Route):
        def matches(self, scope):  # type: ignore[no-untyped-def]
            tried.append(self.path)
            return super().matches(scope)

    routes = router().routes
    for route in routes:
        if isinstance(route, Route):
            route.__class__ = Noting
    finding = Router(routes)
    finding.middleware_stack = Finder(finding)
    await asked(finding, "GET", "/bells/b1/rings")
    assert tried == ["/bells/{id}/rings"]
