"""`GET /live`: says by server-sent events when the answer to a query is another one (ADR 49).

A listener names the queries whose answers are on a screen. When tables have moved on, each is asked
again by its own route and as the listener, and an event says that its ETag is another one. So
nobody is told of what they may not see, and the ETags that were told are all there is to resume
from: they are the id of an event.
"""

import asyncio
import re
from collections import Counter
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Iterator, Sequence
from contextlib import aclosing, asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass, field
from secrets import randbelow
from typing import Annotated, get_args
from urllib.parse import unquote

from fastapi import Query
from pydantic import StringConstraints
from pydantic_core import to_json
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from infra import telemetry
from infra.http.answers import Content, Router
from infra.http.auth import Principal, Verifier
from infra.http.browsers import authorization
from infra.http.clients import CLIENT
from infra.http.middleware import LIVE, LOOK, STREAM
from infra.http.problems import MEDIA_TYPE, Problem, invalid, try_again
from infra.http.request_context import AppState, RequestContext, requires
from infra.supervisor import Progress, supervise
from infra.tokens import Role

MOST_QUERIES = 8
LANES = 2
"""Queries of all listeners that are asked at once. Each lane rests as long as it worked, so that
listeners do not hold up requests."""
GAP_SECONDS = 1.0
"""From one look of a listener to the next one."""
BEAT_SECONDS = 30.0
"""Of silence, after which a comment keeps proxies from closing the connection."""
BEATS = 20
"""After so many, a listener looks also when nothing moved: a day may have begun."""
RETRY_MILLISECONDS = 2_000
"""After which a listener comes back at the soonest, and within twice that."""

Moves = Callable[[], AsyncGenerator[None]]
"""Yields when it begins, and whenever tables have moved on."""
Anyone = Annotated[RequestContext, requires(*get_args(Role))]
Watched = Annotated[str, StringConstraints(pattern=r"^/[!-~]{0,999}$")]

_LAST_EVENT_ID = {
    "name": "Last-Event-ID",
    "in": "header",
    "description": "The id of the last event that came; a browser sends it by itself.",
    "schema": {"type": "string"},
}
_KEPT_KEYS = ("type", "asgi", "http_version", "scheme", "server", "client", "root_path", CLIENT)
_KEPT_HEADERS = frozenset({b"authorization", b"cookie", b"accept-language"})
_ETAGS = re.compile(r'(W/)?"[!#-+\--~]*"(,(W/)?"[!#-+\--~]*")*')


class Live:
    """The listeners of one API: they are woken together, and there are so many at most."""

    def __init__(
        self,
        moves: Moves,
        service: str,
        *,
        most: int,
        most_of_person: int,
        most_of_organisation: int,
        gap_seconds: float = GAP_SECONDS,
        beat_seconds: float = BEAT_SECONDS,
    ) -> None:
        self.gap_seconds = gap_seconds
        self.beat_seconds = beat_seconds
        self._moves = moves
        self._service = service
        self._most = most
        self._most_of_person = most_of_person
        self._most_of_organisation = most_of_organisation
        self._bells: set[asyncio.Event] = set()
        self._of: Counter[tuple[str, ...]] = Counter()
        self._ringing: asyncio.Task[None] | None = None
        self._lanes = asyncio.Semaphore(LANES)
        self.ending = False

    @contextmanager
    def enter(self, who: Principal) -> Iterator[asyncio.Event]:
        """Count a listener within the block; the event is set when it is to look again.

        Raises a 503 `Problem` when there is no room, and 429 for one too many of a person or of an
        organisation.
        """
        person, organisation = (who.organisation_id, who.subject), (who.organisation_id,)
        if self.ending or len(self._bells) >= self._most:
            raise try_again(503, "overloaded", seconds=30)
        if (
            self._of[person] >= self._most_of_person
            or self._of[organisation] >= self._most_of_organisation
        ):
            telemetry.turned_away("too-many-listeners")
            raise try_again(429, "too-many-requests", seconds=30)
        bell = asyncio.Event()
        self._bells.add(bell)
        self._of.update((person, organisation))
        telemetry.listening(1, self._service)
        if self._ringing is None:
            ringing = supervise(f"{self._service} live", self._ring, Progress())
            self._ringing = asyncio.create_task(ringing)
        try:
            yield bell
        finally:
            self._bells.discard(bell)
            for one in (person, organisation):
                self._of[one] -= 1
                if not self._of[one]:
                    del self._of[one]
            telemetry.listening(-1, self._service)
            if not self._bells and self._ringing is not None:
                self._ringing.cancel()
                self._ringing = None

    @asynccontextmanager
    async def lane(self) -> AsyncIterator[None]:
        """Wait for a lane, and have it within the block."""
        await self._lanes.acquire()
        loop = asyncio.get_running_loop()
        began = loop.time()
        try:
            yield
        finally:
            loop.call_later(loop.time() - began, self._lanes.release)

    def end(self) -> None:
        """End all streams; their listeners come back to another process."""
        self.ending = True
        self._wake()

    async def _ring(self) -> None:
        async with aclosing(self._moves()) as moves:
            async for _ in moves:
                self._wake()

    def _wake(self) -> None:
        for bell in self._bells:
            bell.set()


@dataclass(frozen=True, slots=True)
class Look:
    """The answer to a query, as far as a listener needs it: an ETag, or a problem."""

    status: int
    etag: str = ""
    problem: bytes = b""

    @property
    def is_over(self) -> bool:
        """Whether the listener may not ask this any more; other problems pass."""
        return 400 <= self.status < 500 and self.status not in (425, 429)


@dataclass(frozen=True, slots=True)
class Asking:
    """Asks the queries of one listener, as the request that began to listen would."""

    app: ASGIApp
    given: Scope
    live: Live

    async def look(self, query: str, known: str) -> Look:
        """The answer to a query now; 304 when it has the ETag that is known, and at the end."""
        found = _Found()
        async with self.live.lane():
            if self.live.ending:
                return Look(304)
            await self.app(self._scope(query, known), _Nothing(), found)
        return found.look()

    def _scope(self, query: str, known: str) -> Scope:
        path, _, parameters = query.partition("?")
        headers = [one for one in self.given["headers"] if one[0] in _KEPT_HEADERS]
        if known:
            headers.append((b"if-none-match", known.encode()))
        scope = {key: self.given[key] for key in _KEPT_KEYS if key in self.given}
        root = scope.get("root_path", "")
        return scope | {
            "method": "GET",
            "path": root + unquote(path),
            "raw_path": (root + path).encode(),
            "query_string": parameters.encode(),
            "headers": headers,
            LOOK: True,
        }


class _Nothing:
    """The receiving end of a look: an empty body, and nobody who hangs up."""

    def __init__(self) -> None:
        self._is_read = False

    async def __call__(self) -> Message:
        if self._is_read:
            await asyncio.Event().wait()
        self._is_read = True
        return {"type": "http.request", "body": b"", "more_body": False}


class _Found:
    """The sending end of a look, which keeps of the answer what a listener needs."""

    def __init__(self) -> None:
        self._status = 500
        self._headers: dict[bytes, bytes] = {}
        self._problem = b""

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self._status = message["status"]
            self._headers = dict(message["headers"])
        elif self._status >= 400:
            self._problem += message.get("body", b"")

    def look(self) -> Look:
        etag = self._headers.get(b"etag", b"").decode("latin-1")
        is_json = self._headers.get(b"content-type", b"").startswith(b"application/json")
        if self._status == 200 and not (etag and is_json):
            raise invalid("query:watch", "value_error")
        return Look(self._status, etag, self._problem)


@dataclass(slots=True)
class Listener:
    """One listener: its queries, and the ETag that it was told of each."""

    asking: Asking
    queries: Sequence[str]
    etags: list[str]
    untold: set[int] = field(default_factory=set)
    """The queries, by number, whose ETag is another one than the listener has."""
    is_over: bool = False

    async def look(self) -> Look | None:
        """Look at everything. Answers the first problem, if there was one."""
        problem = None
        for number, query in enumerate(self.queries):
            look = await self.asking.look(query, self.etags[number])
            if look.status == 200 and look.etag != self.etags[number]:
                self.etags[number] = look.etag
                self.untold.add(number)
            elif look.status >= 400:
                problem = problem or look
                self.is_over = self.is_over or look.is_over
        return problem

    def events(self) -> bytes:
        """The events that were not told yet. The last one has the id of them all."""
        told = [
            b"event: changed\ndata: %b\n"
            % to_json({"query": self.queries[number], "etag": self.etags[number]})
            for number in sorted(self.untold)
        ]
        self.untold.clear()
        if told:
            told[-1] += b"id: %b\n" % ",".join(self.etags).encode()
        return b"".join(one + b"\n" for one in told)


class Stream(Response):
    """The events of a listener, until it hangs up, may not listen any more, or the process ends.

    There is no queue: who reads slowly is told late, and then of what is so by then.
    """

    media_type = "text/event-stream"

    def __init__(self, live: Live, who: Principal, listener: Listener, verifier: Verifier) -> None:
        super().__init__(headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no"})
        del self.headers["content-length"]
        self._live = live
        self._who = who
        self._listener = listener
        self._verifier = verifier

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        with self._live.enter(self._who) as bell:
            if (look := await self._listener.look()) is not None:
                answer = Response(look.problem, look.status, media_type=MEDIA_TYPE)
                return await answer(scope, receive, send)
            scope[STREAM] = True
            await send({"type": "http.response.start", "status": 200, "headers": self.raw_headers})
            hanging_up = asyncio.create_task(_until_gone(receive))
            hanging_up.add_done_callback(lambda _: bell.set())
            try:
                async with aclosing(self._parts(scope, bell, hanging_up)) as parts:
                    async for part in parts:
                        await send({"type": "http.response.body", "body": part, "more_body": True})
            finally:
                hanging_up.cancel()
        return await send({"type": "http.response.body", "body": b""})

    async def _parts(
        self, scope: Scope, bell: asyncio.Event, hanging_up: "asyncio.Task[None]"
    ) -> AsyncGenerator[bytes]:
        listener = self._listener
        retry = RETRY_MILLISECONDS + randbelow(RETRY_MILLISECONDS)
        yield b"retry: %d\n\n" % retry + listener.events()
        beats = 0
        while True:
            is_due = await _rings(bell, self._live.beat_seconds) or beats == BEATS
            bell.clear()
            if self._live.ending or hanging_up.done() or not self._is_known(scope):
                return
            if not is_due:
                beats += 1
                yield b":\n\n"
                continue
            beats = 0
            if await listener.look() is not None:
                bell.set()
            if listener.is_over:
                return
            if events := listener.events():
                yield events
            await asyncio.sleep(self._live.gap_seconds)

    def _is_known(self, scope: Scope) -> bool:
        """Whether the access token still holds."""
        try:
            self._verifier.principal(authorization(scope))
        except Problem:
            return False
        return True


async def _rings(bell: asyncio.Event, seconds: float) -> bool:
    """Whether the bell rings within so many seconds; also when it does just as they are over."""
    with suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            await bell.wait()
    return bell.is_set()


async def _until_gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


def router(live: Live) -> Router:
    """The route by which one listens."""
    routes = Router("Live")

    @routes.get(LIVE, openapi_extra={"parameters": [_LAST_EVENT_ID]})
    async def listen(
        context: Anyone,
        request: Request,
        watch: Annotated[
            list[Watched],
            Query(
                min_length=1,
                max_length=MOST_QUERIES,
                description="A query of this API as it is asked, like `/trips?limit=20`.",
            ),
        ],
    ) -> Annotated[Response, Content("text/event-stream")]:
        """Server-sent events that say when the answer to a query is another one.

        Each `changed` has the `query` and the `etag` of its answer now; the first ones say how it
        stands. `Last-Event-ID` goes on after what was told.
        """
        if LOOK in request.scope:
            raise invalid("query:watch", "value_error")
        app_state: AppState = context.app_state
        asking = Asking(request.app, request.scope, live)
        etags = _told(request.headers.get("last-event-id", ""), len(watch))
        listener = Listener(asking, watch, etags)
        return Stream(live, context.principal, listener, app_state.verifier)

    return routes


def _told(last_event_id: str, queries: int) -> list[str]:
    """The ETags that an event's id has; none where it is not one of so many queries."""
    etags = last_event_id.split(",") if _ETAGS.fullmatch(last_event_id) else []
    return etags if len(etags) == queries else [""] * queries
