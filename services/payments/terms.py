"""The terms of charges and their documents: amounts with their VAT, and the companies that are
invoiced."""

from dataclasses import dataclass

from contracts.common_v1 import Money
from contracts.payments.charge_v1 import Amounts, DocumentNumbered, Line
from contracts.runtime import REDACTED

# --- Amounts ----------------------------------------------------------------


def sum_of(parts: tuple[Amounts, ...], currency: str) -> Amounts:
    """The sum of amounts that were rounded before; nothing is rounded again."""
    return Amounts(
        excluding_vat=Money(sum(one.excluding_vat.amount_minor for one in parts), currency),
        vat=Money(sum(one.vat.amount_minor for one in parts), currency),
        including_vat=Money(sum(one.including_vat.amount_minor for one in parts), currency),
    )


def less(amounts: Amounts, other: Amounts) -> Amounts:
    """The difference of two amounts of one currency."""
    currency = amounts.including_vat.currency

    def minus(one: Money, two: Money) -> Money:
        return Money(one.amount_minor - two.amount_minor, currency)

    return Amounts(
        excluding_vat=minus(amounts.excluding_vat, other.excluding_vat),
        vat=minus(amounts.vat, other.vat),
        including_vat=minus(amounts.including_vat, other.including_vat),
    )


def share(line: Line, left: Amounts, including: int) -> Amounts:
    """An amount with the VAT that it was paid with: so much that all VAT that went back of the line
    is that of all that went back of it, rounded once, half up. So parts add up to the line.

    Of neither the VAT nor the rest goes back more than is left of it, nor less than nothing: parts
    of before were rounded one by one, and one of them may have bounced since.
    """
    whole, currency = line.amounts, left.including_vat.currency
    back = less(whole, left)
    due = vat_of(whole, back.including_vat.amount_minor + including) - back.vat.amount_minor
    least = max(including - left.excluding_vat.amount_minor, 0)
    vat = max(min(due, left.vat.amount_minor, including), least)
    return Amounts(
        excluding_vat=Money(including - vat, currency),
        vat=Money(vat, currency),
        including_vat=Money(including, currency),
    )


def vat_of(whole: Amounts, including: int) -> int:
    """The VAT of a part of an amount, in minor units, rounded half up."""
    total = whole.including_vat.amount_minor
    return (2 * including * whole.vat.amount_minor + total) // (2 * total)


# --- Companies --------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Buyer:
    """A company that is invoiced, as it is registered."""

    name: str
    number: str
    vat_number: str | None
    office: str
    postal_code: str
    city: str
    country: str


def buyer_of(numbered: DocumentNumbered) -> Buyer | None:
    """The company that a document is for; None of a person, and of one that was forgotten."""
    name, number, office = numbered.buyer_name, numbered.buyer_number, numbered.buyer_office
    postal_code, city, country = (
        numbered.postal_code,
        numbered.city,
        numbered.buyer_country,
    )
    if name is None or number is None or office is None:
        return None
    if postal_code is None or city is None or country is None or name == REDACTED:
        return None
    return Buyer(
        name=name,
        number=number,
        vat_number=numbered.buyer_vat_number,
        office=office,
        postal_code=postal_code,
        city=city,
        country=country,
    )
