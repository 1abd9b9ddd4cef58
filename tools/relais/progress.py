"""How far long work has come, for whoever waits: told on stderr, never among the answers."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from time import monotonic
from typing import Protocol

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

LINE_SECONDS = 10.0


class Telling(Protocol):
    """Takes how far the work has come."""

    def __call__(self, what: str, done: int, of: int | None = None) -> None:
        """`done` of `of` steps of this part are done; nobody knows how many where `of` is None."""
        ...


@contextmanager
def telling(*, quiet: bool = False, console: Console | None = None) -> Iterator[Telling]:
    """One line that changes on a terminal; elsewhere a plain line when ten seconds have passed.

    Nothing at all where it is `quiet`.
    """
    console = console or Console(stderr=True, soft_wrap=True, highlight=False)
    if quiet:
        yield _nothing
    elif console.is_terminal:
        with Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            TextColumn("{task.fields[count]}"),
            TimeRemainingColumn(),
            console=console,
            transient=True,
        ) as bar:
            yield OnOneLine(bar)
    else:
        yield InPlainLines(console)


def _nothing(what: str, done: int, of: int | None = None) -> None:
    """Says nothing, as was asked for."""


class OnOneLine:
    """A bar on a terminal; the part that was told of last has it."""

    def __init__(self, bar: Progress) -> None:
        self._bar = bar
        self._task = bar.add_task("", total=None, count="")
        self._what = ""

    def __call__(self, what: str, done: int, of: int | None = None) -> None:
        if what != self._what:
            self._what = what
            # Its speed was that of another part.
            self._bar.reset(self._task, total=of)
        self._bar.update(
            self._task, description=what, completed=done, total=of, count=count(done, of)
        )


class InPlainLines:
    """A line when ten seconds have passed since the last one, for a log or a pipe."""

    def __init__(
        self,
        console: Console,
        clock: Callable[[], float] = monotonic,
        seconds: float = LINE_SECONDS,
    ) -> None:
        self._console = console
        self._clock = clock
        self._seconds = seconds
        self._next = clock() + seconds

    def __call__(self, what: str, done: int, of: int | None = None) -> None:
        if self._clock() < self._next:
            return
        self._next = self._clock() + self._seconds
        self._console.print(f"{what}: {count(done, of)}", markup=False)
        self._console.file.flush()


def count(done: int, of: int | None) -> str:
    """`1,200 of 5,000`, or how many where nobody knows the end."""
    return f"{done:,}" if of is None else f"{done:,} of {of:,}"
