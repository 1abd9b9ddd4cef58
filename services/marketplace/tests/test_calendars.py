from datetime import UTC, datetime

import pytest

from contracts.marketplace.provider_v1 import TimeRule
from infra import availability
from infra.wording import Unfit
from services.marketplace.adapters import calendars
from services.marketplace.tests.make import rule

HEAD = "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//x//x//EN\r\n"
TAIL = "END:VCALENDAR\r\n"


def calendar(*events: str) -> str:
    inside = "".join(
        f"BEGIN:VEVENT\r\nUID:{n}\r\n{one}\r\nEND:VEVENT\r\n" for n, one in enumerate(events)
    )
    return HEAD + inside + TAIL


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def test_the_events_of_a_calendar_are_times_at_which_one_is_busy() -> None:
    text = calendar(
        "DTSTART;TZID=Europe/Paris:20301028T090000\r\nDTEND;TZID=Europe/Paris:20301028T100000\r\n"
        "RRULE:FREQ=WEEKLY;BYDAY=MO;UNTIL=20301230T080000Z",
        "DTSTART;VALUE=DATE:20300805\r\nDTEND;VALUE=DATE:20300807",
        "DTSTART:20300805T080000Z\r\nDURATION:PT1H\r\nTRANSP:TRANSPARENT",
    )
    assert calendars.busy(text, "Europe/Paris") == (
        TimeRule(
            starts="2030-08-05T00:00",
            minutes=2 * 24 * 60,
            time_zone="Europe/Paris",
            rule=None,
            left_out=(),
            added=(),
        ),
        TimeRule(
            starts="2030-10-28T09:00",
            minutes=60,
            time_zone="Europe/Paris",
            rule="FREQ=WEEKLY;UNTIL=20301230T090000;BYDAY=MO",
            left_out=(),
            added=(),
        ),
    )


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("no calendar", "calendar_unreadable"),
        (calendar("DTSTART:20300805T080000Z\r\nDTEND:20300805T070000Z"), "calendar_unreadable"),
        (
            calendar(
                "DTSTART:20300805T080000Z\r\nDURATION:PT1H\r\n"
                "RRULE:FREQ=MONTHLY;BYMONTH=2;BYMONTHDAY=30"
            ),
            "rule_never",
        ),
        (
            calendar("DTSTART:20300805T080000Z\r\nDURATION:PT1H\r\nRRULE:FREQ=SECONDLY"),
            "rule_unreadable",
        ),
    ],
    ids=["prose", "backwards", "never", "seconds"],
)
def test_a_calendar_that_says_nothing_good_is_refused(text: str, fault: str) -> None:
    with pytest.raises(Unfit) as found:
        calendars.busy(text, "Europe/Paris")
    assert found.value.rule == fault


def test_nine_in_the_morning_stays_so_when_clocks_change() -> None:
    mondays = rule(starts="2030-10-21T09:00")
    assert availability.is_free((mondays,), (), at("2030-10-21T07:00"), at("2030-10-21T15:00"))
    assert availability.is_free((mondays,), (), at("2030-10-28T08:00"), at("2030-10-28T16:00"))
    assert not availability.is_free((mondays,), (), at("2030-10-28T07:59"), at("2030-10-28T09:00"))
    assert not availability.is_free((mondays,), (), at("2030-10-28T15:00"), at("2030-10-28T16:01"))


def test_what_is_closed_counts_more_than_what_is_open() -> None:
    day = (at("2030-05-06T08:00"), at("2030-05-06T09:00"))
    closed = rule(None, starts="2030-05-06T10:30")
    assert availability.is_free((), (), *day)
    assert availability.is_free((rule(),), (), *day)
    assert not availability.is_free((rule(),), (closed,), *day)
