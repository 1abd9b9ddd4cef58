"""Measures that never break a scrape, traces that cost nothing when off, logs that name both."""

import json
import logging
from collections.abc import Iterator
from contextlib import nullcontext
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import SpanKind

from infra import telemetry
from infra.telemetry import TelemetrySettings

TRACE = "0af7651916cd43dd8448eb211c80319c"
OTHER = "11111111111111111111111111111111"


def parent(trace: str = TRACE, span: str = "b7ad6b7169203331", flags: str = "01") -> str:
    return f"00-{trace}-{span}-{flags}"


def value(name: str, **labels: str) -> float | None:
    return telemetry.REGISTRY.get_sample_value(name, labels)


class TestMeasures:
    def test_a_gauge_is_read_when_somebody_looks(self) -> None:
        lag = [1.5]
        end = telemetry.RELAY_LAG.watch(lambda: lag[0], service="t1")
        assert value("relais_relay_lag_seconds", service="t1") == 1.5
        lag[0] = 2.0
        assert value("relais_relay_lag_seconds", service="t1") == 2.0
        end()
        assert value("relais_relay_lag_seconds", service="t1") is None

    def test_a_gauge_may_have_more_labels(self) -> None:
        consumer = {"consumer": "missions.bookings"}
        end = telemetry.CONSUMER_LAG.watch(lambda: [(7.0, consumer)], service="t2")
        assert value("relais_consumer_lag_seconds", service="t2", **consumer) == 7.0
        end()

    def test_a_reading_that_fails_leaves_the_others(self) -> None:
        ends = [
            telemetry.CONSUMER_LAG.watch(lambda: 1 / 0, consumer="broken"),
            telemetry.CONSUMER_LAG.watch(lambda: 3.0, consumer="whole"),
        ]
        assert value("relais_consumer_lag_seconds", consumer="broken") is None
        assert value("relais_consumer_lag_seconds", consumer="whole") == 3.0
        for end in ends:
            end()

    def test_counts_add_up_and_nothing_counts_as_nothing(self) -> None:
        for count in (2, 0, 3):
            telemetry.duplicates_dropped("t3", count)
            telemetry.holes_healed("t3", count)
            telemetry.published("t3", count)
        assert value("relais_consumer_duplicates_total", consumer="t3") == 5
        assert value("relais_consumer_holes_total", consumer="t3") == 5
        assert value("relais_relay_published_total", service="t3") == 5

    def test_a_timer_before_its_time_by_our_clock_is_not_late(self) -> None:
        telemetry.timer_fired("t4", datetime.now(UTC) + timedelta(hours=1))
        assert value("relais_timer_lateness_seconds_sum", service="t4") == 0.0
        assert value("relais_timer_lateness_seconds_count", service="t4") == 1

    def test_every_measure_says_what_it_is(self) -> None:
        exposed, _ = telemetry.exposition()
        described = [line for line in exposed.decode().splitlines() if line.startswith("# HELP")]
        assert described
        assert all(len(line.split(maxsplit=3)) == 4 for line in described)


@pytest.fixture
def spans() -> Iterator[InMemorySpanExporter]:
    """Where the spans of the test arrive."""
    exporter = InMemorySpanExporter()
    with telemetry.running(TelemetrySettings("test", exporter=exporter)):
        yield exporter


def only(spans: InMemorySpanExporter) -> ReadableSpan:
    [span] = spans.get_finished_spans()
    return span


def trace_of(span: ReadableSpan) -> str:
    assert span.context is not None
    return f"{span.context.trace_id:032x}"


@dataclass(frozen=True)
class Stored:
    traceparent: str


@dataclass(frozen=True)
class Envelope:
    traceparent: str | None


@dataclass(frozen=True)
class Delivery:
    envelope: Envelope


def stored(*traceparents: str) -> list[Stored]:
    return [Stored(one) for one in traceparents]


class TestTraces:
    def test_a_stored_trace_is_continued(self, spans: InMemorySpanExporter) -> None:
        with telemetry.span_from(parent(), "work", SpanKind.CONSUMER, {"n": 1}):
            inside = telemetry.traceparent_of_current_span()
        span = only(spans)
        assert (trace_of(span), span.kind, span.name) == (TRACE, SpanKind.CONSUMER, "work")
        assert span.parent is not None
        assert f"{span.parent.span_id:016x}" == "b7ad6b7169203331"
        assert span.context is not None
        assert inside == parent(span=f"{span.context.span_id:016x}")

    def test_a_caller_who_does_not_sample_is_followed(self, spans: InMemorySpanExporter) -> None:
        with telemetry.span_from(parent(flags="00"), "work"):
            pass
        assert spans.get_finished_spans() == ()

    def test_an_exception_fails_the_span_and_passes(self, spans: InMemorySpanExporter) -> None:
        with pytest.raises(ValueError, match="no"), telemetry.span_from(None, "work"):
            raise ValueError("no")
        assert not only(spans).status.is_ok

    def test_outside_of_a_span_there_is_no_trace(self, spans: InMemorySpanExporter) -> None:
        assert telemetry.traceparent_of_current_span() is None
        assert spans.get_finished_spans() == ()

    def test_a_page_of_one_trace_is_published_within_it(self, spans: InMemorySpanExporter) -> None:
        with telemetry.publishing("missions", stored(parent(), parent())):
            pass
        span = only(spans)
        assert (trace_of(span), span.kind) == (TRACE, SpanKind.PRODUCER)
        assert (span.attributes or {})["messaging.batch.message_count"] == 2

    def test_a_batch_of_several_traces_is_linked_to_each(self, spans: InMemorySpanExporter) -> None:
        given = [parent(), parent(OTHER), parent(), None]
        with telemetry.handling("views", [Delivery(Envelope(one)) for one in given]):
            pass
        span = only(spans)
        assert [f"{link.context.trace_id:032x}" for link in span.links] == [TRACE, OTHER]
        assert trace_of(span) not in (TRACE, OTHER)

    def test_a_batch_of_nothing_is_no_work(self, spans: InMemorySpanExporter) -> None:
        with telemetry.publishing("missions", []), telemetry.handling("views", []):
            pass
        assert spans.get_finished_spans() == ()

    def test_a_span_has_so_many_links_and_no_more(self) -> None:
        many = [parent(span=f"{n:016x}") for n in range(1, 500)]
        assert len(telemetry.links_from(many)) == telemetry.MAX_LINKS

    def test_without_an_endpoint_nothing_is_made(self) -> None:
        with telemetry.running(TelemetrySettings("test")):
            assert not telemetry.tracing()
            assert isinstance(telemetry.span_from(parent(), "work"), nullcontext)
            assert isinstance(telemetry.publishing("missions", stored(parent())), nullcontext)
            assert telemetry.traceparent_of_current_span() is None


MALFORMED = [
    None,
    "",
    "nonsense",
    parent(trace="0" * 32),
    parent(span="0" * 16),
    parent(trace=TRACE[:-1] + "g"),
    parent(trace=TRACE[:-1]),
    "ff" + parent()[2:],
    parent().replace("-", "_"),
    parent().upper(),
    parent() + "-more",
    parent() + "\n",
    parent(trace="+" + TRACE[1:]),
    parent(trace=TRACE[:15] + "_" + TRACE[16:]),
]


@pytest.mark.parametrize("traceparent", MALFORMED)
def test_a_malformed_traceparent_is_none_at_all(traceparent: str | None) -> None:
    assert telemetry.trace_id_of(traceparent) is None
    assert telemetry.links_from([traceparent]) == []


def test_a_traceparent_of_a_later_version_is_read_as_far_as_we_can() -> None:
    assert telemetry.trace_id_of("01" + parent()[2:] + "-more") == TRACE


class TestLogs:
    def test_a_line_names_its_service_and_its_trace(
        self, spans: InMemorySpanExporter, capsys: pytest.CaptureFixture[str]
    ) -> None:
        settings = TelemetrySettings("missions", exporter=spans)
        with telemetry.running(settings), telemetry.span_from(parent(), "work"):
            logging.getLogger("relais.test").info("it is %s", "done")
        line = json.loads(capsys.readouterr().err.splitlines()[-1])
        assert (line["service"], line["message"]) == ("missions", "it is done")
        assert (line["level"], line["logger"]) == ("INFO", "relais.test")
        assert line["trace_id"] == TRACE
        assert len(line["span_id"]) == 16

    def test_an_exception_stays_on_its_line(self, capsys: pytest.CaptureFixture[str]) -> None:
        with telemetry.running(TelemetrySettings("missions")):
            error = ValueError("no\nway")
            logging.getLogger("relais.test").error("failed", exc_info=error)
        [text] = capsys.readouterr().err.splitlines()
        assert "ValueError: no" in json.loads(text)["exception"]

    def test_nothing_is_left_behind(self) -> None:
        root = logging.getLogger()
        before = (list(root.handlers), root.level)
        with telemetry.running(TelemetrySettings("missions", log_level="DEBUG")):
            assert root.level == logging.DEBUG
        assert (list(root.handlers), root.level) == before
