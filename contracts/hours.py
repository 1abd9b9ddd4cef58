"""The hours of the day at which customers are written to (R3), whoever does it."""

from datetime import UTC, date, datetime, time, timedelta, tzinfo

EARLIEST, LATEST = time(8), time(20)
"""Where the customer is; the end is not included."""


def instant(day: date, clock: time, zone: tzinfo) -> datetime:
    """The instant at which clocks there show this on the day. Of an hour that comes twice it is the
    first; of one that is left out it is as long after midnight as if it were not (RFC 5545)."""
    return datetime.combine(day, clock, zone).astimezone(UTC)


def lawful(at: datetime, zone: tzinfo) -> datetime:
    """That instant, where it is day there; else the next morning."""
    there = at.astimezone(zone)
    if EARLIEST <= there.time() < LATEST:
        return at
    day = there.date() if there.time() < EARLIEST else there.date() + timedelta(days=1)
    return instant(day, EARLIEST, zone)
