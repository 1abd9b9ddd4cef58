"""The measurements run, and say what they are asked to say; how fast is nobody's business here."""

import json
import sys
from pathlib import Path
from subprocess import run

import pytest

from infra.stack.choice import broker_of
from infra.stack.postgres import PostgresServer
from tools.bench import listeners
from tools.bench.esdb import subjects_on
from tools.bench.figures import Figure, Measured, Samples, at_least, at_most, interleave
from tools.bench.ground import Ground
from tools.bench.main import row
from tools.bench.subject import QUICK
from tools.bench.subjects import SUBJECTS

KEYS = {"figure", "unit", "ours", "beside", "beside_value", "ratio", "goal", "met"}
PARTS = 4
FIGURE = Figure("appends", "events/s", "INSERTs", at_least(2), "ours", "bare")


# Dozens of processes start one after the other, which takes a busy machine minutes.
@pytest.mark.timeout(900)
@pytest.mark.parametrize("part", range(PARTS))
def test_a_quick_run_writes_every_figure(tmp_path: Path, part: int) -> None:
    output, names = tmp_path / "bench.json", list(SUBJECTS)[part::PARTS]
    only = [word for name in names for word in ("--only", name)]
    command = [sys.executable, "-m", "tools.bench", "--quick", "--output", str(output), *only]
    done = run(command, capture_output=True, text=True, check=True)
    found = json.loads(output.read_text())
    wanted = [
        figure
        for name in names
        for figure in SUBJECTS[name].figures
        if f"{figure.beside} is not at hand" not in done.stdout
    ]
    assert [(one["figure"], one["beside"]) for one in found] == [
        (figure.name, figure.beside) for figure in wanted
    ]
    assert all(one.keys() == KEYS and one["ours"] > 0 < one["beside_value"] for one in found)
    assert "goal" in done.stdout


async def test_the_store_on_eventstoredb_is_measured_beside_the_bare_client(
    postgres: PostgresServer, tmp_path: Path
) -> None:
    ground = Ground(postgres, broker_of("noida", tmp_path / "broker"), "noida")
    for subject in subjects_on("esdb").values():
        samples = await subject.measure(ground, QUICK, lambda: None)
        for figure in subject.figures:
            assert samples[figure.ours][0] > 0 < samples[figure.other][0]


async def test_listeners_are_all_told_of_a_change(postgres: PostgresServer, tmp_path: Path) -> None:
    broker = broker_of("noida", tmp_path / "broker")
    await broker.start()
    try:
        async with listeners.staged(Ground(postgres, broker, "noida"), 20) as stage:
            said = [line async for line in listeners.idle(stage, 20, 0.1)]
    finally:
        await broker.kill()
    assert said[0].startswith("20 listeners came in ")
    assert said[4].startswith("all who read are told of a change in ")


def test_a_name_that_is_not_measured_is_refused(tmp_path: Path) -> None:
    command = [sys.executable, "-c", "from tools.bench.main import run; run(only=['nothing'])"]
    done = run(command, capture_output=True, text=True, check=False, cwd=Path.cwd())
    assert done.returncode == 1
    assert "there is no nothing; there are append" in done.stderr


def test_a_row_is_the_median_of_its_rounds() -> None:
    measured = Measured(FIGURE, ours=[400, 100, 300], other=[100, 90, 1_000])
    assert measured.as_json() == {
        "figure": "appends",
        "unit": "events/s",
        "ours": 300,
        "beside": "INSERTs",
        "beside_value": 100,
        "ratio": 3.0,
        "goal": "2 x or more",
        "met": True,
    }


def test_the_table_shows_the_spread_and_what_was_missed() -> None:
    measured = Measured(FIGURE, ours=[150, 120, 1_500], other=[100, 90, 110])
    assert row(measured) == (
        "appends, events/s",
        "150 (120 to 1,500)",
        "INSERTs",
        "100 (90 to 110)",
        "1.50 x",
        "2 x or more, missed",
    )


@pytest.mark.parametrize(("ratio", "more", "less"), [(2.0, True, True), (2.1, True, False)])
def test_a_goal_includes_its_bound(ratio: float, more: bool, less: bool) -> None:
    assert (at_least(2).met(ratio), at_most(2).met(ratio)) == (more, less)


async def test_every_side_has_its_turn_first_and_the_warm_up_does_not_count() -> None:
    turns: list[str] = []

    async def ours() -> dict[str, float]:
        turns.append("ours")
        return {"ours": len(turns)}

    async def bare() -> dict[str, float]:
        turns.append("bare")
        return {"bare": len(turns)}

    samples: Samples = await interleave(2, [ours, bare], lambda: None)
    assert turns == ["bare", "ours", "ours", "bare", "bare", "ours"]
    assert samples == {"ours": [3, 6], "bare": [4, 5]}
