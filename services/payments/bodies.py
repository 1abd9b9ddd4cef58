"""What the front end sends, and what it is shown of invoices, payees and payouts."""

from typing import Annotated, Any, Literal

from pydantic import AfterValidator, StringConstraints, model_validator

from contracts.payments.invoice_v1 import ExpenseKind
from infra.http.models import Body, Id, Line, MoneyBody, Named, Text
from services.payments import invoice, payee, payout
from services.payments.edge import checks

Country = Literal["BE", "DE", "ES", "FR", "IT", "LU", "MA", "NL", "PT"]
PostalCode = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9 -]{2,12}$")]
Number = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9 ./-]{2,40}$")]
Iban = Annotated[str, StringConstraints(max_length=50), AfterValidator(checks.iban)]
Bic = Annotated[str, StringConstraints(max_length=20), AfterValidator(checks.bic)]
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


class BankBody(Body):
    """`proof_file_id` is the bank's own document, as a file of media."""

    iban: Iban
    bic: Bic | None = None
    holder: Line
    proof_file_id: Id


class QuestionBody(Body):
    question: Said
    invoice_id: Id | None = None


class StatementBody(Body):
    currency: Annotated[str, StringConstraints(pattern=r"^[A-Z]{3}$")] = "EUR"


class PaymentBody(Body):
    reference: Line
    """Of the bank."""


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
        "settlements": found.settlements,
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


def payee_shown(found: payee.Payee) -> dict[str, Any]:
    """The billing profile (HIF-43)."""
    return {
        "company": found.company,
        "self_billing_mandate": found.mandate,
        "bank_details": found.bank,
        "bank_change": found.pending,
        "questions": found.questions,
    }


def account_shown(found: payout.Account) -> dict[str, Any]:
    """What is owed, and every statement, latest first."""
    return {
        "due": found.due,
        "statements": [statement_shown(found, id) for id in reversed(list(found.closed))],
    }


def statement_shown(found: payout.Account, payout_id: str) -> dict[str, Any]:
    """A statement and its payment; a line is contested under `contest` (P6)."""
    statement = found.closed[payout_id]
    return {
        "payout_id": payout_id,
        "stream": f"payout-{statement.driver_id}",
        "version": statement.version,
        "closed_at": statement.closed_at,
        "lines": [
            {
                "kind": line.kind,
                "invoice_id": line.invoice_id,
                "trip_id": line.trip_id,
                "line_id": line.line_id,
                "amount": line.amount,
                "fact": line.fact,
                "contest": f"/payments/invoices/{line.invoice_id}/lines/{line.line_id}/contest"
                if line.line_id != "vat"
                else None,
            }
            for line in statement.lines
        ],
        "gross": statement.gross,
        "expenses": statement.expenses,
        "adjustments": statement.adjustments,
        "vat": statement.vat,
        "carried_in": statement.carried_in,
        "carried_from": statement.carried_from,
        "carried_out": statement.carried_out,
        "net": statement.net,
        "payment": found.paid.get(payout_id),
    }
