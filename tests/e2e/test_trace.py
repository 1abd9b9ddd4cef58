"""One trace leads from the request to the row."""

from uuid import uuid4

import httpx
import pytest
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from infra import telemetry
from infra.store.protocol import BEGINNING
from infra.telemetry import TelemetrySettings
from infra.testing.eventually import PATIENCE_SECONDS, eventually
from infra.testing.records import header, records_of
from services.missions.service import service as missions
from tests.e2e.conftest import Platform, token
from tools.demo.people import cities, trips
from tools.demo.teller import today

pytestmark = pytest.mark.any_broker

TRACE = "0af7651916cd43dd8448eb211c80319c"


@pytest.mark.parametrize("stores", ["postgres", "esdb"], indirect=True)
async def test_one_trace_leads_from_the_request_to_the_row(both: Platform) -> None:
    spans = InMemorySpanExporter()
    with telemetry.running(TelemetrySettings("test", exporter=spans)):
        [trip] = trips(1, cities(), today())
        given = {
            "Authorization": f"Bearer {token('lea', 'hiflow', 'logistics')}",
            "Idempotency-Key": uuid4().hex,
            "traceparent": f"00-{TRACE}-b7ad6b7169203331-01",
        }
        async with httpx.AsyncClient(base_url=both.url, timeout=PATIENCE_SECONDS) as client:
            (await client.post("/missions/trips", json=trip, headers=given)).raise_for_status()

        async def every_step_is_traced() -> None:
            traced = {s.name for s in spans.get_finished_spans() if trace_of(s) == TRACE}
            assert {"POST /trips", "publish missions"} <= traced, traced
            assert any(name.startswith("process views.partner") for name in traced), traced

        await eventually(every_step_is_traced)
        [event] = await both.missions.store.read_all(BEGINNING, 10)
        assert telemetry.trace_id_of(event.meta.get("traceparent")) == TRACE
        [record] = await records_of(both.kafka, [c.topic for c in missions.contracts])
        assert telemetry.trace_id_of(header(record, "traceparent")) == TRACE


def trace_of(span: object) -> str:
    context = getattr(span, "context", None)
    return f"{context.trace_id:032x}" if context else ""
