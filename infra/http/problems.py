"""Tells everything that goes wrong in one shape: RFC 9457 problem details.

A refused command, a bad request and a crash look alike to a client: a `type` to switch on, a
sentence for a person, and the fields at fault.
"""

import json
import re
from collections.abc import Callable, Coroutine, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any
from urllib.parse import quote

from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Match, Route
from starlette.types import Scope

from contracts.decisions import Changed
from infra import telemetry
from infra.http.models import plain

MEDIA_TYPE = "application/problem+json"
MOST_ERRORS = 50

_WORDS = re.compile(r"[A-Z]+(?=[A-Z][a-z])|[A-Z]?[a-z0-9]+|[A-Z]+")

RefusalTable = Callable[[Any], tuple[int, str]]
"""The answer of a service to each of its rejections: a status and a sentence."""
ErrorHandler = Callable[[Request, Exception], Coroutine[Any, Any, Response]]


@dataclass(frozen=True, slots=True)
class FieldError:
    """One field at fault. `field` is a JSON pointer into the body, or `query:`, `path:`,
    `header:` and a name; `rule` is for programs, `detail` for people."""

    field: str
    rule: str
    detail: str


class Problem(HTTPException):
    """Raised anywhere under a route, answered as `application/problem+json`."""

    def __init__(
        self,
        status: int,
        slug: str,
        detail: str,
        *,
        title: str | None = None,
        errors: Sequence[FieldError] = (),
        headers: Mapping[str, str] | None = None,
        now: Mapping[str, object] | None = None,
    ) -> None:
        """`now` is what stands where the request named something else, by field."""
        super().__init__(status, detail, headers)
        self.slug = slug
        self.title = title or slug.replace("-", " ").capitalize()
        self.errors = tuple(errors)
        self.now = now

    @property
    def type(self) -> str:
        """The name that a client switches on; it never changes for one kind of problem."""
        return f"urn:relais:problem:{self.slug}"

    def response(self, scope: Scope, trace_id: str | None = None) -> Response:
        """The answer, with the path it is about and the trace it happened in."""
        body: dict[str, Any] = {
            "type": self.type,
            "title": self.title,
            "status": self.status_code,
            "detail": self.detail,
            "instance": quote(scope["path"]),
        }
        if self.errors:
            body["errors"] = [asdict(error) for error in self.errors]
        if self.now is not None:
            body["now"] = plain(self.now)
        if trace_id := trace_id or trace_id_of(scope):
            body["trace_id"] = trace_id
        return Response(
            json.dumps(body, separators=(",", ":")),
            self.status_code,
            self.headers,
            media_type=MEDIA_TYPE,
        )


def trace_id_of(scope: Scope) -> str | None:
    """The trace of the request: that of our span, else the one the caller began."""
    current = telemetry.traceparent_of_current_span()
    if current is None:
        given = next((v for k, v in scope["headers"] if k == b"traceparent"), None)
        current = given.decode("latin-1") if given is not None else None
    return telemetry.trace_id_of(current)


def slug_of(cls: type) -> str:
    """`NoSuchTrip` -> `no-such-trip`."""
    return "-".join(word.lower() for word in _WORDS.findall(cls.__name__))


def refused(rejection: object, table: RefusalTable) -> Problem:
    """The problem a rejection is, by the service's table.

    A rejection whose cause is one field of the body has its name in the attribute `field`.
    """
    status, detail = table(rejection)
    slug = slug_of(type(rejection))
    if not isinstance(rejection, Changed):
        field = getattr(rejection, "field", None)
        errors = [] if field is None else [FieldError(f"/{field}", slug, detail)]
        return Problem(status, slug, detail, errors=errors)
    now = {f"/{name}": value for name, value in rejection.now.items()}
    errors = [FieldError(field, "changed", "This is not what stands now.") for field in now]
    return Problem(status, slug, detail, errors=errors, now=now)


def changed(rejection: Changed) -> tuple[int, str]:
    """The line for it in the tables of all services: 412, and a sentence that names the fields."""
    named = ", ".join(f"/{name}" for name in rejection.now)
    return 412, f"Somebody changed this meanwhile: {named}. Look again, and decide on what stands."


def malformed(field: str, rule: str, detail: str) -> Problem:
    """400: a header or parameter that cannot be read."""
    return Problem(400, "malformed-request", detail, errors=[FieldError(field, rule, detail)])


def invalid(field: str, rule: str, detail: str) -> Problem:
    """422: a field of the body that is not as it should be."""
    errors = [FieldError(field, rule, detail)]
    return Problem(422, "invalid-request", f"Not as it should be: {field}.", errors=errors)


def unknown_reference(field: str, kind: str) -> Problem:
    """422: a field of the body names a thing of another service that the caller does not have.

    The same for what never existed and for what is somebody else's, so that nobody learns of it.
    """
    detail = (
        f"There is no such {kind} for you. If it was made just now, send the Relais-Position"
        " of that answer as Relais-Min-Position."
    )
    errors = [FieldError(f"/{field}", "unknown_reference", detail)]
    return Problem(422, "unknown-reference", detail, errors=errors)


SESSION_OVER = "The session is over; sign in again."


def session_over() -> Problem:
    """401: the access token has not ended, but the account or the session it is of has."""
    return Problem(401, "session-over", SESSION_OVER)


def try_again(status: int, slug: str, detail: str, seconds: int = 1) -> Problem:
    """A problem that passes; the client should repeat the request as it was."""
    return Problem(status, slug, detail, headers={"Retry-After": str(seconds)})


# --- From what the framework raises -------------------------------------------------------------

_OF_STATUS = {
    404: ("no-such-route", "There is nothing at this path."),
    405: ("method-not-allowed", "This path does not know this method."),
    400: ("malformed-request", "The body cannot be read."),
}


async def on_problem(request: Request, error: Exception) -> Response:
    assert isinstance(error, Problem)
    return error.response(request.scope)


async def on_http_exception(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    slug, detail = _OF_STATUS.get(error.status_code, ("request-failed", error.detail))
    headers = {"Allow": _methods(request.scope)} if error.status_code == 405 else error.headers
    return Problem(error.status_code, slug, detail, headers=headers).response(request.scope)


def _methods(scope: Scope) -> str:
    """All methods of the path; the framework names only those of the first route it found."""
    routes = [route for route in scope["app"].routes if isinstance(route, Route)]
    found = [route for route in routes if route.matches(scope)[0] is not Match.NONE]
    return ", ".join(sorted({method for route in found for method in route.methods or ()}))


async def on_validation_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    found = error.errors()
    if found and found[0]["type"] == "json_invalid":
        why = found[0]["ctx"]["error"]
        detail = f"The body is not JSON: {why} at character {found[0]['loc'][-1]}."
        return Problem(400, "malformed-json", detail).response(request.scope)
    errors = [_field_error(one) for one in found[:MOST_ERRORS]]
    named = ", ".join(error.field for error in errors)
    detail = f"Not as it should be: {named}."
    return Problem(422, "invalid-request", detail, errors=errors).response(request.scope)


def _field_error(error: Mapping[str, Any]) -> FieldError:
    place, *path = error["loc"]
    if place == "body":
        field = "".join(f"/{_escaped(str(step))}" for step in path) or "/"
    else:
        field = f"{place}:{'/'.join(map(str, path))}"
    return FieldError(field, error["type"], str(error["msg"]).removeprefix("Value error, "))


def _escaped(step: str) -> str:
    # A name the client made up may be of any length.
    return step[:100].replace("~", "~0").replace("/", "~1")


HANDLERS: Mapping[int | type[Exception], ErrorHandler] = {
    Problem: on_problem,
    HTTPException: on_http_exception,
    RequestValidationError: on_validation_error,
}
