"""Prices in whole minor units, beside fractions."""

from dataclasses import replace
from fractions import Fraction
from math import floor

import pytest
from hypothesis import given as any_of
from hypothesis import strategies as st

from contracts.common_v1 import Money
from contracts.interventions.case_v1 import Price, PriceMode
from services.interventions.case.pricing import (
    DiscountAbovePrice,
    PriceNotInCurrency,
    PriceNotPossible,
    Rejection,
    TwoDiscounts,
    amounts_of,
    bad_price,
    total,
)
from services.interventions.tests.make import amounts, eur

MINOR = st.integers(0, 100_000_000)
POINTS = st.integers(0, 10_000)
MODES = st.sampled_from(PriceMode)


def priced(
    amount: int,
    mode: PriceMode = PriceMode.INCLUDING_VAT,
    vat: int = 2_000,
    discount: int | None = None,
    points: int | None = None,
) -> Price:
    return Price(
        amount=eur(amount),
        mode=mode,
        vat_basis_points=vat,
        discount=None if discount is None else eur(discount),
        discount_basis_points=points,
    )


def rounded(exact: Fraction) -> int:
    """Half up, as in shops: of 0.5 it makes 1."""
    return floor(exact + Fraction(1, 2))


@any_of(MINOR, MODES, POINTS, POINTS)
@pytest.mark.requirement("FLB-093", "G-80")
def test_a_price_with_a_percentage_is_what_fractions_make_of_it(
    amount: int, mode: PriceMode, vat: int, points: int
) -> None:
    found = amounts_of(priced(amount, mode, vat, points=points))
    reduced = rounded(Fraction(amount * (10_000 - points), 10_000))
    rate = Fraction(10_000 + vat, 10_000)
    if mode is PriceMode.INCLUDING_VAT:
        assert found == amounts(rounded(reduced / rate), reduced)
    else:
        assert found == amounts(reduced, reduced + rounded(reduced * (rate - 1)))


@any_of(MINOR, st.data())
@pytest.mark.requirement("G-80")
def test_a_discount_in_money_is_taken_off_before_vat(amount: int, data: st.DataObject) -> None:
    discount = data.draw(st.integers(0, amount))
    given, reduced = priced(amount, discount=discount), priced(amount - discount)
    assert bad_price(given, "EUR") is None
    assert amounts_of(given) == amounts_of(reduced)


@any_of(st.lists(st.tuples(MINOR, MODES, POINTS)))
@pytest.mark.requirement("FLB-049", "M-07", "G-88")
def test_totals_are_the_sums_of_their_lines(lines: list[tuple[int, PriceMode, int]]) -> None:
    parts = [amounts_of(priced(*one)) for one in lines]
    found = total(parts, "EUR")
    for name in ("excluding_vat", "vat", "including_vat"):
        expected = sum(getattr(one, name).amount_minor for one in parts)
        assert getattr(found, name) == eur(expected)
    assert found.excluding_vat.amount_minor + found.vat.amount_minor == (
        found.including_vat.amount_minor
    )


@pytest.mark.parametrize(
    ("price", "expected"),
    [
        (priced(5, points=1_000), amounts(4, 5)),
        (priced(12_000), amounts(10_000, 12_000)),
        (priced(5, PriceMode.EXCLUDING_VAT, 1_000), amounts(5, 6)),
        (priced(4, PriceMode.EXCLUDING_VAT, 1_000), amounts(4, 4)),
    ],
)
def test_a_half_is_rounded_up(price: Price, expected: object) -> None:
    assert amounts_of(price) == expected


@pytest.mark.requirement("G-80")
@pytest.mark.parametrize(
    ("price", "rejection"),
    [
        (priced(100, discount=101), DiscountAbovePrice(eur(101), eur(100))),
        (priced(100, discount=-1), DiscountAbovePrice(eur(-1), eur(100))),
        (priced(100, discount=100), None),
        (priced(-1), PriceNotPossible(eur(-1), eur(100_000_000))),
        (priced(100_000_001), PriceNotPossible(eur(100_000_001), eur(100_000_000))),
        (priced(100_000_000), None),
        (priced(0), None),
        (priced(100, discount=1, points=1), TwoDiscounts()),
    ],
)
def test_a_price_is_possible_or_says_why_not(price: Price, rejection: Rejection | None) -> None:
    assert bad_price(price, "EUR") == rejection


def test_a_price_is_in_the_currency_of_the_case() -> None:
    in_pounds = Money(100, "GBP")
    price = replace(priced(100), amount=in_pounds)
    assert bad_price(price, "EUR") == PriceNotInCurrency("GBP", "EUR")
    discounted = replace(priced(100), discount=in_pounds)
    assert bad_price(discounted, "EUR") == PriceNotInCurrency("GBP", "EUR")
