"""Around every request: room, size, a measure and a trace."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from typing import Annotated, Any

import httpx
import pytest
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import SpanKind
from starlette.applications import Starlette
from starlette.responses import Response, StreamingResponse
from starlette.routing import Mount

from infra import telemetry
from infra.commands import Aggregate, CommandContext, Done, Loaded
from infra.http.answers import Answered, Content, Empty, Router
from infra.http.middleware import Room
from infra.http.request_context import PublicRequest, public
from infra.http.tests.stage import api, client, signed
from infra.serving import serving
from infra.settings import Settings
from infra.store import InTransaction
from infra.telemetry import TelemetrySettings

TRACE = "0af7651916cd43dd8448eb211c80319c"
TRACEPARENT = f"00-{TRACE}-b7ad6b7169203331-01"


class Slow:
    """A route that answers when it is told to."""

    def __init__(self) -> None:
        self.entered = asyncio.Event()
        self.go = asyncio.Event()
        self.routes = Router("Slow")
        self.routes.add_api_route("/slow", self.answer)

    async def answer(self, context: Annotated[PublicRequest, public()]) -> Answered[str]:
        """Wait."""
        self.entered.set()
        await self.go.wait()
        return Answered("done")


class TestRoom:
    async def test_one_more_than_there_is_room_for_is_told_to_come_back(self) -> None:
        slow = Slow()
        async with client(api(extra=slow.routes, room=Room(most=1))) as caller:
            first = asyncio.create_task(caller.get("/slow"))
            await slow.entered.wait()
            second = await caller.get("/today")
            slow.go.set()
            assert (await first).status_code == 200
        assert (second.status_code, second.headers["Retry-After"]) == (503, "1")
        assert second.json()["type"] == "urn:relais:problem:overloaded"

    async def test_there_is_room_again_afterwards_also_after_a_crash(self) -> None:
        routes = Router("Broken")

        @routes.get("/crash")
        async def crash(context: Annotated[PublicRequest, public()]) -> Empty:
            """Crash."""
            raise ValueError

        async with client(api(extra=routes, room=Room(most=1))) as caller:
            answers = [await caller.get(path) for path in ("/crash", "/crash", "/today")]
        assert [answer.status_code for answer in answers] == [500, 500, 200]

    @pytest.mark.parametrize(("waiting", "status"), [(3, 200), (4, 503)])
    async def test_who_would_only_wait_for_a_connection_is_told_so(
        self, waiting: int, status: int
    ) -> None:
        async with client(api(room=Room(waiting=lambda: waiting, most_waiting=3))) as caller:
            assert (await caller.get("/today")).status_code == status

    @pytest.mark.parametrize("path", ["/health/live", "/health/ready", "/metrics"])
    async def test_probes_are_answered_however_busy_we_are(self, path: str) -> None:
        full = api(room=Room(most=0))
        async with client(full) as caller:
            assert (await caller.get(path)).status_code == 200
        async with client(Starlette(routes=[Mount("/bells", full)])) as caller:
            assert (await caller.get(f"/bells{path}")).status_code == 200
            assert (await caller.get("/bells/today")).status_code == 503


def note(size: int) -> bytes:
    """A JSON body of exactly that many bytes."""
    return b'{"note":"' + b"x" * (size - 11) + b'"}'


async def in_pieces(body: bytes) -> AsyncIterator[bytes]:
    """The body, of a length nobody has announced."""
    for start in range(0, len(body), 40):
        yield body[start : start + 40]


@pytest.mark.parametrize("announced", [True, False])
@pytest.mark.parametrize(("size", "status"), [(100, 500), (101, 413)])
async def test_a_body_has_a_largest_size_over_a_real_socket(
    announced: bool, size: int, status: int
) -> None:
    # At the limit it reaches the route, which has no commands to carry it out.
    app = api(max_body_bytes=100)
    site = Starlette(routes=[Mount("/", app)])
    headers = {**signed(), "Idempotency-Key": "k", "Content-Type": "application/json"}
    body = note(size)
    async with (
        serving(site, Settings(port=0)) as url,
        httpx.AsyncClient(base_url=url, headers=headers) as caller,
    ):
        content = body if announced else in_pieces(body)
        answer = await caller.post("/bells/b1/rings", content=content)
    assert answer.status_code == status
    assert answer.headers["Content-Type"] == "application/problem+json"


async def test_half_an_answer_is_broken_off() -> None:
    async def half() -> AsyncIterator[bytes]:
        yield b"half"
        raise ValueError("the other half")

    routes = Router("Broken")

    @routes.get("/half")
    async def answer(
        context: Annotated[PublicRequest, public()],
    ) -> Annotated[Response, Content("text/plain")]:
        """Half of what is announced."""
        return StreamingResponse(half(), headers={"Content-Length": "8"})

    async with client(api(extra=routes)) as caller:
        with pytest.raises(ValueError, match="the other half"):
            await caller.get("/half")


# --- Measures and traces ------------------------------------------------------------------------


def requests(route: str, status: int) -> float:
    """How many requests of that kind were measured so far."""
    labels = {"service": "bells", "method": "GET", "route": route, "status": str(status)}
    name = "relais_http_duration_seconds_count"
    return telemetry.REGISTRY.get_sample_value(name, labels) or 0.0


@pytest.mark.parametrize(
    ("path", "route", "status"),
    [
        ("/today", "/today", 200),
        ("/bells/a@b", "/bells/{bell_id}", 422),
        ("/nowhere/T1", "none", 404),
    ],
)
async def test_each_request_is_measured_by_the_template_of_its_path(
    path: str, route: str, status: int
) -> None:
    before = requests(route, status)
    async with client(api()) as caller:
        await caller.get(path)
    assert requests(route, status) == before + 1


async def test_an_invented_method_makes_no_series() -> None:
    async with client(api()) as caller:
        await caller.request("HACK", "/today")
    assert b"HACK" not in telemetry.exposition()[0]


@pytest.fixture
def spans() -> Iterator[InMemorySpanExporter]:
    """Where the spans of the test arrive."""
    exporter = InMemorySpanExporter()
    with telemetry.running(TelemetrySettings("bells", exporter=exporter)):
        yield exporter


def only(spans: InMemorySpanExporter) -> ReadableSpan:
    [span] = spans.get_finished_spans()
    return span


class Keeping:
    """Carries out nothing; keeps the context of the last command."""

    def __init__(self) -> None:
        self.context: CommandContext | None = None

    async def handle(
        self,
        aggregate: Aggregate[Any, Any, Any, Any],
        id: str,
        command: object,
        context: CommandContext,
        expected_version: int | None = None,
        *,
        in_transaction: InTransaction | None = None,
        loaded: Loaded[Any] | None = None,
    ) -> Done[Any]:
        self.context = context
        return Done(id, 1, 1, 1, False, f"test.trip/{id}@1")

    async def load(self, *_: Any, **__: Any) -> Any:
        raise NotImplementedError

    history = stands = load


async def traceparent_of_a_command() -> str | None:
    commands = Keeping()
    async with client(api(commands=commands), traceparent=TRACEPARENT) as caller:
        await caller.put("/bells/b1")
    assert commands.context is not None
    return commands.context.traceparent


class TestTraces:
    async def test_a_request_continues_the_trace_of_its_caller(
        self, spans: InMemorySpanExporter
    ) -> None:
        async with client(api(), traceparent=TRACEPARENT) as caller:
            await caller.get("/bells/a@b")
        span = only(spans)
        assert (span.name, span.kind) == ("GET /bells/{bell_id}", SpanKind.SERVER)
        assert span.context is not None
        assert f"{span.context.trace_id:032x}" == TRACE
        assert span.attributes is not None
        assert span.attributes["http.response.status_code"] == 422

    async def test_what_a_command_records_names_the_span_of_its_request(
        self, spans: InMemorySpanExporter
    ) -> None:
        recorded = await traceparent_of_a_command()
        context = only(spans).context
        assert context is not None
        assert recorded == f"00-{TRACE}-{context.span_id:016x}-01"

    async def test_a_crash_fails_its_span(self, spans: InMemorySpanExporter) -> None:
        async with client(api()) as caller:
            answer = await caller.put("/bells/b1")
        span = only(spans)
        assert not span.status.is_ok
        assert span.context is not None
        assert answer.json()["trace_id"] == f"{span.context.trace_id:032x}"

    async def test_without_traces_of_our_own_the_callers_is_passed_on(self) -> None:
        assert await traceparent_of_a_command() == TRACEPARENT

    async def test_probes_are_not_worth_a_span(self, spans: InMemorySpanExporter) -> None:
        async with client(api()) as caller:
            await caller.get("/health/live")
        assert spans.get_finished_spans() == ()
