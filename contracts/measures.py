"""How finely a value on a vehicle is read off, whoever notes it (I10)."""

from collections.abc import Mapping
from enum import IntEnum

DECIMALS: Mapping[str, int] = {"MILLIMETRE": 2, "PERCENT": 1, "VOLT": 2}
"""As many as gauges show, by the name of the unit."""


def is_too_fine(unit: IntEnum, thousandths: int) -> bool:
    """Whether a value in thousandths of a unit has more decimals than are read off in it."""
    finest: int = 10 ** (3 - DECIMALS[unit.name])
    return thousandths % finest != 0
