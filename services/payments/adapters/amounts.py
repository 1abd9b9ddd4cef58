"""Amounts as the provider counts them: it has units of its own for some currencies."""

from babel.numbers import get_currency_precision

from contracts.common_v1 import Money

WHOLE = frozenset(
    [
        *("BIF", "CLP", "DJF", "GNF", "JPY", "KMF", "KRW", "MGA"),
        *("PYG", "RWF", "VND", "VUV", "XAF", "XOF", "XPF"),
    ]
)
"""It counts these in whole units."""
THOUSANDTHS = frozenset({"BHD", "JOD", "KWD", "OMR", "TND"})
"""It counts these in thousandths, and takes whole hundredths only."""


class NotCountable(ValueError):
    """The provider has no such amount."""


def to_provider(amount: Money) -> int:
    """The amount in the provider's units. Raises `NotCountable`; nothing is ever rounded."""
    shift = _exponent(amount.currency) - get_currency_precision(amount.currency)
    units, rest = _shifted(amount.amount_minor, shift)
    if rest or (amount.currency in THOUSANDTHS and units % 10):
        raise NotCountable(f"{amount.amount_minor} {amount.currency}")
    return units


def from_provider(units: int, currency: str) -> Money:
    """The amount that so many units are. Raises `NotCountable` for a part of a minor unit."""
    code = currency.upper()
    shift = get_currency_precision(code) - _exponent(code)
    minor, rest = _shifted(units, shift)
    if rest:
        raise NotCountable(f"{units} {code}")
    return Money(minor, code)


def _exponent(currency: str) -> int:
    if currency in WHOLE:
        return 0
    return 3 if currency in THOUSANDTHS else 2


def _shifted(value: int, places: int) -> tuple[int, int]:
    """The value with so many digits more, or less, and what is lost then."""
    factor = int("1" + "0" * abs(places))
    return (value * factor, 0) if places >= 0 else divmod(value, factor)
