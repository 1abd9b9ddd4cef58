"""Wraps every request: it is measured, let in while there is room, and bounded.

Plain ASGI: a middleware class of the framework would cost a task and two streams a request.
"""

import asyncio
import logging
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from time import perf_counter
from uuid import uuid4

from opentelemetry.trace import Span, SpanKind
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from infra import telemetry
from infra.http.clients import CLIENT, Proxies
from infra.http.problems import Problem, trace_id_of, try_again

log = logging.getLogger("relais.http")

HUNG_UP = 499
"""The status under which a request is counted that its client broke off; nobody is sent it."""
_HAS_HUNG_UP = "relais.hung-up"

LIVE = "/live"
"""The path of an API at which clients listen, for long: `infra.http.live`."""
STREAM = "relais.stream"
"""Says in the scope of a request that it listens now; how long that takes says nothing."""
LOOK = "relais.look"
"""Says in the scope of a request that a listener's query is asked again, by ourselves."""

_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
_WITHOUT_BODY = frozenset({"GET", "HEAD", "OPTIONS"})


def _is_exempt(scope: Scope) -> bool:
    """Probes are answered however busy we are, and are not worth a trace."""
    if scope["type"] != "http":
        return True
    path: str = scope["path"]
    return path.startswith(("/health/", "/metrics"), len(scope.get("root_path", "")))


def _is_bounded_elsewhere(scope: Scope) -> bool:
    """Whether it has a bound of its own: who listens would take the room of who asks."""
    return LOOK in scope or bool(scope["path"] == scope.get("root_path", "") + LIVE)


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
            status = HUNG_UP if _HAS_HUNG_UP in scope else answer.status
            if STREAM not in scope:
                self._measure(scope, status, perf_counter() - started)
        return None

    async def _traced(self, scope: Scope, receive: Receive, answer: _Answer) -> None:
        with telemetry.span_from(_given(scope), scope["method"], SpanKind.SERVER) as span:
            await self._serve(scope, receive, answer)
            if span is not None:
                _describe(span, scope, answer.status)

    async def _serve(self, scope: Scope, receive: Receive, answer: _Answer) -> None:
        try:
            await self._app(scope, receive, answer)
        except ClientDisconnect:
            scope[_HAS_HUNG_UP] = True
            log.info("%s %s: the client hung up", scope["method"], _route(scope))
        except Exception:
            trace_id = trace_id_of(scope) or uuid4().hex
            log.exception("%s %s failed, trace %s", scope["method"], _route(scope), trace_id)
            if answer.status:
                # Half an answer is out; only a broken connection tells the client so.
                raise
            problem = Problem(500, "internal-error")
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


@dataclass(frozen=True, slots=True)
class Room:
    """How much an API does at once, and how long it waits for bodies."""

    most: int = 512
    """Requests in hand."""
    most_of_client: int = 128
    """Requests of one client, in hand or still coming."""
    body_seconds: float = 60.0
    """From the end of the headers to the end of the body."""
    waiting: Callable[[], int] = lambda: 0
    """How many requests wait for a database connection."""
    most_waiting: int = 100
    proxies: Proxies = field(default_factory=Proxies)


class Backpressure:
    """Answers 503 at once when there is no room, instead of a queue without end.

    A request takes its room when it is whole: one that only comes in holds up nobody else. One that
    does not come in time is answered 408, and one too many of a client 429.
    """

    def __init__(self, app: ASGIApp, room: Room) -> None:
        self._app = app
        self._room = room
        self._in_hand = 0
        self._of_client: Counter[str] = Counter()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if _is_exempt(scope):
            return await self._app(scope, receive, send)
        client = scope[CLIENT] = self._room.proxies.client(scope)
        if _is_bounded_elsewhere(scope):
            return await self._app(scope, receive, send)
        if (problem := self._refusal(client)) is not None:
            return await problem.response(scope)(scope, receive, send)
        arrival = _Arrival(self, scope, receive)
        self._of_client[client] += 1
        try:
            if scope["method"] in _WITHOUT_BODY:
                self.take()
                arrival.whole = True
            await self._app(scope, arrival, send)
        finally:
            self._in_hand -= arrival.whole
            self._leave(client)
        return None

    def take(self) -> None:
        """Take the room of a request that is whole. Raises a 503 `Problem`."""
        if self._is_full():
            raise _overloaded()
        self._in_hand += 1

    @property
    def body_seconds(self) -> float:
        return self._room.body_seconds

    def _refusal(self, client: str) -> Problem | None:
        if self._is_full():
            return _overloaded()
        if self._of_client[client] >= self._room.most_of_client:
            telemetry.turned_away("too-many-requests")
            return try_again(429, "too-many-requests")
        return None

    def _is_full(self) -> bool:
        room = self._room
        return self._in_hand >= room.most or room.waiting() > room.most_waiting

    def _leave(self, client: str) -> None:
        self._of_client[client] -= 1
        if not self._of_client[client]:
            del self._of_client[client]


def _overloaded() -> Problem:
    return try_again(503, "overloaded")


class _Arrival:
    """The receiving end of a request, until it is whole."""

    __slots__ = ("_backpressure", "_deadline", "_receive", "_scope", "whole")

    def __init__(self, backpressure: Backpressure, scope: Scope, receive: Receive) -> None:
        self._backpressure = backpressure
        self._scope = scope
        self._receive = receive
        self._deadline = asyncio.get_running_loop().time() + backpressure.body_seconds
        self.whole = False

    async def __call__(self) -> Message:
        if self.whole:
            return await self._receive()
        try:
            async with asyncio.timeout_at(self._deadline):
                message = await self._receive()
        except TimeoutError:
            raise self._too_slow() from None
        if message["type"] == "http.disconnect":
            self._scope[_HAS_HUNG_UP] = True
        elif not message.get("more_body", False):
            self._backpressure.take()
            self.whole = True
        return message

    def _too_slow(self) -> Problem:
        telemetry.turned_away("request-too-slow")
        facts = {"seconds": round(self._backpressure.body_seconds)}
        # What is still to come of it must not be taken for the next request.
        headers = {"Connection": "close"}
        return Problem(408, "request-too-slow", facts=facts, headers=headers)


class BodyLimit:
    """Answers 413 to a body of more than `most` bytes, announced or not; on paths that begin like
    one of `larger`, of more than that has."""

    def __init__(self, app: ASGIApp, most: int, larger: Mapping[str, int]) -> None:
        self._app = app
        self._most = most
        self._larger = larger

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return await self._app(scope, receive, send)
        headers = dict(scope["headers"])
        length, most = headers.get(b"content-length", b""), self._most_of(scope)
        if not length.isdigit() or b"transfer-encoding" in headers:
            return await self._app(scope, _counting(receive, most), send)
        if int(length) > most:
            return await _too_large(most).response(scope)(scope, receive, send)
        # The server sees to it that no more comes than was announced.
        return await self._app(scope, receive, send)

    def _most_of(self, scope: Scope) -> int:
        path: str = scope["path"]
        within = len(scope.get("root_path", ""))
        found = (n for start, n in self._larger.items() if path.startswith(start, within))
        return next(found, self._most)


def _counting(receive: Receive, most: int) -> Receive:
    taken = 0

    async def counted() -> Message:
        nonlocal taken
        message = await receive()
        taken += len(message.get("body", b""))
        if taken > most:
            raise _too_large(most)
        return message

    return counted


def _too_large(most: int) -> Problem:
    return Problem(413, "body-too-large", facts={"most": most})
