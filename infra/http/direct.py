"""Serves a simple route without the general machinery: most of the price of a small request.

A route is simple when its parameters are names of its path, at most one JSON body that must be
there, and one dependency that takes only the request. What is wrong with a request is told as the
framework tells it; every other route is served by the framework.
"""

import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from fastapi.exceptions import HTTPException, RequestValidationError
from fastapi.routing import APIRoute
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

_NOTHING = object()


def served(route: APIRoute) -> ASGIApp:
    """The route as an app: directly when it is simple."""
    dependant = route.dependant
    if not _is_simple(route):
        return route.app
    [dependency] = dependant.dependencies
    assert dependency.call is not None
    assert dependency.name is not None
    assert dependant.call is not None
    body = dependant.body_params[0] if dependant.body_params else None
    return Direct(
        dependant.call, dependency.call, dependency.name, tuple(dependant.path_params), body
    )


def _is_simple(route: APIRoute) -> bool:
    dependant = route.dependant
    others = [dependant.query_params, dependant.header_params, dependant.cookie_params]
    special = [
        dependant.request_param_name,
        dependant.response_param_name,
        dependant.background_tasks_param_name,
        dependant.http_connection_param_name,
    ]
    return (
        not any(others)
        and not any(special)
        and len(dependant.dependencies) == 1
        and _takes_only_the_request(dependant.dependencies[0])
        and _has_a_simple_body(route)
    )


def _takes_only_the_request(dependency: Any) -> bool:
    parameters = [
        dependency.path_params,
        dependency.query_params,
        dependency.header_params,
        dependency.cookie_params,
        dependency.body_params,
        dependency.dependencies,
    ]
    return (
        not any(parameters) and dependency.name is not None and bool(dependency.request_param_name)
    )


def _has_a_simple_body(route: APIRoute) -> bool:
    bodies = route.dependant.body_params
    if not bodies:
        return True
    return len(bodies) == 1 and not route._embed_body_fields and bodies[0].field_info.is_required()


@dataclass(frozen=True, slots=True)
class Direct:
    """An app that answers one simple route."""

    endpoint: Callable[..., Awaitable[Response]]
    dependency: Callable[[Request], Awaitable[Any]]
    name: str
    path: tuple[Any, ...]
    body: Any

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive, send)
        body = await _read(request) if self.body is not None else None
        values = {self.name: await self.dependency(request)}
        errors: list[Any] = []
        given = scope["path_params"]
        for parameter in self.path:
            name = parameter.alias
            values[parameter.name], found = parameter.validate(given[name], loc=("path", name))
            errors += found
        if self.body is not None:
            values[self.body.name], found = _validated(self.body, body)
            errors += found
        if errors:
            raise RequestValidationError(errors, body=body)
        response = await self.endpoint(**values)
        await response(scope, receive, send)


async def _read(request: Request) -> Any:
    """The JSON of a body; its bytes when it is of another type, which nobody takes."""
    content = await request.body()
    if not content:
        return _NOTHING
    if not _is_json(request.headers.get("content-type", "")):
        return content
    try:
        return json.loads(content)
    except json.JSONDecodeError as error:
        found = {"type": "json_invalid", "loc": ("body", error.pos), "ctx": {"error": error.msg}}
        raise RequestValidationError([found], body=error.doc) from error
    except (RecursionError, ValueError) as error:
        raise HTTPException(400, "There was an error parsing the body") from error


def _is_json(content_type: str) -> bool:
    kind, _, subtype = content_type.partition(";")[0].strip().lower().partition("/")
    return kind == "application" and (subtype == "json" or subtype.endswith("+json"))


def _validated(field: Any, body: Any) -> tuple[Any, list[Any]]:
    if body is _NOTHING:
        return None, [{"type": "missing", "loc": ("body",), "msg": "Field required"}]
    found: tuple[Any, list[Any]] = field.validate(body, loc=("body",))
    return found
