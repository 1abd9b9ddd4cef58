"""When somebody works: times that are open or closed, once or by a rule of RFC 5545 (M9).

Rules speak of the clock of a time zone: nine in the morning stays nine in the morning when the
clocks change. What does not exist on such a day begins as much later as the clock skipped; what
exists twice is the first of both.
"""

import re
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from itertools import islice
from typing import assert_never
from zoneinfo import ZoneInfo

from dateutil.rrule import rrule, rruleset, rrulestr

from contracts import recurrence
from contracts.marketplace.provider_v1 import TimeRule
from infra.wording import Unfit

MOST_MINUTES = 31 * 24 * 60
"""A longer absence is a second one."""
_DAY = r"([+-]?([1-9]|[1-4][0-9]|5[0-3]))?(MO|TU|WE|TH|FR|SA|SU)"
_OF_MONTH, _MONTH = r"[+-]?([1-9]|[12][0-9]|3[01])", r"([1-9]|1[0-2])"
_POSITION, _NUMBER = r"[+-]?[1-9][0-9]{0,2}", r"[1-9][0-9]{0,3}"
PARTS = {
    # Rules of hours and minutes are for machines, and cost as much as they occur.
    "FREQ": re.compile("DAILY|WEEKLY|MONTHLY|YEARLY"),
    "INTERVAL": re.compile(_NUMBER),
    "COUNT": re.compile(_NUMBER),
    # By the clock of the rule: a time of UTC would be another day than it says.
    "UNTIL": re.compile(r"[0-9]{8}(T[0-9]{6})?"),
    "BYDAY": re.compile(f"{_DAY}(,{_DAY})*"),
    "BYMONTH": re.compile(f"{_MONTH}(,{_MONTH})*"),
    "BYMONTHDAY": re.compile(f"{_OF_MONTH}(,{_OF_MONTH})*"),
    "BYSETPOS": re.compile(f"{_POSITION}(,{_POSITION})*"),
    "WKST": re.compile("MO|TU|WE|TH|FR|SA|SU"),
}
"""The parts of a recurrence rule that are taken."""


def wanted(text: str, starts: str) -> str:
    """A recurrence rule in capitals, without its name. Raises `Unfit`: `rule_unreadable` for what
    is none or has parts that are not taken, `rule_until` for an end by another clock than that of
    the rule, `rule_never` for one that never occurs from the start on."""
    rule = text.strip().upper().removeprefix("RRULE:")
    if not 0 < len(rule) <= recurrence.MOST_CHARACTERS:
        raise Unfit("rule_unreadable")
    _refuse_parts(rule)
    match recurrence.bad_rule(rule, local(starts).date()):
        case None:
            return rule
        case recurrence.RuleNotReadable():
            raise Unfit("rule_unreadable")
        case recurrence.RuleNeverOccurs():
            raise Unfit("rule_never")
        case unhandled:
            assert_never(unhandled)


def _refuse_parts(rule: str) -> None:
    """The library takes more than a rule says, and fails otherwise than by saying no."""
    for part in rule.split(";"):
        name, _, value = part.partition("=")
        if name not in PARTS or not PARTS[name].fullmatch(value):
            is_utc = name == "UNTIL" and value[-1:] == "Z"
            raise Unfit("rule_until" if is_utc else "rule_unreadable")


def local(text: str) -> datetime:
    """A time by some clock, without its zone. Raises `Unfit`."""
    try:
        found = datetime.fromisoformat(text)
    except ValueError as error:
        raise Unfit("local_time") from error
    if found.tzinfo is not None or found.second or found.microsecond:
        raise Unfit("local_time")
    if not 1970 <= found.year <= 2200:
        raise Unfit("local_time")
    return found


@lru_cache(maxsize=8_192)
def _occurrences(rule: TimeRule) -> rruleset:
    starts = local(rule.starts)
    found = rruleset()
    if rule.rule is None:
        found.rdate(starts)
    else:
        parsed = rrulestr(rule.rule, dtstart=starts)
        assert isinstance(parsed, rrule)
        found.rrule(parsed)
    for one in rule.added:
        found.rdate(local(one))
    for one in rule.left_out:
        found.exdate(local(one))
    return found


Period = tuple[datetime, datetime]
"""From and until, in UTC; the end is not part of it."""


def periods(rule: TimeRule, begins: datetime, ends: datetime) -> list[Period]:
    """The times of a rule that touch a period, in order, in UTC."""
    zone = ZoneInfo(rule.time_zone)
    length = timedelta(minutes=rule.minutes)
    # By the clock of the zone; a day more on each side, as clocks change and differ.
    spare = timedelta(days=1)
    earliest = begins.astimezone(zone).replace(tzinfo=None) - length - spare
    latest = ends.astimezone(zone).replace(tzinfo=None) + spare
    found = []
    for start in _occurrences(rule).between(earliest, latest, inc=True):
        period = _in_utc(start, zone), _in_utc(start + length, zone)
        if period[0] < ends and period[1] > begins:
            found.append(period)
    return found


def _in_utc(clock: datetime, zone: ZoneInfo) -> datetime:
    return clock.replace(tzinfo=zone).astimezone(UTC)


def is_free(
    opening: Sequence[TimeRule], closed: Iterable[TimeRule], begins: datetime, ends: datetime
) -> bool:
    """Whether somebody works all the time from `begins` until `ends`: open without a gap, and
    nowhere closed. Who says nothing of what is open works at any time."""
    if any(periods(rule, begins, ends) for rule in closed):
        return False
    if not opening:
        return True
    reached = begins
    for start, end in sorted(period for rule in opening for period in periods(rule, begins, ends)):
        if start > reached:
            return False
        reached = max(reached, end)
        if reached >= ends:
            return True
    return False


def next_starts(rule: TimeRule, begins: datetime, most: int) -> list[datetime]:
    """The next times at which a rule starts, at most so many, in UTC: for who looks over what they
    have written."""
    zone = ZoneInfo(rule.time_zone)
    after = begins.astimezone(zone).replace(tzinfo=None)
    coming = _occurrences(rule).xafter(after, count=most, inc=True)
    return [_in_utc(one, zone) for one in islice(coming, most)]
