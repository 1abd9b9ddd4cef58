"""Runs the measurements, shows the table, writes the figures."""

import json
import logging
from collections.abc import Sequence
from pathlib import Path
from statistics import median

import uvloop
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from infra.settings import Settings
from tools.bench.figures import Measured
from tools.bench.ground import servers
from tools.bench.subject import FULL, QUICK, Size
from tools.bench.subjects import SUBJECTS

OUTPUT = Path("bench.json")


def run(*, quick: bool = False, only: Sequence[str] = (), output: Path = OUTPUT) -> None:
    """Measure our speed beside the bare limit and beside a peer; these are goals, not tests."""
    console = Console()
    # What clients say while servers come and go belongs to no figure.
    logging.getLogger("aiokafka").setLevel(logging.CRITICAL)
    size = QUICK if quick else FULL
    measured = uvloop.run(measure(Settings().broker, list(only) or list(SUBJECTS), size, console))
    output.write_text(json.dumps([one.as_json() for one in measured], indent=2) + "\n")
    console.print(table(measured))
    console.print(f"written to {output}")


async def measure(
    broker: str, names: Sequence[str], size: Size, console: Console
) -> list[Measured]:
    """Every named subject, one after the other, on servers of this run alone."""
    measured: list[Measured] = []
    columns = (TextColumn("{task.description:>10}"), BarColumn(), TimeElapsedColumn())
    # Drawn between the steps only: a clock that ticks would take time from who is measured.
    with Progress(*columns, console=console, auto_refresh=False) as progress:
        async with servers(broker) as ground:
            for name in names:
                subject = SUBJECTS[name]
                task = progress.add_task(name, total=None)
                progress.refresh()

                def step(task: object = task) -> None:
                    progress.refresh()

                samples = await subject.measure(ground, size, step)
                progress.update(task, total=1, completed=1)
                progress.refresh()
                measured += [
                    Measured(figure, samples[figure.ours], samples[figure.other])
                    for figure in subject.figures
                ]
                await ground.settle()
    return measured


def table(measured: Sequence[Measured]) -> Table:
    """The figures for a person: medians with their spread."""
    made = Table("figure", "ours", "beside", "value", "ratio", "goal", title="make bench")
    for one in measured:
        figure = one.figure
        made.add_row(
            f"{figure.name}, {figure.unit}",
            _spread(one.ours),
            figure.beside,
            _spread(one.other),
            f"{one.ratio:.2f} x",
            str(figure.goal) if one.met else f"[bold red]{figure.goal}[/]",
        )
    return made


def _spread(values: Sequence[float]) -> str:
    return f"{_number(median(values))} ({_number(min(values))} to {_number(max(values))})"


def _number(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"
