"""Answers are as short as the caller takes them."""

import gzip
from collections.abc import Mapping

import httpx
import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response, StreamingResponse
from starlette.routing import Route

from infra.http.shortening import LEAST_BYTES, MOST_AT_ONCE, Shortened, takes_gzip
from infra.http.tests.stage import api, client

JSON = "application/json"
NOTHING: Mapping[str, str] = {}


async def asked(
    response: Response, method: str = "GET", headers: Mapping[str, str] = NOTHING
) -> tuple[httpx.Response, bytes]:
    """The answer to somebody who is sent this response, and its body as it was sent."""

    async def answer(_: Request) -> Response:
        return response

    routes = [Route("/", answer, methods=["GET", "POST"])]
    app = Starlette(routes=routes, middleware=[Middleware(Shortened)])
    transport = httpx.ASGITransport(app)
    async with (
        httpx.AsyncClient(transport=transport, base_url="http://short") as caller,
        caller.stream(method, "/", headers=headers) as found,
    ):
        return found, b"".join([part async for part in found.aiter_raw()])


@pytest.mark.parametrize("length", [LEAST_BYTES, MOST_AT_ONCE + 1])
async def test_a_long_answer_is_compressed(length: int) -> None:
    answer, sent = await asked(Response(b"7" * length, media_type=JSON))
    assert answer.headers["Content-Encoding"] == "gzip"
    assert int(answer.headers["Content-Length"]) == len(sent) < length
    assert gzip.decompress(sent) == b"7" * length


@pytest.mark.parametrize(
    ("method", "length", "media", "takes"),
    [
        ("GET", LEAST_BYTES - 1, JSON, "gzip"),
        ("GET", LEAST_BYTES, "image/png", "gzip"),
        ("GET", LEAST_BYTES, JSON, "identity"),
        ("GET", LEAST_BYTES, JSON, "gzip;q=0"),
        ("POST", LEAST_BYTES, JSON, "gzip"),
    ],
)
async def test_any_other_is_sent_as_it_is(method: str, length: int, media: str, takes: str) -> None:
    response = Response(b"7" * length, media_type=media)
    answer, sent = await asked(response, method, {"Accept-Encoding": takes})
    assert (sent, "Content-Encoding" in answer.headers) == (b"7" * length, False)


@pytest.mark.parametrize(
    ("status", "own"),
    [
        (200, {"ETag": '"3"'}),
        (200, {"Cache-Control": "no-store"}),
        (200, {"Content-Encoding": "br"}),
        (206, {"Content-Range": "bytes 0-999/2000"}),
    ],
)
async def test_what_has_an_etag_a_secret_a_coding_or_a_range_is_not_touched(
    status: int, own: Mapping[str, str]
) -> None:
    response = Response(b"7" * LEAST_BYTES, status, own, JSON)
    before = list(response.raw_headers)
    answer, sent = await asked(response, headers={"Accept-Encoding": "gzip"})
    assert (sent, answer.headers.raw) == (b"7" * LEAST_BYTES, before)


async def test_what_comes_in_parts_goes_on_in_parts() -> None:
    parts = ["7" * LEAST_BYTES, "8"]
    answer, sent = await asked(StreamingResponse(iter(parts), media_type="text/event-stream"))
    assert (sent, answer.headers.get("ETag")) == ("".join(parts).encode(), None)


async def test_a_cache_is_told_what_the_answer_depends_on() -> None:
    for takes in ("gzip", "identity"):
        answer, _ = await asked(PlainTextResponse("short"), headers={"Accept-Encoding": takes})
        assert answer.headers["Vary"] == "Accept-Encoding"


async def test_a_list_that_is_as_it_was_is_not_sent_again() -> None:
    async with client(api()) as caller:
        first = await caller.get("/numbers")
        assert first.headers["ETag"].startswith('W/"')
        known = {"If-None-Match": first.headers["ETag"]}
        again = await caller.get("/numbers", headers=known)
        assert (again.status_code, again.content) == (304, b"")
        assert again.headers["ETag"] == first.headers["ETag"]
        assert again.headers["Vary"] == "Accept-Encoding"
        other = await caller.get("/numbers?upto=8", headers=known)
        assert (other.status_code, len(other.json()["items"])) == (200, 8)


@pytest.mark.parametrize("takes", [b"gzip", b"br, GZIP;q=0.5", b"*", b"deflate;q=0, gzip;q=0.01"])
def test_gzip_is_taken(takes: bytes) -> None:
    assert takes_gzip(takes)


@pytest.mark.parametrize("takes", [b"", b"br", b"gzip;q=0", b"gzip;q=0.00, *", b"*;q=0"])
def test_gzip_is_not_taken(takes: bytes) -> None:
    assert not takes_gzip(takes)
