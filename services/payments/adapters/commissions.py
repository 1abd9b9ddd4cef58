"""The invoice of commissions as PDF, in the language of the marketplace.

Made from the same fact it has the same bytes, whenever and wherever that is.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from contracts.common_v1 import Money
from contracts.payments.settlement_v1 import CommissionInvoiced, CommissionLine
from infra.http.customer_pages.words import Words
from infra.printing import printed
from services.payments.adapters.paper import COLUMNS, PAGE, PAPER
from services.payments.payout import total


@dataclass(frozen=True, slots=True)
class CommissionPaper:
    """An invoice in the words of a language."""

    invoiced: CommissionInvoiced
    words: Words

    def pdf(self) -> bytes:
        """The document. Takes a tenth of a second of a processor."""
        return printed(PAGE, self._shown(), self.invoiced.issued_at)

    def _shown(self) -> Mapping[str, object]:
        """The printed page; its words are data, never markup."""
        invoiced, say = self.invoiced, self._say
        issued_on = invoiced.issued_at.astimezone(ZoneInfo(invoiced.time_zone)).date()
        return {
            "title": say("invoice"),
            "number": invoiced.number,
            "language": self.words.language,
            "rtl": self.words.direction == "rtl",
            "words": {"seller": say("seller"), "buyer": say("buyer")},
            "facts": [
                [say("number"), invoiced.number],
                [say("issued_on"), self.words.day(issued_on)],
            ],
            "seller": list(self._seller()),
            "buyer": list(self._buyer()),
            "columns": [say(name) for name in COLUMNS],
            "lines": [self._row(one) for one in invoiced.lines],
            "totals": list(self._totals()),
            "notes": [f"{say('kept')} {invoiced.reference}"],
            "footer": f"settlement-{invoiced.settlement_id}",
        }

    def _seller(self) -> Iterator[str]:
        seller = self.invoiced.seller
        yield seller.legal_name
        yield seller.registered_office
        yield f"{seller.postal_code} {seller.city}, {seller.country}"
        yield from self._numbers(seller.company_number, seller.vat_number)

    def _buyer(self) -> Iterator[str]:
        buyer = self.invoiced
        yield buyer.buyer_name
        yield buyer.buyer_street
        yield f"{buyer.buyer_postal_code} {buyer.buyer_city}, {buyer.buyer_country}"
        yield from self._numbers(buyer.buyer_number, buyer.buyer_vat_number)

    def _numbers(self, company_number: str | None, vat_number: str | None) -> Iterator[str]:
        if company_number:
            yield f"{self._say('company_number')}: {company_number}"
        if vat_number:
            yield f"{self._say('vat_number')}: {vat_number}"

    def _row(self, line: CommissionLine) -> list[str]:
        including = total((line.commission, line.vat), line.commission.currency)
        return [
            f"{self._say('commission')} {line.job_id}, {self.words.day(line.done_on)}",
            self._money(line.commission),
            self.words.part(line.vat_basis_points),
            self._money(line.vat),
            self._money(including),
        ]

    def _totals(self) -> Iterator[list[str]]:
        """The sums of each rate, as the law wants them, and of all."""
        invoiced, currency = self.invoiced, self.invoiced.commission.currency
        for rate in sorted({one.vat_basis_points for one in invoiced.lines}):
            vat = total(
                (one.vat for one in invoiced.lines if one.vat_basis_points == rate), currency
            )
            yield [f"{self._say('vat')} {self.words.part(rate)}", self._money(vat)]
        yield [self._say("excluding_vat"), self._money(invoiced.commission)]
        yield [self._say("vat"), self._money(invoiced.vat)]
        yield [self._say("total"), self._money(invoiced.including_vat)]

    def _money(self, amount: Money) -> str:
        return self.words.money(amount)

    def _say(self, name: str) -> str:
        return self.words.label(PAPER, name)
