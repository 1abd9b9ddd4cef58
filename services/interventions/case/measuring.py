"""A value that is read off leads to a level, and to the day by which a work is due (I10)."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import ClassVar

from contracts.interventions.case_v1 import (
    Assessment,
    Measurement,
    MeasurementUnit,
    Thresholds,
    WorkLevel,
)
from contracts.measures import DECIMALS, is_too_fine

MOST: Mapping[MeasurementUnit, int] = {
    MeasurementUnit.MILLIMETRE: 1_000_000,
    MeasurementUnit.PERCENT: 100_000,
    MeasurementUnit.VOLT: 1_000_000,
}
"""Thousandths of the unit."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Scale:
    """The words of a checklist about a work that is measured, for the brand of the case."""

    unit: MeasurementUnit
    thresholds: Thresholds | None


# --- Rejections -------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class MeasuredInOtherUnit:
    field: ClassVar[str] = "measurement"
    expected: MeasurementUnit


@dataclass(frozen=True, slots=True)
class ValueNotPossible:
    """`most` is in thousandths of the unit; the least is nothing."""

    field: ClassVar[str] = "measurement"
    most: int


@dataclass(frozen=True, slots=True)
class TooManyDecimals:
    field: ClassVar[str] = "measurement"
    most: int


Rejection = MeasuredInOtherUnit | ValueNotPossible | TooManyDecimals

# --- What a value means -----------------------------------------------------


def bad_value(said: Measurement, scale: Scale | None) -> Rejection | None:
    """Why nobody can have read that off."""
    if scale is not None and said.unit is not scale.unit:
        return MeasuredInOtherUnit(scale.unit)
    if not 0 <= said.thousandths <= MOST[said.unit]:
        return ValueNotPossible(MOST[said.unit])
    too_fine = is_too_fine(said.unit, said.thousandths)
    return TooManyDecimals(DECIMALS[said.unit.name]) if too_fine else None


def assessed(said: Measurement, thresholds: Thresholds, today: date) -> Assessment:
    """The level of a value, and the day by which a work is due that is noted today."""
    level = level_of(said.thousandths, thresholds)
    days = {
        WorkLevel.ADVISED: thresholds.advised_due_days,
        WorkLevel.URGENT: thresholds.urgent_due_days,
    }.get(level)
    due_on = None if days is None else today + timedelta(days=days)
    return Assessment(level=level, due_on=due_on, thresholds=thresholds)


def level_of(thousandths: int, thresholds: Thresholds) -> WorkLevel:
    """A value that is exactly on a threshold is not below it."""
    if thousandths < thresholds.urgent_below_thousandths:
        return WorkLevel.URGENT
    return WorkLevel.ADVISED if thousandths < thresholds.advised_below_thousandths else WorkLevel.OK
