"""Clients that never finish, over real sockets: they are let go, and hold up nobody else."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from itertools import cycle
from typing import Annotated, Any

import httpx
import pytest
from starlette.responses import Response, StreamingResponse
from starlette.types import ASGIApp

from infra import telemetry
from infra.http.answers import Content, Router
from infra.http.middleware import HUNG_UP, Room
from infra.http.request_context import PublicRequest, public
from infra.http.tests.stage import api, signed
from infra.serving import serving
from infra.settings import Settings
from infra.testing.eventually import eventually

HONEST = "127.0.0.2"
"""The address of somebody else on this machine."""
HEAD = "POST /bells/b1/rings HTTP/1.1\r\nHost: bells\r\n"


@asynccontextmanager
async def served(app: ASGIApp, **settings: Any) -> AsyncIterator[int]:
    """The port at which the app is served."""
    async with serving(app, Settings(port=0, **settings)) as url:
        yield int(url.rpartition(":")[2])


class Client:
    """Somebody with a socket, who sends what the test wants."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer

    async def send(self, text: str) -> None:
        self._writer.write(text.encode())
        await self._writer.drain()

    async def send_on(self, text: str) -> None:
        """Send it again and again. Raises ConnectionError once the server has closed."""
        while True:
            await self.send(text)
            await asyncio.sleep(0.02)

    async def answer(self) -> str:
        """All that comes until the server closes."""
        return (await self._reader.read()).decode()

    async def status(self) -> int:
        return int((await self._reader.readline()).split()[1])

    def hang_up(self) -> None:
        self._writer.transport.abort()


@asynccontextmanager
async def connected(port: int, *, source: str = "127.0.0.1") -> AsyncIterator[Client]:
    reader, writer = await asyncio.open_connection("127.0.0.1", port, local_addr=(source, 0))
    try:
        yield Client(reader, writer)
    finally:
        writer.close()


async def ask(port: int, *, source: str = HONEST, path: str = "/today") -> int:
    """The status that somebody gets who asks as they should."""
    transport = httpx.AsyncHTTPTransport(local_address=source)
    async with httpx.AsyncClient(transport=transport, timeout=5) as client:
        return (await client.get(f"http://127.0.0.1:{port}{path}")).status_code


def announced(size: int = 1_000) -> str:
    """The headers of a command whose body is still to come."""
    given = {
        **signed(),
        "Idempotency-Key": "k",
        "Content-Type": "application/json",
        "Content-Length": str(size),
    }
    lines = "".join(f"{name}: {value}\r\n" for name, value in given.items())
    return f"{HEAD}{lines}\r\n"


def counted(reason: str) -> float:
    """How many clients were turned away so far for that reason."""
    name = "relais_http_turned_away_total"
    return telemetry.REGISTRY.get_sample_value(name, {"reason": reason}) or 0.0


class TestHeaders:
    async def test_headers_that_do_not_come_in_time_end_the_connection(self) -> None:
        before = counted("request-too-slow")
        async with served(api(), head_seconds=0.2) as port, connected(port) as client:
            await client.send(HEAD)
            answer = await client.answer()
        assert answer.startswith("HTTP/1.1 408 ")
        assert "urn:relais:problem:request-too-slow" in answer
        assert counted("request-too-slow") == before + 1

    async def test_a_byte_now_and_then_wins_no_time(self) -> None:
        before = counted("request-too-slow")
        async with served(api(), head_seconds=0.3) as port, connected(port) as client:
            # What is sent after the close meets a reset, which may overtake the answer.
            with suppress(ConnectionError):
                for byte in cycle(HEAD.replace("\r\n", " ")):
                    await client.send(byte)
                    await asyncio.sleep(0.05)
        assert counted("request-too-slow") == before + 1

    @pytest.mark.parametrize("sent", ["", "\r\n"])
    async def test_a_connection_that_asks_nothing_ends(self, sent: str) -> None:
        async with served(api(), head_seconds=0.2) as port, connected(port) as client:
            await client.send(sent)
            assert (await client.answer()).startswith("HTTP/1.1 408 ")

    async def test_the_next_request_on_a_connection_has_as_long(self) -> None:
        async with served(api(), head_seconds=0.4) as port, connected(port) as client:
            for _ in range(3):
                await asyncio.sleep(0.2)
                await client.send("GET /today HTTP/1.1\r\nHost: bells\r\n\r\n")
            await client.send(HEAD)
            answer = await client.answer()
        assert answer.count("HTTP/1.1 200 ") == 3
        assert answer.count("HTTP/1.1 408 ") == 1

    @pytest.mark.parametrize(("size", "status"), [(60_000, 200), (70_000, 431)])
    async def test_headers_have_a_largest_size(self, size: int, status: int) -> None:
        async with served(api()) as port, connected(port) as client:
            await client.send(f"GET /today HTTP/1.1\r\nHost: bells\r\nFiller: {'x' * size}")
            await client.send("\r\n\r\n" if status == 200 else "")
            assert await client.status() == status

    async def test_what_is_not_http_is_a_problem_too(self) -> None:
        async with served(api()) as port, connected(port) as client:
            await client.send("HELO bells\r\n\r\n")
            assert (await client.answer()).startswith("HTTP/1.1 400 ")


class TestBodies:
    async def test_a_body_that_does_not_come_in_time_is_told_so(self) -> None:
        before = counted("request-too-slow")
        async with served(api(room=Room(body_seconds=0.2))) as port, connected(port) as client:
            await client.send(announced() + "{")
            answer = await client.answer()
        assert answer.startswith("HTTP/1.1 408 ")
        assert "connection: close" in answer.lower()
        assert "urn:relais:problem:request-too-slow" in answer
        assert counted("request-too-slow") == before + 1

    async def test_one_that_comes_in_time_is_taken(self) -> None:
        body = '{"note":"slow"}'
        async with served(api(room=Room(body_seconds=5))) as port, connected(port) as client:
            await client.send(announced(len(body)))
            for byte in body:
                await client.send(byte)
                await asyncio.sleep(0.01)
            # It reaches the route, which has no commands to carry it out.
            assert await client.status() == 500

    async def test_the_rest_of_a_body_that_nobody_reads_is_not_waited_for(self) -> None:
        async with served(api(), head_seconds=0.3) as port, connected(port) as client:
            await client.send(f"{HEAD}Content-Length: 1000\r\n\r\n")
            assert await client.status() == 401
            # Read first: what is sent into a closed connection takes the answer away.
            async with asyncio.timeout(10):
                with pytest.raises(ConnectionError):
                    await client.send_on("x")


class TestRoom:
    async def test_requests_that_still_come_take_no_room(self) -> None:
        app = api(room=Room(most=1))
        async with served(app) as port, connected(port) as one, connected(port) as other:
            for client in (one, other):
                await client.send(announced() + "{")
            await asyncio.sleep(0.1)
            assert await ask(port) == 200

    async def test_a_request_that_is_whole_when_there_is_no_room_is_told_so(self) -> None:
        waiting = 0
        room = Room(waiting=lambda: waiting, most_waiting=0)
        async with served(api(room=room)) as port, connected(port) as client:
            await client.send(announced(2) + "{")
            await asyncio.sleep(0.1)
            waiting = 1
            await client.send("}")
            assert await client.status() == 503

    async def test_one_client_cannot_take_the_room_of_the_others(self) -> None:
        room = Room(most=10, most_of_client=3)
        async with served(api(room=room)) as port, connected(port) as one, connected(port) as two:
            async with connected(port) as three:
                for client in (one, two, three):
                    await client.send(announced() + "{")
                await asyncio.sleep(0.1)
                assert await ask(port, source="127.0.0.1") == 429
                assert await ask(port) == 200
                three.hang_up()
            await eventually(lambda: _admitted(port))

    async def test_one_client_has_so_many_connections_and_the_others_theirs(self) -> None:
        async with (
            served(api(), max_connections_of_client=2) as port,
            connected(port),
            connected(port) as second,
            connected(port) as third,
        ):
            assert await third.status() == 429
            assert await ask(port) == 200
            second.hang_up()
            await eventually(lambda: _admitted(port))

    async def test_a_proxy_has_the_connections_of_many_clients(self) -> None:
        proxies = "127.0.0.0/8"
        async with (
            served(api(), max_connections_of_client=1, proxies=proxies) as port,
            connected(port),
        ):
            assert await ask(port, source="127.0.0.1") == 200

    async def test_while_many_of_one_client_are_slow_somebody_else_is_answered(self) -> None:
        room = Room(most=20, most_of_client=5)
        async with served(api(room=room), max_connections_of_client=30) as port:
            held = [await asyncio.open_connection("127.0.0.1", port) for _ in range(60)]
            for number, (_, writer) in enumerate(held):
                writer.write((HEAD if number % 2 else announced() + "{").encode())
            assert [await ask(port) for _ in range(10)] == [200] * 10
            for _, writer in held:
                writer.close()


async def _admitted(port: int) -> None:
    assert await ask(port, source="127.0.0.1") == 200


def broken_off(status: int) -> float:
    """How many commands ended with that status so far."""
    labels = {
        "service": "bells",
        "method": "POST",
        "route": "/bells/{bell_id}/rings",
        "status": str(status),
    }
    found = telemetry.REGISTRY.get_sample_value("relais_http_duration_seconds_count", labels)
    return found or 0.0


async def test_a_client_that_hangs_up_is_no_failure_of_ours(
    caplog: pytest.LogCaptureFixture,
) -> None:
    before, failed = broken_off(HUNG_UP), broken_off(500)
    async with served(api()) as port:
        async with connected(port) as client:
            await client.send(announced() + "{")
            await asyncio.sleep(0.1)
            client.hang_up()

        async def is_counted() -> None:
            assert broken_off(HUNG_UP) == before + 1

        await eventually(is_counted)
    assert broken_off(500) == failed
    assert [record.levelname for record in caplog.records if record.levelname == "ERROR"] == []


class Long:
    """A route with a long answer."""

    def __init__(self) -> None:
        self.ended = asyncio.Event()
        self.routes = Router("Long")
        self.routes.add_api_route("/long", self.answer)

    async def answer(
        self, context: Annotated[PublicRequest, public()]
    ) -> Annotated[Response, Content("text/plain")]:
        """Sixty megabytes."""
        return StreamingResponse(self._pieces())

    async def _pieces(self) -> AsyncIterator[bytes]:
        try:
            for _ in range(60):
                yield bytes(1_000_000)
        finally:
            self.ended.set()


async def test_a_client_that_does_not_read_its_answer_holds_nothing() -> None:
    long, before = Long(), counted("answer-not-taken")
    async with served(api(extra=long.routes), body_seconds=0.2) as port, connected(port) as client:
        await client.send("GET /long HTTP/1.1\r\nHost: bells\r\n\r\n")
        await asyncio.wait_for(long.ended.wait(), 10)
    assert counted("answer-not-taken") == before + 1
