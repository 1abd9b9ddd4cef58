"""The figures that are measured: their goals, rounds and medians."""

import gc
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Any

Samples = dict[str, list[float]]
"""The measurements of each side in each round, by the name of the measure."""

Side = Callable[[], Awaitable[Mapping[str, float]]]
"""One way to do the work once; answers its measures."""


@dataclass(frozen=True, slots=True)
class Goal:
    """A bound on ours divided by the other's."""

    bound: float
    at_least: bool

    def met(self, ratio: float) -> bool:
        return ratio >= self.bound if self.at_least else ratio <= self.bound

    def __str__(self) -> str:
        return f"{self.bound:g} x or {'more' if self.at_least else 'less'}"


def at_least(bound: float) -> Goal:
    """More is better."""
    return Goal(bound, at_least=True)


def at_most(bound: float) -> Goal:
    """Less is better."""
    return Goal(bound, at_least=False)


@dataclass(frozen=True, slots=True)
class Figure:
    """One row of the table; `ours` and `other` name the measures it puts side by side."""

    name: str
    unit: str
    beside: str
    goal: Goal
    ours: str
    other: str


@dataclass(frozen=True, slots=True)
class Measured:
    """A figure with what its rounds found."""

    figure: Figure
    ours: Sequence[float]
    other: Sequence[float]

    @property
    def ratio(self) -> float:
        """Median by median, so that the row explains itself."""
        return median(self.ours) / median(self.other)

    @property
    def met(self) -> bool:
        return self.figure.goal.met(self.ratio)

    def as_json(self) -> dict[str, Any]:
        """The figure as `bench.json` holds it."""
        return {
            "figure": self.figure.name,
            "unit": self.figure.unit,
            "ours": round(median(self.ours), 3),
            "beside": self.figure.beside,
            "beside_value": round(median(self.other), 3),
            "ratio": round(self.ratio, 3),
            "goal": str(self.figure.goal),
            "met": self.met,
        }


async def interleave(rounds: int, sides: Sequence[Side], step: Callable[[], None]) -> Samples:
    """Every side once a round, so that a busy moment of the machine meets them all.

    Who begins changes with each round. Several rounds are preceded by one that does not count.
    """
    samples: Samples = {}
    for number in range(-1 if rounds > 1 else 0, rounds):
        first = number % len(sides)
        for side in [*sides[first:], *sides[:first]]:
            gc.collect()
            found = await side()
            step()
            for name, value in found.items() if number >= 0 else ():
                samples.setdefault(name, []).append(value)
    return samples
