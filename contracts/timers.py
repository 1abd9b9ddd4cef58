"""Orders to the timers of a stream, which a domain gives next to the events it records."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class SetTimer:
    """Wake the stream at `due` (aware). A timer of the same name on the stream is moved."""

    name: str
    due: datetime


@dataclass(frozen=True, slots=True)
class CancelTimer:
    """Do not wake the stream. Cancelling a timer that is not set changes nothing."""

    name: str
