"""The rules for days, rates and texts that marketplaces and relations share."""

from dataclasses import dataclass
from datetime import date
from typing import ClassVar

from contracts.providers import WHOLE

LONGEST_TEXT = 2_000


@dataclass(frozen=True, slots=True)
class RateNotPossible:
    """Both ends are included: from nothing to all of it (G-68)."""

    field: ClassVar[str] = "basis_points"
    basis_points: int
    most: int


@dataclass(frozen=True, slots=True)
class DayIsPast:
    """Jobs of the past keep their rate."""

    field: ClassVar[str] = "valid_from"
    day: date
    today: date


@dataclass(frozen=True, slots=True)
class TextMissing:
    field: str


@dataclass(frozen=True, slots=True)
class TextTooLong:
    field: str
    length: int
    limit: int


BadRate = RateNotPossible | DayIsPast
BadText = TextMissing | TextTooLong


def bad_rate(basis_points: int | None, valid_from: date, today: date) -> BadRate | None:
    """The fault of a commission that is to hold from a day on, if it has one."""
    if basis_points is not None and not 0 <= basis_points <= WHOLE:
        return RateNotPossible(basis_points, WHOLE)
    return DayIsPast(valid_from, today) if valid_from < today else None


def bad_text(field: str, text: str) -> BadText | None:
    """The fault of words for a provider, which say something and not too much."""
    if not text.strip():
        return TextMissing(field)
    return TextTooLong(field, len(text), LONGEST_TEXT) if len(text) > LONGEST_TEXT else None
