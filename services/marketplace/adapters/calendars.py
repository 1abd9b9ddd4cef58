"""Calendars of RFC 5545, read into the times at which they are busy (M9)."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from icalendar import Calendar

from contracts.marketplace.provider_v1 import TimeRule
from infra import availability
from infra.wording import Unfit

MOST_BYTES = 500_000
MOST_RULES = 100
"""Events that recur; each costs as much as a search for its first day."""


def busy(text: str, zone: str) -> tuple[TimeRule, ...]:
    """The times at which a calendar is busy, in the order of their starts.

    Its events count unless they are transparent or cancelled; what has no zone of its own is by
    the clock of `zone`. Raises `Unfit`: `calendar_unreadable`, or what a rule in it breaks.
    """
    if len(text) > MOST_BYTES:
        raise Unfit("calendar_unreadable")
    try:
        # Components are read when they are asked for, and then fail as the text does.
        events = list(Calendar.from_ical(text).walk("VEVENT"))
        found = {_rule(event, zone) for event in events if _counts(event)}
    except (ValueError, KeyError, AttributeError, IndexError, TypeError, OverflowError) as error:
        if isinstance(error, Unfit):
            raise
        raise Unfit("calendar_unreadable") from error
    rules = tuple(sorted(found, key=lambda one: (one.starts, one.minutes, one.rule or "")))
    if sum(one.rule is not None for one in rules) > MOST_RULES:
        raise Unfit("calendar_unreadable")
    return rules


def _counts(event: Any) -> bool:
    status, shown = str(event.get("STATUS", "")), str(event.get("TRANSP", "OPAQUE"))
    return status.upper() != "CANCELLED" and shown.upper() != "TRANSPARENT"


def _rule(event: Any, usual: str) -> TimeRule:
    begins = event.decoded("DTSTART")
    zone = _zone(begins, usual)
    starts = _clock(begins, zone)
    minutes = int((_end(event, begins, zone) - starts) / timedelta(minutes=1))
    if not 0 < minutes <= availability.MOST_MINUTES:
        raise Unfit("calendar_unreadable")
    rules = event.get("RRULE")
    if isinstance(rules, list):
        raise Unfit("calendar_unreadable")
    text = _until_by_clock(rules.to_ical().decode(), zone) if rules is not None else None
    return TimeRule(
        starts=_written(starts),
        minutes=minutes,
        time_zone=zone,
        rule=None if text is None else availability.wanted(text, _written(starts)),
        left_out=tuple(sorted(_written(_clock(one, zone)) for one in _dates(event, "EXDATE"))),
        added=tuple(sorted(_written(_clock(one, zone)) for one in _dates(event, "RDATE"))),
    )


def _end(event: Any, begins: date | datetime, zone: str) -> datetime:
    """By the clock; a whole day lasts until the next one where nothing says how long."""
    if "DTEND" in event:
        return _clock(event.decoded("DTEND"), zone)
    if "DURATION" in event:
        length: timedelta = event.decoded("DURATION")
        return _clock(begins, zone) + length
    return _clock(begins, zone) + (
        timedelta() if isinstance(begins, datetime) else timedelta(days=1)
    )


def _zone(begins: date | datetime, usual: str) -> str:
    """The IANA name of the zone of a start. Raises `Unfit` for one that has no such name."""
    found: tzinfo | None = begins.tzinfo if isinstance(begins, datetime) else None
    if found is None:
        return usual
    name = getattr(found, "key", None) or str(found)
    if name in ("UTC", "GMT"):
        return "UTC"
    try:
        return ZoneInfo(name).key
    except (ZoneInfoNotFoundError, ValueError) as error:
        raise Unfit("calendar_unreadable") from error


def _clock(at: date | datetime, zone: str) -> datetime:
    """The same by the clock of a zone, to the minute."""
    if not isinstance(at, datetime):
        return datetime.combine(at, time())
    if at.tzinfo is not None:
        at = at.astimezone(ZoneInfo(zone)).replace(tzinfo=None)
    return at.replace(second=0, microsecond=0, fold=0)


def _until_by_clock(rule: str, zone: str) -> str:
    """An end in UTC, as RFC 5545 has it, by the clock of the rule."""
    parts = []
    for part in rule.upper().split(";"):
        name, _, value = part.partition("=")
        if name == "UNTIL" and value.endswith("Z"):
            at = datetime.strptime(value, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
            value = at.astimezone(ZoneInfo(zone)).strftime("%Y%m%dT%H%M%S")
        parts.append(f"{name}={value}")
    return ";".join(parts)


def _dates(event: Any, name: str) -> Iterator[date | datetime]:
    found = event.get(name)
    if found is None:
        return
    for group in found if isinstance(found, list) else [found]:
        for one in group.dts:
            if not isinstance(one.dt, date):
                raise Unfit("calendar_unreadable")
            yield one.dt


def _written(clock: datetime) -> str:
    return clock.strftime("%Y-%m-%dT%H:%M")
