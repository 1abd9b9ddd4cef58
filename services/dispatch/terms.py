"""The arithmetic of marketplaces: arrival windows, and what a price is made of (M11, M15)."""

from dataclasses import dataclass
from datetime import timedelta
from typing import ClassVar

from contracts.common_v1 import Money
from contracts.dispatch.request_v1 import Fees

ARRIVAL_WINDOW = timedelta(hours=2)
WHOLE_BASIS_POINTS = 10_000
MOST_PRICE_MINOR = 100_000_000


@dataclass(frozen=True, slots=True)
class ProposedPriceNotPossible:
    """It is not above nothing, or not in the currency of the marketplace."""

    field: ClassVar[str] = "price"
    price: Money
    most: Money


@dataclass(frozen=True, slots=True)
class CustomerIsForgotten:
    """Nothing about the customer can be read any more, so nothing new is recorded."""


@dataclass(frozen=True, slots=True)
class ProviderIsBarred:
    """By then its relation with the marketplace is suspended or over, or the service is not
    accepted: nothing new is given to it (G-65, G-67)."""


def bad_price(price: Money, currency: str) -> ProposedPriceNotPossible | None:
    """Why a price cannot be; None where it can."""
    if price.currency == currency and 0 < price.amount_minor <= MOST_PRICE_MINOR:
        return None
    return ProposedPriceNotPossible(price, Money(MOST_PRICE_MINOR, currency))


def part_of(amount: Money, basis_points: int) -> Money:
    """So much of an amount, rounded half up."""
    whole = amount.amount_minor * basis_points + WHOLE_BASIS_POINTS // 2
    return Money(whole // WHOLE_BASIS_POINTS, amount.currency)


def fees(
    price: Money,
    vat_basis_points: int,
    commission_basis_points: int,
    commission_vat_basis_points: int,
) -> Fees:
    """The parts of a price without VAT, for which the operator takes its commission (G-68), with
    VAT of its own."""
    vat = part_of(price, vat_basis_points)
    commission = part_of(price, commission_basis_points)
    commission_vat = part_of(commission, commission_vat_basis_points)
    including_vat = price.amount_minor + vat.amount_minor
    payout = including_vat - commission.amount_minor - commission_vat.amount_minor
    return Fees(
        excluding_vat=price,
        vat=vat,
        including_vat=Money(including_vat, price.currency),
        commission=commission,
        net=Money(price.amount_minor - commission.amount_minor, price.currency),
        commission_vat=commission_vat,
        payout=Money(payout, price.currency),
    )
