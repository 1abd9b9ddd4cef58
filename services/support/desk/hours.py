"""Opening hours: the time that counts for support, by the clock of its time zone."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

MINUTES_A_DAY = 24 * 60
ONE_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Hours:
    """When the desk is open: parts of weekdays (1 is Monday), but not on holidays.

    A part is as long as it lasts: where the clock is put forward within it, it is an hour shorter.
    """

    time_zone: str
    openings: tuple[tuple[int, int, int], ...]
    """The weekday, and the minutes after midnight from which and until which."""
    holidays: frozenset[date]

    def after(self, since: datetime, open_for: timedelta) -> datetime:
        """When the desk has been open for so long since then; `since` itself for no time at all."""
        left = open_for
        if left <= timedelta():
            return since
        for opens, ends in self._parts(since):
            begins = max(opens, since)
            if ends - begins >= left:
                return begins + left
            left -= max(ends - begins, timedelta())
        raise AssertionError("the desk is open every week")

    def between(self, since: datetime, until: datetime) -> timedelta:
        """How long the desk was open from one instant to another one."""
        total = timedelta()
        for begins, ends in self._parts(since):
            if begins >= until:
                break
            total += max(min(ends, until) - max(begins, since), timedelta())
        return total

    def _parts(self, since: datetime) -> Iterator[tuple[datetime, datetime]]:
        """The parts in which the desk is open, from the day before on, one after the other."""
        zone = ZoneInfo(self.time_zone)
        day = since.astimezone(zone).date()
        while True:
            if day not in self.holidays:
                for weekday, from_minute, until_minute in sorted(self.openings):
                    if weekday == day.isoweekday():
                        yield _at(day, from_minute, zone), _at(day, until_minute, zone)
            day += ONE_DAY


def _at(day: date, minute: int, zone: ZoneInfo) -> datetime:
    """When the clock of the zone shows the minute; the first time, if it does so twice."""
    wall = datetime.combine(day, time()) + timedelta(minutes=minute)
    return wall.replace(tzinfo=zone).astimezone(UTC)
