"""A collector gets what it is meant to get, and a process does without one that is away."""

import logging
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

import pytest
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import (
    ExportMetricsServiceRequest,
)
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.logs.v1.logs_pb2 import SEVERITY_NUMBER_WARN
from opentelemetry.sdk.metrics.export import Histogram as OtlpHistogram
from prometheus_client import CollectorRegistry, Histogram

from infra import telemetry
from infra.otlp import metric
from infra.settings import Settings, Signal
from infra.telemetry import TelemetrySettings

log = logging.getLogger("relais.test")

MESSAGES: dict[str, Any] = {
    "/v1/traces": ExportTraceServiceRequest,
    "/v1/metrics": ExportMetricsServiceRequest,
    "/v1/logs": ExportLogsServiceRequest,
}
ALL: tuple[Signal, ...] = ("traces", "metrics", "logs")


@dataclass
class Collector:
    """The requests that came, by path."""

    url: str
    came: dict[str, list[Any]] = field(default_factory=dict)

    @property
    def measures(self) -> dict[str, Any]:
        """The measures by name."""
        return {
            one.name: one
            for request in self.came["/v1/metrics"]
            for resource in request.resource_metrics
            for scope in resource.scope_metrics
            for one in scope.metrics
        }

    @property
    def lines(self) -> list[Any]:
        """The log records in their order."""
        return [
            record
            for request in self.came["/v1/logs"]
            for resource in request.resource_logs
            for scope in resource.scope_logs
            for record in scope.log_records
        ]


@pytest.fixture
def collector() -> Iterator[Collector]:
    """Takes what the exporters send, as a collector does over HTTP."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            message = MESSAGES[self.path]()
            message.ParseFromString(self.rfile.read(int(self.headers["Content-Length"])))
            found.came.setdefault(self.path, []).append(message)
            self.send_response(200)
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        found = Collector(f"http://127.0.0.1:{server.server_port}")
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield found
        server.shutdown()
        thread.join()


@contextmanager
def reporting(url: str, *signals: Signal) -> Iterator[None]:
    with telemetry.running(TelemetrySettings("missions", otlp_endpoint=url, signals=signals)):
        yield


class TestAll:
    def test_a_line_arrives_with_its_trace_and_the_measures_as_they_are_shown(
        self, collector: Collector
    ) -> None:
        with reporting(f"{collector.url}/", *ALL), telemetry.span_from(None, "work"):
            trace_id = telemetry.trace_id_of(telemetry.traceparent_of_current_span())
            telemetry.published("t-otlp", 3)
            log.warning("it is %s", "done")
        [line] = collector.lines
        assert line.body.string_value == "it is done"
        assert (line.severity_text, line.severity_number) == ("WARNING", SEVERITY_NUMBER_WARN)
        assert line.trace_id.hex() == trace_id
        [span] = collector.came["/v1/traces"][0].resource_spans[0].scope_spans[0].spans
        assert span.trace_id.hex() == trace_id
        [published] = [
            point
            for point in collector.measures["relais_relay_published_total"].sum.data_points
            if point.attributes[0].value.string_value == "t-otlp"
        ]
        assert published.as_double == 3
        resource = collector.came["/v1/metrics"][0].resource_metrics[0].resource
        names = {one.key: one.value.string_value for one in resource.attributes}
        assert names["service.name"] == "missions"

    def test_every_measure_of_ours_arrives_under_the_name_it_is_shown_with(
        self, collector: Collector
    ) -> None:
        telemetry.append_took(0.003)
        end = telemetry.RELAY_LAG.watch(lambda: 1.5, service="t-otlp")
        with reporting(collector.url, "metrics"):
            shown = {
                family.name + ("_total" if family.type == "counter" else "")
                for family in telemetry.REGISTRY.collect()
                if family.samples
            }
        end()
        assert collector.measures.keys() == shown
        assert {"relais_append_duration_seconds", "relais_relay_lag_seconds"} <= shown

    def test_an_exception_arrives_with_its_line(self, collector: Collector) -> None:
        with reporting(collector.url, "logs"):
            log.error("failed", exc_info=ValueError("no way"))
        [line] = collector.lines
        named = {one.key: one.value.string_value for one in line.attributes}
        assert (named["exception.type"], named["exception.message"]) == ("ValueError", "no way")


@pytest.mark.parametrize("signal", ALL)
def test_nothing_is_sent_but_what_is_wanted(collector: Collector, signal: Signal) -> None:
    with reporting(collector.url, signal), telemetry.span_from(None, "work"):
        log.warning("done")
    assert collector.came.keys() == {f"/v1/{signal}"}


def test_what_the_exporters_say_themselves_is_not_sent(collector: Collector) -> None:
    with reporting(collector.url, "logs"):
        logging.getLogger("opentelemetry.exporter").error("the collector is away")
        log.warning("ours")
    assert [line.body.string_value for line in collector.lines] == ["ours"]


def test_a_process_stops_without_a_collector_that_is_away() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        closed = f"http://127.0.0.1:{taken.getsockname()[1]}"
    with reporting(closed, *ALL):
        log.warning("nobody hears it")
        before = time.monotonic()
    assert time.monotonic() - before < 10


def test_a_bucket_of_a_histogram_has_only_what_is_in_it() -> None:
    registry = CollectorRegistry()
    took = Histogram("took_seconds", "How long.", ("by",), buckets=(0.1, 1.0), registry=registry)
    for seconds in (0.05, 0.5, 0.6, 7.0):
        took.labels("us").observe(seconds)
    took.labels("them").observe(0.1)
    [family] = registry.collect()
    data = metric(family).data
    assert isinstance(data, OtlpHistogram)
    us, them = data.data_points
    assert (us.attributes, us.bucket_counts) == ({"by": "us"}, [1, 2, 1])
    assert (us.explicit_bounds, us.count, us.sum) == ([0.1, 1.0], 4, 8.15)
    assert (them.attributes, them.bucket_counts) == ({"by": "them"}, [1, 0, 0])


class TestSettings:
    def test_the_kinds_are_read_between_commas(self) -> None:
        read = Settings.model_validate({"otlp_signals": "traces, logs"})
        assert read.otlp_signals == ("traces", "logs")
        assert Settings().otlp_signals == ("traces",)

    def test_a_kind_that_there_is_not_is_refused(self) -> None:
        with pytest.raises(ValueError, match="'traces', 'metrics' or 'logs'"):
            Settings.model_validate({"otlp_signals": "traces,prints"})
