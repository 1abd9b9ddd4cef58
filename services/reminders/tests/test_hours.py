"""The hours at which reminders go out, across clock changes and time zones."""

from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo

import pytest

from contracts.hours import instant, lawful
from infra.phones import zone_of
from services.reminders.reminder.hours import send_time

PARIS, AUCKLAND = ZoneInfo("Europe/Paris"), ZoneInfo("Pacific/Auckland")


@pytest.mark.requirement("G-55")
@pytest.mark.parametrize(
    ("day", "expected"),
    [
        (date(2030, 3, 30), datetime(2030, 3, 30, 8, 0, tzinfo=UTC)),
        (date(2030, 3, 31), datetime(2030, 3, 31, 7, 0, tzinfo=UTC)),
        (date(2030, 10, 26), datetime(2030, 10, 26, 7, 0, tzinfo=UTC)),
        (date(2030, 10, 27), datetime(2030, 10, 27, 8, 0, tzinfo=UTC)),
    ],
)
def test_it_is_nine_where_the_dealership_is_whatever_clocks_do(
    day: date, expected: datetime
) -> None:
    assert send_time(day, PARIS) == expected


@pytest.mark.parametrize(
    ("day", "clock", "expected"),
    [
        # Half past two is left out: it is half past three.
        (date(2030, 3, 31), time(2, 30), datetime(2030, 3, 31, 1, 30, tzinfo=UTC)),
        # Half past two comes twice: it is the first one.
        (date(2030, 10, 27), time(2, 30), datetime(2030, 10, 27, 0, 30, tzinfo=UTC)),
    ],
)
def test_an_hour_that_is_left_out_or_comes_twice_is_one_instant(
    day: date, clock: time, expected: datetime
) -> None:
    assert instant(day, clock, PARIS) == expected


@pytest.mark.parametrize(
    ("at", "expected"),
    [
        (datetime(2030, 6, 20, 5, 59, 59, tzinfo=UTC), datetime(2030, 6, 20, 6, tzinfo=UTC)),
        (datetime(2030, 6, 20, 6, 0, tzinfo=UTC), datetime(2030, 6, 20, 6, tzinfo=UTC)),
        (
            datetime(2030, 6, 20, 17, 59, 59, tzinfo=UTC),
            datetime(2030, 6, 20, 17, 59, 59, tzinfo=UTC),
        ),
        (datetime(2030, 6, 20, 18, 0, tzinfo=UTC), datetime(2030, 6, 21, 6, tzinfo=UTC)),
        # The night in which clocks go forward.
        (datetime(2030, 3, 30, 19, 0, tzinfo=UTC), datetime(2030, 3, 31, 6, tzinfo=UTC)),
    ],
)
def test_nobody_is_written_to_at_night(at: datetime, expected: datetime) -> None:
    assert lawful(at, PARIS) == expected


def test_nine_at_the_dealership_may_be_evening_for_the_customer() -> None:
    nine = send_time(date(2030, 6, 20), PARIS)
    assert lawful(nine, AUCKLAND) == nine
    ten_more = datetime(2030, 6, 20, 8, 0, tzinfo=UTC)
    assert lawful(ten_more, AUCKLAND) == datetime(2030, 6, 20, 20, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("phone", "zone"),
    [
        ("+33612345678", "Europe/Paris"),
        ("+590690001234", "America/Guadeloupe"),
        (None, None),
        # A mobile number of the United States says nothing, or too much.
        ("+18005551234", None),
    ],
)
def test_a_phone_tells_the_zone_where_it_can_only_be_one(
    phone: str | None, zone: str | None
) -> None:
    assert zone_of(phone) == (ZoneInfo(zone) if zone else None)
