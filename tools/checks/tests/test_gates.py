"""Each gate stops a bad file and lets a good one pass."""

from pathlib import Path
from textwrap import dedent

import pytest

from tools.checks.__main__ import main
from tools.checks.gates import GATES
from tools.checks.programs import run
from tools.checks.shape import MOST_AGGREGATES, MOST_LINES
from tools.checks.source import Tree

HASH = f"    --hash=sha256:{'0' * 64}"
SERVICE = {
    "services/missions/README.md": "# Missions",
    "services/missions/service.py": "",
    "services/missions/aggregates.py": "",
    "services/missions/terms.py": "",
    "services/missions/trip/__init__.py": "",
    "services/missions/trip/quotes.py": "",
    "services/missions/reactions/from_papers_paper.py": "",
    "services/missions/lookups/papers_paper.py": "",
    "services/missions/http/problems.py": "",
    "services/missions/adapters/mail.py": "",
    "services/missions/tests/test_trip.py": "",
}
MUST = ("README.md", "service.py", "tests/test_trip.py")
CONTRACTS = {"contracts/missions/trip_v1.py": "", "contracts/papers/paper_v1.py": ""}
VIEW = {
    "services/views/depot/README.md": "# Depot",
    "services/views/depot/service.py": "",
    "services/views/depot/tours.py": "",
    "services/views/depot/tests/test_tours.py": "",
}
TEST = "services/missions/tests/test_trip.py"
TRIP = "services/missions/trip/__init__.py"

# gate, path, what must not pass, what must
CASES = [
    ("layers", "infra/relay.py", "import services.missions", "import contracts.runtime"),
    ("layers", "contracts/runtime.py", "from infra import relay", "from contracts import index"),
    ("layers", TRIP, "from tools import checks", "from infra.store import protocol"),
    ("layers", "infra/vault.py", "from infra.http.problems import P", "from infra import tokens"),
    ("layers", "infra/store/arrays.py", "import infra.http", "import infra.httpless"),
    ("layers", "infra/relay.py", "from infra import http", "from infra import locks"),
    (
        "independence",
        "services/missions/http/trips.py",
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
    ("purity", TRIP, "from services.missions.http import trips", "from dataclasses import replace"),
    ("purity", TRIP, "from services.missions import service", "from datetime import datetime"),
    ("purity", TRIP, "from services.missions.adapters import a", "from services.missions import a"),
    ("purity", TRIP, "import random", "import itertools"),
    (
        "purity",
        TRIP,
        "from datetime import datetime as clock\nx = clock.now()",
        "from datetime import datetime, time\nx = datetime.combine(day, time(8))",
    ),
    ("purity", TRIP, "import uuid\nx = uuid.uuid4()", "import uuid\nx = uuid.uuid5(ns, 'x')"),
    ("purity", TRIP, "x = open('rules')", "x = reopen('rules')"),
    (
        "purity",
        "services/missions/reactions/from_papers_paper.py",
        "import httpx",
        "from contracts.papers import paper_v1",
    ),
    ("purity", "services/missions/terms.py", "import os", "import re"),
    ("codes", "infra/x.py", '"""As C6 says."""', '"""As Amazon S3 says."""'),
    ("codes", "docs/runbook/README.md", "See HIF-99.", "See RFC 9457."),
    ("codes", "docs/adr/0001-x.md", "See M99.", "Of an MD5."),
    ("sentences", "infra/x.py", '"""Who asks."""', '"""The caller."""'),
    ("sentences", TRIP, 'def f():\n    """Of a trip."""', 'def f():\n    """A trip."""'),
    (
        "splats",
        TRIP,
        "from contracts.missions.trip_v1 import TripExpired\nTripExpired(*said)",
        "from contracts.missions.trip_v1 import TripExpired\nTripExpired(trip_id=id)",
    ),
    (
        "splats",
        TEST,
        "from contracts.missions.trip_v1 import TripExpired\nTripExpired(**said)",
        "from dataclasses import replace\nreplace(expired, **said)",
    ),
    ("environment", "infra/relay.py", "import os\nos.getenv('X')", "import os\nos.fsencode('X')"),
    (
        "environment",
        "infra/x.py",
        "import os\nx = {'a': os.environ}",
        "import os\nx = {**os.environ}",
    ),
    ("environment", "infra/x.py", "from os import environ\nenviron['X']", "environ = 1"),
    (
        "advisory",
        "infra/relay.py",
        'LOCK = "select pg_try_advisory_lock(72617, hashtext(%s))"',
        'LOCK = "select pg_try_advisory_lock(%s, hashtext(%s))"',
    ),
    ("clocks", "infra/x.sql", "select made_at at time zone 'Europe/Paris'", "select made_at"),
    ("clocks", "services/x/y.py", '"select date_trunc(%s, made_at)"', '"select made_at"'),
    ("clocks", "services/x/y.py", '"where day < current_date"', '"where day < %s"'),
    ("clocks", "infra/x.sql", "select made_at::date", "select day::date"),
    ("clocks", "infra/x.sql", "set local time zone 'UTC'", "set local search_path = x"),
    (
        "clocks",
        TEST,
        "from datetime import date\ndef day():\n    return date.today()\nTODAY = day()",
        "from datetime import date\ndef day():\n    return date.today()\nTODAY = date(2030, 5, 1)",
    ),
    (
        "clocks",
        TEST,
        "import time\ndef given(at=time.time()):\n    ...",
        "def given(at=NOON):\n    ...",
    ),
    ("advisory", "infra/store/schema/01.sql", "pg_advisory_lock( 1)", "pg_advisory_lock(hashed)"),
    ("locks", "requirements.lock", "--index-url https://x", f"rich==1 \\\n{HASH}"),
    ("locks", "requirements.lock", "rich>=1", f"rich==1 \\\n{HASH} \\\n{HASH}"),
    ("locks", "requirements.lock", "rich @ https://x/rich.whl", ""),
    ("records", "docs/adr/0002-second.md", "the first is missing", None),
    ("records", "docs/adr/1-first.md", "short number", None),
    ("paths", "docs/x.md", "in `services/missions/gone.py`", "in `docs/x.md`"),
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


def test_a_number_of_the_list_of_locks_stands_nowhere_else() -> None:
    files = {"infra/locks.py": "RELAY = 72617", "infra/relay.py": "SPACE = 72617\nPAGE = 72618"}
    assert found("advisory", files) == ["advisory"]


def found(gate: str, files: dict[str, str]) -> list[str]:
    return [finding.rule for finding in GATES[gate](Tree.of(files))]


@pytest.mark.parametrize(("gate", "path", "bad", "good"), CASES)
def test_a_gate_stops_the_bad_file_and_passes_the_good_one(
    gate: str, path: str, bad: str, good: str | None
) -> None:
    assert found(gate, {path: bad}) == [gate]
    assert found(gate, {} if good is None else {path: good}) == []


def test_every_gate_has_a_bad_file() -> None:
    elsewhere = {"circles", "shape", "notices", "texts", "problems"}
    assert {case[0] for case in CASES} | elsewhere == GATES.keys()


ROUND = {
    "infra/a.py": "from infra import b",
    "infra/b.py": "import typing\nif typing.TYPE_CHECKING:\n    from infra.c import C",
    "infra/c.py": "import infra.a\nclass C: ...",
}


class TestCircles:
    def test_one_is_found_with_its_whole_way(self) -> None:
        (finding,) = GATES["circles"](Tree.of(ROUND))
        ways = [("a", "b", "c"), ("b", "c", "a"), ("c", "a", "b")]
        told = {" -> ".join(f"infra.{one}" for one in (*way, way[0])) for way in ways}
        assert finding.message in told
        start = finding.message.split()[0]
        assert finding.path.as_posix() == f"{start.replace('.', '/')}.py"
        assert finding.line == (3 if start == "infra.b" else 1)

    def test_a_package_that_imports_who_wants_a_part_of_it_is_one(self) -> None:
        package = {
            "infra/a/__init__.py": "from infra import b",
            "infra/a/c.py": "class C: ...",
            "infra/b.py": "from infra.a.c import C",
        }
        (finding,) = GATES["circles"](Tree.of(package))
        assert finding.message in (
            "infra.a -> infra.b -> infra.a",
            "infra.b -> infra.a -> infra.b",
        )

    def test_a_package_that_imports_its_parts_makes_none(self) -> None:
        package = {
            "infra/a/__init__.py": "from infra.a import b",
            "infra/a/b.py": "from infra.a.c import C",
            "infra/a/c.py": "class C: ...",
        }
        assert found("circles", package) == []

    def test_modules_that_share_one_make_none(self) -> None:
        shared = {
            **ROUND,
            "infra/c.py": "class C: ...",
            "infra/d.py": "from infra import b, c",
        }
        assert found("circles", shared) == []


class TestShape:
    def test_a_complete_service_passes(self) -> None:
        assert found("shape", {**SERVICE, **CONTRACTS, **VIEW}) == []

    @pytest.mark.parametrize("name", MUST)
    def test_a_missing_part_is_found(self, name: str) -> None:
        missing = f"services/missions/{name}"
        files = {path: text for path, text in SERVICE.items() if path != missing}
        assert found("shape", {**files, **CONTRACTS}) == ["shape"]

    @pytest.mark.parametrize(
        "name",
        [
            "missions/api.py",
            "missions/bodies.py",
            "missions/following.py",
            "missions/utils/dates.py",
            "missions/edge/mail.py",
            "missions/depot/__init__.py",
            "missions/reactions/papers.py",
            "missions/reactions/from_papers_folder.py",
            "missions/lookups/from_papers_paper.py",
            "views/depot/api.py",
            "views/depot/edge/tables.py",
        ],
    )
    def test_a_place_of_its_own_is_found(self, name: str) -> None:
        files = {**SERVICE, **CONTRACTS, **VIEW, f"services/{name}": ""}
        assert found("shape", files) == ["shape"]

    def test_a_large_aggregate_is_found_wherever_its_lines_are(self) -> None:
        half = "x = 1\n" * (MOST_LINES // 2)
        quotes = TRIP.replace("__init__", "quotes")
        text = half + "import os\n\n# why\n" + '"""More."""\n'
        files = {**SERVICE, **CONTRACTS, TRIP: half, quotes: text}
        assert found("shape", files) == []
        assert found("shape", {**files, quotes: f"{text}x = 1\n"}) == ["shape"]

    def test_too_many_aggregates_are_found(self) -> None:
        names = [f"thing{letter}" for letter in "abcdefg"[: MOST_AGGREGATES - 1]]
        files = {**SERVICE, **CONTRACTS}
        for name in names:
            files |= {f"contracts/missions/{name}_v1.py": ""}
            files |= {f"services/missions/{name}/__init__.py": ""}
        assert found("shape", files) == []
        files |= {"contracts/missions/more_v1.py": "", "services/missions/more/__init__.py": ""}
        assert found("shape", files) == ["shape"]

    def test_tests_do_not_count_as_lines_to_read(self) -> None:
        assert found("shape", {**SERVICE, **CONTRACTS, TEST: "x = 1\n" * 5_000}) == []


def test_records_are_numbered_without_a_hole() -> None:
    names = ["0001-first.md", "0002-second-thought.md", "README.md"]
    assert found("records", {f"docs/adr/{name}": "" for name in names}) == []


def test_a_helper_of_the_tests_may_assert_for_a_test() -> None:
    helper = {"services/missions/tests/make.py": "def is_fine(x):\n    assert x"}
    assert found("telling-tests", {TEST: "def test_x():\n    is_fine(1)", **helper}) == []


def test_routes_wiring_tests_and_views_are_not_domain() -> None:
    places = ["m/service.py", "m/tests/make.py", "m/http/trips.py", "m/adapters/mail.py"]
    places += ["m/lookups/papers_paper.py", "m/read_models/trips.py", "views/partner/trips.py"]
    assert found("purity", {f"services/{place}": "import psycopg" for place in places}) == []


def test_a_finding_names_the_place_the_rule_and_the_reason() -> None:
    text = dedent("""
        from datetime import date

        today = date.today()
    """)
    (finding,) = GATES["purity"](Tree.of({TRIP: text}))
    assert str(finding) == (f"{TRIP}:4: purity: the domain is told, it must not call date.today()")


def test_the_locks_of_this_repository_pass(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["locks"]) == 0
    assert capsys.readouterr().out == "ok      locks\n"


def test_what_others_wrote_is_not_looked_at(tmp_path: Path) -> None:
    ours, others = tmp_path / "tools/x.md", tmp_path / "tools/node_modules/y.md"
    others.parent.mkdir(parents=True)
    for path in (ours, others):
        path.write_text("# A text")
    assert [path.name for path in Tree.read(tmp_path).files] == ["x.md"]


def test_a_program_that_complains_is_quoted(tmp_path: Path) -> None:
    (tmp_path / "unused.py").write_text("import os\n")
    passed, said = run("lint", tmp_path)
    assert not passed
    assert "unused.py:1:8: F401" in said
