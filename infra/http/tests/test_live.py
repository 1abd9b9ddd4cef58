"""Listeners are told when an answer is another one, miss nothing, and cost little."""

import asyncio
import socket
from collections import Counter
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager
from time import monotonic, time
from typing import Annotated, Any
from urllib.parse import urlencode

import pytest
from pydantic_core import from_json
from starlette.responses import Response
from starlette.types import Message

from infra.http.answers import Answered, Content, Router
from infra.http.app import Api
from infra.http.live import BEATS, MOST_QUERIES, Live
from infra.http.live import router as live_router
from infra.http.middleware import Room
from infra.http.problems import Problem, try_again
from infra.http.request_context import RequestContext, requires
from infra.http.tests.stage import api, client, token
from infra.http.tests.test_connections import counted
from infra.serving import serving
from infra.settings import Settings
from infra.testing.eventually import PATIENCE_SECONDS, eventually

COUNT = "/count"
Driver = Annotated[RequestContext, requires("driver")]


class World:
    """An API that shows a number of each organisation, and those who listen to it."""

    def __init__(
        self, *, most: int = 10, of_person: int = 10, of_organisation: int = 10, **options: Any
    ) -> None:
        self.counts: Counter[str] = Counter()
        self.looks = 0
        self.is_down = False
        self.admitted = ""
        self._moved = asyncio.Event()
        self.live = Live(
            self._moves,
            "counts",
            most=most,
            most_of_person=of_person,
            most_of_organisation=of_organisation,
            gap_seconds=0,
            beat_seconds=options.pop("beat_seconds", 60),
        )
        routes = self._routes()
        routes.routes.extend(live_router(self.live).routes)
        self.app: Api = api(extra=routes, **options)

    async def _moves(self) -> AsyncGenerator[None]:
        while True:
            await self._moved.wait()
            self._moved.clear()
            yield

    def _routes(self) -> Router:
        routes = Router("Counts")

        @routes.get("/count")
        async def count(context: Driver) -> Answered[int]:
            """How often the caller's organisation was counted."""
            self.looks += 1
            if self.admitted not in ("", context.principal.organisation_id):
                raise Problem(401, "session-over")
            if self.is_down:
                raise try_again(503, "unavailable")
            return Answered(self.counts[context.principal.organisation_id])

        @routes.get("/text")
        async def text(context: Driver) -> Annotated[Response, Content("text/plain")]:
            """An answer that is no JSON."""
            return Response("text", media_type="text/plain")

        return routes

    async def looked(self, times: int) -> None:
        """Return once the number was asked for so many times."""

        async def enough() -> None:
            assert self.looks >= times

        await eventually(enough)

    def moves(self, organisation: str = "o1") -> None:
        """Another number for an organisation."""
        self.counts[organisation] += 1
        self._moved.set()

    @asynccontextmanager
    async def ear(self, *queries: str, **given: Any) -> AsyncIterator["Ear"]:
        """Somebody who listens to these queries, or to the number."""
        ear = Ear(self.app, queries or (COUNT,), **given)
        try:
            yield ear
        finally:
            await ear.hang_up()


class Ear:
    """A client at the end of a stream; it takes what comes while its `hand` is open."""

    def __init__(
        self, app: Api, queries: tuple[str, ...], *, of: str = "", last: str = "", who: str = ""
    ) -> None:
        self.status = 0
        self.received = b""
        self.is_over = False
        self.hand = asyncio.Event()
        self.hand.set()
        self._gone = asyncio.Event()
        bearer = of or token(who or "d1")
        headers = [(b"authorization", f"Bearer {bearer}".encode())]
        if last:
            headers.append((b"last-event-id", last.encode()))
        scope = {
            "type": "http",
            "method": "GET",
            "path": "/live",
            "query_string": urlencode([("watch", query) for query in queries]).encode(),
            "headers": headers,
        }
        self._task = asyncio.create_task(app(scope, self._receive, self._send))

    async def _receive(self) -> Message:
        await self._gone.wait()
        return {"type": "http.disconnect"}

    async def _send(self, message: Message) -> None:
        await self.hand.wait()
        if message["type"] == "http.response.start":
            self.status = message["status"]
            return
        self.received += message["body"]
        self.is_over = not message.get("more_body", False)

    @property
    def events(self) -> list[dict[str, str]]:
        """All that was told until now; the numbers by their ETags."""
        lines = self.received.decode().splitlines()
        return [from_json(line[6:]) for line in lines if line.startswith("data: ")]

    @property
    def id(self) -> str:
        """The id of the last event that has one."""
        lines = self.received.decode().splitlines()
        return [line[4:] for line in lines if line.startswith("id: ")][-1]

    async def heard(self, events: int) -> list[dict[str, str]]:
        """All that was told, once it is so many events."""

        async def told() -> list[dict[str, str]]:
            assert len(self.events) == events
            return self.events

        return await eventually(told)

    async def ends(self) -> None:
        async with asyncio.timeout(PATIENCE_SECONDS):
            await self._task

    async def hang_up(self) -> None:
        self._gone.set()
        self.hand.set()
        await self.ends()


async def test_who_listens_is_told_how_it_stands_and_when_that_changes() -> None:
    world = World()
    async with world.ear() as ear, client(world.app) as caller:
        [first] = await ear.heard(1)
        assert first == {"query": COUNT, "etag": (await caller.get(COUNT)).headers["ETag"]}
        world.moves()
        [_, second] = await ear.heard(2)
        assert second == {"query": COUNT, "etag": (await caller.get(COUNT)).headers["ETag"]}
    assert first != second
    assert ear.received.startswith(b"retry: ")


async def test_what_changes_for_others_is_told_to_them_alone() -> None:
    world = World()
    async with world.ear() as ours, world.ear(of=token("d1", org="o2")) as theirs:
        await ours.heard(1)
        await theirs.heard(1)
        before = theirs.received
        looks = world.looks
        world.moves("o1")
        await ours.heard(2)
        await world.looked(looks + 2)
        world.moves("o1")
        await ours.heard(3)
        await world.looked(looks + 4)
    assert theirs.received == before


async def test_who_comes_back_is_told_of_what_changed_meanwhile_and_of_nothing_else() -> None:
    world = World()
    queries = (COUNT, "/numbers?limit=3")
    async with world.ear(*queries) as ear:
        await ear.heard(2)
    async with world.ear(*queries, last=ear.id) as again:
        await world.looked(2)
        world.moves()
        [event] = await again.heard(1)
    assert event["query"] == COUNT
    for _ in range(3):
        world.moves()
    async with world.ear(*queries, last=again.id) as late:
        [event] = await late.heard(1)
    assert event["query"] == COUNT
    assert late.id != again.id


@pytest.mark.parametrize("last", ["nonsense", '"1"', '"1","2","3"', '"1"\n,"2"', "*"])
async def test_an_id_of_no_event_of_these_queries_counts_for_nothing(last: str) -> None:
    async with World().ear(COUNT, "/numbers", last=last) as ear:
        assert len(await ear.heard(2)) == 2


async def test_a_slow_reader_is_told_once_of_many_changes() -> None:
    world = World()
    async with world.ear() as ear:
        await ear.heard(1)
        ear.hand.clear()
        world.moves()
        await world.looked(2)
        for _ in range(500):
            world.moves()
            await asyncio.sleep(0)
        looks = world.looks
        ear.hand.set()
        async with client(world.app) as caller:
            now = (await caller.get(COUNT)).headers["ETag"]
        events = await ear.heard(3)
    # While a client takes nothing, nothing is looked at for it, and nothing is kept.
    assert looks == 2
    assert events[-1]["etag"] == now


async def test_who_takes_nothing_is_cut_off_and_leaves_room() -> None:
    world, before = World(most=1), counted("answer-not-taken")
    # Long queries fill the buffers soon.
    watched = urlencode([("watch", COUNT + "?" + "&" * 900)] * MOST_QUERIES)
    asked = (
        f"GET /live?{watched} HTTP/1.1\r\nHost: counts\r\nAuthorization: Bearer {token('d1')}\r\n"
    )
    loop = asyncio.get_running_loop()

    async def cut_off() -> None:
        world.moves()
        assert counted("answer-not-taken") == before + 1

    async with serving(world.app, Settings(port=0, body_seconds=0.2)) as url:
        with socket.socket() as silent:
            silent.setsockopt(socket.IPPROTO_TCP, socket.TCP_MAXSEG, 536)
            silent.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1)
            silent.setblocking(False)
            await loop.sock_connect(silent, ("127.0.0.1", int(url.rpartition(":")[2])))
            await loop.sock_sendall(silent, f"{asked}\r\n".encode())
            await eventually(cut_off)
    async with world.ear() as other:
        await other.heard(1)


async def test_a_look_that_fails_is_repeated() -> None:
    world = World()
    async with world.ear() as ear:
        await ear.heard(1)
        world.is_down = True
        world.moves()
        await world.looked(3)
        assert len(ear.events) == 1
        world.is_down = False
        await ear.heard(2)


async def test_a_listener_who_may_not_ask_any_more_is_told_no_more() -> None:
    world = World()
    async with world.ear() as ear:
        await ear.heard(1)
        world.admitted = "o2"
        world.moves()
        await ear.ends()
    assert (len(ear.events), ear.is_over) == (1, True)


async def test_there_is_room_for_so_many_and_no_more() -> None:
    world = World(most=2, of_person=1)
    async with world.ear() as one, world.ear(who="d2") as two:
        await asyncio.gather(one.heard(1), two.heard(1))
        async with world.ear(who="d3") as third:
            await third.ends()
        assert (third.status, b"overloaded" in third.received) == (503, True)
    async with world.ear() as one:
        await one.heard(1)
        async with world.ear() as again:
            await again.ends()
        assert (again.status, b"too-many-requests" in again.received) == (429, True)


async def test_one_organisation_does_not_take_the_room_of_the_others() -> None:
    world = World(most=3, of_organisation=2)
    async with world.ear() as one, world.ear(who="d2") as two:
        await asyncio.gather(one.heard(1), two.heard(1))
        async with world.ear(who="d3") as third:
            await third.ends()
        assert (third.status, b"too-many-requests" in third.received) == (429, True)
        async with world.ear(of=token("d3", org="o2")) as other:
            await other.heard(1)
    async with world.ear(who="d3") as third:
        await third.heard(1)


async def test_who_listens_takes_no_room_of_who_asks() -> None:
    world = World(room=Room(most=1, most_of_client=1))
    async with world.ear() as one, world.ear() as two, client(world.app) as caller:
        await asyncio.gather(one.heard(1), two.heard(1))
        assert (await caller.get(COUNT)).status_code == 200


@pytest.mark.parametrize(
    ("queries", "status", "slug"),
    [
        (["/nothing"], 404, "no-such-route"),
        (["/text"], 422, "invalid-request"),
        (["/live?watch=/count"], 422, "invalid-request"),
        (["count"], 422, "invalid-request"),
        (["/count?" + "x" * 1000], 422, "invalid-request"),
        ([COUNT] * (MOST_QUERIES + 1), 422, "invalid-request"),
        (["/numbers?limit=0"], 422, "invalid-request"),
    ],
)
async def test_what_cannot_be_watched_is_refused(
    queries: list[str], status: int, slug: str
) -> None:
    async with World().ear(*queries) as ear:
        await ear.ends()
    assert (ear.status, from_json(ear.received)["type"]) == (status, f"urn:relais:problem:{slug}")


async def test_so_many_queries_are_watched_by_one_connection() -> None:
    async with World().ear(*[COUNT] * MOST_QUERIES) as ear:
        assert len(await ear.heard(MOST_QUERIES)) == MOST_QUERIES


async def test_nobody_listens_without_a_token() -> None:
    async with World().ear(of="none") as ear:
        await ear.ends()
    assert ear.status == 401


async def test_a_stream_ends_with_the_token() -> None:
    now = time()
    world = World(clock=lambda: now, beat_seconds=0.01)
    async with world.ear() as ear:
        await ear.heard(1)
        now += 24 * 3600
        await ear.ends()
    assert (ear.status, ear.is_over) == (200, True)


async def test_all_streams_end_when_the_process_does() -> None:
    world = World()
    async with world.ear() as one, world.ear() as two:
        await asyncio.gather(one.heard(1), two.heard(1))
        world.live.end()
        await asyncio.gather(one.ends(), two.ends())
    assert (one.is_over, two.is_over) == (True, True)


async def test_silence_is_broken_now_and_then() -> None:
    world = World(beat_seconds=0.01)
    async with world.ear() as ear:
        await ear.heard(1)

        async def beats() -> None:
            assert ear.received.count(b"\n:\n") >= 2

        await eventually(beats)
    assert world.looks == 1


async def test_a_change_in_the_moment_of_a_beat_is_told_at_once() -> None:
    world = World(beat_seconds=0.2)
    async with world.ear() as ear:
        await ear.heard(1)
        world.moves()
        # The loop is held up, so that the change and the end of the silence come in one turn of it.
        until = monotonic() + 0.4
        while monotonic() < until:
            pass
        await ear.heard(2)
    assert ear.received.count(b"\n:\n") < BEATS
