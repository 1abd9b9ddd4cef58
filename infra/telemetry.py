"""Traces, metrics and logs of every process of ours.

Metrics are always on and read at `/metrics`. Traces cost nothing until `running` is given an
endpoint. Logs are JSON lines that name the trace, or plain lines at a terminal. A collector may be
sent all three.
"""

import json
import logging
import re
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager, nullcontext
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any, Protocol

from opentelemetry import trace
from opentelemetry.context import Context
from opentelemetry.exporter.prometheus import PrometheusMetricReader
from opentelemetry.metrics import CallbackOptions, Observation
from opentelemetry.sdk.metrics import AlwaysOffExemplarFilter, MeterProvider
from opentelemetry.sdk.resources import SERVICE_NAME, Resource
from opentelemetry.sdk.trace import SpanProcessor, TracerProvider
from opentelemetry.sdk.trace.export import (
    BatchSpanProcessor,
    SimpleSpanProcessor,
    SpanExporter,
)
from opentelemetry.sdk.trace.sampling import ParentBased, TraceIdRatioBased
from opentelemetry.trace import Link, Span, SpanKind, Status, StatusCode, Tracer
from opentelemetry.util.types import Attributes
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Histogram, generate_latest

from infra.outages import limiting
from infra.settings import Signal

log = logging.getLogger("relais.telemetry")

# A version later than 00 may say more at the end; ff is none.
_TRACEPARENT = re.compile(
    r"(?!ff)[0-9a-f]{2}-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(?:(?<!^00.{53})-.*)?"
)
MAX_LINKS = 128
"""More links than this on one span are dropped by collectors anyway."""


@dataclass(frozen=True, slots=True)
class TelemetrySettings:
    """How a process reports. `otlp_endpoint` is the collector's base URL; none: nothing is sent."""

    service: str
    otlp_endpoint: str | None = None
    signals: tuple[Signal, ...] = ("traces",)
    """The kinds of reports that go there."""
    exporter: SpanExporter | None = None
    """Takes the spans at once, in place of the endpoint; for tests."""
    sampled: float = 1.0
    """The share of new traces that is kept; a trace begun elsewhere keeps its fate."""
    log_level: str = "INFO"


# --- The instruments: each measure we take, once ------------------------------------------------

REGISTRY = CollectorRegistry()
_METER = MeterProvider(
    [PrometheusMetricReader(True, registry=REGISTRY, scope_info_enabled=False)],
    # Sampling an exemplar doubles the price of a measurement, and nobody reads them.
    exemplar_filter=AlwaysOffExemplarFilter(),
    shutdown_on_exit=False,
).get_meter("relais")

# Seconds. Sub-millisecond steps, because an append and a relayed event take about one.
_BUCKETS = (
    0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0,
)  # fmt: skip

Reading = float | Iterable[tuple[float, Mapping[str, str]]]
"""One value, or one for each set of attributes (which are added to those of the watch)."""


class Gauge:
    """A measure that is looked up when somebody asks, from everyone who offers it."""

    def __init__(self, name: str, unit: str, description: str) -> None:
        self._name = name
        self._sources: dict[object, tuple[Callable[[], Reading], Mapping[str, str]]] = {}
        _METER.create_observable_gauge(name, [self._observe], unit, description)

    def watch(self, read: Callable[[], Reading], **attributes: str) -> Callable[[], None]:
        """Call `read` at every scrape; it must not block. Returns what ends the watch."""
        key = object()
        self._sources[key] = (read, attributes)
        return lambda: _forget(self._sources, key)

    def _observe(self, _: CallbackOptions) -> Iterable[Observation]:
        for read, attributes in list(self._sources.values()):
            try:
                reading = read()
                found = [(reading, {})] if isinstance(reading, int | float) else list(reading)
            except Exception:
                # A scrape shows what it can; the probe of that part says what is wrong with it.
                log.warning("no reading of %s", self._name, exc_info=True)
                continue
            for value, more in found:
                yield Observation(value, {**attributes, **more})


def _forget(sources: dict[object, Any], key: object) -> None:
    sources.pop(key, None)


# Seconds the oldest event that is recorded but not yet in its topic has waited.
RELAY_LAG = Gauge(
    "relais.relay.lag", "s", "Age of the oldest recorded event that is not in its topic."
)
# Long transactions hide later events from the relay.
RELAY_HOLDBACK = Gauge(
    "relais.relay.holdback", "s", "How long a running transaction has held events back."
)
# Seconds, not offsets: 500 records are nothing or an hour.
CONSUMER_LAG = Gauge(
    "relais.consumer.lag", "s", "Age of the oldest record the consumer has not handled."
)
CONSUMER_LAG_EVENTS = Gauge(
    "relais.consumer.lag.events", "{event}", "Records the consumer has not handled."
)
PARKED_STREAMS = Gauge(
    "relais.consumer.parked", "{stream}", "Streams that wait for a person, by consumer."
)
HALTED = Gauge("relais.halted", "{loop}", "1 for a loop that stopped and waits for a person.")
POOL_WAITERS = Gauge(
    "relais.pool.waiters", "{request}", "Requests that wait for a database connection."
)

MESSAGES_WAITING = Gauge(
    "relais.messages.waiting",
    "{message}",
    "Messages that no provider has yet, by what they wait for: contact, plan, provider, retry.",
)
MESSAGES_OLDEST = Gauge(
    "relais.messages.oldest", "s", "How long the oldest of them has waited, by what it waits for."
)

_MESSAGES = _METER.create_counter(
    "relais.messages.outcomes", "{message}", "Messages that were sent or failed, by the reason."
)
_ATTEMPTS = _METER.create_counter(
    "relais.messages.attempts.failed",
    "{attempt}",
    "Attempts that failed, by channel and reason; `setup` waits for a person.",
)
_PUBLISHED = _METER.create_counter(
    "relais.relay.published", "{event}", "Events the relay put into their topics."
)
_DUPLICATES = _METER.create_counter(
    "relais.consumer.duplicates", "{event}", "Records dropped because they were known already."
)
_HOLES = _METER.create_counter(
    "relais.consumer.holes", "{hole}", "Gaps in a stream that were filled from the topic."
)
_CONFLICTS = _METER.create_counter(
    "relais.append.conflicts", "{append}", "Appends that lost against another writer."
)
_REPEATED = _METER.create_counter(
    "relais.commands.repeated", "{command}", "Commands recognised as repeated and not run again."
)
_OTHER_KEYS = _METER.create_counter(
    "relais.personal.other_key",
    "{value}",
    "Personal values read as forgotten: not the key that their subject has now sealed them.",
)
_TURNED_AWAY = _METER.create_counter(
    "relais.http.turned_away", "{client}", "Clients whose connection or request was cut short."
)
_LISTENERS = _METER.create_up_down_counter(
    "relais.http.listeners", "{client}", "Clients that listen for what changes."
)
_TIMER_LATENESS = _METER.create_histogram(
    "relais.timer.lateness",
    "s",
    "How long after its due date a timer fired.",
    explicit_bucket_boundaries_advisory=_BUCKETS,
)
# These two are taken for every request. Straight in Prometheus' own form they cost 1.5 µs; through
# the SDK, 12 to 25 µs, a tenth of a small request.
_APPEND_SECONDS = Histogram(
    "relais_append_duration_seconds",
    "From the call of an append to its commit.",
    buckets=_BUCKETS,
    registry=REGISTRY,
)
_REQUEST_SECONDS = Histogram(
    "relais_http_duration_seconds",
    "From the first byte of a request to the last of its answer, by route and status.",
    ("service", "method", "route", "status"),
    buckets=_BUCKETS,
    registry=REGISTRY,
)


def published(service: str, events: int) -> None:
    """The relay put so many events into their topics."""
    _PUBLISHED.add(events, {"service": service})


def duplicates_dropped(consumer: str, records: int) -> None:
    """So many records were known already."""
    if records:
        _DUPLICATES.add(records, {"consumer": consumer})


def holes_healed(consumer: str, holes: int) -> None:
    """So many gaps were filled from the topic."""
    if holes:
        _HOLES.add(holes, {"consumer": consumer})


def conflicts(appends: int) -> None:
    """So many appends lost against another writer."""
    if appends:
        _CONFLICTS.add(appends)


def repeated_commands(commands: int) -> None:
    """So many commands had been carried out before."""
    _REPEATED.add(commands)


def sealed_by_another_key(type: str) -> None:
    """A personal value of such an event was sealed by another key, and reads as forgotten."""
    _OTHER_KEYS.add(1, {"type": type})


def message_ended(channel: str, outcome: str) -> None:
    """A provider took a message by this channel, or it failed for this reason."""
    _MESSAGES.add(1, {"channel": channel, "outcome": outcome})


def attempt_failed(channel: str, why: str) -> None:
    """A message could not be handed over."""
    _ATTEMPTS.add(1, {"channel": channel, "why": why})


def append_took(seconds: float) -> None:
    """An append was called, and so long after it was durable."""
    _APPEND_SECONDS.observe(seconds)


def timer_fired(service: str, due: datetime) -> None:
    """A timer fired now that was due then."""
    late = (datetime.now(UTC) - due).total_seconds()
    _TIMER_LATENESS.record(max(late, 0.0), {"service": service})


def request_took(seconds: float, service: str, method: str, route: str, status: int) -> None:
    """A request was answered. `route` is the template of the path, never the path itself."""
    _series(service, method, route, status).observe(seconds)


def turned_away(reason: str) -> None:
    """A client was too slow, or wanted too much at once; the reason is a fixed word."""
    _TURNED_AWAY.add(1, {"reason": reason})


def listening(clients: int, service: str) -> None:
    """So many more clients listen to a service, or fewer."""
    _LISTENERS.add(clients, {"service": service})


@lru_cache(maxsize=10_000)
def _series(service: str, method: str, route: str, status: int) -> Histogram:
    return _REQUEST_SECONDS.labels(service, method, route, str(status))


def exposition() -> tuple[bytes, str]:
    """All measures in the Prometheus text format, and its media type."""
    return generate_latest(REGISTRY), CONTENT_TYPE_LATEST


# --- Traces -------------------------------------------------------------------------------------


class _Tracing:
    """The tracer of this process, while there is one."""

    tracer: Tracer | None = None


def tracing() -> bool:
    """Whether spans go anywhere; when not, nothing about them is computed."""
    return _Tracing.tracer is not None


def traceparent_of_current_span() -> str | None:
    """The W3C `traceparent` of the span at hand, to be stored with what it causes."""
    if _Tracing.tracer is None:
        return None
    context = trace.get_current_span().get_span_context()
    if not context.is_valid:
        return None
    return f"00-{context.trace_id:032x}-{context.span_id:016x}-{context.trace_flags:02x}"


def trace_id_of(traceparent: str | None) -> str | None:
    """The trace that a `traceparent` belongs to; None when there is none or it is malformed."""
    context = _span_context(traceparent)
    return None if context is None else f"{context.trace_id:032x}"


def span_from(
    traceparent: str | None,
    name: str,
    kind: SpanKind = SpanKind.INTERNAL,
    attributes: Attributes = None,
) -> AbstractContextManager[Span | None]:
    """A span that continues a stored trace, or begins one; None while tracing is off.

    An exception passes through and marks the span as failed.
    """
    tracer = _Tracing.tracer
    if tracer is None:
        return nullcontext()
    parent = _span_context(traceparent)
    # An empty context, not the current one: what was stored says where a trace goes on.
    context = Context()
    if parent is not None:
        context = trace.set_span_in_context(trace.NonRecordingSpan(parent), context)
    return tracer.start_as_current_span(name, context, kind, attributes)


def links_from(traceparents: Iterable[str | None]) -> list[Link]:
    """A link to each span named, once each, in order; malformed ones are left out."""
    found = (_span_context(traceparent) for traceparent in dict.fromkeys(traceparents))
    return [Link(context) for context in found if context is not None][:MAX_LINKS]


def _span_context(traceparent: str | None) -> trace.SpanContext | None:
    match = _TRACEPARENT.fullmatch(traceparent or "")
    if match is None:
        return None
    trace_id, span_id, flags = (int(part, 16) for part in match.groups())
    context = trace.SpanContext(trace_id, span_id, is_remote=True, trace_flags=_flags(flags))
    return context if context.is_valid else None


def _flags(value: int) -> trace.TraceFlags:
    return trace.TraceFlags(value & trace.TraceFlags.SAMPLED)


def _span_over(
    name: str, kind: SpanKind, traceparents: Sequence[str | None], attributes: Mapping[str, Any]
) -> AbstractContextManager[object]:
    """One span over a batch: a child when all of it is one trace, else linked to each."""
    if len({trace_id_of(traceparent) for traceparent in traceparents}) == 1:
        return span_from(traceparents[0], name, kind, attributes)
    tracer = _Tracing.tracer
    assert tracer is not None
    return tracer.start_as_current_span(name, Context(), kind, attributes, links_from(traceparents))


class _Stored(Protocol):
    @property
    def traceparent(self) -> str: ...


class _Envelope(Protocol):
    @property
    def traceparent(self) -> str | None: ...


class _Delivered(Protocol):
    @property
    def envelope(self) -> _Envelope: ...


def publishing(service: str, events: Sequence[_Stored]) -> AbstractContextManager[object]:
    """A span over the publishing of a page of events."""
    if _Tracing.tracer is None or not events:
        return nullcontext()
    return _span_over(
        f"publish {service}",
        SpanKind.PRODUCER,
        [event.traceparent or None for event in events],
        _messaging("send", len(events)),
    )


def handling(consumer: str, deliveries: Sequence[_Delivered]) -> AbstractContextManager[object]:
    """A span over the handling of a batch of deliveries."""
    if _Tracing.tracer is None or not deliveries:
        return nullcontext()
    return _span_over(
        f"process {consumer}",
        SpanKind.CONSUMER,
        [delivery.envelope.traceparent for delivery in deliveries],
        _messaging("process", len(deliveries)) | {"messaging.consumer.group.name": consumer},
    )


def _messaging(operation: str, count: int) -> dict[str, Any]:
    return {
        "messaging.system": "kafka",
        "messaging.operation.name": operation,
        "messaging.operation.type": operation,
        "messaging.batch.message_count": count,
    }


def failed(span: Span | None, reason: str) -> None:
    """Mark a span as failed without an exception passing through it."""
    if span is not None:
        span.set_status(Status(StatusCode.ERROR, reason))


# --- Logs ---------------------------------------------------------------------------------------


class JsonLines(logging.Formatter):
    """One JSON object a record, with the trace it belongs to."""

    def __init__(self, service: str) -> None:
        super().__init__()
        self._service = service

    def format(self, record: logging.LogRecord) -> str:
        line = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(),
            "level": record.levelname,
            "service": self._service,
            "logger": record.name,
            "message": record.getMessage(),
            **_trace_fields(),
        }
        if record.exc_info:
            line["exception"] = self.formatException(record.exc_info)
        return json.dumps(line, ensure_ascii=False)


class PlainLines(logging.Formatter):
    """For a person at a terminal."""

    def __init__(self) -> None:
        super().__init__("%(asctime)s %(levelname)-7s %(name)-22s %(message)s", "%H:%M:%S")


def _trace_fields() -> dict[str, str]:
    context = trace.get_current_span().get_span_context()
    if not context.is_valid:
        return {}
    return {"trace_id": f"{context.trace_id:032x}", "span_id": f"{context.span_id:016x}"}


# --- Set-up -------------------------------------------------------------------------------------


@contextmanager
def running(settings: TelemetrySettings) -> Iterator[None]:
    """Report as the settings say, within the block; at its end, what waits is sent."""
    provider = _provider(settings)
    root = logging.getLogger()
    tracer_before, level_before = _Tracing.tracer, root.level
    with ExitStack() as stack:
        handlers = [_log_handler(settings.service), *_sent(settings, stack)]
        limiter = stack.enter_context(limiting())
        for handler in handlers:
            handler.addFilter(limiter)
            root.addHandler(handler)
        root.setLevel(settings.log_level)
        _Tracing.tracer = provider.get_tracer("relais") if provider else None
        try:
            yield
        finally:
            _Tracing.tracer = tracer_before
            for handler in handlers:
                root.removeHandler(handler)
            root.setLevel(level_before)
            if provider is not None:
                provider.shutdown()


def _sent(settings: TelemetrySettings, stack: ExitStack) -> Iterator[logging.Handler]:
    """Begins to send measures, and yields what sends log lines; both until the stack ends."""
    wanted = {"metrics", "logs"}.intersection(settings.signals)
    if not settings.otlp_endpoint or not wanted:
        return
    # Imported here: it takes a quarter of a second that other processes need not wait.
    from infra import otlp  # noqa: PLC0415

    endpoint = settings.otlp_endpoint.rstrip("/")
    if "metrics" in wanted:
        stack.enter_context(otlp.measures_sent(endpoint, REGISTRY, settings.service))
    if "logs" in wanted:
        yield stack.enter_context(otlp.lines_sent(endpoint, settings.service))


def _provider(settings: TelemetrySettings) -> TracerProvider | None:
    processor = _processor(settings)
    if processor is None:
        return None
    provider = TracerProvider(
        sampler=ParentBased(TraceIdRatioBased(settings.sampled)),
        resource=Resource.create({SERVICE_NAME: settings.service}),
        shutdown_on_exit=False,
    )
    provider.add_span_processor(processor)
    return provider


def _processor(settings: TelemetrySettings) -> SpanProcessor | None:
    if settings.exporter is not None:
        return SimpleSpanProcessor(settings.exporter)
    if not settings.otlp_endpoint or "traces" not in settings.signals:
        return None
    # Imported here: it takes a quarter of a second that processes without traces need not wait.
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import (  # noqa: PLC0415
        OTLPSpanExporter,
    )

    endpoint = f"{settings.otlp_endpoint.rstrip('/')}/v1/traces"
    return BatchSpanProcessor(OTLPSpanExporter(endpoint))


def _log_handler(service: str) -> logging.Handler:
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(PlainLines() if sys.stderr.isatty() else JsonLines(service))
    return handler
