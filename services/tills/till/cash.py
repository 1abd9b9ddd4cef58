"""Cash: what a courier was paid on a day and brought, and which amounts there can be."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from contracts.common_v1 import Money

CURRENCY = "MAD"
"""Couriers of the depots are paid in dirhams (G-02)."""
MOST_COUNTED_MINOR = 100_000_000
"""No courier brings more on a day: a million dirhams."""


@dataclass(frozen=True, slots=True)
class WrongCurrency:
    field: str
    currency: str
    expected: str


@dataclass(frozen=True, slots=True)
class CashNotPossible:
    """Both ends are included."""

    field: str
    amount: Money
    least: Money
    most: Money


BadCash = WrongCurrency | CashNotPossible


def dirhams(amount_minor: int) -> Money:
    """An amount in the currency of the depots."""
    return Money(amount_minor, CURRENCY)


NO_CASH = dirhams(0)


def bad_cash(field: str, amount: Money, least_minor: int, most_minor: int) -> BadCash | None:
    """The fault of an amount that somebody states, if it has one."""
    if amount.currency != CURRENCY:
        return WrongCurrency(field, amount.currency, CURRENCY)
    if not least_minor <= amount.amount_minor <= most_minor:
        return CashNotPossible(field, amount, dirhams(least_minor), dirhams(most_minor))
    return None


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
