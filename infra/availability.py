"""When somebody works: times that are open or closed, once or by a rule of RFC 5545 (M9).

Rules speak of the clock of a time zone: nine in the morning stays nine in the morning when the
clocks change. What does not exist on such a day begins as much later as the clock skipped; what
exists twice is the first of both.
"""

import re
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from functools import lru_cache
from itertools import islice
from typing import assert_never
from zoneinfo import ZoneInfo

from dateutil.rrule import rrule, rruleset, rrulestr

from contracts import recurrence
from contracts.marketplace.provider_v1 import TimeRule
from contracts.recurrence import shown_at
from infra.wording import Unfit

MOST_MINUTES = 31 * 24 * 60
"""A longer absence is a second one."""
_UNTIL_OF_UTC = re.compile(r"UNTIL=[0-9]{8}T[0-9]{6}Z")


def wanted(text: str, starts: str) -> str:
    """A recurrence rule in capitals, without its name. Raises `Unfit`: `rule_unreadable` for what
    is none or has parts that are not taken, `rule_until` for an end by another clock than that of
    the rule, `rule_never` for one that never occurs from the start on."""
    rule = text.strip().upper().removeprefix("RRULE:")
    if _UNTIL_OF_UTC.search(rule):
        # By the clock of the rule it would be another day than it says.
        raise Unfit("rule_until")
    match recurrence.bad_rule(rule, local(starts).date()):
        case None:
            return rule
        case recurrence.RuleNotReadable():
            raise Unfit("rule_unreadable")
        case recurrence.RuleNeverOccurs():
            raise Unfit("rule_never")
        case unhandled:
            assert_never(unhandled)


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
        period = shown_at(start, rule.time_zone), shown_at(start + length, rule.time_zone)
        if period[0] < ends and period[1] > begins:
            found.append(period)
    return found


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
    return [shown_at(one, rule.time_zone) for one in islice(coming, most)]
