"""One line at the beginning of an outage, one a minute while it lasts, and one at its end.

The clients of a broker or database that is away write thousands of lines a minute, all the same.
"""

import logging
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from threading import Event, Lock, Thread
from time import monotonic

log = logging.getLogger("relais.outages")

LOOK_SECONDS = 1.0
SAY_SECONDS = 60.0
DECIDED = "outage_begins"
"""The name on a record of what was decided, so that all handlers do the same."""
OVER_SECONDS = 20.0
"""An outage without a line for so long is over; every loop of ours tries again sooner."""


@dataclass(slots=True)
class Outage:
    """One thing that may be away, and what is written of it.

    `loggers` write of nothing else; errors of `packages` in the line of any other logger are of it.
    """

    what: str
    loggers: Sequence[str]
    packages: Sequence[str]
    began_at: float | None = None
    """None while it is there."""
    said_at: float = 0.0
    seen_at: float = 0.0
    left_out: int = 0
    last: str = ""

    def concerns(self, record: logging.LogRecord) -> bool:
        """Whether a line tells of trouble with it."""
        if record.levelno >= logging.WARNING and _within(record.name, self.loggers):
            return True
        given = record.args if isinstance(record.args, tuple) else ()
        errors = [one for one in given if isinstance(one, BaseException)]
        return any(_within(type(one).__module__, self.packages) for one in errors)

    def saw(self, line: str, now: float) -> bool:
        """Whether to write a line of it: the first one of an outage only."""
        self.seen_at = now
        if self.began_at is None:
            self.began_at = self.said_at = now
            self.left_out, self.last = 0, ""
            return True
        self.left_out += 1
        self.last = line
        return False

    def passed(self, now: float) -> str | None:
        """The words to be said at this time: that it is over, or once a minute that it is not."""
        if self.began_at is None:
            return None
        if now - self.seen_at >= OVER_SECONDS:
            lasted, self.began_at = self.seen_at - self.began_at, None
            return f"no more trouble with {self.what}, after {lasted:.0f} s{self._left_out()}"
        if now - self.said_at >= SAY_SECONDS:
            self.said_at = now
            said = f"trouble with {self.what} since {now - self.began_at:.0f} s{self._left_out()}"
            self.left_out, self.last = 0, ""
            return said
        return None

    def _left_out(self) -> str:
        if not self.left_out:
            return ""
        return f"; lines left out: {self.left_out}, the last one: {self.last}"


def _within(name: str, of: Sequence[str]) -> bool:
    return any(name == one or name.startswith(f"{one}.") for one in of)


class Limiter(logging.Filter):
    """Lets the first line of each outage through all handlers that have it, and no other."""

    def __init__(self) -> None:
        super().__init__()
        self._lock = Lock()
        self._outages = (
            Outage("the broker", ("aiokafka", "faust", "mode"), ("aiokafka",)),
            Outage("the database", ("relais.database", "psycopg.pool"), ()),
        )

    def filter(self, record: logging.LogRecord) -> bool:
        """Whether the record is written."""
        for outage in self._outages:
            if outage.concerns(record):
                return self._first(outage, record)
        return True

    def _first(self, outage: Outage, record: logging.LogRecord) -> bool:
        line = record.getMessage()
        with self._lock:
            known = getattr(record, DECIDED, None)
            if known is None:
                known = outage.saw(line, monotonic())
                setattr(record, DECIDED, known)
            return bool(known)

    def passed(self) -> list[str]:
        """The words to be said now."""
        with self._lock:
            said = [outage.passed(monotonic()) for outage in self._outages]
        return [text for text in said if text is not None]


@contextmanager
def limiting() -> Iterator[Limiter]:
    """A limiter for handlers; within the block, the time is looked at and the rest is said."""
    limiter, ended = Limiter(), Event()

    def look() -> None:
        while not ended.wait(LOOK_SECONDS):
            for text in limiter.passed():
                log.warning("%s", text)

    # A thread of its own: loops may be busy or gone.
    looking = Thread(target=look, name="outages", daemon=True)
    looking.start()
    try:
        yield limiter
    finally:
        ended.set()
        looking.join()
