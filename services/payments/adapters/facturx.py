"""The document of a company as a machine reads it: Factur-X, EN 16931."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC
from typing import Any, Final

from typst import TypstError

from contracts.common_v1 import Money
from contracts.payments.account_v1 import CompanyDeclared
from contracts.payments.charge_v1 import Amounts, Line
from infra import einvoices, invoice_rules
from infra.companies import is_registered, prefix
from infra.einvoices import decimal, percent
from infra.invoice_rules import Broken
from services.payments.adapters.paper import Document, Paper
from services.payments.terms import Buyer, buyer_of, sum_of

INVOICE, CREDIT_NOTE = "380", "381"
"""UNTDID 1001: an invoice, also one that cancels a credit note, and a credit note."""
PAID_ALREADY: Final = "S2"
"""The French frame of an invoice for services that is paid already."""
PIECE: Final = "C62"
STANDARD: Final = "S"
MENTIONS = {
    "PMD": "Pénalités de retard : trois fois le taux d'intérêt légal",
    "PMT": "Indemnité forfaitaire pour frais de recouvrement : 40 EUR",
    "AAB": "Pas d'escompte pour paiement anticipé",
}
"""The notes that French law wants on an invoice between companies, by UNTDID 4451."""


@dataclass(frozen=True, slots=True)
class Electronic:
    """A document of a company in France that says all that EN 16931 wants."""

    paper: Document
    buyer: Buyer

    @property
    def is_domestic(self) -> bool:
        """Both companies are in France, so a French platform carries the invoice."""
        return self.buyer.country == "FR"

    def xml(self) -> bytes:
        """The document as EN 16931 has it, checked against its schema."""
        return einvoices.xml_of(self._terms())

    def _terms(self) -> dict[str, Any]:
        """The document by the names of EN 16931; what is due was paid, or went back."""
        paper = self.paper
        lines = list(paper.lines())
        total = sum_of(tuple(one for _, one in lines), paper.currency)
        gross = decimal(total.including_vat)
        return {
            "BT-1": paper.numbered.number,
            "BT-2": paper.issued_on,
            "BT-3": CREDIT_NOTE if paper.kind == "credit_note" else INVOICE,
            "BT-5": paper.currency,
            # Of what is paid already it is the day of the payment (BR-FR-CO-09).
            "BT-9": paper.issued_on,
            "BT-23": PAID_ALREADY,
            "BT-72": paper.issued_on,
            "BT-106": decimal(total.excluding_vat),
            "BT-109": decimal(total.excluding_vat),
            "BT-110": decimal(total.vat),
            "BT-112": gross,
            "BT-113": gross,
            "BT-115": decimal(Money(0, paper.currency)),
            "BG-1": [{"BT-21": code, "BT-22": note} for code, note in MENTIONS.items()],
            "BG-3": [{"BT-25": number, "BT-26": day} for number, day in paper.preceding()],
            "BG-4": seller_of(paper.company),
            "BG-7": buyer_shown(self.buyer),
            "BG-23": list(by_rate(lines, paper.currency)),
            "BG-25": [line_of(n, *one) for n, one in enumerate(lines, 1)],
        }


def electronic(paper: Document) -> Electronic | None:
    """The document as Factur-X; None for a person, of a seller elsewhere or of whom too little is
    known, and where a rate of no VAT would want a reason."""
    buyer, seller = buyer_of(paper.numbered), paper.company
    if buyer is None or seller.country != "FR" or not seller.vat_number:
        return None
    known = is_registered(seller.country, seller.company_number, seller.vat_number)
    taxed = all(line.vat_basis_points > 0 for line, _ in paper.lines())
    return Electronic(paper, buyer) if known and taxed else None


def made(paper: Paper) -> bytes:
    """The PDF: of a company in France with the invoice for machines in it. Where no font has a
    letter of a work, it is for people alone."""
    found = electronic(paper)
    if found is None:
        return paper.pdf()
    try:
        plain = paper.archived()
    except TypstError:
        return paper.pdf()
    at = paper.issued_at.astimezone(UTC).replace(microsecond=0)
    return einvoices.embedded(plain, found.xml(), at)


async def broken(document: Document) -> tuple[Broken, ...]:
    """The rules of EN 16931, and of French platforms, that the document would break."""
    found = electronic(document)
    if found is None:
        return ()
    return await invoice_rules.broken(found.xml(), domestic=found.is_domestic)


def seller_of(seller: CompanyDeclared) -> dict[str, Any]:
    return {
        "name": seller.legal_name,
        "addr_l1": seller.registered_office,
        "postcode": seller.postal_code,
        "city": seller.city,
        "country_code": seller.country,
        **einvoices.registration(seller.country, seller.company_number, seller.vat_number),
        "vat_identifier": seller.vat_number,
    }


def buyer_shown(buyer: Buyer) -> dict[str, Any]:
    party = {
        "name": buyer.name,
        "addr_l1": buyer.office,
        "postcode": buyer.postal_code,
        "city": buyer.city,
        "country_code": buyer.country,
        **einvoices.registration(buyer.country, buyer.number, buyer.vat_number),
    }
    # One without a prefix is none of EN 16931 (BR-CO-09).
    named = (buyer.vat_number or "").startswith(prefix(buyer.country))
    return party | {"vat_identifier": buyer.vat_number} if named else party


def by_rate(lines: list[tuple[Line, Amounts]], currency: str) -> Iterator[dict[str, Any]]:
    for rate in sorted({line.vat_basis_points for line, _ in lines}):
        parts = tuple(one for line, one in lines if line.vat_basis_points == rate)
        total = sum_of(parts, currency)
        yield {
            "BT-116": decimal(total.excluding_vat),
            "BT-117": decimal(total.vat),
            "BT-118": STANDARD,
            "BT-119": percent(rate),
        }


def line_of(number: int, line: Line, amounts: Amounts) -> dict[str, Any]:
    net = decimal(amounts.excluding_vat)
    return {
        "BT-126": str(number),
        "BT-129": "1",
        "BT-130": PIECE,
        "BT-131": net,
        "BT-146": net,
        "BT-151": STANDARD,
        "BT-152": percent(line.vat_basis_points),
        "BT-153": line.label,
    }
