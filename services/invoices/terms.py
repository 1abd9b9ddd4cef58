"""Amounts and VAT: integer minor units, one currency at a time (G-02).

An expense is part of the price of the service, so the invoice adds the VAT of the service to it,
whatever the rate on the receipt. The receipt decides what the expense cost: the VAT on it is a cost
only as far as the driver cannot deduct it.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import ClassVar

from contracts.common_v1 import Money
from contracts.invoices.invoice_v1 import (
    ExpenseKind,
    Line,
    Receipt,
    ReceiptPart,
    Tax,
    TaxCategory,
)

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


# --- Receipts ---------------------------------------------------------------

ROUNDING = 5
"""Minor units by which a till that rounds line by line is off at most."""
HIGHEST_RATE = 2_700
"""No country has a higher one; Hungary has this (law CXXVII of 2007, 82)."""
RATES = {
    "BE": {2_100, 1_200, 600},
    "CH": {810, 770, 380, 370, 260, 250},
    "DE": {1_900, 1_600, 700, 500},
    "ES": {2_100, 1_000, 750, 500, 400, 200},
    "FR": {2_000, 1_300, 1_000, 850, 550, 210, 175, 105, 90},
    "GB": {2_000, 500},
    "GR": {2_400, 1_700, 1_300, 900, 600, 400},
    "IT": {2_200, 1_000, 500, 400},
    "LU": {1_700, 1_600, 1_400, 1_300, 800, 700, 300},
    "MA": {2_000, 1_800, 1_600, 1_400, 1_300, 1_200, 1_100, 1_000, 900, 800, 700},
    "MC": {2_000, 1_000, 550, 210},
    "NL": {2_100, 900, 600},
    "PT": {2_300, 2_200, 1_800, 1_600, 1_300, 1_200, 900, 600, 500, 400},
}
"""The rates of VAT that receipts of a country show, islands and rates of late included.

BE Code TVA 37 and royal decree 20; CH LTVA 25; DE UStG 12 and 28; ES Ley 37/1992 90 and 91; FR CGI
278 to 281 nonies, 296 and 297; GB VATA 1994 2 and 29A; GR law 2859/2000 21; IT DPR 633/1972 16; LU
law of 12 February 1979, 39 and 40; MA CGI 98 to 100; MC as FR, by the convention of 18 May 1963; NL
Wet OB 1968 9; PT CIVA 18.
"""
LOST_IN_FRANCE = {
    ExpenseKind.OUTBOUND_TRANSPORT: FULL_RATE,
    ExpenseKind.TOLL: 0,
    ExpenseKind.FUEL_OR_CHARGE: 2_000,
    ExpenseKind.TAXI: FULL_RATE,
    ExpenseKind.OTHER: FULL_RATE,
}
"""The share of the VAT, in basis points, that a company there may be unable to deduct.

None of the transport of people and of lodging is deductible (CGI ann. II 206 IV 2), and a fifth of
that of fuel is not (CGI 298 4). That of tolls is, like all that no rule excepts (CGI 271 I).
"""


@dataclass(frozen=True, slots=True)
class Taxpayer:
    """The company of the driver, as far as it decides on VAT."""

    country: str
    charges_vat: bool


@dataclass(frozen=True, slots=True)
class RateTwice:
    field: ClassVar[str] = "receipt/parts"
    rate: int

    @property
    def percent(self) -> float:
        return self.rate / 100


@dataclass(frozen=True, slots=True)
class NoSuchRate:
    field: ClassVar[str] = "receipt/parts"
    rate: int
    country: str

    @property
    def percent(self) -> float:
        return self.rate / 100


@dataclass(frozen=True, slots=True)
class VatDiffers:
    """The VAT is not that of the net amount."""

    field: ClassVar[str] = "receipt/parts"
    vat: Money
    expected: Money


@dataclass(frozen=True, slots=True)
class OverReceipt:
    """More than the expense cost."""

    field: ClassVar[str] = "amount"
    amount: Money
    most: Money


BadReceipt = RateTwice | NoSuchRate | VatDiffers | OverReceipt


def bad_receipt(receipt: Receipt, currency: str) -> BadReceipt | BadAmount | None:
    """The fault of a receipt that no till prints; None when there is none."""
    rates = [part.rate for part in receipt.parts]
    for number, part in enumerate(receipt.parts):
        if rates.count(part.rate) > 1:
            return RateTwice(part.rate)
        if not _is_rate(part.rate, receipt.country):
            return NoSuchRate(part.rate, receipt.country)
        if fault := _bad_part(part, f"receipt/parts/{number}", currency):
            return fault
    return None


def _is_rate(rate: int, country: str) -> bool:
    known = RATES.get(country)
    return rate == 0 or (0 < rate <= HIGHEST_RATE if known is None else rate in known)


def _bad_part(part: ReceiptPart, field: str, currency: str) -> VatDiffers | BadAmount | None:
    if fault := bad(f"{field}/net", part.net, currency, least=0):
        return fault
    if fault := bad(f"{field}/vat", part.vat, currency, least=0):
        return fault
    expected = Treatment(TaxCategory.STANDARD, part.rate).of(part.net.amount_minor)
    if abs(part.vat.amount_minor - expected) > ROUNDING:
        return VatDiffers(part.vat, Money(expected, currency))
    return None


def over_receipt(
    amount: Money, kind: ExpenseKind, receipt: Receipt, company: Taxpayer
) -> OverReceipt | None:
    """An expense is passed on at what it cost, or at less."""
    net = total((part.net for part in receipt.parts), amount.currency)
    vat = total((part.vat for part in receipt.parts), amount.currency)
    lost = Treatment(TaxCategory.STANDARD, _lost(kind, receipt, company)).of(vat.amount_minor)
    most = Money(net.amount_minor + lost, amount.currency)
    return OverReceipt(amount, most) if amount.amount_minor > most.amount_minor else None


def _lost(kind: ExpenseKind, receipt: Receipt, company: Taxpayer) -> int:
    """The share of the VAT that is a cost; where the rules are not known here, all of it may be.

    VAT of another country is nothing that a company deducts: it may ask that country for it.
    """
    french = {company.country, receipt.country} <= {"FR", "MC"}
    if not company.charges_vat or not french:
        return FULL_RATE
    return LOST_IN_FRANCE[kind]
