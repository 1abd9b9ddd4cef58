"""The days on which a driver can be called."""

from datetime import date

import pytest

from contracts.missions.driver_v1 import Period
from infra.testing.spec import Spec
from services.missions import driver
from services.missions.driver.availability import (
    AvailabilityIdTaken,
    AvailabilityIsOver,
    AvailabilityOverlaps,
    NoSuchAvailability,
)
from services.missions.terms import HORIZON, DayNotPossible, TextTooLong
from services.missions.tests.make import (
    DAY,
    FROM,
    MIDDLE,
    TODAY,
    UNTIL,
    declare,
    declared,
    registered,
    take_back,
    taken_back,
)

given = Spec(driver.decide, driver.evolve, driver.initial).given


class TestDeclareAvailability:
    @pytest.mark.requirement("HIF-31", "T-02", "G-16")
    @pytest.mark.parametrize(
        ("period", "first", "last"),
        [
            (Period.DAY, date(2030, 5, 6), date(2030, 5, 6)),
            (Period.WEEK, date(2030, 5, 6), date(2030, 5, 12)),
            (Period.MONTH, date(2030, 5, 6), date(2030, 6, 5)),
            (Period.MONTH, date(2030, 6, 1), date(2030, 6, 30)),
            (Period.MONTH, date(2030, 12, 2), date(2031, 1, 1)),
            (Period.MONTH, date(2031, 1, 28), date(2031, 2, 27)),
            (Period.MONTH, date(2031, 1, 29), date(2031, 2, 28)),
            (Period.MONTH, date(2031, 1, 31), date(2031, 2, 28)),
            (Period.MONTH, date(2031, 3, 31), date(2031, 4, 30)),
        ],
    )
    def test_a_driver_is_free(self, period: Period, first: date, last: date) -> None:
        given(registered()).when(declare(period=period, starting=first)).records(
            declared(period=period, from_day=first, until_day=last)
        )

    @pytest.mark.requirement("G-16")
    def test_a_driver_may_be_free_from_today(self) -> None:
        given(registered()).when(declare(starting=TODAY)).records(
            declared(from_day=TODAY, until_day=TODAY)
        )

    @pytest.mark.requirement("G-16")
    def test_the_past_is_no_time_to_be_free(self) -> None:
        given(registered()).when(declare(starting=TODAY - DAY)).is_rejected(
            DayNotPossible(field="starting", day=TODAY - DAY, first=TODAY, last=TODAY + HORIZON)
        )

    def test_nobody_plans_further_ahead(self) -> None:
        first = TODAY + HORIZON + DAY
        given(registered()).when(declare(starting=first)).is_rejected(
            DayNotPossible(field="starting", day=first, first=TODAY, last=TODAY + HORIZON)
        )

    @pytest.mark.requirement("HIF-31", "G-16")
    def test_a_reason_may_be_given(self) -> None:
        given(registered()).when(declare(reason="x" * 255)).records(declared(reason="x" * 255))

    @pytest.mark.requirement("G-16")
    def test_a_reason_may_not_be_longer(self) -> None:
        given(registered()).when(declare(reason="x" * 256)).is_rejected(
            TextTooLong(field="reason", length=256, limit=255)
        )

    @pytest.mark.requirement("G-16")
    def test_availabilities_may_touch(self) -> None:
        given(registered(), declared("a-1", from_day=FROM, until_day=MIDDLE)).when(
            declare("a-2", starting=MIDDLE + DAY)
        ).records(declared("a-2", from_day=MIDDLE + DAY, until_day=MIDDLE + DAY))

    @pytest.mark.requirement("G-16")
    @pytest.mark.parametrize("starting", [FROM - 6 * DAY, FROM, MIDDLE])
    def test_availabilities_do_not_overlap(self, starting: date) -> None:
        given(registered(), declared("a-1", from_day=FROM, until_day=MIDDLE)).when(
            declare("a-2", Period.WEEK, starting, today=starting)
        ).is_rejected(AvailabilityOverlaps(availability_id="a-1", from_day=FROM, until_day=MIDDLE))

    @pytest.mark.requirement("G-16")
    def test_days_taken_back_may_be_declared_anew(self) -> None:
        given(registered(), declared("a-1"), taken_back("a-1")).when(declare("a-2")).records(
            declared("a-2")
        )

    def test_an_id_names_one_availability(self) -> None:
        taken = AvailabilityIdTaken("a-1")
        given(registered(), declared()).when(declare(starting=UNTIL)).is_rejected(taken)
        given(registered(), declared()).when(declare(reason="holiday")).is_rejected(taken)
        given(registered(), declared(), taken_back()).when(declare()).is_rejected(taken)


class TestWithdrawAvailability:
    @pytest.mark.requirement("HIF-31", "G-16")
    def test_a_driver_takes_it_back(self) -> None:
        given(registered(), declared()).when(take_back()).records(taken_back())

    @pytest.mark.requirement("G-16")
    def test_its_last_day_is_early_enough(self) -> None:
        given(registered(), declared(until_day=MIDDLE)).when(take_back(today=MIDDLE)).records(
            taken_back()
        )

    @pytest.mark.requirement("G-16")
    def test_the_past_stays_as_it_was(self) -> None:
        given(registered(), declared(until_day=MIDDLE)).when(
            take_back(today=MIDDLE + DAY)
        ).is_rejected(AvailabilityIsOver(MIDDLE))

    def test_it_was_declared_first(self) -> None:
        given(registered()).when(take_back()).is_rejected(NoSuchAvailability())
