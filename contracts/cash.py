"""Cash on delivery, as depots and their tills count it: which amounts somebody may state."""

from dataclasses import dataclass

from contracts.common_v1 import Money

CURRENCY = "MAD"
"""Couriers of the depots are paid in dirhams (G-02)."""


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


def bad_cash(field: str, amount: Money, least_minor: int, most_minor: int) -> BadCash | None:
    """The fault of an amount that somebody states, if it has one."""
    if amount.currency != CURRENCY:
        return WrongCurrency(field, amount.currency, CURRENCY)
    if not least_minor <= amount.amount_minor <= most_minor:
        return CashNotPossible(field, amount, dirhams(least_minor), dirhams(most_minor))
    return None
