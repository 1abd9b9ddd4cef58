"""Serves a route without the general machinery: most of the price of a small request.

That is a route whose parameters are names of its path, values of its query, the request itself, at
most one JSON body that must be there, and dependencies that are coroutines over the same, each
named once. What is wrong with a request is told as the framework tells it; every other route is
served by the framework.
"""

import json
from collections.abc import Awaitable, Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from enum import Enum
from inspect import iscoroutinefunction
from types import NoneType
from typing import Any, get_args

from fastapi.dependencies.models import Dependant
from fastapi.dependencies.utils import request_params_to_args
from fastapi.exceptions import HTTPException, RequestValidationError
from fastapi.routing import APIRoute
from pydantic import BaseModel
from starlette.datastructures import QueryParams
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

_NOTHING = object()
_UNCHANGING = (NoneType, str, int, float, Enum, date, tuple, frozenset)
"""Values that all requests may share."""
Solved = tuple[dict[str, Any], list[Any]]
"""The arguments of a call, and all that is wrong with them."""


def served(route: APIRoute) -> ASGIApp:
    """The route as an app: directly when it is simple."""
    dependant = route.dependant
    if not _is_simple(dependant) or not _has_a_simple_body(route):
        return route.app
    body = dependant.body_params[0] if dependant.body_params else None
    return Direct(_call_of(dependant), body)


def _is_simple(dependant: Dependant) -> bool:
    parts = list(_all(dependant))
    # The framework calls equal dependencies once.
    once = len({one.call for one in parts}) == len(parts)
    return once and all(map(_takes_what_we_give, parts))


def _all(dependant: Dependant) -> Iterator[Dependant]:
    yield dependant
    for dependency in dependant.dependencies:
        yield from _all(dependency)


def _takes_what_we_give(dependant: Dependant) -> bool:
    others = [
        dependant.header_params,
        dependant.cookie_params,
        dependant.http_connection_param_name,
        dependant.websocket_param_name,
        dependant.response_param_name,
        dependant.background_tasks_param_name,
        dependant.security_scopes_param_name,
        dependant.concurrency,
    ]
    call = dependant.call
    is_coroutine = iscoroutinefunction(call) or iscoroutinefunction(type(call).__call__)
    return is_coroutine and not any(others)


def _has_a_simple_body(route: APIRoute) -> bool:
    [_, *dependencies] = _all(route.dependant)
    if any(one.body_params for one in dependencies):
        return False
    bodies = route.dependant.body_params
    if not bodies:
        return True
    return len(bodies) == 1 and not route._embed_body_fields and bodies[0].field_info.is_required()


def _names_of(field: Any) -> frozenset[str] | None:
    """The names in a query that a parameter is made of; None where it may take any."""
    annotation = field.field_info.annotation
    fields: Mapping[str, Any] = {field.name: field.field_info}
    if _is_model(annotation):
        if annotation.model_config.get("extra", "ignore") != "ignore":
            return None
        fields = annotation.model_fields
    elif any(map(_is_model, get_args(annotation))):
        return None
    aliases = [o for one in fields.values() for o in (one.alias, one.validation_alias) if o]
    if not all(isinstance(one, str) for one in aliases):
        return None
    return frozenset([*fields, *aliases])


def _is_model(annotation: Any) -> bool:
    return isinstance(annotation, type) and issubclass(annotation, BaseModel)


@dataclass(frozen=True, slots=True)
class Asked:
    """A parameter of the query. `usual` is its value in a query without any of its names, where all
    requests may share it."""

    field: Any
    names: frozenset[str]
    usual: Any

    def read(self, query: QueryParams) -> Solved:
        """Its value by its name, as the framework reads it."""
        if self.usual is not _NOTHING and self.names.isdisjoint(query):
            return {self.field.name: self.usual}, []
        return request_params_to_args([self.field], query)


def _asked(field: Any) -> Asked:
    names = _names_of(field)
    values, errors = request_params_to_args([field], QueryParams())
    shares = (
        names is not None
        and not errors
        and field.field_info.default_factory is None
        and _stays(values[field.name])
    )
    return Asked(field, names or frozenset(), values[field.name] if shares else _NOTHING)


def _stays(value: Any) -> bool:
    if isinstance(value, BaseModel):
        return bool(value.model_config.get("frozen")) and all(
            field.default_factory is None and _stays(getattr(value, name))
            for name, field in type(value).model_fields.items()
        )
    if isinstance(value, tuple | frozenset):
        return all(map(_stays, value))
    return isinstance(value, _UNCHANGING)


@dataclass(frozen=True, slots=True)
class Call:
    """An endpoint or one of its dependencies, with the parts of a request that it takes."""

    call: Callable[..., Awaitable[Any]]
    name: str | None
    """The parameter that takes what it answers; None where nothing does."""
    dependencies: tuple["Call", ...]
    path: tuple[Any, ...]
    query: tuple[Asked, ...]
    request: str | None

    async def arguments(self, request: Request) -> Solved:
        """Its arguments. A dependency that has wrong ones is not called."""
        values: dict[str, Any] = {}
        errors: list[Any] = []
        for one in self.dependencies:
            given, wrong = await one.arguments(request)
            if wrong:
                errors += wrong
                continue
            result = await one.call(**given)
            if one.name is not None:
                values[one.name] = result
        if self.path:
            path = request.path_params
            for field in self.path:
                value, wrong = field.validate(path[field.alias], loc=("path", field.alias))
                values[field.name] = value
                errors += wrong
        if self.query:
            query = request.query_params
            for asked in self.query:
                found, wrong = asked.read(query)
                values.update(found)
                errors += wrong
        if self.request is not None:
            values[self.request] = request
        return values, errors


def _call_of(dependant: Dependant) -> Call:
    assert dependant.call is not None
    return Call(
        dependant.call,
        dependant.name,
        tuple(map(_call_of, dependant.dependencies)),
        tuple(dependant.path_params),
        tuple(map(_asked, dependant.query_params)),
        dependant.request_param_name,
    )


@dataclass(frozen=True, slots=True)
class Direct:
    """An app that answers one simple route."""

    endpoint: Call
    body: Any

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive, send)
        body = await _read(request) if self.body is not None else None
        values, errors = await self.endpoint.arguments(request)
        if self.body is not None:
            values[self.body.name], found = _validated(self.body, body)
            errors += found
        if errors:
            raise RequestValidationError(errors, body=body)
        response: Response = await self.endpoint.call(**values)
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
