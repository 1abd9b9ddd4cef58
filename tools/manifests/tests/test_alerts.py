"""The alert rules fire when they should, about measures there are, and lead to a page there is."""

import re
import shutil
import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

from infra import telemetry
from tools.manifests.alerts import PLAYED, faults
from tools.manifests.dashboards import DASHBOARDS, Panel, dashboard
from tools.manifests.files import RULES
from tools.outside import ROOT, Absent

TELEMETRY = Path(telemetry.__file__).read_text()
ALERTS = [rule for group in yaml.safe_load(RULES.read_text())["groups"] for rule in group["rules"]]
NAMES = [rule["alert"] for rule in ALERTS]
_UNIT = re.compile(r"_(total|seconds|bucket|count)\b")
_METRIC = re.compile(r"\brelais_[a-z_]+")

# Where promtool is absent, the summary says so.
pytestmark = pytest.mark.filterwarnings("default::UserWarning")


def unknown(expr: str) -> list[str]:
    """The measures of an expression that nobody takes."""
    return [
        metric
        for metric in _METRIC.findall(expr)
        for words in [_UNIT.sub("", _UNIT.sub("", metric)).split("_")]
        if not re.search("[._]".join(words), TELEMETRY)
    ]


def said(played: Path, rules: Path = RULES) -> str | None:
    """The complaints; None where there is no promtool."""
    try:
        return faults(played, rules)
    except Absent as absent:
        warnings.warn(str(absent), stacklevel=1)
        return None


def test_they_fire_when_they_should_and_not_before() -> None:
    assert said(PLAYED) in {"", None}


def test_one_that_would_not_fire_is_found(tmp_path: Path) -> None:
    rules = RULES.read_text().replace("(relais_consumer_lag_seconds) > 120", "(relais_lag) > 120")
    (tmp_path / "rules.yaml").write_text(rules)
    shutil.copy(PLAYED, tmp_path / "tests.yaml")
    found = said(tmp_path / "tests.yaml")
    assert found is None or "RelaisReaderBehind" in found


def test_each_is_played() -> None:
    tests = yaml.safe_load(PLAYED.read_text())["tests"]
    fired = {
        one["alertname"] for test in tests for one in test["alert_rule_test"] if "exp_alerts" in one
    }
    assert fired == set(NAMES)


@pytest.mark.parametrize("alert", ALERTS, ids=NAMES)
class TestAlert:
    def test_it_leads_to_a_page(self, alert: dict[str, Any]) -> None:
        page = ROOT / alert["annotations"]["runbook_url"]
        assert (page.parent, page.is_file()) == (ROOT / "docs/runbook", True)

    def test_its_measures_are_taken(self, alert: dict[str, Any]) -> None:
        assert unknown(alert["expr"]) == []

    def test_it_says_how_urgent_it_is(self, alert: dict[str, Any]) -> None:
        assert alert["labels"]["severity"] in {"page", "ticket"}


OBJECTIVES = (ROOT / "docs/slo.md").read_text()
PANELS = [panel for _, panels in DASHBOARDS.values() for panel in panels]


class TestDashboards:
    @pytest.mark.parametrize("panel", PANELS, ids=lambda panel: panel.title)
    def test_the_measures_of_a_panel_are_taken(self, panel: Panel) -> None:
        assert unknown(panel.expr) == []
        assert unknown("relais_nobody_takes_it") == ["relais_nobody_takes_it"]

    def test_prometheus_understands_every_panel(self, tmp_path: Path) -> None:
        words = {"$__rate_interval": "5m", "$service": "missions"}
        rules = [
            {"record": f"panel:{number}", "expr": replaced(panel.expr, words)}
            for number, panel in enumerate(PANELS)
        ]
        file = tmp_path / "rules.yaml"
        file.write_text(yaml.safe_dump({"groups": [{"name": "panels", "rules": rules}]}))
        assert said(PLAYED, file) in {"", None}

    def test_no_two_panels_lie_on_each_other(self) -> None:
        for name in DASHBOARDS:
            places = [(p["gridPos"]["x"], p["gridPos"]["y"]) for p in dashboard(name)["panels"]]
            assert len(set(places)) == len(places)

    def test_only_the_one_about_a_service_asks_which(self) -> None:
        asked = {name: len(dashboard(name)["templating"]["list"]) for name in DASHBOARDS}
        assert asked == {"overview": 1, "service": 2, "way-of-a-fact": 1}


class TestObjectives:
    def test_each_alert_that_pages_guards_one_and_each_guard_is_an_alert_that_pages(self) -> None:
        pages = {one["alert"] for one in ALERTS if one["labels"]["severity"] == "page"}
        assert set(re.findall(r"`(Relais\w+)`", OBJECTIVES)) == pages

    def test_their_measures_are_taken_and_prometheus_understands_them(self, tmp_path: Path) -> None:
        exprs = re.findall(r"```promql\n(.*?)```", OBJECTIVES, re.DOTALL)
        assert len(exprs) == 5
        assert [name for expr in exprs for name in unknown(expr)] == []
        rules = [{"record": f"slo:{n}", "expr": expr} for n, expr in enumerate(exprs)]
        file = tmp_path / "rules.yaml"
        file.write_text(yaml.safe_dump({"groups": [{"name": "slo", "rules": rules}]}))
        assert said(PLAYED, file) in {"", None}


def replaced(expr: str, words: Mapping[str, str]) -> str:
    """The expression with the variables of Grafana filled in."""
    for name, value in words.items():
        expr = expr.replace(name, value)
    return expr
