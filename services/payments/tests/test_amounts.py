"""Amounts are ISO 4217 minor units; the provider has units of its own for some currencies."""

import pytest

from contracts.common_v1 import Money
from services.payments.adapters.amounts import NotCountable, from_provider, to_provider


@pytest.mark.parametrize(
    ("amount", "units"),
    [
        (Money(12_345, "EUR"), 12_345),
        (Money(12_345, "JPY"), 12_345),
        (Money(12_345, "XOF"), 12_345),
        (Money(12_350, "TND"), 12_350),
        (Money(12_345, "MAD"), 12_345),
        (Money(1_200, "ISK"), 120_000),
    ],
)
def test_amounts_are_the_same_in_the_units_of_the_provider(amount: Money, units: int) -> None:
    assert to_provider(amount) == units
    assert from_provider(units, amount.currency.lower()) == amount


@pytest.mark.parametrize("amount", [Money(12_345, "TND"), Money(12_349, "KWD")])
def test_what_the_provider_cannot_count_is_never_rounded(amount: Money) -> None:
    with pytest.raises(NotCountable):
        to_provider(amount)


def test_a_part_of_a_minor_unit_is_no_amount() -> None:
    with pytest.raises(NotCountable):
        from_provider(120_001, "isk")
