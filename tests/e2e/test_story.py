"""The story of the demo, over real servers; and one trace from the request to the row."""

import base64
import json
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass
from io import StringIO
from uuid import uuid4

import httpx
import pytest_asyncio
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from rich.console import Console

from infra import host, serving, telemetry
from infra.host import Running
from infra.http.auth import Role, SigningKey, issue, jwks
from infra.settings import Settings
from infra.stack.broker import Broker
from infra.store.protocol import BEGINNING
from infra.telemetry import TelemetrySettings
from infra.testing.eventually import eventually
from infra.testing.records import header, records_of
from infra.topics import create_topics
from services.missions.service import service as missions
from services.views.partner.service import service as partner
from tools.demo.people import cities, trips
from tools.demo.story import play, today

KEY = SigningKey.generate()
MASTER_KEYS = json.dumps({"test": base64.b64encode(bytes(32)).decode()})
TRACE = "0af7651916cd43dd8448eb211c80319c"


@dataclass(frozen=True)
class Platform:
    """Both services at work in this process, and where their APIs are."""

    url: str
    missions: Running
    kafka: str


def token(subject: str, organisation: str, role: Role) -> str:
    return issue(KEY, subject, organisation, [role])


@pytest_asyncio.fixture
async def platform(broker: Broker, new_database: Callable[[], str]) -> AsyncIterator[Platform]:
    await broker.start()
    await broker.wipe()
    await create_topics(broker.bootstrap, missions.contracts, 1)
    settings = Settings.model_validate(
        {
            "databases": {name: new_database() for name in ("keys", "missions", "views.partner")},
            "kafka": broker.bootstrap,
            "master_keys": MASTER_KEYS,
            "jwks": jwks(KEY),
            "port": 0,
        }
    )
    async with AsyncExitStack() as stack:
        opened = [await stack.enter_async_context(host.opened(s, settings)) for s in SERVICES]
        for running in opened:
            await stack.enter_async_context(host.working(running))
        site = serving.site(opened, settings)
        url = await stack.enter_async_context(serving.serving(site, settings))
        yield Platform(url, opened[0], broker.bootstrap)


SERVICES = (missions, partner)


async def test_the_story_is_told_twice_on_one_platform(platform: Platform) -> None:
    for _ in range(2):
        told = Console(file=StringIO())
        await play(platform.url, token, told, drivers_count=8, trips_count=40)


async def test_one_trace_leads_from_the_request_to_the_row(platform: Platform) -> None:
    spans = InMemorySpanExporter()
    with telemetry.running(TelemetrySettings("test", exporter=spans)):
        [trip] = trips(1, cities(), today())
        given = {
            "Authorization": f"Bearer {token('lea', 'hiflow', 'logistics')}",
            "Idempotency-Key": uuid4().hex,
            "traceparent": f"00-{TRACE}-b7ad6b7169203331-01",
        }
        async with httpx.AsyncClient(base_url=platform.url) as client:
            (await client.post("/missions/trips", json=trip, headers=given)).raise_for_status()

        async def every_step_is_traced() -> None:
            traced = {s.name for s in spans.get_finished_spans() if trace_of(s) == TRACE}
            assert {"POST /trips", "publish missions"} <= traced, traced
            assert any(name.startswith("process views.partner") for name in traced), traced

        await eventually(every_step_is_traced)
        [event] = await platform.missions.store.read_all(BEGINNING, 10)
        assert telemetry.trace_id_of(event.meta.get("traceparent")) == TRACE
        [record] = await records_of(platform.kafka, [c.topic for c in missions.contracts])
        assert telemetry.trace_id_of(header(record, "traceparent")) == TRACE


def trace_of(span: object) -> str:
    context = getattr(span, "context", None)
    return f"{context.trace_id:032x}" if context else ""
