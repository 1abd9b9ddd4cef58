"""What the front end sends, and what it is shown of invoices and sellers."""

from typing import Annotated, Any, Literal

from pydantic import StringConstraints, model_validator

from contracts.invoices.invoice_v1 import ExpenseKind
from infra.http.models import Body, Id, Line, MoneyBody, Named, Text, plain
from services.invoices import invoice, seller
from services.invoices.edge import checks

Country = Literal["BE", "DE", "ES", "FR", "IT", "LU", "MA", "NL", "PT"]
PostalCode = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9 -]{2,12}$")]
Number = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9 ./-]{2,40}$")]
Said = Annotated[Text, StringConstraints(min_length=1)]


class PriceBody(Body):
    price: MoneyBody


class ExpenseBody(Body):
    """Excluding VAT, with the receipt as a file of media."""

    kind: Annotated[ExpenseKind, Named()]
    amount: MoneyBody
    receipt_file_id: Id
    note: Text | None = None


class ContestBody(Body):
    reason: Said


class SettlementBody(Body):
    """What the line comes to from now on."""

    amount: MoneyBody
    explanation: Said


class CompanyBody(Body):
    """Who invoices; without a VAT number, a small business that charges none."""

    legal_name: Line
    street: Line
    postal_code: PostalCode
    city: Line
    country: Country
    company_number: Number
    """SIRET in France, ICE in Morocco, the register's number elsewhere."""
    vat_number: Number | None = None

    @model_validator(mode="after")
    def _checked(self) -> "CompanyBody":
        self.identifiers()
        return self

    def identifiers(self) -> tuple[str, str | None]:
        """The company's number and its VAT number, as they are kept."""
        company = checks.company_number(self.country, self.company_number)
        if self.vat_number is None:
            return company, None
        return company, checks.vat_number(self.country, company, self.vat_number)


class BuyerBody(Body):
    """What stands on every invoice about the organisation."""

    legal_name: Line
    registered_office: Line
    postal_code: PostalCode
    city: Line
    country: Country
    company_number: Number
    vat_number: Number

    @model_validator(mode="after")
    def _checked(self) -> "BuyerBody":
        self.identifiers()
        return self

    def identifiers(self) -> tuple[str, str]:
        """The company's number and its VAT number, as they are kept."""
        company = checks.company_number(self.country, self.company_number)
        return company, checks.vat_number(self.country, company, self.vat_number)


# --- What is shown ----------------------------------------------------------


def invoice_shown(found: invoice.Invoice) -> dict[str, Any]:
    """An invoice to its driver and to billing; each amount names the fact it is from."""
    frozen, stream = found.prepared, f"invoice-{found.prepared.invoice_id}"
    receipts = {one.expense_id: one for one in found.expenses}
    contested = {one.line_id: one for one in found.contests}
    return {
        "invoice_id": frozen.invoice_id,
        "trip_id": frozen.trip_id,
        "driver_id": frozen.driver_id,
        "description": found.note.description,
        "status": found.status,
        "disputed": bool(found.contests),
        "number": found.number,
        "currency": found.currency,
        "lines": [
            {
                "line_id": line.line_id,
                "kind": line.kind,
                "amount": line.amount,
                "fact": {"stream": stream, "version": line.version},
                "expense": receipts.get(line.line_id),
                "contest": contested.get(line.line_id),
            }
            for line in found.lines
        ],
        "compared": _compared(found),
        "net": found.net,
        "settlements": [
            {"number": found.corrections.get(one.version), **plain(one)}
            for one in found.settlements
        ],
        "approval": found.approval,
        "payment": found.payment,
        "delivered_at": found.opened.delivered_at if found.opened else None,
    }


def _compared(found: invoice.Invoice) -> list[dict[str, Any]]:
    """Each kind of expense: what was quoted or accepted, and what is declared (C4, C5)."""
    return [
        {
            "kind": kind,
            "allowed_minor": found.allowed(kind),
            "declared_minor": found.declared(kind),
        }
        for kind in ExpenseKind
        if found.allowed(kind) or found.declared(kind)
    ]


def seller_shown(found: seller.Seller) -> dict[str, Any]:
    """Who invoices, and who writes the invoices (HIF-43)."""
    return {"company": found.company, "self_billing_mandate": found.mandate}
