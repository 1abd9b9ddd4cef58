"""The report on requirements counts only what ran and passed."""

from collections import Counter
from pathlib import Path
from typing import Literal, cast

import pytest

from infra.testing.requirements import (
    CATALOGUE,
    Claim,
    Evidence,
    Recorder,
    catalogue,
    fingerprint,
    load,
    refuse_unknown,
    save,
)
from tools.checks.requirements import lines, shown

TEXT = """
- **HIF-02** second in number, first in the text
- **FLB-010** → HIF-99
- **HIF-01** and **HIF-03** in passing
| G-01 | a gap | its resolution |
"""
EVIDENCE = Evidence(
    "now",
    (
        Claim("test_a.py::test_b", ("FLB-010", "HIF-02"), passed=True),
        Claim("test_a.py::test_a", ("HIF-02",), passed=True),
        Claim("test_a.py::test_c", ("HIF-01",), passed=False),
    ),
)


def test_the_catalogue_is_read_in_its_own_order() -> None:
    assert catalogue(TEXT) == ("HIF-02", "FLB-010", "HIF-01", "G-01")


def test_the_catalogue_has_every_requirement_and_every_row() -> None:
    kinds = Counter(id.split("-")[0] for id in catalogue(CATALOGUE.read_text()))
    sources = {"HIF": 43, "EXX": 30, "FLB": 177, "OGU": 28, "GLO": 25}
    assert kinds == {**sources, "SM": 32, "T": 23, "M": 18, "N": 29, "G": 92}


def test_a_requirement_is_shown_by_tests_that_passed() -> None:
    assert lines(shown(EVIDENCE, ["HIF-02", "HIF-01", "G-01"])) == [
        "HIF-02 shown test_a.py::test_a, test_a.py::test_b",
        "HIF-01 not shown",
        "G-01 not shown",
    ]


def test_evidence_is_read_as_it_was_saved(tmp_path: Path) -> None:
    save(EVIDENCE, tmp_path / "made" / "requirements.json")
    assert load(tmp_path / "made" / "requirements.json") == EVIDENCE


def test_no_run_is_no_evidence(tmp_path: Path) -> None:
    assert load(tmp_path / "requirements.json") is None


def test_evidence_is_outdated_when_a_source_changes(tmp_path: Path) -> None:
    for name in ("conftest.py", "pyproject.toml"):
        (tmp_path / name).write_text("before")
    before = fingerprint(tmp_path)
    (tmp_path / "conftest.py").write_text("after")
    assert fingerprint(tmp_path) != before


def test_an_unknown_requirement_stops_the_run() -> None:
    with pytest.raises(pytest.UsageError, match=r"test_x claims HIF-99, which"):
        refuse_unknown({"test_x": ("HIF-99",)}, ("HIF-01",))


def report(
    case: str, when: Literal["setup", "call", "teardown"], outcome: str
) -> pytest.TestReport:
    return pytest.TestReport(
        nodeid=f"test_a.py::test_a[{case}]",
        location=("test_a.py", 1, "test_a"),
        keywords={},
        outcome=cast(Literal["passed", "failed", "skipped"], outcome),
        longrepr=None,
        when=when,
        user_properties=[("requirement", "HIF-02")],
    )


@pytest.mark.parametrize(
    ("reports", "passed"),
    [
        ([report("one", "call", "passed"), report("two", "call", "passed")], True),
        ([report("one", "call", "passed"), report("two", "call", "failed")], False),
        ([report("one", "call", "passed"), report("one", "teardown", "failed")], False),
        ([report("one", "setup", "skipped")], False),
    ],
)
def test_a_claim_holds_when_every_case_ran_and_passed(
    reports: list[pytest.TestReport], passed: bool
) -> None:
    recorder = Recorder("now")
    for one in reports:
        recorder.pytest_runtest_logreport(one)
    assert list(recorder.claims()) == [Claim("test_a.py::test_a", ("HIF-02",), passed)]


def test_the_recorder_can_be_kept_in_the_sets_of_pytest() -> None:
    assert len({Recorder("now"), Recorder("now")}) == 2
