"""Two builds are put side by side as the table says."""

import os
import sys
from pathlib import Path
from subprocess import Popen

import pytest
from rich.console import Console

from tools.bench.against import ROOT, Compared, built, markdown, rows, taken
from tools.bench.figures import at_least, at_most
from tools.bench.ground import servers
from tools.bench.turn import MEASURES, descendants, spent

RATE = Compared("appends", "x a bare INSERT", "1 writer", "ours", at_least(0.8), "bare", False)
DELAY = Compared("visible", "ms", "visible", "p50", at_most(0.5))


def test_a_figure_is_judged_by_itself_or_beside_the_other_build() -> None:
    found = {
        ("1 writer", "new"): [{"ours": 90.0, "bare": 100.0}, {"ours": 80.0, "bare": 100.0}],
        ("1 writer", "old"): [{"ours": 40.0, "bare": 100.0}],
        ("visible", "new"): [{"p50": 6.0}],
        ("visible", "old"): [{"p50": 10.0}],
    }
    assert markdown([RATE, DELAY], found, "abc").splitlines()[2:] == [
        "| appends, x a bare INSERT | 0.85 | 0.4 | 2.12 x | 0.8 or more |",
        "| visible, ms | 6 | 10 | 0.60 x | 0.5 x or less, missed |",
    ]


@pytest.mark.parametrize("kind", ["noida", "apache"])
def test_every_row_has_a_measure(kind: str) -> None:
    assert {row.turn for row in rows(kind)} == MEASURES.keys()


@pytest.mark.timeout(300)
async def test_a_turn_measures_a_build_on_servers_that_are_there() -> None:
    async with servers("noida") as ground:
        found = await taken(ground, ROOT, "1 writer", "test_", 0.2)
        size = await taken(ground, ROOT, "bytes", "size_", 0.2)
    assert found["ours"] > 0 < found["psycopg"]
    # No codec makes the random ids of an event smaller, the sixteen bytes of its own among them.
    assert 16 < size["topic"] < size["store"]


def test_what_processes_use_is_counted_with_those_they_started() -> None:
    family = list(descendants(os.getpid()))
    assert os.getpid() in family
    assert spent(family) > 0


def test_a_process_that_has_ended_counts_for_nothing() -> None:
    with Popen([sys.executable, "-c", ""]) as child:
        child.wait()
    assert list(descendants(child.pid)) == [child.pid]
    assert spent([child.pid]) == 0


def test_the_tree_of_a_commit_stands_beside_ours_and_is_taken_away() -> None:
    with built("HEAD", Console()) as tree:
        assert (tree / "tools" / "bench" / "main.py").exists()
    assert not Path(tree).exists()
