"""Dashboards of Grafana: all services at a glance, one service, the way of a fact."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tools.manifests.workloads import Object

WIDTH, HEIGHT = 12, 8
SOURCE = {"type": "prometheus", "uid": "${source}"}


@dataclass(frozen=True, slots=True)
class Panel:
    """One question, the expression that answers it, and in which unit of Grafana's."""

    title: str
    expr: str
    legend: str
    unit: str = "short"


def _rate(metric: str, by: str, where: str = "") -> str:
    return f"sum by ({by}) (rate({metric}{where}[$__rate_interval]))"


def _quantile(share: float, metric: str, by: str, where: str = "") -> str:
    return f"histogram_quantile({share}, {_rate(f'{metric}_bucket', f'{by}, le', where)})"


REQUESTS = "relais_http_duration_seconds"
COUNTED = f"{REQUESTS}_count"
MINE = '{exported_service="$service"}'
FAILED = '{status=~"5.."}'
MY_FAILED = '{exported_service="$service",status=~"5.."}'
MY_READERS = '{consumer=~"$service[.].*|views[.]$service[.].*|views[.].*[.]$service[.].*"}'
SHARE_FAILED = (
    f"{_rate(COUNTED, 'exported_service', FAILED)} / {_rate(COUNTED, 'exported_service')}"
)

OVERVIEW = (
    Panel("Requests a second", _rate(COUNTED, "exported_service"), "{{exported_service}}", "reqps"),
    Panel("Share that fails", SHARE_FAILED, "{{exported_service}}", "percentunit"),
    Panel(
        "95 of 100 requests take at most",
        _quantile(0.95, REQUESTS, "exported_service"),
        "{{exported_service}}",
        "s",
    ),
    Panel(
        "Facts wait for their topic",
        "max by (exported_service) (relais_relay_lag_seconds)",
        "{{exported_service}}",
        "s",
    ),
    Panel(
        "Readers that are furthest behind",
        "topk(10, max by (consumer) (relais_consumer_lag_seconds))",
        "{{consumer}}",
        "s",
    ),
    Panel("Streams put aside", "max by (consumer) (relais_consumer_parked) > 0", "{{consumer}}"),
    Panel("Loops that halted", "max by (loop) (relais_halted) == 1", "{{loop}}"),
    Panel(
        "The oldest message waits",
        "max by (waits_for) (relais_messages_oldest_seconds)",
        "{{waits_for}}",
        "s",
    ),
)
SERVICE = (
    Panel("Requests by route", _rate(COUNTED, "method, route", MINE), "{{method}} {{route}}"),
    Panel(
        "95 of 100 take at most",
        _quantile(0.95, REQUESTS, "method, route", MINE),
        "{{method}} {{route}}",
        "s",
    ),
    Panel(
        "Requests that fail",
        _rate(COUNTED, "route, status", MY_FAILED),
        "{{status}} {{route}}",
    ),
    Panel(
        "Requests that wait for a connection",
        f"max by (pod) (relais_pool_waiters{MINE})",
        "{{pod}}",
    ),
    Panel("Facts wait for their topic", f"max(relais_relay_lag_seconds{MINE})", "lag", "s"),
    Panel(
        "A transaction holds facts back",
        f"max(relais_relay_holdback_seconds{MINE})",
        "held back",
        "s",
    ),
    Panel(
        "Its readers are behind",
        f"max by (consumer) (relais_consumer_lag_seconds{MY_READERS})",
        "{{consumer}}",
        "s",
    ),
    Panel(
        "99 of 100 timers are late by at most",
        _quantile(0.99, "relais_timer_lateness_seconds", "exported_service", MINE),
        "late",
        "s",
    ),
)
WAY = (
    Panel(
        "1. Appended: 95 of 100 take at most",
        _quantile(0.95, "relais_append_duration_seconds", "service"),
        "{{service}}",
        "s",
    ),
    Panel(
        "Appends that lost against another writer",
        _rate("relais_append_conflicts_total", "service"),
        "{{service}}",
    ),
    Panel(
        "2. Waits for its topic",
        "max by (exported_service) (relais_relay_lag_seconds)",
        "{{exported_service}}",
        "s",
    ),
    Panel(
        "3. Published a second",
        _rate("relais_relay_published_total", "exported_service"),
        "{{exported_service}}",
    ),
    Panel(
        "4. Not handled yet",
        "topk(10, max by (consumer) (relais_consumer_lag_events))",
        "{{consumer}}",
    ),
    Panel(
        "5. Handled after",
        "topk(10, max by (consumer) (relais_consumer_lag_seconds))",
        "{{consumer}}",
        "s",
    ),
    Panel(
        "Known already",
        _rate("relais_consumer_duplicates_total", "consumer"),
        "{{consumer}}",
    ),
    Panel("Holes filled", _rate("relais_consumer_holes_total", "consumer"), "{{consumer}}"),
)
DASHBOARDS: Mapping[str, tuple[str, Sequence[Panel]]] = {
    "overview": ("Relais: overview", OVERVIEW),
    "service": ("Relais: one service", SERVICE),
    "way-of-a-fact": ("Relais: way of a fact", WAY),
}


def config_maps() -> list[Object]:
    """The dashboards as ConfigMaps, which the sidecar of Grafana finds by their label."""
    return [
        {
            "apiVersion": "v1",
            "kind": "ConfigMap",
            "metadata": {"name": f"dashboard-{name}", "labels": {"grafana_dashboard": "1"}},
            "data": {f"relais-{name}.json": json.dumps(dashboard(name), indent=1)},
        }
        for name in DASHBOARDS
    ]


def dashboard(name: str) -> dict[str, Any]:
    """A dashboard as Grafana imports it."""
    title, panels = DASHBOARDS[name]
    return {
        "uid": f"relais-{name}",
        "title": title,
        "tags": ["relais"],
        "schemaVersion": 39,
        "refresh": "30s",
        "time": {"from": "now-6h", "to": "now"},
        "templating": {"list": _variables(panels)},
        "panels": [_panel(number, panel) for number, panel in enumerate(panels)],
    }


def _variables(panels: Sequence[Panel]) -> list[dict[str, Any]]:
    """The source, and the service where a panel asks for one."""
    source = {"name": "source", "type": "datasource", "query": "prometheus"}
    if not any("$service" in panel.expr for panel in panels):
        return [source]
    asked = f"label_values({COUNTED}, exported_service)"
    service = {"name": "service", "type": "query", "datasource": SOURCE, "query": asked}
    return [source, service | {"refresh": 2}]


def _panel(number: int, panel: Panel) -> dict[str, Any]:
    place = {
        "x": number % 2 * WIDTH,
        "y": number // 2 * HEIGHT,
        "w": WIDTH,
        "h": HEIGHT,
    }
    return {
        "id": number + 1,
        "type": "timeseries",
        "title": panel.title,
        "datasource": SOURCE,
        "gridPos": place,
        "fieldConfig": {"defaults": {"unit": panel.unit, "min": 0}, "overrides": []},
        "targets": [{"refId": "A", "expr": panel.expr, "legendFormat": panel.legend}],
    }
