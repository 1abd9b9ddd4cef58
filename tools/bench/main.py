"""Runs the measurements, shows the table, writes the figures."""

import json
import logging
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from statistics import median

import uvloop
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from infra.settings import Settings
from tools.bench.against import compare
from tools.bench.esdb import subjects_on
from tools.bench.figures import Measured
from tools.bench.ground import servers
from tools.bench.subject import FULL, QUICK, Size, Subject
from tools.bench.subjects import SUBJECTS

OUTPUT = Path("bench.json")


def run(
    *,
    quick: bool = False,
    only: Sequence[str] = (),
    output: Path = OUTPUT,
    against: str | None = None,
    store: str | None = None,
    minutes: float | None = None,
) -> None:
    """Measure our speed beside the bare limit and beside a peer; these are goals, not tests.

    `minutes` is how long each side has the loads whose goals name ten.
    `store` measures another store instead: `esdb` on the double of the test kit, or a URL.
    """
    if against is not None:
        print(uvloop.run(compare(against, Settings().broker, quick=quick, only=only)))
        return
    subjects = SUBJECTS if store is None else subjects_on(store)
    if unknown := set(only) - subjects.keys():
        raise SystemExit(
            f"there is no {', '.join(sorted(unknown))}; there are {', '.join(subjects)}"
        )
    console = Console()
    # What clients say while servers come and go belongs to no figure.
    logging.getLogger("aiokafka").setLevel(logging.CRITICAL)
    size = QUICK if quick else FULL
    if minutes is not None:
        size = replace(size, minutes=minutes)
    chosen = {name: one for name, one in subjects.items() if not only or name in only}
    measured: list[Measured] = []
    try:
        uvloop.run(measure(Settings().broker, chosen, size, console, measured))
    finally:
        # Also when a subject broke or somebody lost patience: what was measured stays measured.
        output.write_text(json.dumps([one.as_json() for one in measured], indent=2) + "\n")
        console.print(table(measured))
        console.print(f"written to {output}")


async def measure(
    broker: str,
    subjects: Mapping[str, Subject],
    size: Size,
    console: Console,
    measured: list[Measured],
) -> None:
    """Every subject, one after the other, on servers of this run alone; fills `measured`."""
    columns = (TextColumn("{task.description:>10}"), BarColumn(), TimeElapsedColumn())
    # Drawn between the steps only: a clock that ticks would take time from who is measured.
    with Progress(*columns, console=console, auto_refresh=False) as progress:
        tasks = {name: progress.add_task(name, total=None, start=False) for name in subjects}
        async with servers(broker) as ground:
            for name, task in tasks.items():
                progress.start_task(task)
                progress.refresh()
                samples = await subjects[name].measure(ground, size, progress.refresh)
                progress.update(task, total=1, completed=1)
                for figure in subjects[name].figures:
                    if figure.other in samples:
                        measured.append(
                            Measured(figure, samples[figure.ours], samples[figure.other])
                        )
                    else:
                        console.print(f"{figure.beside} is not at hand: {figure.name} not compared")
                await ground.settle()


def table(measured: Sequence[Measured]) -> Table:
    """The figures for a person: medians with their spread."""
    made = Table("figure", "ours", "beside", "its value", "ratio", "goal")
    for one in measured:
        made.add_row(*row(one), style=None if one.met else "red")
    return made


def row(one: Measured) -> tuple[str, ...]:
    """A figure in words; a goal that was not met says so."""
    figure = one.figure
    return (
        f"{figure.name}, {figure.unit}",
        _spread(one.ours),
        figure.beside,
        _spread(one.other),
        f"{one.ratio:.2f} x",
        f"{figure.goal}{'' if one.met else ', missed'}",
    )


def _spread(values: Sequence[float]) -> str:
    return f"{_number(median(values))} ({_number(min(values))} to {_number(max(values))})"


def _number(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"
