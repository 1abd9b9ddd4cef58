"""The mixed load asks for what it says it asks for, and nothing refused counts as answered."""

import asyncio
from contextlib import suppress
from itertools import islice

import pytest

from infra.tokens import SigningKey
from tools.bench import events
from tools.bench.mixed import Story
from tools.bench.processes import Answered, ChildFailed, answered
from tools.bench.requests import request

SEEDED = 10


def story(requests: int) -> list[str]:
    return list(islice(Story(SigningKey.generate(), SEEDED).requests(), requests))


def offers(requests: list[str], method: str) -> list[tuple[str, str]]:
    """The trip and the driver of each quote that is sent with this method."""
    return [
        (one.split("/")[3], one.partition("bench-driver: ")[2].partition("\r\n")[0])
        for one in requests
        if one.startswith(f"{method} ") and "/quote HTTP" in one
    ]


def test_seven_of_ten_requests_are_reads() -> None:
    methods = [one.partition(" ")[0] for one in story(200)]
    assert [methods.count(method) for method in ("GET", "POST", "PUT")] == [140, 40, 20]


def test_nobody_quotes_twice_and_only_what_was_quoted_is_modified() -> None:
    requests = story(1_000)
    seeded = {
        (f"M{number}", f"driver-{(number * events.QUOTES + nth) % events.DRIVERS}")
        for number in range(SEEDED)
        for nth in range(events.QUOTES)
    }
    submitted = offers(requests, "POST")
    assert len(submitted) == len({*submitted}) == 150
    assert seeded.isdisjoint(submitted)
    assert seeded.issuperset(offers(requests, "PUT"))


@pytest.mark.parametrize("status", ["200 OK", "201 Created"])
async def test_requests_that_succeed_are_timed(status: str) -> None:
    found = await sent(status)
    assert found.per_second > 0 < found.p99


async def test_requests_that_are_refused_have_no_speed() -> None:
    with pytest.raises(ChildFailed, match="'409': 4"):
        await sent("409 Conflict")


async def test_requests_at_a_pace_come_no_faster_than_that() -> None:
    found = await sent("200 OK", a_second=40)
    # The first of four is due at once.
    assert found.per_second <= 4 / 3 * 40


async def sent(status: str, a_second: float | None = None) -> Answered:
    """Four requests to a server that answers all of them alike."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(asyncio.IncompleteReadError):
            while await reader.readuntil(b"\r\n\r\n"):
                writer.write(f"HTTP/1.1 {status}\r\nContent-Length: 2\r\n\r\n{{}}".encode())
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    async with server:
        port = server.sockets[0].getsockname()[1]
        requests = [request("GET", "/")] * 4
        return await answered(port, requests, connections=2, a_second=a_second)
