"""Today's build beside an earlier commit: both in turns, on the same servers."""

import asyncio
import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from tools.bench.figures import Goal, at_least, at_most
from tools.bench.ground import Ground, servers
from tools.bench.lists import QUESTIONS

ROOT = Path(__file__).parents[2]
TURN = Path(__file__).with_name("turn.py")
ROUNDS, SECONDS = 3, 2.0
QUICK_ROUNDS, QUICK_SECONDS = 1, 0.2
TURN_SECONDS = 600
"""The longest turn takes a fifth of it."""
UNCHANGED = 1.1
"""What two turns of the same build may differ by."""

Found = Mapping[str, float]


class TurnFailed(Exception):
    """One build could not be measured."""


@dataclass(frozen=True, slots=True)
class Compared:
    """One row: a measure of a turn, or one beside another; and the goal.

    `of_old` says that the goal bounds new divided by old, else it bounds the figure itself.
    """

    name: str
    unit: str
    turn: str
    measure: str
    goal: Goal
    beside: str = ""
    of_old: bool = True

    def value(self, found: Found) -> float:
        """The figure in what a turn measured."""
        return found[self.measure] / (found[self.beside] if self.beside else 1)


def rows(kind: str) -> Sequence[Compared]:
    """The table of a broker, in its order."""
    soon = at_most(10 if kind == "noida" else 6)
    third, half = at_most(0.334), at_most(0.5)
    bare, route = "x a bare INSERT", "x a bare FastAPI route"
    return (
        Compared("answer to visible at 200/s, p50", "ms", "visible at 200", "ours p50", third),
        Compared("answer to visible at 200/s, p99", "ms", "visible at 200", "ours p99", third),
        Compared(
            "answer to visible at 10/s, p50", "ms", "visible at 10", "ours p50", soon, of_old=False
        ),
        Compared(
            "one append at a time", bare, "1 writer", "ours", at_least(0.8), "psycopg", of_old=False
        ),
        Compared(
            "appends of 8 writers", bare, "8 writers", "ours", at_least(1), "psycopg", of_old=False
        ),
        Compared("appends of 64 writers", bare, "64 writers", "ours", at_least(1), "psycopg"),
        # Debezium brought 2.17 times what the build of November 2026 did.
        Compared("100 000 rows to the topic", "records/s", "relay", "ours", at_least(2.17)),
        Compared("mixed load", "requests/s", "mixed", "ours rate", at_least(2.5)),
        Compared("mixed load, p99", "ms", "mixed", "ours p99", half),
        Compared("HTTP command", route, "http", "ours", at_least(0.75), "bare", of_old=False),
        Compared("a list of 50 rows, CPU", "ms", "list", "milliseconds", at_most(0.7)),
        *(
            Compared(f"{name} of 100 000 open trips, p95", "ms", "lists", name, half)
            for name in QUESTIONS
        ),
        Compared("signing in", "x argon2 alone", "sign-in", "ours", at_most(UNCHANGED), "argon2"),
        Compared(
            "token check, first request",
            "x PyJWT",
            "token",
            "first",
            at_most(UNCHANGED),
            "pyjwt",
        ),
        Compared(
            "token check, later ones", "x PyJWT", "token", "again", at_most(UNCHANGED), "pyjwt"
        ),
        Compared("an event on the topic", "bytes", "bytes", "topic", third),
        Compared("an event in the store", "bytes", "bytes", "store", at_most(0.7)),
        Compared(
            "command on a stream of 5 000 events",
            "x one on a stream of 10",
            "long stream",
            "long",
            at_most(3),
            "short",
            of_old=False,
        ),
        Compared("idle `relais up`", "% of a core", "idle", "percent of a core", at_most(0.2)),
        Compared("idle `relais up`, memory", "MiB", "idle", "MiB", at_most(0.7)),
        Compared("workers of missions, CPU an event at 50/s", "µs", "worked", "microseconds", half),
        Compared("workers of missions, from start to ready", "s", "start", "seconds", half),
        Compared("view rebuilt from the store", "events/s", "rebuild", "events/s", at_least(2)),
        Compared(
            "memory of a rebuild",
            "x that with a quarter of the events",
            "rebuild",
            "MiB",
            at_most(UNCHANGED),
            "MiB of a quarter",
            of_old=False,
        ),
    )


async def compare(commit: str, kind: str, *, quick: bool = False, only: Sequence[str] = ()) -> str:
    """Measure both builds; answers the table as it stands in docs/performance.md."""
    known = {row.turn: None for row in rows(kind)}
    if unknown := set(only) - known.keys():
        raise SystemExit(f"there is no {', '.join(sorted(unknown))}; there are {', '.join(known)}")
    table = [row for row in rows(kind) if not only or row.turn in only]
    console = Console(stderr=True)
    turns = list(dict.fromkeys(row.turn for row in table))
    rounds, seconds = (QUICK_ROUNDS, QUICK_SECONDS) if quick else (ROUNDS, SECONDS)
    columns = (TextColumn("{task.description:>16}"), BarColumn(), TimeElapsedColumn())
    found: dict[tuple[str, str], list[Found]] = {}
    try:
        commit_of(commit)
    except ValueError as error:
        raise SystemExit(str(error)) from None
    with built(commit, console) as old, Progress(*columns, console=console) as progress:
        trees = {"new": ROOT, "old": old}
        async with servers(kind) as ground:
            for turn in turns:
                task = progress.add_task(turn, total=2 * rounds)
                try:
                    for number in range(rounds):
                        for side in ("new", "old") if number % 2 else ("old", "new"):
                            area = f"{turns.index(turn)}_{number}_{side}_"
                            measured = await taken(ground, trees[side], turn, area, seconds)
                            found.setdefault((turn, side), []).append(measured)
                            progress.advance(task)
                except TurnFailed as failed:
                    # What the other turns found is worth having.
                    console.print(f"{failed}: {turn} not compared")
                    found = {key: value for key, value in found.items() if key[0] != turn}
    return markdown([row for row in table if (row.turn, "new") in found], found, commit)


def commit_of(name: str) -> str:
    """The full name of a commit. Raises ValueError where there is none of this name."""
    asked = ["git", "-C", str(ROOT), "rev-parse", "--verify", "--quiet", "--end-of-options"]
    found = subprocess.run(
        [*asked, f"{name}^{{commit}}"], capture_output=True, text=True, check=False
    )
    if found.returncode:
        raise ValueError(f"there is no commit {name}")
    return found.stdout.strip()


@contextmanager
def built(commit: str, console: Console) -> Iterator[Path]:
    """The tree of a commit beside ours; what it needs is installed when it needs something else.

    Raises ValueError where there is no such commit.
    """
    full_name = commit_of(commit)
    with TemporaryDirectory(prefix="relais-against-") as folder:
        # Older builds started by root run their servers, which are in here, as somebody else.
        Path(folder).chmod(0o755)
        tree = Path(folder) / "tree"
        try:
            _git("worktree", "add", "--quiet", "--detach", str(tree), full_name)
            if not _same_lock(tree):
                console.print(f"installing what {commit} needs")
                subprocess.run([tree / "tools" / "setup", "dev"], check=True)
            yield tree
        finally:
            _git("worktree", "remove", "--force", str(tree))


def _git(*arguments: str) -> None:
    subprocess.run(["git", "-C", str(ROOT), *arguments], check=True)


def _same_lock(tree: Path) -> bool:
    name = "requirements-dev.lock"
    return (tree / name).read_text() == (ROOT / name).read_text()


def python_of(tree: Path) -> str:
    """The interpreter of a build: its own where it needs something else than ours."""
    own = tree / ".venv" / "bin" / "python"
    return str(own) if own.exists() else sys.executable


async def taken(ground: Ground, tree: Path, turn: str, area: str, seconds: float) -> Found:
    """The figures of one turn of one build, taken on an empty broker and a settled PostgreSQL.

    Raises `TurnFailed`, also when the turn does not end.
    """
    await ground.broker.wipe()
    await ground.settle()
    process = await asyncio.create_subprocess_exec(
        *(python_of(tree), str(TURN), turn, str(ground.postgres.data_dir), ground.broker.bootstrap),
        *(ground.kind, area, str(seconds)),
        cwd=tree,
        env={**os.environ, "PYTHONPATH": str(tree), "PYTHONSAFEPATH": "1"},
        stdout=asyncio.subprocess.PIPE,
    )
    try:
        async with asyncio.timeout(TURN_SECONDS):
            output, _ = await process.communicate()
    except TimeoutError:
        process.kill()
        await process.wait()
        raise TurnFailed(f"{turn} in {tree} did not end") from None
    if process.returncode:
        raise TurnFailed(f"{turn} in {tree} ended with {process.returncode}")
    measured: Found = json.loads(output.splitlines()[-1])
    return measured


def markdown(
    table: Sequence[Compared], found: Mapping[tuple[str, str], Sequence[Found]], commit: str
) -> str:
    """The rows with their medians."""
    lines = [f"| figure | today | {commit} | ratio | goal |", f"|{' --- |' * 5}"]
    for row in table:
        new, old = (median(map(row.value, found[row.turn, side])) for side in ("new", "old"))
        judged = new / old if row.of_old else new
        bound = str(row.goal) if row.of_old else str(row.goal).replace(" x", "")
        missed = "" if row.goal.met(judged) else ", missed"
        lines.append(
            f"| {row.name}, {row.unit} | {_number(new)} | {_number(old)} | {new / old:.2f} x"
            f" | {bound}{missed} |"
        )
    return "\n".join(lines)


def _number(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"
