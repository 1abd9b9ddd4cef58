"""The invoice as a document: PDF/A-3 always, Factur-X (EN 16931) where a French driver's is ours.

Made anew from the same facts whenever it is asked for, byte for byte alike but for what the
Factur-X library stamps on it.
"""

import json
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Final
from zoneinfo import ZoneInfo

import facturx  # type: ignore[import-untyped]
import typst

from contracts.common_v1 import Money
from contracts.invoices.buyer_v1 import BuyerDeclared
from contracts.invoices.invoice_v1 import ContestSettled, InvoiceApproved, TaxCategory
from contracts.invoices.invoice_v1 import Line as InvoiceLine
from contracts.invoices.seller_v1 import CompanyDeclared
from services.invoices.invoice.situations import Approved, Paid

SELF_BILLED: Final = "389"
CREDIT: Final = "261"
"""UNTDID 1001: what the buyer writes for the seller, an invoice and a credit note."""
PIECE: Final = "C62"
SERVICES: Final = "S1"
"""The French frame of an invoice for services."""
SIREN, SIRET = "0002", "0009"
CODES = {
    TaxCategory.STANDARD: "S",
    TaxCategory.EXEMPT: "E",
    TaxCategory.REVERSE_CHARGE: "AE",
}
REASONS = {
    TaxCategory.EXEMPT: "TVA non applicable, article 293 B du CGI",
    TaxCategory.REVERSE_CHARGE: "Autoliquidation - reverse charge",
}
MENTIONS = {
    "PMD": "Pénalités de retard: trois fois le taux d'intérêt légal",
    "PMT": "Indemnité forfaitaire pour frais de recouvrement: 40 EUR",
    "AAB": "Pas d'escompte pour paiement anticipé",
}
"""The notes that French law wants on an invoice between companies, by UNTDID 4451."""
MODEL = """
#let d = json(bytes(sys.inputs.data))
#set document(title: d.title, author: d.seller.at(0))
#set page(paper: "a4", margin: 2cm, footer: align(center, text(8pt, d.footer)))
#set text(size: 10pt, lang: "fr")
#set table(stroke: 0.5pt + gray, inset: 6pt)
= #d.title
#d.number
#v(1em)
#grid(
  columns: (1fr, 1fr),
  [*Vendeur / Seller* \\ #d.seller.map(line => [#line]).join(linebreak())],
  [*Acheteur / Buyer* \\ #d.buyer.map(line => [#line]).join(linebreak())],
)
#v(1em)
#table(
  columns: (auto, 1fr, auto),
  align: (left, left, right),
  table.header([*N°*], [*Prestation / Service*], [*HT / Net*]),
  ..d.lines.flatten(),
)
#align(right, table(
  columns: 2,
  align: (left, right),
  ..d.totals.flatten(),
))
#for note in d.notes [#note \\ ]
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Paper:
    """A document: the invoice as approved, and both companies as they were then.

    With `settled` it is the correction that follows from that settlement, by what differs.
    """

    invoice: Approved | Paid
    seller: CompanyDeclared
    buyer: BuyerDeclared
    zone: ZoneInfo
    settled: ContestSettled | None = None

    @property
    def approval(self) -> InvoiceApproved:
        """The invoice as billing approved it."""
        return self.invoice.approval

    @property
    def content(self) -> InvoiceApproved:
        """The lines and sums of the document; every amount is positive, also on a credit note."""
        settled, approval = self.settled, self.approval
        if settled is None or settled.adjustment is None or settled.adjustment_vat is None:
            return approval
        [line] = (line for line in approval.lines if line.line_id == settled.line_id)
        changes = (settled.adjustment, settled.adjustment_vat)
        net, vat = (Money(abs(change.amount_minor), change.currency) for change in changes)
        return replace(
            approval,
            lines=(replace(line, amount=net, version=settled.version),),
            net=net,
            tax=replace(approval.tax, amount=vat),
            total=replace(net, amount_minor=net.amount_minor + vat.amount_minor),
            version=settled.version,
            approved_at=settled.settled_at,
        )

    @property
    def is_credit(self) -> bool:
        """Less is owed than the invoice says."""
        settled = self.settled
        return bool(settled and settled.adjustment and settled.adjustment.amount_minor < 0)

    @property
    def number(self) -> str | None:
        """The document's number; None where the driver writes the invoice."""
        return self.invoice.numbers.get(self.settled.version if self.settled else None)

    @property
    def is_facturx(self) -> bool:
        """The organisation writes the invoice for a company in France."""
        return self.content.self_billed and self.seller.country == "FR"

    @property
    def issued_on(self) -> date:
        """The day of the approval where the organisation is."""
        return self._day(self.content.approved_at)

    def pdf(self) -> bytes:
        """The document. Takes a tenth of a second of a processor."""
        plain = typst.compile(
            MODEL.encode(),
            format="pdf",
            pdf_standards="a-3b",
            timestamp=self.content.approved_at.replace(microsecond=0),
            sys_inputs={"data": json.dumps(self._shown())},
        )
        assert isinstance(plain, bytes)
        if not self.is_facturx:
            return plain
        made: bytes = facturx.generate_from_binary(
            plain, self.xml(), flavor="factur-x", level="en16931", check_xsd=True, lang="fr"
        )
        return made

    def xml(self) -> bytes:
        """The invoice as EN 16931 has it, checked against its schema."""
        made: bytes = facturx.generate_xml(
            self._terms(), flavor="factur-x", level="en16931", check_xsd=True, check_schematron=None
        )
        return made

    @property
    def _delivered_on(self) -> date:
        return self._day(self.invoice.bill.delivered_at)

    def _day(self, at: datetime) -> date:
        return at.astimezone(self.zone).date()

    def _terms(self) -> dict[str, Any]:
        """The document by the names of EN 16931."""
        content, tax = self.content, self.content.tax
        net, vat, total = decimal(content.net), decimal(tax.amount), decimal(content.total)
        breakdown = {"BT-116": net, "BT-117": vat, "BT-118": CODES[tax.category]}
        breakdown |= {"BT-119": percent(tax.rate)}
        if reason := REASONS.get(tax.category):
            breakdown |= {"BT-120": reason}
        return {
            "BT-1": self.number,
            "BT-2": self.issued_on,
            "BT-3": CREDIT if self.is_credit else SELF_BILLED,
            "BT-5": content.net.currency,
            "BT-20": "A réception / on receipt",
            "BT-23": SERVICES,
            "BT-72": self._delivered_on,
            "BT-106": net,
            "BT-109": net,
            "BT-110": vat,
            "BT-112": total,
            "BT-115": total,
            "BG-1": [
                *({"BT-22": note} for note in self._notes()),
                *({"BT-21": code, "BT-22": note} for code, note in MENTIONS.items()),
            ],
            "BG-3": self._preceding(),
            "BG-4": self._seller(),
            "BG-7": self._buyer(),
            "BG-23": [breakdown],
            "BG-25": [self._line(n, line) for n, line in enumerate(content.lines, 1)],
        }

    def _preceding(self) -> list[dict[str, Any]]:
        """The invoice that is corrected."""
        if self.settled is None:
            return []
        return [
            {"BT-25": self.invoice.numbers.get(None), "BT-26": self._day(self.approval.approved_at)}
        ]

    def _line(self, number: int, line: InvoiceLine) -> dict[str, Any]:
        amount, tax = decimal(line.amount), self.content.tax
        return {
            "BT-126": str(number),
            "BT-129": "1",
            "BT-130": PIECE,
            "BT-131": amount,
            "BT-146": amount,
            "BT-151": CODES[tax.category],
            "BT-152": percent(tax.rate),
            "BT-153": self._named(line),
        }

    def _seller(self) -> dict[str, Any]:
        seller = self.seller
        party = {"name": seller.legal_name, "addr_l1": seller.street, **_place(seller)}
        if seller.vat_number:
            return party | {"vat_identifier": seller.vat_number}
        # The tax office knows a company that charges no VAT by its number.
        return party | {"tax_identifier": seller.company_number}

    def _buyer(self) -> dict[str, Any]:
        buyer = self.buyer
        party = {"name": buyer.legal_name, "addr_l1": buyer.registered_office, **_place(buyer)}
        return party | {"vat_identifier": buyer.vat_number}

    def _named(self, line: InvoiceLine) -> str:
        if line.kind is None:
            return self.content.description
        return line.kind.name.replace("_", " ").capitalize()

    def _notes(self) -> list[str]:
        notes = [REASONS.get(self.content.tax.category)]
        if self.content.self_billed:
            writer = self.buyer.legal_name
            notes.append(f"Autofacturation: {writer}, au nom et pour le compte du vendeur")
        sign = "à déduire / to deduct" if self.is_credit else "à ajouter / to add"
        corrected = (f"{one['BT-25'] or ''} {one['BT-26']}" for one in self._preceding())
        notes += [f"Rectifie / corrects: {which}, {sign}" for which in corrected]
        return [note for note in notes if note]

    def _title(self) -> str:
        if not self.approval.self_billed:
            return "Décompte / Statement, no invoice"
        if self.settled is None:
            return "Facture / Invoice"
        if self.is_credit:
            return "Avoir / Credit note"
        return "Facture complémentaire / Additional invoice"

    def _shown(self) -> dict[str, Any]:
        """The printed page; its words are data, never markup."""
        content = self.content
        facts = f"invoice-{content.invoice_id}@{content.version}"
        seller, buyer = self.seller, self.buyer
        return {
            "title": self._title(),
            "number": " - ".join(
                part for part in (self.number, self.issued_on.isoformat()) if part
            ),
            "seller": _printed(seller, seller.street, seller.legal_name),
            "buyer": _printed(buyer, buyer.registered_office, buyer.legal_name),
            "lines": [
                [str(n), self._named(line), in_words(line.amount)]
                for n, line in enumerate(content.lines, 1)
            ],
            "totals": [
                ["Total HT / net", in_words(content.net)],
                [f"TVA / VAT {percent(content.tax.rate)} %", in_words(content.tax.amount)],
                ["Total TTC / total", in_words(content.total)],
            ],
            "notes": [
                f"Livraison / delivery: {self._delivered_on}",
                *self._notes(),
                *(MENTIONS.values() if self.is_facturx else ()),
            ],
            "footer": facts,
        }


def _place(company: CompanyDeclared | BuyerDeclared) -> dict[str, Any]:
    """The place of a company and how it is registered."""
    place = {"postcode": company.postal_code, "city": company.city, "country_code": company.country}
    if company.country != "FR":
        return place | {"legal_identifier": company.company_number}
    siren = {"legal_identifier": company.company_number[:9], "legal_identifier_schemeid": SIREN}
    return place | siren | {"identifiers": {SIRET: company.company_number}}


def _printed(company: CompanyDeclared | BuyerDeclared, street: str, name: str) -> list[str]:
    town = f"{company.postal_code} {company.city} ({company.country})"
    return [name, street, town, company.company_number, company.vat_number or ""]


def decimal(amount: Money) -> str:
    """Major units as EN 16931 writes them; all our currencies have two places."""
    return f"{Decimal(amount.amount_minor) / 100:.2f}"


def percent(rate: int) -> str:
    """Basis points as a percentage."""
    return f"{Decimal(rate) / 100:.2f}"


def in_words(amount: Money) -> str:
    """The amount with its currency, as people read it."""
    return f"{decimal(amount)} {amount.currency}"
