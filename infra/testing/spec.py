"""given / when / then for any decider."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import reduce
from typing import Generic, TypeVar

C = TypeVar("C")
S = TypeVar("S")
E = TypeVar("E")
R = TypeVar("R")


@dataclass(frozen=True, slots=True)
class Spec(Generic[C, S, E, R]):
    """A decider and the history it is asked about: `Spec(decide, evolve, initial).given(...)`."""

    decide: Callable[[C, S], list[E] | R]
    evolve: Callable[[S, E], S]
    initial: S
    history: tuple[E, ...] = ()

    def given(self, *history: E) -> "Spec[C, S, E, R]":
        """The same decider after this history, and no other."""
        return replace(self, history=history)

    def when(self, command: C) -> "Outcome[C, S, E, R]":
        return Outcome(self, command)

    def answer(self, command: C) -> list[E] | R:
        return self.decide(command, reduce(self.evolve, self.history, self.initial))


@dataclass(frozen=True, slots=True)
class Outcome(Generic[C, S, E, R]):
    """The assertions about a command's outcome."""

    spec: Spec[C, S, E, R]
    command: C

    def records(self, *events: E) -> None:
        """Exactly these events, and nothing more when the command comes again."""
        assert self.spec.answer(self.command) == list(events)
        repeated = self.spec.given(*self.spec.history, *events).answer(self.command)
        assert repeated == [], f"handled twice, the command also answers {repeated}"

    def records_nothing(self) -> None:
        """It is so already."""
        assert self.spec.answer(self.command) == []

    def is_rejected(self, rejection: R) -> None:
        """This refusal, with these facts."""
        assert self.spec.answer(self.command) == rejection
