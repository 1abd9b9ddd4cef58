"""One thing that is measured in one go, and may fill several rows of the table."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from tools.bench.figures import Figure, Samples
from tools.bench.ground import Ground


@dataclass(frozen=True, slots=True)
class Size:
    """How much work a run does. `seconds` is one side's share of a round, `minutes` that of all
    rounds where a goal names how long a load goes on."""

    rounds: int
    seconds: float
    events: int
    commands: int
    filled: int
    processes: int
    minutes: float


FULL = Size(
    rounds=5, seconds=2.0, events=20_000, commands=3_000, filled=1_000_000, processes=5, minutes=10
)
QUICK = Size(
    rounds=1, seconds=0.2, events=400, commands=64, filled=20_000, processes=1, minutes=0.01
)

Measure = Callable[[Ground, Size, Callable[[], None]], Awaitable[Samples]]
"""Measures every side; calls its last argument after each step of `steps`."""


@dataclass(frozen=True, slots=True)
class Subject:
    figures: tuple[Figure, ...]
    measure: Measure
