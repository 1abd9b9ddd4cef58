"""A command imports what it needs when it is said, and no service that it does not need."""

import subprocess
import sys
from pathlib import Path

import pytest

from contracts.index import contracts
from services import registry
from tools.relais import connections

HEAVY = ("PIL", "faust", "fastapi", "starlette", "typst", "uvicorn")
REPORT = """
import atexit, sys
atexit.register(lambda: print("imported:", *sorted(sys.modules), file=sys.stderr))
from tools.relais.main import app
app(prog_name="relais")
"""


def imported(home: Path, *words: str, code: int = 0) -> set[str]:
    """The modules that `relais` has imported when it ends with that exit code, without platform."""
    said = subprocess.run(
        [sys.executable, "-c", REPORT, *words],
        env={"PATH": "/usr/bin:/bin", "HOME": str(home), "RELAIS_HOME": str(home)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert said.returncode == code, said.stderr
    *_, last = said.stderr.splitlines()
    return set(last.removeprefix("imported: ").split())


def heavy(modules: set[str], *more: str) -> set[str]:
    """Those of the modules that a light command must do without."""
    unwanted = {*HEAVY, *more}
    services = {name for name in modules if name.startswith("services.")} - {"services.names"}
    return services | {name for name in modules if name.partition(".")[0] in unwanted}


@pytest.mark.parametrize("words", [("--help",), ("events", "show", "--help")])
def test_help_imports_nothing_of_the_platform(tmp_path: Path, words: tuple[str, ...]) -> None:
    found = imported(tmp_path, *words)
    assert "tools.relais.verbs" in found
    assert heavy(found, "aiokafka", "contracts", "infra", "psycopg") == set()


@pytest.mark.parametrize(
    "words",
    [("events", "show", "trip-T1"), ("events", "tail"), ("parked", "list"), ("timers", "list")],
)
def test_a_look_into_the_databases_needs_no_service_and_no_broker(
    tmp_path: Path, words: tuple[str, ...]
) -> None:
    found = imported(tmp_path, *words, code=3)
    assert "tools.relais.connections" in found
    assert heavy(found, "aiokafka") == set()


@pytest.mark.parametrize("words", [("topics", "list"), ("relay", "status")])
def test_a_look_at_topics_and_relays_needs_no_service(
    tmp_path: Path, words: tuple[str, ...]
) -> None:
    found = imported(tmp_path, *words, code=3)
    assert "tools.relais.connections" in found
    assert heavy(found) == set()


@pytest.mark.parametrize("word", ["serve", "work"])
def test_a_process_of_production_imports_its_service_and_nothing_of_a_laptop(
    tmp_path: Path, word: str
) -> None:
    found = imported(tmp_path, word, "missions", code=2)
    services = {name.split(".")[1] for name in found if name.startswith("services.")}
    assert services == {"missions", "names", "registry"}
    unwanted = (
        "contracts.index",
        "infra.stack.postgres",
        "infra.testing",
        "tools.demo",
        "tools.front",
    )
    assert [name for name in found if name.startswith(unwanted)] == []


def test_the_recording_services_are_those_that_declare_aggregates() -> None:
    declared = [service.name for service in registry.services() if service.aggregates]
    assert connections.recording() == declared
    assert {one.topic for one in contracts} == {
        contract.topic for service in registry.services() for contract in service.contracts
    }
