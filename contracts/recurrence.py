"""Recurring days by the rules of RFC 5545, and times of the clock in a zone.

A rule says which days; the time of the clock is the same on each of them. So a visit at nine is at
nine before and after the clock changes.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from itertools import takewhile
from typing import ClassVar
from zoneinfo import ZoneInfo

from dateutil.rrule import rrule, rrulestr

MOST_CHARACTERS = 300
OCCURS_WITHIN_YEARS = 10
"""A rule without a day in so long is taken for one that never occurs."""
_CYCLE_YEARS = 400
"""After so many years the Gregorian calendar repeats, weekdays and all."""
_LAST_CYCLE = 9600
_ENDS = frozenset({"COUNT", "UNTIL"})


def _list(one: str) -> str:
    return f"{one}(,{one})*"


_DAY = "(MO|TU|WE|TH|FR|SA|SU)"
_NTH_DAY = f"([+-]?[1-5])?{_DAY}"
_MONTH_DAY = "[+-]?([1-9]|[12][0-9]|3[01])"
_POSITION = "[+-]?[1-9][0-9]?"
_MONTH = "([1-9]|1[0-2])"
_OF_MONTHS = {
    "BYDAY": _list(_NTH_DAY),
    "BYMONTH": _list(_MONTH),
    "BYMONTHDAY": _list(_MONTH_DAY),
    "BYSETPOS": _list(_POSITION),
}
_PARTS = {
    "DAILY": {"BYDAY": _list(_DAY), "BYMONTH": _list(_MONTH)},
    "WEEKLY": {"BYDAY": _list(_DAY), "BYMONTH": _list(_MONTH), "WKST": _DAY},
    "MONTHLY": _OF_MONTHS,
    "YEARLY": _OF_MONTHS,
}
_OF_ALL = {
    "FREQ": "[A-Z]+",
    "INTERVAL": "[1-9][0-9]{0,2}",
    "COUNT": "[1-9][0-9]{0,2}",
    "UNTIL": "[0-9]{8}(T[0-9]{6}Z?)?",
}
"""The library takes a day 0 and a month 13 without a word, so values are read here."""


@dataclass(frozen=True, slots=True)
class RuleNotReadable:
    """The text is no rule of RFC 5545, or one that says more than days: `part` is what is wrong."""

    field: ClassVar[str] = "rule"
    part: str


@dataclass(frozen=True, slots=True)
class RuleNeverOccurs:
    """No day is one of the rule: the thirtieth of February, or an end before the first day."""

    field: ClassVar[str] = "rule"
    rule: str


BadRule = RuleNotReadable | RuleNeverOccurs


def bad_rule(rule: str, first_day: date) -> BadRule | None:
    """Why there are no days of this rule from a day on; None where there are.

    Days, weeks, months and years recur; parts of days do not.
    """
    if len(rule) > MOST_CHARACTERS:
        return RuleNotReadable(rule[:MOST_CHARACTERS])
    parts = [part.partition("=")[::2] for part in rule.upper().split(";")]
    known = dict(parts)
    allowed = _OF_ALL | _PARTS.get(known.get("FREQ", ""), {})
    for name, value in parts:
        if not re.fullmatch(allowed.get(name, "(?!)"), value):
            return RuleNotReadable(f"{name}={value}")
    if known.get("FREQ") not in _PARTS or len(known) < len(parts) or known.keys() >= _ENDS:
        return RuleNotReadable(rule)
    try:
        found = first_of_cycle(rule, first_day)
    except (ValueError, TypeError, OverflowError, IndexError):
        return RuleNotReadable(rule)
    return None if found else RuleNeverOccurs(rule)


def first_of_cycle(rule: str, first_day: date) -> bool:
    """Whether the rule has a day within `OCCURS_WITHIN_YEARS`. Raises what the library does.

    The library looks for days until the year 9999. So it is asked about the same days in the last
    cycle of the calendar that ends then: a fiftieth of the time where there are none.
    """
    made = _rule(rule, first_day)
    shift = _LAST_CYCLE + first_day.year % _CYCLE_YEARS - first_day.year
    shifted = _rule(_without(rule, "UNTIL"), first_day.replace(year=first_day.year + shift))
    found = next(iter(shifted), None)
    if found is None or found.year - first_day.year - shift > OCCURS_WITHIN_YEARS:
        return False
    return next(iter(made), None) is not None


def days(rule: str, first_day: date, since: date, until: date) -> Iterator[date]:
    """The days of the rule from `since` up to `until`, that day included, in order.

    `first_day` is where the rule begins, which is one of its days only where it fits. `rule` is one
    that `bad_rule` has nothing against.
    """
    begin = datetime.combine(since, time())
    found = _rule(rule, first_day).xafter(begin, inc=True)
    return takewhile(lambda day: day <= until, (one.date() for one in found))


def at_clock(day: date, minute: int, zone: str) -> datetime:
    """When the clock of a zone shows a minute of a day; `shown_at` says how where clocks change."""
    return shown_at(datetime.combine(day, time()) + timedelta(minutes=minute), zone)


def shown_at(wall: datetime, zone: str) -> datetime:
    """When the clock of a zone shows a time, in UTC.

    The first time, where it shows it twice; where it is put forward over it, as long after the
    change as the time is after the last one before (RFC 5545, 3.3.5).
    """
    return wall.replace(tzinfo=ZoneInfo(zone)).astimezone(UTC)


def days_later(at: datetime, count: int, zone: str) -> datetime:
    """The same time of the clock so many calendar days later, to the second (G-63)."""
    local = at.astimezone(ZoneInfo(zone))
    return shown_at(local.replace(tzinfo=None, fold=0) + timedelta(days=count), zone)


def _rule(rule: str, first_day: date) -> rrule:
    made = rrulestr(rule, dtstart=datetime.combine(first_day, time()), ignoretz=True)
    if not isinstance(made, rrule):
        raise TypeError(rule)
    return made


def _without(rule: str, name: str) -> str:
    return ";".join(one for one in rule.split(";") if not one.upper().startswith(f"{name}="))
