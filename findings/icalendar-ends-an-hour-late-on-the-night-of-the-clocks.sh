#!/usr/bin/env bash
# One expects: an event of `DURATION:PT8H` lasts eight hours. RFC 5545 (3.3.6) makes hours of a duration
#   exact and only days and weeks nominal, so a tour from 22:30 on the night when the clocks go back
#   ends at 05:30.
# What happens: `Event.end` adds the duration to the time on the wall: 06:30, which is nine hours
#   later; in spring it is seven. recurring-ical-events, made for rules of repetition, does the same. The
#   other way round, `Event.duration` of 22:30 to 06:30 says eight hours.
# Versions: icalendar 7.3.2, recurring-ical-events 3.8.2, tzdata 2026.6.
# Where it matters to us: the calendar of a driver is whole days with their end for now. Tours with
#   hours would go in with the end as an instant, never as a duration, and what others send with a
#   duration is to be added in UTC.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
env PIP_DISABLE_PIP_VERSION_CHECK=1 venv/bin/pip install --quiet \
  icalendar==7.3.2 recurring-ical-events==3.8.2 tzdata==2026.6
PYTHONTZPATH= venv/bin/python - <<'PY'
from datetime import UTC, datetime, timedelta
from importlib.metadata import version

import recurring_ical_events
from icalendar import Calendar

print(", ".join(f"{name} {version(name)}" for name in ("icalendar", "recurring-ical-events", "tzdata")))


def calendar(start: str, *lines: str) -> Calendar:
    return Calendar.from_ical("\r\n".join((
        "BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//test//EN", "BEGIN:VEVENT", "UID:1",
        "DTSTAMP:20260101T000000Z", f"DTSTART;TZID=Europe/Paris:{start}", *lines,
        "END:VEVENT", "END:VCALENDAR", "",
    )))


def lasts(start: datetime, end: datetime) -> timedelta:
    return end.astimezone(UTC) - start.astimezone(UTC)


HOURS = {}
for night, start in (("autumn", "20261024T223000"), ("spring", "20260328T223000")):
    [event] = calendar(start, "DURATION:PT8H").events
    HOURS[night] = lasts(event.start, event.end) / timedelta(hours=1)
    print(f"{night}: 8 hours from {event.start} end at {event.end}, after {HOURS[night]:g}")
nightly = calendar("20261023T223000", "DURATION:PT8H", "RRULE:FREQ=DAILY;COUNT=3")
occurrences = recurring_ical_events.of(nightly).between((2026, 10, 23), (2026, 10, 27))
each = [lasts(one.start, one.end) / timedelta(hours=1) for one in occurrences]
print("three nights by a rule last", each)
[event] = calendar("20261024T223000", "DTEND;TZID=Europe/Paris:20261025T063000").events
print(f"from {event.start} to {event.end}, nine hours: duration {event.duration}")
assert HOURS == {"autumn": 9, "spring": 7}
assert each == [8, 9, 8]
assert event.duration == timedelta(hours=8)
print("seen: hours are added on the wall's clock")
PY
