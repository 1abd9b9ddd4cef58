"""The doors of a process: safe headers on every answer, and a port for us alone."""

import asyncio
import re
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from html import escape
from pathlib import Path
from typing import Annotated, Any, ClassVar
from urllib.parse import quote

import httpx
import pytest
from pydantic import ValidationError
from starlette.responses import Response

import contracts as all_contracts
from contracts import amendments
from contracts.index import contracts
from infra.database import closed_pool
from infra.host import Service, assembled
from infra.http.answers import Answered, Content, Router
from infra.http.browsers import SHOWN
from infra.http.request_context import PublicRequest, RequestContext, public, requires
from infra.serving import Site, serving, site
from infra.stack.ports import free_port
from infra.testing.serving import KEY, settings_of
from infra.tokens import issue

PROBES = ["/health/live", "/health/ready", "/bells/health/live", "/bells/health/ready"]
OURS = [
    *("/", "/docs", "/openapi.json", "/metrics", "/contracts/asyncapi.yaml"),
    *("/bells/metrics", "/bells/docs", "/bells/openapi.json"),
]


def routes(_: Any) -> Router:
    """Two answers: one about somebody, one that may be kept."""
    found = Router("Bells")

    @found.get("/bell")
    async def bell(context: Annotated[PublicRequest, public()]) -> Answered[str]:
        """A bell."""
        return Answered("ding")

    @found.get("/mine")
    async def mine(context: Annotated[RequestContext, requires("driver")]) -> Answered[str]:
        """A bell of one's own."""
        return Answered("ding")

    @found.get("/picture")
    async def picture(
        context: Annotated[PublicRequest, public()],
    ) -> Annotated[Response, Content("image/png")]:
        """A picture of a bell, which may be kept."""
        headers = {"Cache-Control": "public, max-age=60", "Content-Security-Policy": "sandbox"}
        return Response(b"png", headers=headers, media_type="image/png")

    return found


BELLS = Service("bells", routes)
GONGS = Service("gongs", routes)


@asynccontextmanager
async def door(**settings: Any) -> AsyncIterator[httpx.AsyncClient]:
    """Somebody at the port of the API; there is no database behind it."""
    async with opened_door(**settings) as (_, client):
        yield client


@asynccontextmanager
async def opened_door(**settings: Any) -> AsyncIterator[tuple[Site, httpx.AsyncClient]]:
    """Somebody at the port of the API, and what is behind it."""
    found = settings_of(BELLS, "", port=0, **settings)
    pool, keys = closed_pool("", 2, "bells"), closed_pool("", 2, "keys")
    running = [assembled(service, found, pool, keys) for service in (BELLS, GONGS)]
    behind = site(running, found)
    async with serving(behind, found) as url, httpx.AsyncClient(base_url=url) as client:
        yield behind, client


@pytest.mark.parametrize("whose", ["person", "organisation"])
async def test_all_apis_of_a_process_count_the_requests_of_somebody_together(whose: str) -> None:
    headers = {"Authorization": f"Bearer {issue(KEY, 'ada', 'hiflow', ['driver'])}"}
    async with door(**{f"max_requests_of_{whose}": 2}) as client:
        paths = ("/bells/mine", "/gongs/mine", "/gongs/mine", "/gongs/bell")
        answers = [await client.get(path, headers=headers) for path in paths]
    assert [answer.status_code for answer in answers] == [200, 200, 429, 200]
    assert answers[2].json()["type"] == f"urn:relais:problem:too-many-requests-of-{whose}"


@pytest.mark.parametrize("path", ["/bells/bell", "/bells/nothing", "/nothing", *PROBES, *OURS])
async def test_every_answer_is_kept_by_nobody_and_shown_in_no_frame(path: str) -> None:
    async with door() as client:
        headers = (await client.get(path)).headers
    assert headers["Cache-Control"] == "no-store"
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["X-Frame-Options"] == "DENY"
    assert headers["Referrer-Policy"] == "no-referrer"
    assert "frame-ancestors 'none'" in headers["Content-Security-Policy"]
    assert "default-src 'none'" in headers["Content-Security-Policy"]
    assert "Server" not in headers


async def test_a_route_may_say_otherwise() -> None:
    async with door() as client:
        headers = (await client.get("/bells/picture")).headers
    assert headers.get_list("Cache-Control") == ["public, max-age=60"]
    assert headers.get_list("Content-Security-Policy") == ["sandbox"]
    assert headers["X-Content-Type-Options"] == "nosniff"


@pytest.mark.parametrize(
    ("portal", "sent"), [("https://relais.example", True), ("http://localhost:8080", False)]
)
async def test_who_is_reached_by_https_says_so(portal: str, sent: bool) -> None:
    async with door(portal=portal) as client:
        headers = (await client.get("/bells/bell")).headers
    assert ("Strict-Transport-Security" in headers) is sent


async def test_the_pages_of_documents_load_nothing_from_elsewhere() -> None:
    async with door() as client:
        page = await client.get("/bells/docs")
        icon, *loaded = re.findall(r"(?:src|href)='([^']+)'", page.text)
        found = [await client.get(f"/bells/{path}") for path in loaded]
    # A browser that is told of no icon asks for one.
    assert icon == "data:,"
    assert "//" not in page.text
    assert [answer.status_code for answer in found] == [200, 200, 200]
    assert "script-src 'self';" in page.headers["Content-Security-Policy"]
    assert {answer.headers["Content-Type"].partition(";")[0] for answer in found} == {
        "text/css",
        "text/javascript",
    }


async def test_no_other_file_is_served_beside_the_pages() -> None:
    async with door() as client:
        assert (await client.get("/bells/docs/core.py")).status_code == 404


class TestContracts:
    """The contracts of the running release are there for readers of topics."""

    async def test_every_event_has_its_schema_under_the_uri_that_the_topic_names(self) -> None:
        kinds = [kind for contract in contracts for kind in contract.types]
        uris = [amendments.SCHEMA_URI, *(kind.schema_uri for kind in kinds)]
        async with door() as client:
            found = {uri: await client.get(f"/contracts/schemas/{uri}") for uri in uris}
        for uri, answer in found.items():
            package, _, name = uri.removeprefix("urn:relais:schema:").rpartition(".")
            assert answer.status_code == 200
            assert answer.headers["Content-Type"] == "text/plain; charset=utf-8"
            assert f"package {package};" in answer.text
            assert f"message {name} {{" in answer.text

    @pytest.mark.parametrize("name", ["asyncapi.yaml", "descriptors.binpb"])
    async def test_the_documents_are_those_of_the_release(self, name: str) -> None:
        async with door() as client:
            answer = await client.get(f"/contracts/{name}")
        assert answer.content == (Path(all_contracts.__file__).parent / name).read_bytes()

    @pytest.mark.parametrize(
        "path",
        [
            "schemas/urn:relais:schema:relais.x.v1.X",
            "schemas/asyncapi.yaml",
            "runtime.py",
            "__init__.py",
        ],
    )
    async def test_nothing_else_is_there(self, path: str) -> None:
        async with door() as client:
            answer = await client.get(f"/contracts/{path}")
        assert answer.status_code == 404
        assert answer.headers["Content-Type"] == "application/problem+json"


class TestOtherOrigins:
    """A page may use the APIs when its origin is named."""

    ASKED: ClassVar = {
        "Access-Control-Request-Method": "PUT",
        "Access-Control-Request-Headers": "authorization,idempotency-key,content-type,relais-csrf",
    }
    NAMED = "https://portal.example.org,http://localhost:5173"

    @pytest.mark.parametrize("origin", NAMED.split(","))
    async def test_a_browser_is_told_that_it_may(self, origin: str) -> None:
        async with door(origins=self.NAMED) as client:
            asked = await client.options("/bells/bell", headers={"Origin": origin, **self.ASKED})
        told = asked.headers
        assert asked.status_code == 200
        assert told["Access-Control-Allow-Origin"] == origin
        assert told["Access-Control-Allow-Credentials"] == "true"
        assert told["Access-Control-Allow-Methods"] == "GET, HEAD, POST, PUT, DELETE"
        assert told["Access-Control-Max-Age"] == "7200"

    @pytest.mark.parametrize("path", ["/bells/bell", "/bells/nothing", "/nothing"])
    async def test_it_may_read_every_answer_and_its_headers(self, path: str) -> None:
        async with door(origins=self.NAMED) as client:
            answer = await client.get(path, headers={"Origin": "https://portal.example.org"})
        told = answer.headers
        assert told["Access-Control-Allow-Origin"] == "https://portal.example.org"
        assert told["Access-Control-Expose-Headers"] == ", ".join(SHOWN)
        assert "Origin" in told["Vary"].split(", ")

    @pytest.mark.parametrize("named", ["", NAMED])
    async def test_no_other_origin_may(self, named: str) -> None:
        stranger = {"Origin": "https://portal.example.org.evil.example"}
        async with door(origins=named) as client:
            asked = await client.options("/bells/bell", headers=stranger | self.ASKED)
            answer = await client.get("/bells/bell", headers=stranger)
        assert asked.is_client_error
        for told in (asked.headers, answer.headers):
            assert "Access-Control-Allow-Origin" not in told

    @pytest.mark.parametrize(
        "wrong", ["*", "null", "https://portal.example.org/", "portal.example.org", "ftp://x"]
    )
    def test_what_is_no_origin_is_refused(self, wrong: str) -> None:
        with pytest.raises(ValidationError, match="origins"):
            settings_of(BELLS, "", origins=wrong)


class TestPortOfOurOwn:
    async def test_the_public_port_has_nothing_of_the_inside(self) -> None:
        async with door(inside_port=free_port()) as client:
            assert [(await client.get(path)).status_code for path in OURS] == [404] * len(OURS)
            assert (await client.get("/bells/bell")).status_code == 200

    async def test_its_probes_tell_no_reasons(self) -> None:
        async with door(inside_port=free_port()) as client:
            answers = [await client.get(path) for path in PROBES]
        assert [answer.json() for answer in answers[:2]] == [
            {"status": "ok"},
            {"status": "failing"},
        ]
        assert all("checks" not in answer.json() for answer in answers)

    async def test_the_inner_port_has_it_all_and_no_route(self) -> None:
        port = free_port()
        async with door(inside_port=port), httpx.AsyncClient() as client:
            inner = f"http://127.0.0.1:{port}"
            for path in ("/", "/docs", "/openapi.json", "/metrics", "/bells/docs"):
                assert (await client.get(inner + path)).status_code == 200
            ready = await client.get(f"{inner}/health/ready")
            assert ready.status_code == 503
            assert "bells database" in ready.json()["checks"]
            assert (await client.get(f"{inner}/bells/bell")).status_code == 404

    async def test_on_a_laptop_one_port_has_all(self) -> None:
        async with door() as client:
            assert [(await client.get(path)).status_code for path in OURS] == [200] * len(OURS)

    async def test_the_page_over_all_apis_leads_to_each_of_their_operations(self) -> None:
        async with door() as client:
            page = (await client.get("/docs")).text
            paths = (await client.get("/bells/openapi.json")).json()["paths"]
        assert "/bell" in paths
        for path, item in paths.items():
            for operation in item.values():
                place = f"/bells/docs#/{quote(operation['tags'][0])}/{operation['operationId']}"
                line = f"<a href='{place}'>/bells{path}</a><td>{escape(operation['summary'])}"
                assert line in page
        assert "script" not in page
        assert "//" not in page

    async def test_the_document_of_all_apis_is_as_short_as_that_of_one(self) -> None:
        async with door() as client:
            for path in ("/openapi.json", "/bells/openapi.json"):
                first = await client.get(path)
                assert first.headers["Content-Encoding"] == "gzip"
                again = await client.get(path, headers={"If-None-Match": first.headers["ETag"]})
                assert (again.status_code, again.content) == (304, b"")


class TestLeaving:
    async def test_the_probe_says_so_and_what_still_comes_is_answered(self) -> None:
        async with opened_door() as (behind, client):
            leaving = asyncio.create_task(behind.leave(asyncio.Event(), 60))
            ready = await client.get("/health/ready")
            assert ready.status_code == 503
            assert "told to stop" in ready.json()["checks"]["process"]
            assert (await client.get("/health/live")).status_code == 200
            assert (await client.get("/bells/bell")).text == '"ding"'
            assert leaving.cancel()

    async def test_who_is_answered_connects_elsewhere_next(self) -> None:
        async with opened_door() as (behind, client):
            assert "Connection" not in (await client.get("/bells/bell")).headers
            behind.health.leaving = True
            assert (await client.get("/bells/bell")).headers["Connection"] == "close"

    async def test_nobody_hears_of_it_before(self) -> None:
        async with door() as client:
            assert "process" not in (await client.get("/health/ready")).json()["checks"]

    @pytest.mark.parametrize(("seconds", "again"), [(0.2, False), (60.0, True)])
    async def test_it_ends_when_the_time_is_over_or_when_told_again(
        self, seconds: float, again: bool
    ) -> None:
        told = asyncio.Event()
        told.set()
        async with opened_door() as (behind, _):
            if again:
                asyncio.get_running_loop().call_later(0.2, told.set)
            begun = time.monotonic()
            await behind.leave(told, seconds)
        assert 0.2 <= time.monotonic() - begun < 30
