"""The rules for days and texts that users and organisations share."""

from dataclasses import dataclass
from datetime import date, timedelta

LONGEST_TEXT = 500
HORIZON = timedelta(days=366 * 30)
"""A later end is a slip of the keyboard."""


@dataclass(frozen=True, slots=True)
class DayNotPossible:
    """Both ends are included."""

    field: str
    day: date
    first: date
    last: date


@dataclass(frozen=True, slots=True)
class TextMissing:
    field: str


@dataclass(frozen=True, slots=True)
class TextTooLong:
    field: str
    length: int
    limit: int


BadDay = DayNotPossible
BadText = TextMissing | TextTooLong


def bad_day(field: str, day: date, first: date, last: date) -> BadDay | None:
    """The fault of a day that must be one of these, if it has one."""
    return None if first <= day <= last else DayNotPossible(field, day, first, last)


def bad_issue(field: str, issued_on: date, today: date) -> BadDay | None:
    """A document is not older than the horizon, and not of tomorrow."""
    return bad_day(field, issued_on, today - HORIZON, today)


def bad_end(field: str, expires_on: date | None, today: date) -> BadDay | None:
    """A document that ends is valid today at least."""
    return None if expires_on is None else bad_day(field, expires_on, today, today + HORIZON)


def bad_text(field: str, text: str) -> BadText | None:
    """A reason says something, and not too much."""
    if not text.strip():
        return TextMissing(field)
    if len(text) > LONGEST_TEXT:
        return TextTooLong(field, len(text), LONGEST_TEXT)
    return None
