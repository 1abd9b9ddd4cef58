"""Tells everything that goes wrong in one shape: RFC 9457 problem details.

A refused command, a bad request and a crash look alike to a client: a `type` to switch on, a
sentence for a person in the language they asked for, the facts in it, and the fields at fault.
"""

import json
import re
from collections.abc import Callable, Coroutine, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, tzinfo
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
from infra.http.clients import PRINCIPAL
from infra.http.languages import asked_for
from infra.http.models import plain
from infra.wording import ALL, UNKNOWN, Unfit, Wording

MEDIA_TYPE = "application/problem+json"
MOST_ERRORS = 50
PAGE = "/problems"
"""The page of an API that tells of its problems; it has an anchor for each."""

_WORDS = re.compile(r"[A-Z]+(?=[A-Z][a-z])|[A-Z]?[a-z0-9]+|[A-Z]+")
_QUOTED = re.compile(r"'([^']*)'")

ErrorHandler = Callable[[Request, Exception], Coroutine[Any, Any, Response]]


@dataclass(frozen=True, slots=True)
class FieldError:
    """One field at fault. `field` is a JSON pointer into the body, or `query:`, `path:`,
    `header:` and a name; `rule` is for programs, and names the sentence for people."""

    field: str
    rule: str
    facts: Mapping[str, object] | None = None
    says: str | None = None
    """The rule whose sentence it is, where that is another one."""


class Problem(HTTPException):
    """Raised anywhere under a route, answered as `application/problem+json`.

    Its sentences are those of its `type` and of the rules of its fields, in the `Wording` of the
    API that answers.
    """

    def __init__(
        self,
        status: int,
        slug: str,
        *,
        facts: Mapping[str, object] | None = None,
        errors: Sequence[FieldError] = (),
        headers: Mapping[str, str] | None = None,
        now: Mapping[str, object] | None = None,
    ) -> None:
        """`facts` are those that its sentence shows. `now` is what stands where the request named
        something else, by field."""
        super().__init__(status, slug, headers)
        self.slug = slug
        self.facts = facts or {}
        self.errors = tuple(errors)
        self.now = now

    @property
    def type(self) -> str:
        """The name that a client switches on; it never changes for one kind of problem."""
        return type_of(self.slug)

    def response(self, scope: Scope, trace_id: str | None = None) -> Response:
        """The answer in the caller's language, with the path it is about and the trace it
        happened in."""
        language = asked_for(scope)
        wording = _wording_of(scope)
        zone = getattr(scope.get(PRINCIPAL), "zone", UTC)
        errors = [_told(error, self, wording, language, zone) for error in self.errors]
        body: dict[str, Any] = {
            "type": self.type,
            "title": (wording or ALL).title(language, self.status_code),
            "status": self.status_code,
            "detail": self.sentence(wording or ALL, language, zone),
            "instance": quote(scope["path"]),
        }
        if self.facts:
            body["facts"] = plain(self.facts)
        if errors:
            body["errors"] = errors
        if self.now is not None:
            body["now"] = plain(self.now)
        if trace_id := trace_id or trace_id_of(scope):
            body["trace_id"] = trace_id
        answer = Response(
            json.dumps(body, separators=(",", ":")),
            self.status_code,
            self.headers,
            media_type=MEDIA_TYPE,
        )
        answer.headers["Content-Language"] = language
        answer.headers.add_vary_header("Accept-Language")
        if wording is not None:
            page = f"{quote(scope.get('root_path', ''))}{PAGE}#{self.slug}"
            answer.headers.append("Link", f'<{page}>; rel="help"')
        return answer

    def sentence(self, wording: Wording, language: str, zone: tzinfo = UTC) -> str:
        """The sentence for people; of some problems, that of their first field."""
        fields = ", ".join(error.field for error in self.errors)
        found = wording.of_problem(language, self.slug, {"fields": fields, **self.facts}, zone)
        if found or not self.errors:
            return found
        return self.says(self.errors[0], wording, language, zone)

    def says(self, error: FieldError, wording: Wording, language: str, zone: tzinfo = UTC) -> str:
        """The sentence of one of its fields."""
        if error.rule == self.slug:
            return self.sentence(wording, language, zone)
        return wording.of_rule(language, error.says or error.rule, error.facts or {}, zone)


def _wording_of(scope: Scope) -> Wording | None:
    """The sentences of the API that answers; None where it is none of ours."""
    app_state = getattr(getattr(scope.get("app"), "state", None), "app_state", None)
    return None if app_state is None else app_state.wording


def _told(
    error: FieldError, problem: Problem, wording: Wording | None, language: str, zone: tzinfo
) -> dict[str, Any]:
    detail = problem.says(error, wording or ALL, language, zone)
    told = {"field": error.field, "rule": error.rule, "detail": detail}
    return told | ({"facts": plain(error.facts)} if error.facts else {})


def trace_id_of(scope: Scope) -> str | None:
    """The trace of the request: that of our span, else the one the caller began."""
    current = telemetry.traceparent_of_current_span()
    if current is None:
        given = next((v for k, v in scope["headers"] if k == b"traceparent"), None)
        current = given.decode("latin-1") if given is not None else None
    return telemetry.trace_id_of(current)


def type_of(slug: str) -> str:
    """The `type` of a kind of problem."""
    return f"urn:relais:problem:{slug}"


def slug_of(cls: type) -> str:
    """`NoSuchTrip` -> `no-such-trip`."""
    return "-".join(word.lower() for word in _WORDS.findall(cls.__name__))


def refused(rejection: object, wording: Wording) -> Problem:
    """The problem a rejection is, by the sentences of the service.

    Its declared facts are attributes of the rejection. A rejection whose cause is one field of the
    body has its name in the attribute `field`.
    """
    slug = slug_of(type(rejection))
    if isinstance(rejection, Changed):
        return changed(rejection)
    field = getattr(rejection, "field", None)
    said = wording.problem(slug)
    facts = {name: getattr(rejection, name) for name in said.facts}
    errors = [] if field is None else [FieldError(f"/{field}", slug)]
    return Problem(said.status, slug, facts=facts, errors=errors)


def changed(rejection: Changed) -> Problem:
    """412: what a decision relies on is not what stands now."""
    now = {f"/{name}": value for name, value in rejection.now.items()}
    errors = [FieldError(field, "changed", says="changed_field") for field in now]
    return Problem(412, "changed", errors=errors, now=now)


def malformed(field: str, rule: str, says: str | None = None, **facts: object) -> Problem:
    """400: a header or parameter that cannot be read."""
    error = FieldError(field, rule, facts=facts, says=says)
    return Problem(400, "malformed-request", errors=[error])


def invalid(field: str, rule: str, says: str | None = None, **facts: object) -> Problem:
    """422: a field of the request that is not as it should be."""
    error = FieldError(field, rule, facts=facts, says=says)
    return Problem(422, "invalid-request", errors=[error])


def unknown_reference(field: str, kind: str) -> Problem:
    """422: a field of the body names a thing of another service that the caller does not have.

    The same for what never existed and for what is somebody else's, so that nobody learns of it.
    `kind` says what it should be a name of.
    """
    errors = [FieldError(f"/{field}", "unknown_reference")]
    return Problem(422, "unknown-reference", facts={"kind": kind}, errors=errors)


def session_over() -> Problem:
    """401: the access token has not ended, but the account or the session it is of has."""
    return Problem(401, "session-over")


def no_such_dealership() -> Problem:
    """404: the caller holds no role there that counts, or there is no dealership of that id."""
    return Problem(404, "no-such-dealership")


def not_let_in(standing: str) -> Problem:
    """403: the registration of the caller's organisation is `pending`, or `rejected`."""
    if standing == "pending":
        return Problem(403, "registration-pending")
    return Problem(403, "registration-rejected")


def try_again(status: int, slug: str, *, seconds: int = 1, **facts: object) -> Problem:
    """A problem that passes; the client should repeat the request as it was."""
    return Problem(status, slug, facts=facts, headers={"Retry-After": str(seconds)})


# --- From what the framework raises -------------------------------------------------------------

_OF_STATUS = {404: "no-such-route", 405: "method-not-allowed", 400: "malformed-request"}


async def on_problem(request: Request, error: Exception) -> Response:
    assert isinstance(error, Problem)
    return error.response(request.scope)


async def on_http_exception(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    slug = _OF_STATUS.get(error.status_code, "request-failed")
    headers = {"Allow": _methods(request.scope)} if error.status_code == 405 else error.headers
    # The framework fails so at a body that is no text, or nested without end.
    errors = [FieldError("/", "unreadable")] if error.status_code == 400 else []
    problem = Problem(error.status_code, slug, errors=errors, headers=headers)
    return problem.response(request.scope)


def _methods(scope: Scope) -> str:
    """All methods of the path; the framework names only those of the first route it found."""
    routes = [route for route in scope["app"].routes if isinstance(route, Route)]
    found = [route for route in routes if route.matches(scope)[0] is not Match.NONE]
    return ", ".join(sorted({method for route in found for method in route.methods or ()}))


async def on_validation_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    found = error.errors()
    if found and found[0]["type"] == "json_invalid":
        facts = {"position": found[0]["loc"][-1]}
        return Problem(400, "malformed-json", facts=facts).response(request.scope)
    errors = [field_error(one) for one in found[:MOST_ERRORS]]
    return Problem(422, "invalid-request", errors=errors).response(request.scope)


def field_error(error: Mapping[str, Any]) -> FieldError:
    """The field at fault of an error as pydantic tells it, its place first in `loc`."""
    place, *path = error["loc"]
    if place == "body":
        field = "".join(f"/{_escaped(str(step))}" for step in path) or "/"
    else:
        field = f"{place}:{'/'.join(map(str, path))}"
    rule, context = error["type"], error.get("ctx", {})
    if isinstance(unfit := context.get("error"), Unfit):
        return FieldError(field, rule, facts=unfit.facts, says=unfit.rule)
    if (said := ALL.rule(rule)) is None:
        return FieldError(field, rule, says=UNKNOWN)
    facts = {name: _fact(name, context[name]) for name in said.facts}
    return FieldError(field, rule, facts=facts)


def _fact(name: str, value: Any) -> object:
    """A bound of a rule as data; of a choice, what there is to choose from."""
    return _QUOTED.findall(value) if name == "expected" else value


def _escaped(step: str) -> str:
    # A name the client made up may be of any length.
    return step[:100].replace("~", "~0").replace("/", "~1")


HANDLERS: Mapping[int | type[Exception], ErrorHandler] = {
    Problem: on_problem,
    HTTPException: on_http_exception,
    RequestValidationError: on_validation_error,
}
