"""Amounts and VAT: integer minor units, one currency at a time (G-02)."""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from contracts.common_v1 import Money
from contracts.invoices.invoice_v1 import Line, Tax, TaxCategory

EUR = "EUR"
FULL_RATE = 10_000
"""A rate in basis points that is the whole amount."""
MOST = 10**12
"""No amount of ours is larger, in minor units; a larger one is a slip of the keyboard."""


@dataclass(frozen=True, slots=True)
class AmountNotPossible:
    field: str
    amount: int
    least: int
    most: int


@dataclass(frozen=True, slots=True)
class CurrencyDiffers:
    field: str
    currency: str
    expected: str


BadAmount = AmountNotPossible | CurrencyDiffers


@dataclass(frozen=True, slots=True)
class Treatment:
    """How a company's services are taxed; the rate is in basis points."""

    category: TaxCategory
    rate: int

    def of(self, net: int) -> int:
        """The VAT of a net amount, half a minor unit away from zero."""
        size = (abs(net) * self.rate * 2 + FULL_RATE) // (2 * FULL_RATE)
        return size if net >= 0 else -size


@dataclass(frozen=True, slots=True, kw_only=True)
class Owed:
    """The amounts that an invoice has to say; the total includes the VAT."""

    lines: tuple[Line, ...]
    net: Money
    tax: Tax

    @property
    def total(self) -> Money:
        """With VAT."""
        return replace(self.net, amount_minor=self.net.amount_minor + self.tax.amount.amount_minor)


def total(amounts: Iterable[Money], currency: str) -> Money:
    """The sum. Raises ValueError when one of them has another currency."""
    sum_minor = 0
    for amount in amounts:
        if amount.currency != currency:
            raise ValueError(f"{amount.currency} cannot be added to {currency}")
        sum_minor += amount.amount_minor
    return Money(sum_minor, currency)


def bad(
    field: str, amount: Money, currency: str, *, least: int = 1, most: int = MOST
) -> BadAmount | None:
    """The fault of an amount, None when there is none; `least` and `most` are still allowed."""
    if amount.currency != currency:
        return CurrencyDiffers(field, amount.currency, currency)
    if not least <= amount.amount_minor <= most:
        return AmountNotPossible(field, amount.amount_minor, least, most)
    return None


def owed(lines: tuple[Line, ...], currency: str, treatment: Treatment) -> Owed:
    """The amounts of an invoice with these lines."""
    net = total((line.amount for line in lines), currency)
    vat = replace(net, amount_minor=treatment.of(net.amount_minor))
    return Owed(lines=lines, net=net, tax=Tax(treatment.category, treatment.rate, vat))
