"""Prices of works in minor units (G-80): the discount first, then VAT, each rounded half up."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import ClassVar

from contracts.common_v1 import Money
from contracts.interventions.case_v1 import Amounts, Price, PriceMode

WHOLE = 10_000
"""Basis points of the whole: 2000 are 20 %."""
MOST_MINOR = 100_000_000
"""No work costs more than a million euros."""

# --- Rejections -------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class PriceNotPossible:
    field: ClassVar[str] = "price"
    amount: Money
    most: Money


@dataclass(frozen=True, slots=True)
class PriceNotInCurrency:
    field: ClassVar[str] = "price"
    currency: str
    expected: str


@dataclass(frozen=True, slots=True)
class TwoDiscounts:
    field: ClassVar[str] = "price"


@dataclass(frozen=True, slots=True)
class DiscountAbovePrice:
    field: ClassVar[str] = "price"
    discount: Money
    price: Money


Rejection = PriceNotPossible | PriceNotInCurrency | TwoDiscounts | DiscountAbovePrice


def bad_price(price: Price, currency: str) -> Rejection | None:
    """Why a work of a case in that currency cannot have the price, if it cannot."""
    discount = price.discount or Money(0, price.amount.currency)
    for one in (price.amount, discount):
        if one.currency != currency:
            return PriceNotInCurrency(one.currency, currency)
    if not 0 <= price.amount.amount_minor <= MOST_MINOR:
        return PriceNotPossible(price.amount, Money(MOST_MINOR, currency))
    if price.discount is not None and price.discount_basis_points is not None:
        return TwoDiscounts()
    if not 0 <= discount.amount_minor <= price.amount.amount_minor:
        return DiscountAbovePrice(discount, price.amount)
    return None


def amounts_of(price: Price) -> Amounts:
    """The result of a possible price. The part that was not entered follows from the other two, so
    that what excludes VAT and the VAT always make what includes it."""
    reduced = _reduced(price)
    whole = WHOLE + price.vat_basis_points
    if price.mode is PriceMode.EXCLUDING_VAT:
        excluding, including = reduced, reduced + half_up(reduced * price.vat_basis_points, WHOLE)
    else:
        excluding, including = half_up(reduced * WHOLE, whole), reduced
    return _amounts(excluding, including, price.amount.currency)


def total(parts: Iterable[Amounts], currency: str) -> Amounts:
    """The sum of what was rounded line by line, so that a customer can add it up."""
    parts = tuple(parts)
    excluding = sum(one.excluding_vat.amount_minor for one in parts)
    including = sum(one.including_vat.amount_minor for one in parts)
    return _amounts(excluding, including, currency)


def half_up(dividend: int, divisor: int) -> int:
    """The quotient of two numbers that are not negative, and a half up."""
    return (2 * dividend + divisor) // (2 * divisor)


def _reduced(price: Price) -> int:
    amount = price.amount.amount_minor
    if price.discount is not None:
        return amount - price.discount.amount_minor
    return half_up(amount * (WHOLE - (price.discount_basis_points or 0)), WHOLE)


def _amounts(excluding: int, including: int, currency: str) -> Amounts:
    return Amounts(
        excluding_vat=Money(excluding, currency),
        vat=Money(including - excluding, currency),
        including_vat=Money(including, currency),
    )
