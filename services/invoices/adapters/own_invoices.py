"""Invoices that drivers wrote themselves: read, and compared with what is owed.

A Factur-X says each thing in a place of its own. In any other PDF the text is searched for what it
should say, so what is not found there may still stand on it, as in a scan.
"""

import json
import logging
import re
import signal
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any, Final

from babel.dates import format_date
from babel.numbers import get_currency_symbol

from contracts.common_v1 import Money
from contracts.invoices.buyer_v1 import BuyerDeclared
from contracts.invoices.invoice_v1 import Compared, Difference
from contracts.invoices.seller_v1 import CompanyDeclared
from infra import confined
from infra.einvoices import decimal
from services.invoices.adapters import own_reading
from services.invoices.adapters.document import READER
from services.invoices.terms import Owed

log = logging.getLogger("relais.invoices")

MOST_BYTES: Final = 10 * 1024 * 1024
"""No invoice is larger; reading one takes its size in memory."""
PROCESSOR_SECONDS: Final = 5.0
MOST_MEMORY: Final = 1024 * 1024 * 1024
WALL_SECONDS: Final = 30.0
"""A process that waits uses no processor."""
LOCALES: Final = ("de", "en", "es", "fr", "it", "nl", "pt")
"""The languages in which the day may be written out."""
AMOUNTS: Final = {Compared.NET: "BT-109", Compared.VAT: "BT-110", Compared.TOTAL: "BT-112"}
PARTIES: Final = {Compared.SELLER: "BG-4", Compared.BUYER: "BG-7"}
_BETWEEN_THOUSANDS: Final = r"[ .,'\u2019]?"


class Unreadable(Exception):
    """It is no PDF that can be opened without a password, or a Factur-X that breaks its schema."""


class TooCostly(Exception):
    """To read it takes more processor or memory than one may.

    One that gets no memory may also be `Unreadable`: readers fail in many ways then.
    """


@dataclass(frozen=True, slots=True, kw_only=True)
class Expected:
    """The statements that the document has to make."""

    number: str
    issued_on: date
    owed: Owed
    seller: CompanyDeclared
    buyer: BuyerDeclared


async def compare(
    pdf: bytes,
    expected: Expected,
    *,
    processor: float = PROCESSOR_SECONDS,
    memory: int = MOST_MEMORY,
    wall: float = WALL_SECONDS,
    program: str = own_reading.__file__,
) -> tuple[Difference, ...]:
    """The statements that the document makes otherwise or not at all, in order.

    It is read by `program` in a process of its own, which may take so many seconds of processor and
    bytes of memory. Raises `Unreadable`, `TooCostly`, and TimeoutError on a machine too busy.
    """
    ended = await confined.run(program, str(processor), str(memory), wall=wall, given=pdf)
    if ended.code in (own_reading.TOO_COSTLY, -signal.SIGPROF):
        raise TooCostly
    if ended.code != own_reading.READ:
        if ended.code != own_reading.UNREADABLE:
            log.warning("the process for an own invoice ended with %d", ended.code)
        raise Unreadable
    return differences(json.loads(ended.output), expected)


def differences(read: Mapping[str, Any], expected: Expected) -> tuple[Difference, ...]:
    """The differences of a document of which `own_reading.read` told that."""
    told = _Facturx(read["terms"]) if "terms" in read else _Text(read["text"])
    return tuple(_differences(told, expected))


def _differences(told: "_Facturx | _Text", expected: Expected) -> Iterable[Difference]:
    owed = expected.owed
    amounts = {
        Compared.NET: owed.net,
        Compared.VAT: owed.tax.amount,
        Compared.TOTAL: owed.total,
    }
    said = {
        Compared.NUMBER: (expected.number, told.number(expected.number)),
        Compared.ISSUED_ON: (expected.issued_on.isoformat(), told.day(expected.issued_on)),
        Compared.CURRENCY: (owed.net.currency, told.currency(owed.net.currency)),
        **{of: (decimal(amount), told.amount(of, amount)) for of, amount in amounts.items()},
    }
    for statement, (wanted, found) in said.items():
        if found != wanted:
            yield Difference(field=statement, expected=wanted, found=found)
    for party, company in ((Compared.SELLER, expected.seller), (Compared.BUYER, expected.buyer)):
        if not told.names(party, _identifiers(company)):
            yield Difference(field=party, expected=None, found=None)


def _identifiers(company: CompanyDeclared | BuyerDeclared) -> set[str]:
    """The numbers by which a company is known; in France its SIREN alone, too."""
    number = company.company_number
    known = {number, number[:9] if company.country == "FR" else number, company.vat_number or ""}
    return {_bare(one) for one in known if one}


def _bare(text: str) -> str:
    return "".join(one for one in text if one.isalnum()).upper()


class _Facturx:
    """An invoice for machines, of any profile of Factur-X, by the names of EN 16931."""

    def __init__(self, terms: Mapping[str, Any]) -> None:
        self._terms = terms

    def number(self, _: str) -> str | None:
        return self._said("BT-1")

    def day(self, _: date) -> str | None:
        return self._said("BT-2")

    def currency(self, _: str) -> str | None:
        return self._said("BT-5")

    def amount(self, field: Compared, expected: Money) -> str | None:
        """As it stands there; nobody has to write that VAT is nothing."""
        text = self._said(AMOUNTS[field])
        wanted = decimal(expected)
        if text is None:
            return None if expected.amount_minor else wanted
        return wanted if Decimal(text) == Decimal(wanted) else text

    def names(self, field: Compared, identifiers: set[str]) -> bool:
        party = self._terms.get(PARTIES[field], {})
        known = [value for key, value in party.items() if key.endswith("_identifier")]
        known += party.get("identifiers", {}).values()
        return any(_bare(one) in identifiers for one in known)

    def _said(self, term: str) -> str | None:
        value = self._terms.get(term)
        return None if value is None else str(value)


class _Text:
    """A document for people, of which only the text is known."""

    def __init__(self, text: str) -> None:
        self._text = " ".join(text.split())
        self._bare = _bare(text)

    def number(self, expected: str) -> str | None:
        return expected if self._has(rf"(?<!\w){re.escape(expected)}(?!\w)") else None

    def day(self, expected: date) -> str | None:
        written = [f"{expected:%d/%m/%Y}", f"{expected:%d.%m.%Y}", f"{expected:%d-%m-%Y}"]
        written += [format_date(expected, "long", locale=one) for one in LOCALES]
        written.append(expected.isoformat())
        text = self._text.casefold()
        return expected.isoformat() if any(one.casefold() in text for one in written) else None

    def currency(self, expected: str) -> str | None:
        symbol = get_currency_symbol(expected, locale=READER)
        return expected if expected in self._text or symbol in self._text else None

    def amount(self, _: Compared, expected: Money) -> str | None:
        """Found where it stands as a number of its own; nobody has to write that VAT is nothing."""
        text = decimal(expected)
        whole, dot, places = text.partition(".")
        thousands = _BETWEEN_THOUSANDS.join(f"{int(whole):,}".split(","))
        pattern = rf"(?<!\d)(?<!\d[ .,'\u2019]){thousands}" + (rf"[.,]{places}" if dot else "")
        return text if not expected.amount_minor or self._has(rf"{pattern}(?!\d)") else None

    def names(self, _: Compared, identifiers: set[str]) -> bool:
        return any(one in self._bare for one in identifiers)

    def _has(self, pattern: str) -> bool:
        return re.search(pattern, self._text) is not None
