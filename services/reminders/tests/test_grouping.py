"""Works that are due about the same time are one reminder."""

from datetime import date, timedelta
from itertools import pairwise
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.reminders.plan_v1 import MileageEstimate, OdometerReading, PlannedWork
from services.reminders.plan.grouping import due_day, estimated, grouped, send_day
from services.reminders.tests.make import planned_work

A, B, C = date(2021, 8, 5), date(2021, 8, 13), date(2021, 9, 6)
DAYS = st.dates(date(2030, 1, 1), date(2031, 12, 31))
WORKS = st.lists(DAYS, max_size=12).map(
    lambda days: [planned_work(f"w-{n}", day) for n, day in enumerate(days)]
)
WINDOWS = st.integers(0, 365)


def ids(works: list[PlannedWork], days: int) -> list[list[str]]:
    return [[one.work_id for one in group] for group in grouped(works, days)]


def reading(km: int, day: date) -> OdometerReading:
    return OdometerReading(mileage_km=km, read_on=day)


@pytest.mark.requirement("FLB-153", "T-06", "G-54")
def test_the_example_of_the_source() -> None:
    works = [planned_work("c", C), planned_work("b", B), planned_work("a", A)]
    assert ids(works, 31) == [["a", "b"], ["c"]]
    first, second = grouped(works, 31)
    assert send_day(due_day(first[0]), 10, date(2021, 1, 1)) == date(2021, 7, 26)
    assert send_day(due_day(second[0]), 10, date(2021, 1, 1)) == date(2021, 8, 27)


@pytest.mark.requirement("G-54")
@pytest.mark.parametrize(("days", "groups"), [(31, 2), (32, 1)])
def test_the_last_day_of_the_window_is_in_it(days: int, groups: int) -> None:
    assert len(grouped([planned_work("a", A), planned_work("c", C)], days)) == groups


@pytest.mark.requirement("G-54")
def test_a_window_of_no_days_groups_equal_days_only() -> None:
    works = [planned_work("a", A), planned_work("b", A), planned_work("c", A + timedelta(days=1))]
    assert ids(works, 0) == [["a", "b"], ["c"]]


@pytest.mark.requirement("FLB-152", "T-05")
@pytest.mark.parametrize(
    ("due", "lead", "today", "expected"),
    [
        (date(2021, 6, 30), 10, date(2021, 1, 1), date(2021, 6, 20)),
        (date(2021, 6, 30), 10, date(2021, 6, 20), date(2021, 6, 20)),
        (date(2021, 6, 30), 10, date(2021, 6, 21), date(2021, 6, 21)),
        (date(2021, 6, 30), 365, date(2020, 6, 30), date(2020, 6, 30)),
        (date(2021, 6, 1), 1, date(2021, 6, 30), date(2021, 6, 30)),
    ],
)
def test_a_reminder_goes_out_so_many_days_before_and_today_at_the_earliest(
    due: date, lead: int, today: date, expected: date
) -> None:
    assert send_day(due, lead, today) == expected


@pytest.mark.requirement("FLB-153")
@given(WORKS, WINDOWS)
def test_each_work_is_in_one_group_and_each_group_in_its_window(
    works: list[PlannedWork], days: int
) -> None:
    groups = grouped(works, days)
    assert sorted(one.work_id for group in groups for one in group) == sorted(
        one.work_id for one in works
    )
    for group in groups:
        assert (max(map(due_day, group)) - due_day(group[0])).days <= days
    for former, group in pairwise(groups):
        assert (due_day(group[0]) - due_day(former[0])).days > days


@pytest.mark.requirement("FLB-153", "G-54")
@given(WORKS, WINDOWS, st.randoms(use_true_random=False))
def test_groups_are_the_same_in_whatever_order_works_come(
    works: list[PlannedWork], days: int, random: Random
) -> None:
    shuffled = list(works)
    random.shuffle(shuffled)
    assert grouped(shuffled, days) == grouped(works, days)


@given(WORKS, st.integers(0, 364))
def test_a_longer_window_never_makes_more_groups(works: list[PlannedWork], days: int) -> None:
    assert len(grouped(works, days + 1)) <= len(grouped(works, days))


FIRST, LAST = reading(80_000, date(2029, 5, 6)), reading(98_250, date(2030, 5, 6))


def test_a_mileage_is_reached_as_the_vehicle_goes_on() -> None:
    found = estimated(120_000, [LAST, FIRST, reading(90_000, date(2029, 12, 1))])
    assert found == MileageEstimate(first=FIRST, last=LAST, reached_on=date(2031, 7, 15))


@pytest.mark.parametrize(
    ("due", "readings"),
    [
        (None, [FIRST, LAST]),
        (120_000, []),
        (120_000, [LAST]),
        (120_000, [LAST, reading(99_000, LAST.read_on)]),
        (120_000, [FIRST, reading(79_000, LAST.read_on)]),
        (120_000, [FIRST, reading(80_000, LAST.read_on)]),
    ],
)
def test_what_readings_do_not_tell_is_not_estimated(
    due: int | None, readings: list[OdometerReading]
) -> None:
    assert estimated(due, readings) is None


def test_a_mileage_that_was_reached_is_due_when_it_was_read() -> None:
    found = estimated(98_250, [FIRST, LAST])
    assert found is not None
    assert found.reached_on == LAST.read_on


def test_a_vehicle_that_hardly_moves_reaches_it_at_the_end_of_the_calendar() -> None:
    found = estimated(9_000_000, [FIRST, reading(80_001, LAST.read_on)])
    assert found is not None
    assert found.reached_on == date.max
