"""Wraps every request: it is measured, let in while there is room, and bounded.

Plain ASGI: a middleware class of the framework would cost a task and two streams a request.
"""

import logging
from collections.abc import Callable
from time import perf_counter
from uuid import uuid4

from opentelemetry.trace import Span, SpanKind
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from infra import telemetry
from infra.http.problems import Problem, trace_id_of, try_again

log = logging.getLogger("relais.http")

_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})


def _is_exempt(scope: Scope) -> bool:
    """Probes are answered however busy we are, and are not worth a trace."""
    if scope["type"] != "http":
        return True
    path: str = scope["path"]
    return path.startswith(("/health/", "/metrics"), len(scope.get("root_path", "")))


class _Answer:
    """The sending end of a request, which remembers the status."""

    __slots__ = ("send", "status")

    def __init__(self, send: Send) -> None:
        self.send = send
        self.status = 0

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
        await self.send(message)


class Observed:
    """Measures each request, continues its trace, and turns a crash into a plain 500."""

    def __init__(self, app: ASGIApp, service: str) -> None:
        self._app = app
        self._service = service

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if _is_exempt(scope):
            return await self._app(scope, receive, send)
        started = perf_counter()
        answer = _Answer(send)
        try:
            if telemetry.tracing():
                await self._traced(scope, receive, answer)
            else:
                await self._serve(scope, receive, answer)
        finally:
            self._measure(scope, answer.status, perf_counter() - started)
        return None

    async def _traced(self, scope: Scope, receive: Receive, answer: _Answer) -> None:
        with telemetry.span_from(_given(scope), scope["method"], SpanKind.SERVER) as span:
            await self._serve(scope, receive, answer)
            if span is not None:
                _describe(span, scope, answer.status)

    async def _serve(self, scope: Scope, receive: Receive, answer: _Answer) -> None:
        try:
            await self._app(scope, receive, answer)
        except Exception:
            trace_id = trace_id_of(scope) or uuid4().hex
            log.exception("%s %s failed, trace %s", scope["method"], _route(scope), trace_id)
            if answer.status:
                # Half an answer is out; only a broken connection tells the client so.
                raise
            problem = Problem(500, "internal-error", "Something went wrong on our side.")
            await problem.response(scope, trace_id)(scope, receive, answer)

    def _measure(self, scope: Scope, status: int, seconds: float) -> None:
        method = scope["method"] if scope["method"] in _METHODS else "other"
        telemetry.request_took(seconds, self._service, method, _route(scope), status)


def _given(scope: Scope) -> str | None:
    found = next((value for name, value in scope["headers"] if name == b"traceparent"), None)
    return None if found is None else found.decode("latin-1")


def _route(scope: Scope) -> str:
    """The template of the path: the path itself would make a series for each entity."""
    return getattr(scope.get("route"), "path", "none")


def _describe(span: Span, scope: Scope, status: int) -> None:
    route = _route(scope)
    span.update_name(f"{scope['method']} {route}")
    span.set_attributes(
        {
            "http.request.method": scope["method"],
            "http.route": route,
            "http.response.status_code": status,
        }
    )
    if status >= 500:
        telemetry.failed(span, str(status))


class Backpressure:
    """Answers 503 at once when there is no room, instead of a queue without end.

    Room means fewer than `most` requests in hand, and at most `most_waiting` of `waiting`, which
    tells how many wait for a database connection.
    """

    def __init__(
        self, app: ASGIApp, most: int, waiting: Callable[[], int], most_waiting: int
    ) -> None:
        self._app = app
        self._most = most
        self._waiting = waiting
        self._most_waiting = most_waiting
        self._in_hand = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if _is_exempt(scope):
            return await self._app(scope, receive, send)
        if self._in_hand >= self._most or self._waiting() > self._most_waiting:
            problem = try_again(503, "overloaded", "Too many requests at once.")
            return await problem.response(scope)(scope, receive, send)
        self._in_hand += 1
        try:
            await self._app(scope, receive, send)
        finally:
            self._in_hand -= 1
        return None


class BodyLimit:
    """Answers 413 to a body of more than `most` bytes, announced or not."""

    def __init__(self, app: ASGIApp, most: int) -> None:
        self._app = app
        self._most = most

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return await self._app(scope, receive, send)
        headers = dict(scope["headers"])
        length = headers.get(b"content-length", b"")
        if not length.isdigit() or b"transfer-encoding" in headers:
            return await self._app(scope, self._counting(receive), send)
        if int(length) > self._most:
            return await self._too_large().response(scope)(scope, receive, send)
        # The server sees to it that no more comes than was announced.
        return await self._app(scope, receive, send)

    def _counting(self, receive: Receive) -> Receive:
        taken = 0

        async def counted() -> Message:
            nonlocal taken
            message = await receive()
            taken += len(message.get("body", b""))
            if taken > self._most:
                raise self._too_large()
            return message

        return counted

    def _too_large(self) -> Problem:
        return Problem(413, "body-too-large", f"A body has at most {self._most} bytes.")
