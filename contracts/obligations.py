"""Obligations towards who asks to be forgotten: what has to end first, and what the law keeps."""

from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True, slots=True)
class Kept:
    """A record that stays readable after its person was forgotten."""

    what: str
    why: str
    until: date


@dataclass(frozen=True, slots=True)
class Obligations:
    """Obligations of one stream: `waits_for` says in a sentence what has to end before."""

    waits_for: str | None = None
    kept: tuple[Kept, ...] = ()
