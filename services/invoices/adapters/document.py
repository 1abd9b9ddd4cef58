"""The invoice as a document: PDF/A-3 always, Factur-X (EN 16931) where a French driver's is ours.

Made from the same facts it has the same bytes, whenever and wherever that is.
"""

from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any, Final
from zoneinfo import ZoneInfo

import yaml
from babel.numbers import format_currency, format_percent

from contracts.common_v1 import Money
from contracts.invoices.buyer_v1 import BuyerDeclared
from contracts.invoices.invoice_v1 import ContestSettled, InvoiceApproved, TaxCategory
from contracts.invoices.invoice_v1 import Line as InvoiceLine
from contracts.invoices.seller_v1 import CompanyDeclared
from infra import companies, einvoices
from infra.einvoices import decimal, percent
from infra.printing import compiled
from services.invoices.invoice import own_invoice
from services.invoices.invoice.situations import Approved

SELF_BILLED: Final = "389"
CREDIT: Final = "261"
"""UNTDID 1001: what the buyer writes for the seller, an invoice and a credit note."""
PIECE: Final = "C62"
SERVICES: Final = "S1"
"""The French frame of an invoice for services."""
CODES = {
    TaxCategory.STANDARD: "S",
    TaxCategory.EXEMPT: "E",
    TaxCategory.REVERSE_CHARGE: "AE",
}
READER: Final = "fr_FR"
"""The locale in which amounts and days are written."""
WHERE: Final = "Europe/Paris"
"""Where an invoice was approved that does not say."""
WORDS: Final = yaml.safe_load(Path(__file__).with_name("words.yaml").read_text("utf-8"))
PAGE: Final = Path(__file__).with_name("page.typ").read_bytes()
Company = CompanyDeclared | BuyerDeclared


@dataclass(frozen=True, slots=True, kw_only=True)
class Paper:
    """A document: the invoice as approved, and both companies as they were then.

    With `settled` it is the correction that follows from that settlement, by what differs.
    """

    invoice: Approved
    seller: CompanyDeclared
    buyer: BuyerDeclared
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
            owed = own_invoice.owed(self.invoice)
            assert owed is not None
            return replace(approval, lines=owed.lines, net=owed.net, tax=owed.tax, total=owed.total)
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
    def is_domestic(self) -> bool:
        """Both companies are in France, so a French platform carries the invoice."""
        return self.seller.country == self.buyer.country == "FR"

    @property
    def issued_on(self) -> date:
        """The day of the approval where the organisation is."""
        return self._day(self.content.approved_at)

    @property
    def due_on(self) -> date | None:
        """The day it has to be paid by; None for a credit note, and where none was agreed."""
        due = self.approval.due_on
        if due is None or self.is_credit:
            return None
        return self.issued_on + (due - self._day(self.approval.approved_at))

    def pdf(self) -> bytes:
        """The document. Takes a tenth of a second of a processor."""
        at = self.content.approved_at.replace(microsecond=0)
        plain = compiled(PAGE, self._shown(), at)
        if not self.is_facturx:
            return plain
        return einvoices.embedded(plain, self.xml(), at)

    def xml(self) -> bytes:
        """The invoice as EN 16931 has it, checked against its schema."""
        return einvoices.xml_of(self._terms())

    @property
    def _delivered_on(self) -> date:
        return self._day(self.invoice.bill.delivered_at)

    def _day(self, at: datetime) -> date:
        return at.astimezone(ZoneInfo(self.approval.time_zone or WHERE)).date()

    # --- As machines read it ------------------------------------------------

    def _terms(self) -> dict[str, Any]:
        """The document by the names of EN 16931."""
        content, tax = self.content, self.content.tax
        net, vat, total = decimal(content.net), decimal(tax.amount), decimal(content.total)
        breakdown = {"BT-116": net, "BT-117": vat, "BT-118": CODES[tax.category]}
        breakdown |= {"BT-119": percent(tax.rate)}
        if reason := self._reason:
            breakdown |= {"BT-120": reason}
        return {
            "BT-1": self.number,
            "BT-2": self.issued_on,
            "BT-3": CREDIT if self.is_credit else SELF_BILLED,
            "BT-5": content.net.currency,
            "BT-23": SERVICES,
            "BT-72": self._delivered_on,
            "BT-106": net,
            "BT-109": net,
            "BT-110": vat,
            "BT-112": total,
            "BT-115": total,
            "BG-1": [
                *({"BT-22": note} for note in self._notes()),
                *({"BT-21": code, "BT-22": note} for code, note in WORDS["mentions"].items()),
            ],
            "BG-3": self._preceding(),
            "BG-4": self._seller(),
            "BG-7": self._buyer(),
            "BG-23": [breakdown],
            "BG-25": [self._line(n, line) for n, line in enumerate(content.lines, 1)],
            **self._payable(),
        }

    def _payable(self) -> dict[str, Any]:
        """The day or the terms of payment."""
        if due := self.due_on:
            return {"BT-9": due}
        return {"BT-20": WORDS["terms"]["credit" if self.is_credit else "receipt"]}

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
            **({"BT-127-00": [{"BT-127": said}]} if (said := self._receipt(line)) else {}),
            "BT-129": "1",
            "BT-130": PIECE,
            "BT-131": amount,
            "BT-146": amount,
            "BT-151": CODES[tax.category],
            "BT-152": percent(tax.rate),
            "BT-153": self._named(line),
            "BT-154": self._trip,
        }

    def _seller(self) -> dict[str, Any]:
        seller = self.seller
        party = {"name": seller.legal_name, "addr_l1": seller.street, **_place(seller)}
        if registered := ", ".join(_registered(seller)):
            party |= {"legal_info": registered}
        if seller.vat_number:
            return party | {"vat_identifier": seller.vat_number}
        # The tax office knows a company that charges no VAT by its number.
        return party | {"tax_identifier": seller.company_number}

    def _buyer(self) -> dict[str, Any]:
        buyer = self.buyer
        party = {"name": buyer.legal_name, "addr_l1": buyer.registered_office, **_place(buyer)}
        # One without a prefix is none of EN 16931 (BR-CO-09).
        named = buyer.vat_number.startswith(companies.prefix(buyer.country))
        return party | {"vat_identifier": buyer.vat_number} if named else party

    # --- As people read it --------------------------------------------------

    @property
    def _reason(self) -> str | None:
        """Why no VAT is charged."""
        reason: str | None = WORDS["reasons"].get(self.content.tax.category.name)
        return reason

    @property
    def _trip(self) -> str:
        plate = self.invoice.bill.plate
        named = f"{WORDS['trip']} {self.content.trip_id}"
        return f"{named}, {WORDS['plate']} {plate}" if plate else named

    def _named(self, line: InvoiceLine) -> str:
        if line.kind is None:
            return f"{WORDS['service']}: {self.content.description}"
        named: str = WORDS["kinds"][line.kind.name]
        return named

    def _receipt(self, line: InvoiceLine) -> str | None:
        """The receipt of an expense, rate by rate, where the driver told of it."""
        expenses = self.invoice.bill.expenses
        declared = next((one for one in expenses if one.expense_id == line.line_id), None)
        if declared is None or declared.receipt is None:
            return None
        parts = ", ".join(
            WORDS["part"].format(
                net=as_amount(part.net), rate=as_percent(part.rate), vat=as_amount(part.vat)
            )
            for part in declared.receipt.parts
        )
        said: str = WORDS["receipt"].format(country=declared.receipt.country, parts=parts)
        return said

    def _notes(self) -> list[str]:
        notes = [WORDS["category"], self._reason]
        if self.content.self_billed:
            notes.append(WORDS["self_billed"].format(writer=self.buyer.legal_name))
        for one in self._preceding():
            which = WORDS["corrects"].format(number=one["BT-25"] or "", day=as_day(one["BT-26"]))
            notes.append(f"{which}, {WORDS['deduct' if self.is_credit else 'add']}")
        return [note for note in notes if note]

    def _title(self) -> str:
        if not self.approval.self_billed:
            kind = "statement"
        elif self.settled is None:
            kind = "invoice"
        else:
            kind = "credit" if self.is_credit else "additional"
        title: str = WORDS["titles"][kind]
        return title

    def _shown(self) -> dict[str, Any]:
        """The printed page; its words are data, never markup."""
        content, totals = self.content, WORDS["totals"]
        in_france = "FR" in (self.seller.country, self.buyer.country)
        return {
            "title": self._title(),
            "words": {"seller": WORDS["seller"], "buyer": WORDS["buyer"]},
            "facts": self._facts(),
            "seller": _printed(self.seller, self.seller.street),
            "buyer": _printed(self.buyer, self.buyer.registered_office),
            "columns": WORDS["columns"],
            "lines": [self._row(n, line) for n, line in enumerate(content.lines, 1)],
            "totals": [
                [totals["net"], as_amount(content.net)],
                [f"{totals['vat']} {as_percent(content.tax.rate)}", as_amount(content.tax.amount)],
                [totals["total"], as_amount(content.total)],
            ],
            "notes": [
                *self._notes(),
                *(WORDS["mentions"].values() if content.self_billed and in_france else ()),
            ],
            "footer": f"invoice-{content.invoice_id}@{content.version}",
        }

    def _facts(self) -> list[list[str]]:
        """Number and days, which stand above."""
        facts = WORDS["facts"]
        days = {"issued": self.issued_on, "delivered": self._delivered_on, "due": self.due_on}
        shown = [[facts[name], as_day(day)] for name, day in days.items() if day]
        return [[facts["number"], self.number], *shown] if self.number else shown

    def _row(self, number: int, line: InvoiceLine) -> list[str]:
        amount = as_amount(line.amount)
        what = f"{self._named(line)} ({self._trip})" if line.kind is None else self._named(line)
        if receipt := self._receipt(line):
            what = f"{what}\n{receipt}"
        return [str(number), what, "1", amount, as_percent(self.content.tax.rate), amount]


def _place(company: Company) -> dict[str, Any]:
    """The place of a company, how it is registered, and where a platform delivers to it."""
    place = {
        "postcode": company.postal_code,
        "city": company.city,
        "country_code": company.country,
    }
    number, vat_number = company.company_number, company.vat_number
    return place | einvoices.registration(company.country, number, vat_number, company.endpoint)


def _registered(company: Company) -> list[str]:
    """Legal form, capital and register, as far as they were told."""
    capital = company.share_capital
    words = WORDS["company"]
    told = [
        company.legal_form,
        f"{words['share_capital']} {as_amount(capital)}" if capital else None,
        company.registration,
    ]
    return [one for one in told if one]


def _printed(company: Company, street: str) -> list[str]:
    words = WORDS["company"]
    number = words["numbers"].get(company.country, words["number"])
    vat = company.vat_number
    lines = [
        company.legal_name,
        ", ".join(_registered(company)),
        street,
        f"{company.postal_code} {company.city} ({company.country})",
        f"{number} {company.company_number}",
        f"{words['vat_number']} {vat}" if vat else "",
    ]
    return [line for line in lines if line]


def as_amount(amount: Money) -> str:
    """The amount with its currency, as people in France write it."""
    return format_currency(Decimal(decimal(amount)), amount.currency, locale=READER)


def as_percent(rate: int) -> str:
    """Basis points as people in France write a percentage."""
    return format_percent(Decimal(rate) / 10_000, "#,##0.##\u00a0%", locale=READER)


def as_day(day: date) -> str:
    """The day as people in France write it."""
    return f"{day:%d/%m/%Y}"
