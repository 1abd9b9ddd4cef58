"""The invoice of a payment, the credit note of a refund and what cancels it, as PDF in the
customer's language.

Made from the same facts it has the same bytes, whenever and wherever that is.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from contracts.common_v1 import Money
from contracts.payments.account_v1 import CompanyDeclared
from contracts.payments.charge_v1 import Amounts, DocumentNumbered, Line, RefundMade
from infra.catalogues import ENGLISH, language_of
from infra.http.customer_pages.words import Words
from infra.printing import archived, printed
from services.payments.charge.situations import Paid
from services.payments.terms import buyer_of, sum_of

PAGE = Path(__file__).with_name("paper.typ").read_bytes()
PAPER = "paper"
COLUMNS = ("work", "excluding_vat", "rate", "vat", "including_vat")


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """An invoice, with `refund` its credit note, or what cancels that where the number says so;
    every amount is positive."""

    paid: Paid
    numbered: DocumentNumbered
    company: CompanyDeclared
    refund: RefundMade | None

    @property
    def kind(self) -> str:
        if self.refund is None:
            return "invoice"
        return "cancellation" if self.numbered.cancels else "credit_note"

    @property
    def issued_at(self) -> datetime:
        """When the money moved."""
        if self.refund is None:
            return self.paid.paid.paid_at
        if self.numbered.cancels:
            return self.paid.bounced[self.refund.refund_id].bounced_at
        return self.refund.made_at

    @property
    def issued_on(self) -> date:
        """The day where the dealership is."""
        return self._day(self.issued_at)

    @property
    def currency(self) -> str:
        return self.paid.bill.amount.currency

    def lines(self) -> Iterator[tuple[Line, Amounts]]:
        """The works and what was paid for them, or went back."""
        if self.refund is None:
            yield from ((line, line.amounts) for line in self.paid.paid.lines)
            return
        known = {line.work_id: line for line in self.paid.paid.lines}
        yield from ((known[part.work_id], part.amounts) for part in self.refund.parts)

    def preceding(self) -> Iterator[tuple[str, date]]:
        """The numbers and days of the documents that it corrects: of the invoice, or the credit
        note."""
        if self.refund is None:
            return
        known = self.paid.numbers.get(self.refund.refund_id if self.numbered.cancels else None)
        at = self.refund.made_at if self.numbered.cancels else self.paid.paid.paid_at
        if known is not None:
            yield known.number, self._day(at)

    def _day(self, at: datetime) -> date:
        return at.astimezone(ZoneInfo(self.paid.bill.offered.time_zone)).date()


@dataclass(frozen=True, slots=True, kw_only=True)
class Paper(Document):
    """A document as people read it."""

    words: Words

    def pdf(self) -> bytes:
        """The document. Takes a tenth of a second of a processor."""
        return printed(PAGE, self._shown(), self.issued_at)

    def archived(self) -> bytes:
        """The same as PDF/A-3. Raises `typst.TypstError` for a character that no font has."""
        return archived(PAGE, self._shown(), self.issued_at)

    def _shown(self) -> Mapping[str, object]:
        """The printed page; its words are data, never markup."""
        offered, say = self.paid.bill.offered, self._say
        return {
            "title": say(self.kind),
            "number": self.numbered.number,
            "language": language_of(offered.language) or ENGLISH,
            "rtl": self.words.direction == "rtl",
            "words": {"seller": say("seller"), "buyer": say("buyer")},
            "facts": list(self._facts()),
            "seller": list(self._seller()),
            "buyer": list(self._buyer(offered.customer_name)),
            "columns": [say(name) for name in COLUMNS],
            "lines": [self._row(line, amounts) for line, amounts in self.lines()],
            "totals": list(self._totals()),
            "notes": list(self._notes()),
            "footer": f"charge-{offered.charge_id}",
        }

    def _facts(self) -> Iterator[list[str]]:
        yield [self._say("number"), self.numbered.number]
        yield [self._say("issued_on"), self.words.day(self.issued_on)]
        invoice = self.paid.numbers.get(None)
        if self.refund is not None and invoice is not None:
            yield [self._say("of_invoice"), invoice.number]
        if self.refund is not None and self.numbered.cancels:
            yield [self._say("of_credit_note"), self.paid.numbers[self.refund.refund_id].number]

    def _seller(self) -> Iterator[str]:
        company = self.company
        yield company.legal_name
        yield company.registered_office
        yield f"{company.postal_code} {company.city}, {company.country}"
        yield f"{self._say('company_number')}: {company.company_number}"
        if company.vat_number:
            yield f"{self._say('vat_number')}: {company.vat_number}"

    def _buyer(self, person: str) -> Iterator[str]:
        buyer = buyer_of(self.numbered)
        if buyer is None:
            yield person
            return
        yield buyer.name
        yield buyer.office
        yield f"{buyer.postal_code} {buyer.city}, {buyer.country}"
        yield f"{self._say('company_number')}: {buyer.number}"
        if buyer.vat_number:
            yield f"{self._say('vat_number')}: {buyer.vat_number}"

    def _row(self, line: Line, amounts: Amounts) -> list[str]:
        return [
            line.label,
            self._money(amounts.excluding_vat),
            self.words.part(line.vat_basis_points),
            self._money(amounts.vat),
            self._money(amounts.including_vat),
        ]

    def _totals(self) -> Iterator[list[str]]:
        """The sums of each rate, as the law wants them, and of all."""
        by_rate: dict[int, list[Amounts]] = {}
        for line, amounts in self.lines():
            by_rate.setdefault(line.vat_basis_points, []).append(amounts)
        for rate, parts in sorted(by_rate.items()):
            amount = sum_of(tuple(parts), self.currency).vat
            yield [f"{self._say('vat')} {self.words.part(rate)}", self._money(amount)]
        total = self._total(one for parts in by_rate.values() for one in parts)
        yield [self._say("excluding_vat"), self._money(total.excluding_vat)]
        yield [self._say("vat"), self._money(total.vat)]
        yield [self._say("total"), self._money(total.including_vat)]

    def _total(self, parts: Iterable[Amounts]) -> Amounts:
        return sum_of(tuple(parts), self.currency)

    def _notes(self) -> Iterator[str]:
        total = self._total(amounts for _, amounts in self.lines())
        moved = {"invoice": "paid", "credit_note": "refunded", "cancellation": "bounced"}
        said = self._say(moved[self.kind])
        yield f"{said} {self._money(total.including_vat)}, {self.words.time(self.issued_at)}"

    def _money(self, amount: Money) -> str:
        return self.words.money(amount)

    def _say(self, name: str) -> str:
        return self.words.label(PAPER, name)
