"""A measured value gives a work its level and day, and whoever lists it has the last word."""

from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

import pytest

from contracts.interventions.case_v1 import (
    Assessment,
    Measurement,
    MeasurementUnit,
    Thresholds,
    WorkLevel,
)
from services.interventions import case
from services.interventions.case import works
from services.interventions.case.measuring import (
    MeasuredInOtherUnit,
    Scale,
    TooManyDecimals,
    ValueNotPossible,
)
from services.interventions.case.works import LevelIsMissing, NothingIsDue
from services.interventions.tests.make import CASE, LATER, PENDING, history, list_work

MM, PERCENT, VOLT = MeasurementUnit.MILLIMETRE, MeasurementUnit.PERCENT, MeasurementUnit.VOLT
THRESHOLDS = Thresholds(
    advised_below_thousandths=5_000,
    urgent_below_thousandths=3_000,
    advised_due_days=90,
    urgent_due_days=7,
)
PADS = Scale(unit=MM, thresholds=THRESHOLDS)
IN_A_WEEK, IN_THREE_MONTHS = date(2030, 5, 13), date(2030, 8, 4)


def measured(
    thousandths: int = 2_800,
    unit: MeasurementUnit = MM,
    scale: Scale | None = PADS,
    level: WorkLevel | None = None,
    **said: Any,
) -> works.ListWork:
    """The thickness of the pads, read off on the sixth of May."""
    return replace(
        list_work(at=LATER),
        level=level,
        measurement=Measurement(unit=unit, thousandths=thousandths),
        scale=scale,
        **said,
    )


def listed(*commands: works.ListWork) -> tuple[WorkLevel, date | None, Assessment | None]:
    """The level and the day of the work, and what its value led to."""
    fact: Any = history(*PENDING, *commands)[-1]
    return fact.level, fact.due_on, fact.assessment


def assessment(
    level: WorkLevel, due_on: date | None, thresholds: Thresholds = THRESHOLDS
) -> Assessment:
    return Assessment(level=level, due_on=due_on, thresholds=thresholds)


@pytest.mark.parametrize(
    ("thousandths", "level", "due_on"),
    [
        (0, WorkLevel.URGENT, IN_A_WEEK),
        (2_990, WorkLevel.URGENT, IN_A_WEEK),
        (3_000, WorkLevel.ADVISED, IN_THREE_MONTHS),
        (4_990, WorkLevel.ADVISED, IN_THREE_MONTHS),
        (5_000, WorkLevel.OK, None),
        (12_000, WorkLevel.OK, None),
    ],
)
def test_a_value_gives_the_level_and_the_day_and_one_on_a_threshold_is_not_below_it(
    thousandths: int, level: WorkLevel, due_on: date | None
) -> None:
    assert listed(measured(thousandths)) == (level, due_on, assessment(level, due_on))


def test_thresholds_that_name_no_days_propose_none() -> None:
    bare = replace(THRESHOLDS, advised_due_days=None, urgent_due_days=None)
    expected = assessment(WorkLevel.URGENT, None, bare)
    assert listed(measured(scale=Scale(unit=MM, thresholds=bare))) == (
        *(WorkLevel.URGENT, None),
        expected,
    )


def test_whoever_lists_the_work_has_the_last_word_and_the_value_stands_beside_it() -> None:
    found = assessment(WorkLevel.URGENT, IN_A_WEEK)
    assert listed(measured(level=WorkLevel.ADVISED)) == (WorkLevel.ADVISED, None, found)
    june = date(2030, 6, 1)
    assert listed(measured(due_on=june)) == (WorkLevel.URGENT, june, found)
    both = measured(level=WorkLevel.ADVISED, due_on=june)
    assert listed(both) == (WorkLevel.ADVISED, june, found)
    CASE.given(*history(*PENDING)).when(both).records(history(*PENDING, both)[-1])


def test_a_work_that_was_carried_out_is_due_on_no_day() -> None:
    done = measured(carried_out=True)
    assert listed(done) == (WorkLevel.URGENT, None, assessment(WorkLevel.URGENT, IN_A_WEEK))
    refused = measured(carried_out=True, due_on=IN_A_WEEK)
    CASE.given(*history(*PENDING)).when(refused).is_rejected(NothingIsDue())


def test_the_days_are_counted_where_the_dealership_is() -> None:
    late = datetime(2030, 5, 6, 22, 30, tzinfo=UTC)
    assert listed(replace(measured(), at=late))[1] == date(2030, 5, 14)


def test_later_thresholds_count_when_the_work_is_listed_anew() -> None:
    stricter = replace(THRESHOLDS, urgent_below_thousandths=2_000)
    again = replace(
        measured(scale=Scale(unit=MM, thresholds=stricter)), at=LATER.replace(minute=50)
    )
    assert listed(measured(), again)[2] == assessment(WorkLevel.ADVISED, IN_THREE_MONTHS, stricter)


def test_what_a_value_meant_stays_while_no_checklist_says_it_any_more() -> None:
    later = LATER.replace(minute=50)
    same = replace(measured(scale=None, level=WorkLevel.URGENT, due_on=IN_A_WEEK), at=later)
    assert listed(measured(), same)[2] == assessment(WorkLevel.URGENT, IN_A_WEEK)
    other = replace(same, measurement=Measurement(unit=MM, thousandths=4_000))
    assert listed(measured(), other)[2] is None
    silent = replace(same, scale=Scale(unit=MM, thresholds=None))
    assert listed(measured(), silent)[2] is None


@pytest.mark.requirement("FLB-031")
@pytest.mark.parametrize(
    "scale", [None, Scale(unit=MM, thresholds=None), Scale(unit=PERCENT, thresholds=THRESHOLDS)]
)
def test_a_word_that_another_one_follows_is_no_news_whatever_the_checklist_says_now(
    scale: Scale | None,
) -> None:
    later = replace(measured(), at=LATER.replace(minute=50))
    given = CASE.given(*history(*PENDING, later))
    given.when(replace(measured(scale=scale), at=LATER)).records_nothing()


def test_a_work_without_a_level_needs_a_value_that_tells_it() -> None:
    given = CASE.given(*history(*PENDING))
    given.when(measured(scale=None)).is_rejected(LevelIsMissing())
    given.when(measured(scale=Scale(unit=MM, thresholds=None))).is_rejected(LevelIsMissing())
    given.when(replace(list_work(at=LATER), level=None)).is_rejected(LevelIsMissing())
    free = measured(scale=None, level=WorkLevel.OK)
    assert listed(free) == (WorkLevel.OK, None, None)


@pytest.mark.parametrize(
    ("command", "rejection"),
    [
        (measured(unit=PERCENT), MeasuredInOtherUnit(MM)),
        (measured(-10), ValueNotPossible(1_000_000)),
        (measured(1_000_010), ValueNotPossible(1_000_000)),
        (
            measured(100_100, PERCENT, Scale(unit=PERCENT, thresholds=None)),
            ValueNotPossible(100_000),
        ),
        (measured(2_801), TooManyDecimals(2)),
        (measured(87_550, PERCENT, None), TooManyDecimals(1)),
        (measured(12_401, VOLT, None), TooManyDecimals(2)),
    ],
    ids=["unit", "negative", "large", "percent", "mm", "tenth", "volt"],
)
def test_what_nobody_can_have_read_off_is_refused(
    command: works.ListWork, rejection: case.Rejection
) -> None:
    CASE.given(*history(*PENDING)).when(command).is_rejected(rejection)


@pytest.mark.parametrize(
    "command",
    [
        measured(1_000_000),
        measured(100_000, PERCENT, None, WorkLevel.OK),
        measured(87_500, PERCENT, None, WorkLevel.OK),
        measured(12_400, VOLT, None, WorkLevel.OK),
    ],
)
def test_what_a_gauge_shows_is_taken(command: works.ListWork) -> None:
    assert history(*PENDING, command)[-1].measurement == command.measurement  # type: ignore[union-attr]
