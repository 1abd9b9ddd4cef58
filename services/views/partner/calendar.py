"""When am I free and when busy, as iCalendar (RFC 5545)?"""

from datetime import date, datetime, timedelta

from icalendar import Calendar, Event

from infra.catalogues import filled
from services.views.partner.drivers import Driver

_DAY = timedelta(days=1)


def ics(driver: Driver, at: datetime, *, available: str, mission: str) -> bytes:
    """The availabilities and missions of a driver as whole days; made at `at`.

    `available` is the title of the former, `mission` that of the latter, with `{trip}` for the id.
    """
    made = Calendar.new(
        prodid="-//Relais//Availability//EN", version="2.0", method="PUBLISH", name="Relais"
    )
    for free in driver.availabilities:
        uid = f"{driver.driver_id}.{free.availability_id}@availability.relais"
        made.add_component(_days(uid, available, free.from_day, free.until_day, at, busy=False))
    for taken in driver.engagements:
        uid = f"{taken.trip_id}@mission.relais"
        title = filled(mission, {"trip": taken.trip_id})
        made.add_component(_days(uid, title, taken.from_day, taken.until_day, at, busy=True))
    whole: bytes = made.to_ical()
    return whole


def _days(
    uid: str, title: str, from_day: date, until_day: date, at: datetime, *, busy: bool
) -> Event:
    """Both days included; in iCalendar the end is the first day after."""
    event = Event.new(uid=uid, summary=title, start=from_day, end=until_day + _DAY, stamp=at)
    event.add("transp", "OPAQUE" if busy else "TRANSPARENT")
    return event
