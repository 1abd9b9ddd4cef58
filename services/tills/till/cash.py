"""Cash: what a courier was paid on a day and brought."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from contracts.cash import dirhams
from contracts.common_v1 import Money

MOST_COUNTED_MINOR = 100_000_000
"""No courier brings more on a day: a million dirhams."""
NO_CASH = dirhams(0)


@dataclass(frozen=True, slots=True)
class Takings:
    """The cash of a courier: that of each order, by its id, and what was counted last."""

    collected: Mapping[str, Money] = field(default_factory=dict)
    expected: Money = NO_CASH
    counted: Money | None = None
    """None before the first count."""


NOTHING = Takings()
Couriers = Mapping[str, Takings]
"""By the id of the courier."""
