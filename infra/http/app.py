"""An API of ours: its routes, with all that every API has around them."""

import logging
from collections.abc import Iterator, Mapping, Sequence
from copy import copy
from typing import Any, get_type_hints

import psycopg
from fastapi import APIRouter, FastAPI
from fastapi.routing import APIRoute
from pydantic import BaseModel
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Lifespan

from infra.http import openapi
from infra.http.answers import AnswerRoute, UntypedAnswer
from infra.http.docs import docs_routes
from infra.http.explained import problems_route
from infra.http.finding import Finder
from infra.http.health import Health
from infra.http.middleware import Backpressure, BodyLimit, Observed, Room
from infra.http.problems import HANDLERS, ErrorHandler, Problem, invalid, try_again
from infra.http.request_context import AppState, AuthDependency, AuthMiddleware, RequestContext
from infra.http.shortening import Shortened
from infra.http.unchanged import NotModified, on_not_modified
from infra.personal import SubjectIsForgotten
from infra.store.protocol import EventTooLarge, StoreAway
from infra.texts import UnstorableText

log = logging.getLogger("relais.database")

MOST_BODY_BYTES = 1024 * 1024


class RouteNamesNoRoles(TypeError):
    """A route says neither whom it admits nor that it is public; the API does not start."""


class NobodyIsKnown(TypeError):
    """A public route takes the context of a caller who is known; the API does not start."""


class Api(FastAPI):
    """A FastAPI app whose document also tells what the kit adds to each route."""

    def openapi(self) -> dict[str, Any]:
        if self.openapi_schema is None:
            self.openapi_schema = openapi.complete(super().openapi(), admissions(self.routes))
        return self.openapi_schema


def create_app(
    title: str,
    routers: Sequence[APIRouter],
    app_state: AppState,
    *,
    health: Health | None = None,
    description: str = "",
    prefix: str = "",
    version: str = "1",
    room: Room | None = None,
    max_body_bytes: int = MOST_BODY_BYTES,
    inside: bool = True,
    lifespan: Lifespan[Api] | None = None,
) -> Api:
    """The API of a service. Raises what `check` raises.

    `prefix` is where it is served. `inside` is whether its port is one for us alone, which also
    has the document, the measures and the reasons of the probes.
    """
    declared = [route for router in routers for route in router.routes]
    check(declared)
    routes = [_guarded(route, admission) for route, admission in admissions(declared)]
    app = Api(
        title=title,
        description=description,
        version=version,
        contact={"name": "Relais"},
        license_info={"name": "Apache-2.0", "identifier": "Apache-2.0"},
        servers=[{"url": prefix or "/"}],
        # As they are: a router that is included adds a lookup to every request.
        routes=[
            *routes,
            *(health or Health()).routes(inside=inside),
            problems_route(app_state.wording),
        ],
        openapi_url=None,
        docs_url=None,
        redoc_url=None,
        middleware=[
            Middleware(Observed, service=title),
            Middleware(Backpressure, room=room or Room()),
            Middleware(BodyLimit, most=max_body_bytes, larger=_larger(declared)),
            Middleware(Shortened),
        ],
        exception_handlers={**HANDLERS, **_FROM_BELOW},
        redirect_slashes=False,
        lifespan=lifespan,
        # Ours measures and traces; asking whether the framework's should costs 20 µs a request.
        telemetry={"tracing": False, "metrics": False, "logs": False},
    )
    if inside:
        app.router.routes.extend(docs_routes(title, app.openapi))
    app.state.app_state = app_state
    app.router.middleware_stack = Finder(app.router)
    return app


def _guarded(route: APIRoute, admission: AuthDependency) -> APIRoute:
    """The route behind its admission. Other apps may have the same one, so it stays as it is."""
    guarded = copy(route)
    guarded.app = AuthMiddleware(route.app, admission, list(_parameters_of(route.dependant)))
    return guarded


def _larger(routes: Sequence[Any]) -> dict[str, int]:
    """How large bodies may be on the paths that begin so."""
    return {
        route.path.partition("{")[0]: admission.sent_bytes
        for route, admission in admissions(routes)
        if admission.sent_bytes is not None
    }


def check(routes: Sequence[Any]) -> None:
    """Every route says whom it admits, once, and what it answers.

    Raises `RouteNamesNoRoles`, `NobodyIsKnown` or `UntypedAnswer`.
    """
    for route in routes:
        path = getattr(route, "path", type(route).__name__)
        if not isinstance(route, APIRoute):
            raise RouteNamesNoRoles(f"{path}: only routes of a router itself are served")
        if len(list(_admissions_of(route.dependant))) != 1:
            raise RouteNamesNoRoles(
                f"{path}: needs one RequestContext with requires(...), or one PublicRequest with"
                " public()"
            )
        if _is_public(route) and RequestContext in _types_of_parameters(route):
            raise NobodyIsKnown(f"{path}: a public route takes a PublicRequest")
        if not isinstance(route, AnswerRoute):
            raise UntypedAnswer(f"{path}: make it with a Router, which declares its answer")


def admissions(routes: Sequence[Any]) -> list[tuple[APIRoute, AuthDependency]]:
    """Each route with the callers that it admits."""
    return [
        (route, admission)
        for route in routes
        if isinstance(route, APIRoute)
        for admission in _admissions_of(route.dependant)
    ]


def _is_public(route: APIRoute) -> bool:
    return any(admission.roles is None for admission in _admissions_of(route.dependant))


def _types_of_parameters(route: APIRoute) -> list[Any]:
    return list(get_type_hints(route.endpoint).values())


def _admissions_of(dependant: Any) -> Iterator[AuthDependency]:
    for dependency in dependant.dependencies:
        if isinstance(dependency.call, AuthDependency):
            yield dependency.call
        yield from _admissions_of(dependency)


def _parameters_of(dependant: Any) -> Iterator[str]:
    """The names of the parameters a route takes in the query."""
    for parameter in dependant.query_params:
        model = parameter.field_info.annotation
        if isinstance(model, type) and issubclass(model, BaseModel):
            yield from model.model_fields
        else:
            yield parameter.alias
    for dependency in dependant.dependencies:
        yield from _parameters_of(dependency)


# --- What the layers below raise ----------------------------------------------------------------


async def _on_database_away(request: Request, error: Exception) -> Response:
    # Only the first line: details may hold values.
    said = next(iter(str(error).splitlines()), "")
    if isinstance(error, psycopg.errors.DiskFull):
        log.error("its disk is full, nothing is recorded before there is room: %s", said)
    else:
        log.warning("a request had no answer: %s: %s", type(error).__name__, said)
    return try_again(503, "unavailable").response(request.scope)


async def _on_refused(_: Request, error: Exception) -> Response:
    # psycopg counts it among the errors of a database that is away; the same request never passes.
    raise error


async def _on_missing_table(request: Request, error: Exception) -> Response:
    unfilled = request.app.state.app_state.unfilled
    if unfilled is None or await unfilled() is None:
        raise error
    return try_again(503, "unavailable", seconds=30).response(request.scope)


async def _on_too_large(request: Request, _: Exception) -> Response:
    return Problem(413, "event-too-large").response(request.scope)


async def _on_forgotten(request: Request, _: Exception) -> Response:
    return Problem(409, "subject-is-forgotten").response(request.scope)


async def _on_unstorable_text(request: Request, error: Exception) -> Response:
    assert isinstance(error, UnstorableText)
    return invalid(f"/{error.field}", "unstorable").response(request.scope)


_FROM_BELOW: Mapping[int | type[Exception], ErrorHandler] = {
    # Also a pool that has no connection in time. Repeating is safe: commands are idempotent.
    psycopg.OperationalError: _on_database_away,
    psycopg.errors.ProgramLimitExceeded: _on_refused,
    StoreAway: _on_database_away,
    psycopg.errors.UndefinedTable: _on_missing_table,
    EventTooLarge: _on_too_large,
    SubjectIsForgotten: _on_forgotten,
    UnstorableText: _on_unstorable_text,
    NotModified: on_not_modified,
}
