"""Long work says how far it has come, and nothing where nobody wants to hear it."""

from io import StringIO

from rich.console import Console

from tools.relais.progress import InPlainLines, OnOneLine, count, telling


class Clock:
    """Time that goes on when it is told to."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def paper(*, terminal: bool = False) -> Console:
    return Console(file=StringIO(), force_terminal=terminal, width=80, highlight=False)


def written(console: Console) -> str:
    assert isinstance(console.file, StringIO)
    return console.file.getvalue()


def test_elsewhere_than_on_a_terminal_there_is_a_line_every_ten_seconds() -> None:
    console, clock = paper(), Clock()
    told = InPlainLines(console, clock)
    for seconds in range(25):
        clock.now = 100.0 + seconds
        told("events", seconds * 1000, 25_000)
    assert written(console) == "events: 10,000 of 25,000\nevents: 20,000 of 25,000\n"


def test_work_that_is_over_sooner_says_nothing() -> None:
    console = paper()
    with telling(console=console) as told:
        told("events", 1, 2)
        told("events", 2, 2)
    assert written(console) == ""


def test_on_a_terminal_there_is_one_line_that_is_gone_at_the_end() -> None:
    console = paper(terminal=True)
    with telling(console=console) as told:
        assert isinstance(told, OnOneLine)
        told("events", 1_200, 5_000)
        told("behind the topics", 3)
    said = written(console)
    assert "behind the topics" in said
    assert said.rstrip().endswith("\x1b[2K")


def test_whoever_wants_quiet_is_told_nothing_on_a_terminal_either() -> None:
    console = paper(terminal=True)
    with telling(quiet=True, console=console) as told:
        told("events", 1, 2)
    assert written(console) == ""


def test_an_end_that_nobody_knows_is_not_made_up() -> None:
    assert (count(1200, None), count(1200, 5000)) == ("1,200", "1,200 of 5,000")
