"""The hour at which a reminder goes out: at nine where the dealership is (G-55)."""

from datetime import date, datetime, time, tzinfo

from contracts.hours import instant

SENDING = time(9)


def send_time(day: date, zone: tzinfo) -> datetime:
    """The instant at which reminders go out on a day."""
    return instant(day, SENDING, zone)
