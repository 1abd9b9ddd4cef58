"""What the front end sends, and what it is shown of payees and payouts."""

from typing import Annotated, Any

from pydantic import AfterValidator, StringConstraints

from infra.http.models import Body, Id, Line, Text
from services.payments import payee, payout
from services.payments.edge import checks

Iban = Annotated[str, StringConstraints(max_length=50), AfterValidator(checks.iban)]
Bic = Annotated[str, StringConstraints(max_length=20), AfterValidator(checks.bic)]
Said = Annotated[Text, StringConstraints(min_length=1)]


class BankBody(Body):
    """`proof_file_id` is the bank's own document, as a file of media."""

    iban: Iban
    bic: Bic | None = None
    holder: Line
    proof_file_id: Id


class QuestionBody(Body):
    question: Said
    invoice_id: Id | None = None


class AnswerBody(Body):
    answer: Said


class StatementBody(Body):
    currency: Annotated[str, StringConstraints(pattern=r"^[A-Z]{3}$")] = "EUR"


class PaymentBody(Body):
    reference: Line
    """Of the bank."""


# --- What is shown ----------------------------------------------------------


def payee_shown(found: payee.Payee) -> dict[str, Any]:
    """Where money goes (HIF-43), and what was asked and answered (HIF-30)."""
    return {
        "bank_details": found.bank,
        "bank_change": found.pending,
        "questions": [
            {
                "question_id": one.question_id,
                "invoice_id": one.invoice_id,
                "question": one.question,
                "asked_at": one.asked_at,
                "answer": found.answer(one.question_id),
            }
            for one in found.questions
        ],
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
                "contest": f"/invoices/invoices/{line.invoice_id}/lines/{line.line_id}/contest"
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
