"""The measures of a running platform are named as Prometheus has it, and no label grows."""

import warnings

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families

from tools.manifests.alerts import misnamed
from tools.outside import Absent
from tools.relais.tests.conftest import Platform

BOUNDED = {
    "channel",
    "consumer",
    "le",
    "loop",
    "method",
    "outcome",
    "reason",
    "route",
    "service",
    "status",
    "type",
    "waits_for",
    "why",
}
"""The labels whose values are declared in the code, so that there are never many of them."""


def complaints(exposed: str) -> str | None:
    """Those of promtool; None where it is absent, which the summary says."""
    try:
        return misnamed(exposed)
    except Absent as absent:
        warnings.warn(str(absent), stacklevel=1)
        return None


def unbounded(exposed: str) -> set[str]:
    """The labels of which nobody knows how many values they have."""
    return {
        label
        for family in text_string_to_metric_families(exposed)
        for sample in family.samples
        for label in sample.labels
    } - BOUNDED


@pytest.mark.filterwarnings("default::UserWarning")
def test_they_are_named_as_is_usual_and_no_label_grows(platform: Platform) -> None:
    platform.trip()
    shown = httpx.get(f"{platform.url}/metrics", timeout=60).text
    assert "relais_http_duration_seconds_bucket" in shown
    assert "relais_consumer_lag_seconds" in shown
    assert complaints(shown) in {"", None}
    assert unbounded(shown) == set()


@pytest.mark.filterwarnings("default::UserWarning")
def test_what_is_named_otherwise_or_grows_is_found() -> None:
    wrong = '# HELP relais_lag Age.\n# TYPE relais_lag counter\nrelais_lag{culprit="pid 7"} 1\n'
    assert unbounded(wrong) == {"culprit"}
    found = complaints(wrong)
    assert found is None or 'should have "_total" suffix' in found
