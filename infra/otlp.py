"""Sends measures and log lines to a collector by OTLP over HTTP.

Imported only where that is wanted: it takes a quarter of a second. A collector that is away costs
no request anything: what it misses of logs is dropped, and the next measures have all counts.
"""

import logging
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from itertools import pairwise
from threading import Event, Thread

from opentelemetry._logs import LogRecord, SeverityNumber
from opentelemetry.exporter.otlp.proto.http._log_exporter import OTLPLogExporter
from opentelemetry.exporter.otlp.proto.http.metric_exporter import OTLPMetricExporter
from opentelemetry.sdk._logs import LoggerProvider
from opentelemetry.sdk._logs.export import BatchLogRecordProcessor
from opentelemetry.sdk.metrics.export import (
    AggregationTemporality,
    Gauge,
    Histogram,
    HistogramDataPoint,
    Metric,
    MetricsData,
    NumberDataPoint,
    ResourceMetrics,
    ScopeMetrics,
    Sum,
)
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.util.instrumentation import InstrumentationScope
from prometheus_client import CollectorRegistry
from prometheus_client.metrics_core import Metric as Family
from prometheus_client.samples import Sample

PUSH_SECONDS = 15.0
"""How often measures are sent: as often as Prometheus usually asks."""
AWAY_SECONDS = 2.0
"""How long a report is tried; a process that stops waits for its last ones."""
_SCOPE = InstrumentationScope("relais")
_STARTED = time.time_ns()
_CUMULATIVE = AggregationTemporality.CUMULATIVE
# What they say of a collector that is away would be sent to the collector.
_OWN = ("opentelemetry", "urllib3")


@contextmanager
def measures_sent(endpoint: str, registry: CollectorRegistry, service: str) -> Iterator[None]:
    """Send all measures of a registry every `PUSH_SECONDS`, and once more at the end."""
    exporter = OTLPMetricExporter(f"{endpoint}/v1/metrics", timeout=AWAY_SECONDS)
    resource = _resource(service)
    ended = Event()

    def keep_sending() -> None:
        while not ended.wait(PUSH_SECONDS):
            exporter.export(_measures(registry, resource))
        exporter.export(_measures(registry, resource))
        exporter.shutdown()

    # A daemon: a process that fails does not wait for it.
    thread = Thread(target=keep_sending, name="measures", daemon=True)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()


@contextmanager
def lines_sent(endpoint: str, service: str) -> Iterator[logging.Handler]:
    """A handler whose records are sent in batches; what is left is sent at the end."""
    provider = LoggerProvider(_resource(service), shutdown_on_exit=False)
    exporter = OTLPLogExporter(f"{endpoint}/v1/logs", timeout=AWAY_SECONDS)
    provider.add_log_record_processor(BatchLogRecordProcessor(exporter))
    try:
        yield _Sender(provider)
    finally:
        provider.shutdown()


def _resource(service: str) -> Resource:
    return Resource.create({"service.name": service})


class _Sender(logging.Handler):
    """Hands records to the batch, with the trace they belong to."""

    def __init__(self, provider: LoggerProvider) -> None:
        super().__init__()
        self._logger = provider.get_logger("relais")
        self.addFilter(lambda record: not record.name.startswith(_OWN))

    def emit(self, record: logging.LogRecord) -> None:
        try:
            line = _line(record)
        except (KeyError, TypeError, ValueError):
            # Its words do not fit its form: said on stderr, as by every handler.
            self.handleError(record)
        else:
            self._logger.emit(line)


def _line(record: logging.LogRecord) -> LogRecord:
    return LogRecord(
        timestamp=int(record.created * 1e9),
        severity_text=record.levelname,
        # Four of OTLP's levels for each of ours, from DEBUG to CRITICAL.
        severity_number=SeverityNumber(min(max(record.levelno // 10, 1), 5) * 4 + 1),
        body=record.getMessage(),
        attributes={"logger.name": record.name},
        exception=record.exc_info[1] if record.exc_info else None,
    )


def _measures(registry: CollectorRegistry, resource: Resource) -> MetricsData:
    """All that `/metrics` shows, so that both ways have the same names and counts."""
    found = [metric(family) for family in registry.collect() if family.samples]
    scopes = [ScopeMetrics(_SCOPE, found, schema_url="")]
    return MetricsData([ResourceMetrics(resource, scopes, schema_url="")])


def metric(family: Family) -> Metric:
    """A family of Prometheus as OTLP has it: counters and histograms count since the start."""
    match family.type:
        case "counter":
            [name] = {sample.name for sample in family.samples if sample.name.endswith("_total")}
            counted = _points(family, lambda sample: sample.name == name)
            return Metric(name, family.documentation, None, Sum(counted, _CUMULATIVE, True))
        case "histogram":
            data = Histogram(list(_histograms(family.samples)), _CUMULATIVE)
            return Metric(family.name, family.documentation, None, data)
        case _:
            gauge = Gauge(_points(family, lambda _: True))
            return Metric(family.name, family.documentation, None, gauge)


def _points(family: Family, wanted: Callable[[Sample], bool]) -> list[NumberDataPoint]:
    now = time.time_ns()
    return [
        NumberDataPoint(sample.labels, _STARTED, now, float(sample.value))
        for sample in family.samples
        if wanted(sample)
    ]


def _histograms(samples: Iterable[Sample]) -> Iterator[HistogramDataPoint]:
    """One for each set of labels; the buckets of Prometheus have those below them in them."""
    series: dict[frozenset[tuple[str, str]], dict[str, float]] = {}
    for sample in samples:
        labels = {name: value for name, value in sample.labels.items() if name != "le"}
        found = series.setdefault(frozenset(labels.items()), {})
        suffix = sample.name.rpartition("_")[2]
        found[sample.labels["le"] if suffix == "bucket" else suffix] = sample.value
    for labelled, values in series.items():
        yield _histogram(dict(labelled), values)


def _histogram(labels: Mapping[str, str], values: Mapping[str, float]) -> HistogramDataPoint:
    limits = sorted(float(name) for name in values if name not in {"sum", "count", "created"})
    below = {float(name): n for name, n in values.items() if name[0].isdigit() or name == "+Inf"}
    counts = [below[limit] for limit in limits]
    return HistogramDataPoint(
        attributes=labels,
        start_time_unix_nano=_STARTED,
        time_unix_nano=time.time_ns(),
        count=int(values["count"]),
        sum=values["sum"],
        bucket_counts=[int(high - low) for low, high in pairwise([0.0, *counts])],
        explicit_bounds=limits[:-1],
        # None leaves them out, as nobody knows them; the types do not say so.
        min=None,  # type: ignore[arg-type]
        max=None,  # type: ignore[arg-type]
    )
