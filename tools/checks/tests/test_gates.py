"""Each gate stops a bad file and lets a good one pass."""

from pathlib import Path
from textwrap import dedent

import pytest

from tools.checks.__main__ import main
from tools.checks.gates import GATES
from tools.checks.programs import run
from tools.checks.source import Tree

HASH = f"    --hash=sha256:{'0' * 64}"
SERVICE = {
    "services/missions/README.md": "# Missions",
    "services/missions/api.py": "",
    "services/missions/service.py": "",
    "services/missions/migrations/0001.sql": "",
    "services/missions/tests/test_trip.py": "",
}
TEST = "services/missions/tests/test_trip.py"
TRIP = "services/missions/trip.py"

# gate, path, what must not pass, what must
CASES = [
    ("layers", "infra/relay.py", "import services.missions", "import contracts.runtime"),
    ("layers", "contracts/runtime.py", "from infra import relay", "from contracts import index"),
    ("layers", TRIP, "from tools import checks", "from infra.store import protocol"),
    (
        "independence",
        "services/missions/api.py",
        "from services.payments import ledger",
        "from services.missions import trip",
    ),
    (
        "independence",
        "services/views/depot/trips.py",
        "from services.views.partner.trips import Row",
        "from services.views.depot.tours import Row",
    ),
    ("purity", TRIP, "import psycopg", "from contracts.missions.trip_v1 import TripEvent"),
    ("purity", TRIP, "from infra.commands import Done", "from services.missions import terms"),
    ("purity", TRIP, "from services.missions.api import app", "from dataclasses import replace"),
    ("purity", TRIP, "from services.missions import service", "from datetime import datetime"),
    ("purity", TRIP, "from services.missions.edge import mail", "from services.missions import a"),
    ("purity", TRIP, "import random", "import itertools"),
    (
        "purity",
        TRIP,
        "from datetime import datetime as clock\nx = clock.now()",
        "from datetime import datetime, time\nx = datetime.combine(day, time(8))",
    ),
    ("purity", TRIP, "import uuid\nx = uuid.uuid4()", "import uuid\nx = uuid.uuid5(ns, 'x')"),
    ("purity", TRIP, "x = open('rules')", "x = reopen('rules')"),
    ("environment", "infra/relay.py", "import os\nos.getenv('X')", "import os\nos.fsencode('X')"),
    (
        "environment",
        "infra/x.py",
        "import os\nx = {'a': os.environ}",
        "import os\nx = {**os.environ}",
    ),
    ("environment", "infra/x.py", "from os import environ\nenviron['X']", "environ = 1"),
    ("locks", "requirements.lock", "--index-url https://x", f"rich==1 \\\n{HASH}"),
    ("locks", "requirements.lock", "rich>=1", f"rich==1 \\\n{HASH} \\\n{HASH}"),
    ("locks", "requirements.lock", "rich @ https://x/rich.whl", ""),
    ("records", "docs/adr/0002-second.md", "the first is missing", None),
    ("records", "docs/adr/1-first.md", "short number", None),
    ("short-tests", TEST, "def test_x():\n" + "    pass\n" * 25, "def test_x():\n    pass"),
    ("telling-tests", TEST, "def test_x():\n    act()", "def test_x():\n    assert act()"),
    (
        "telling-tests",
        TEST,
        "import pytest\ndef test_x():\n    pytest.approx(1)",
        "import pytest\ndef test_x():\n    with pytest.raises(ValueError):\n        act()",
    ),
    (
        "telling-tests",
        TEST,
        "def test_x():\n    given().when(go())",
        "def test_x():\n    given().when(go()).records(gone())",
    ),
    (
        "telling-tests",
        TEST,
        "from somewhere import eventually\ndef test_x():\n    eventually(done)",
        "from infra.testing.eventually import eventually\ndef test_x():\n    eventually(done)",
    ),
    (
        "running-tests",
        TEST,
        "import pytest\n@pytest.mark.skip\ndef test_x(): ...",
        "import pytest\n@pytest.mark.skip(reason='ADR-0007')\ndef test_x(): ...",
    ),
    (
        "running-tests",
        TEST,
        "import pytest\ndef test_x():\n    pytest.skip('slow')",
        "import pytest\ndef test_x():\n    pytest.skip('ADR-0007: slow')",
    ),
    ("honest-tests", TEST, "from unittest.mock import Mock", "from unittest import TestCase"),
    ("honest-tests", TEST, "def test_x(monkeypatch): ...", "def test_x(database): ..."),
]


def found(gate: str, files: dict[str, str]) -> list[str]:
    return [finding.rule for finding in GATES[gate](Tree.of(files))]


@pytest.mark.parametrize(("gate", "path", "bad", "good"), CASES)
def test_a_gate_stops_the_bad_file_and_passes_the_good_one(
    gate: str, path: str, bad: str, good: str | None
) -> None:
    assert found(gate, {path: bad}) == [gate]
    assert found(gate, {} if good is None else {path: good}) == []


def test_every_gate_has_a_bad_file() -> None:
    assert {case[0] for case in CASES} | {"shape", "notices", "texts"} == GATES.keys()


class TestShape:
    def test_a_complete_service_passes(self) -> None:
        assert found("shape", SERVICE) == []

    @pytest.mark.parametrize("name", [name for name in SERVICE if "migrations" not in name])
    def test_a_missing_part_is_found(self, name: str) -> None:
        files = {path: text for path, text in SERVICE.items() if path != name}
        assert found("shape", files) == ["shape"]

    def test_a_folder_of_its_own_is_found(self) -> None:
        assert found("shape", {**SERVICE, "services/missions/utils/dates.py": ""}) == ["shape"]

    @pytest.mark.parametrize(("name", "most"), [("papers", 1_500), ("missions", 2_100)])
    def test_more_than_a_person_reads_in_fifteen_minutes_is_found(
        self, name: str, most: int
    ) -> None:
        service = {path.replace("missions", name): text for path, text in SERVICE.items()}
        trip = TRIP.replace("missions", name)
        assert found("shape", {**service, trip: "x = 1\n" * (most + 1)}) == ["shape"]
        text = "x = 1\n" * most + "import os\n\n# why\n" + '"""More."""\n'
        assert found("shape", {**service, trip: text}) == []

    def test_tests_do_not_count_as_lines_to_read(self) -> None:
        assert found("shape", {**SERVICE, TEST: "x = 1\n" * 5_000}) == []


def test_records_are_numbered_without_a_hole() -> None:
    names = ["0001-first.md", "0002-second-thought.md", "README.md"]
    assert found("records", {f"docs/adr/{name}": "" for name in names}) == []


def test_a_helper_of_the_tests_may_assert_for_a_test() -> None:
    helper = {"services/missions/tests/make.py": "def is_fine(x):\n    assert x"}
    assert found("telling-tests", {TEST: "def test_x():\n    is_fine(1)", **helper}) == []


def test_routes_wiring_tests_and_views_are_not_domain() -> None:
    places = ["m/api.py", "m/tests/make.py", "m/edge/mail.py", "views/partner/trips.py"]
    assert found("purity", {f"services/{place}": "import psycopg" for place in places}) == []


def test_a_finding_names_the_place_the_rule_and_the_reason() -> None:
    text = dedent("""
        from datetime import date

        today = date.today()
    """)
    (finding,) = GATES["purity"](Tree.of({TRIP: text}))
    assert str(finding) == (
        "services/missions/trip.py:4: purity: the domain is told, it must not call date.today()"
    )


def test_the_locks_of_this_repository_pass(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["locks"]) == 0
    assert capsys.readouterr().out == "ok      locks\n"


def test_a_program_that_complains_is_quoted(tmp_path: Path) -> None:
    (tmp_path / "unused.py").write_text("import os\n")
    passed, said = run("lint", tmp_path)
    assert not passed
    assert "unused.py:1:8: F401" in said
