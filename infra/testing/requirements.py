"""Which requirement is shown by which test: a pytest plugin and the catalogue it checks against.

`@pytest.mark.requirement("HIF-15", "G-10")` claims it. After a run of the whole suite the claims
and outcomes are kept in `.relais/requirements.json`; a run of a part leaves that file alone.
"""

import hashlib
import json
import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
CATALOGUE = ROOT / "docs" / "requirements.md"
RESULT = ROOT / ".relais" / "requirements.json"

_REQUIREMENT = re.compile(r"^- \*\*((?:HIF|EXX|FLB|OGU|GLO)-\d+)\*\*", re.MULTILINE)
# State machines, times, money, notices and gaps are rows of tables.
_ROW = re.compile(r"^\| ((?:SM|T|M|N|G)-\d+) \|", re.MULTILINE)
_SOURCES = ("contracts", "infra", "services", "tests", "tools", "conftest.py", "pyproject.toml")
_CLAIM = "requirement"


@dataclass(frozen=True, slots=True)
class Claim:
    """A test function with the requirements it shows if every case of it has passed."""

    test: str
    ids: tuple[str, ...]
    passed: bool


@dataclass(frozen=True, slots=True)
class Evidence:
    """The claims that one run of the whole suite has shown, and the sources it ran on."""

    fingerprint: str
    claims: tuple[Claim, ...]

    def shown_by(self, id: str) -> tuple[str, ...]:
        """The tests that ran, passed and claim this requirement, by name."""
        return tuple(sorted(c.test for c in self.claims if c.passed and id in c.ids))


def catalogue(text: str) -> tuple[str, ...]:
    """Every requirement id in the catalogue's order, then the numbered rows of its tables."""
    found = [*_REQUIREMENT.findall(text), *_ROW.findall(text)]
    return tuple(dict.fromkeys(found))


def fingerprint(root: Path) -> str:
    """Changes whenever a source, a contract or a test does."""
    digest = hashlib.sha256()
    for path in _source_files(root):
        digest.update(f"{path.relative_to(root)}\0".encode())
        digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()


def _source_files(root: Path) -> Iterator[Path]:
    for name in _SOURCES:
        place = root / name
        files = place.rglob("*") if place.is_dir() else [place]
        yield from sorted(f for f in files if f.is_file() and "__pycache__" not in f.parts)


def load(path: Path = RESULT) -> Evidence | None:
    """The kept evidence, or nothing when no whole run has finished yet."""
    if not path.exists():
        return None
    kept = json.loads(path.read_text())
    claims = tuple(Claim(c["test"], tuple(c["ids"]), c["passed"]) for c in kept["claims"])
    return Evidence(kept["fingerprint"], claims)


def save(evidence: Evidence, path: Path = RESULT) -> None:
    """Replace the kept evidence in one step."""
    path.parent.mkdir(parents=True, exist_ok=True)
    claims = [{"test": c.test, "ids": c.ids, "passed": c.passed} for c in evidence.claims]
    aside = path.with_name(f"{path.name}.{os.getpid()}")
    aside.write_text(json.dumps({"fingerprint": evidence.fingerprint, "claims": claims}, indent=1))
    aside.replace(path)


# --- The plugin ---------------------------------------------------------------


@dataclass(slots=True, eq=False)  # pytest keeps its plugins in sets
class Recorder:
    """Follows one session, in however many processes it runs, and keeps its evidence at the end."""

    fingerprint: str
    ids: dict[str, tuple[str, ...]] = field(default_factory=dict)
    seen: set[str] = field(default_factory=set)
    failed: set[str] = field(default_factory=set)

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        test = function_of(report.nodeid)
        if ids := [str(id) for name, id in report.user_properties if name == _CLAIM]:
            self.ids[test] = tuple(ids)
        if report.when == "call" and report.passed:
            self.seen.add(test)
        elif not report.passed:
            self.failed.add(test)

    def pytest_sessionfinish(self, session: pytest.Session, exitstatus: int) -> None:
        whole = exitstatus in {pytest.ExitCode.OK, pytest.ExitCode.TESTS_FAILED}
        if whole and not session.shouldstop and not session.shouldfail:
            save(Evidence(self.fingerprint, tuple(self.claims())))

    def claims(self) -> Iterator[Claim]:
        for test, ids in sorted(self.ids.items()):
            yield Claim(test, ids, test in self.seen and test not in self.failed)


def pytest_configure(config: pytest.Config) -> None:
    """Follow the run when it is one of everything; a worker process tells its session."""
    if _is_whole(config) and not hasattr(config, "workerinput"):
        config.pluginmanager.register(Recorder(fingerprint(ROOT)))


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Refuse ids the catalogue does not know; the others travel with the reports of the test."""
    claimed: dict[str, tuple[str, ...]] = {}
    for item in items:
        ids = {str(id) for mark in item.iter_markers(_CLAIM) for id in mark.args}
        item.user_properties += [(_CLAIM, id) for id in sorted(ids)]
        claimed[function_of(item.nodeid)] = tuple(sorted(ids))
    refuse_unknown(claimed, catalogue(CATALOGUE.read_text()))


def refuse_unknown(claimed: Mapping[str, tuple[str, ...]], known: tuple[str, ...]) -> None:
    """Raise UsageError naming each test that claims an id outside the catalogue."""
    wrong = [
        f"{test} claims {id}, which docs/requirements.md does not have"
        for test, ids in claimed.items()
        for id in ids
        if id not in known
    ]
    if wrong:
        raise pytest.UsageError("\n".join(wrong))


def function_of(nodeid: str) -> str:
    """The test function of a node id, without the case in brackets and the group of processes."""
    return re.split(r"[\[@]", nodeid, maxsplit=1)[0]


def _is_whole(config: pytest.Config) -> bool:
    option = config.option
    selected = option.keyword or option.markexpr or option.collectonly
    narrowed = (
        getattr(option, "lf", False)
        or getattr(option, "failedfirst", False)
        or option.deselect
        or option.ignore
    )
    everything = config.args_source is pytest.Config.ArgsSource.TESTPATHS
    return everything and not selected and not narrowed
