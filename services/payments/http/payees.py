"""Payees over HTTP: bank details and their change, questions and answers."""

from datetime import UTC, datetime
from typing import Annotated, Any

from fastapi import APIRouter
from pydantic import AfterValidator, StringConstraints
from starlette.responses import Response

from infra.http.models import Body, Id, Line, Text
from infra.http.request_context import RequestContext, requires
from services.payments.adapters import checks
from services.payments.aggregates import PAYEE
from services.payments.payee import NoSuchPayee, State, profile
from services.payments.payee.bank_details import CancelBankChange, ChangeBankDetails
from services.payments.payee.profile import Payee
from services.payments.payee.questions import AnswerQuestion, AskQuestion

router = APIRouter()

Anyone = Annotated[RequestContext, requires("driver", "billing")]
DriverContext = Annotated[RequestContext, requires("driver")]
Billing = Annotated[RequestContext, requires("billing")]

# --- Bodies and answers -----------------------------------------------------

Iban = Annotated[str, StringConstraints(max_length=50), AfterValidator(checks.iban)]
Bic = Annotated[str, StringConstraints(max_length=20), AfterValidator(checks.bic)]
SomeText = Annotated[Text, StringConstraints(min_length=1)]


class BankBody(Body):
    iban: Iban
    bic: Bic | None = None
    holder: Line
    proof_file_id: Id
    """The bank's own document, as a file of media."""


class QuestionBody(Body):
    question: SomeText
    invoice_id: Id | None = None


class AnswerBody(Body):
    answer: SomeText


def payee_shown(payee: Payee) -> dict[str, Any]:
    """The bank details, and what was asked and answered."""
    return {
        "bank_details": payee.bank,
        "bank_change": payee.pending,
        "questions": [
            {
                "question_id": one.question_id,
                "invoice_id": one.invoice_id,
                "question": one.question,
                "asked_at": one.asked_at,
                "answer": payee.answer(one.question_id),
            }
            for one in payee.questions
        ],
    }


# --- Routes -----------------------------------------------------------------


@router.get("/payees/{driver_id}")
async def show_payee(driver_id: Id, context: Anyone) -> Response:
    """The billing profile, never stale; drivers see their own."""
    only_own(context, driver_id)
    loaded = await context.load(PAYEE, driver_id)
    return context.show(payee_shown(visible(context, loaded.state)), loaded)


@router.get("/payees/{driver_id}/history")
async def payee_history(driver_id: Id, context: Anyone) -> Response:
    """Every fact about the billing profile: who changed what, and when."""
    only_own(context, driver_id)
    visible(context, (await context.load(PAYEE, driver_id)).state)
    return await context.history(PAYEE, driver_id)


@router.put("/payees/{driver_id}/bank-details")
async def change_bank_details(driver_id: Id, body: BankBody, context: DriverContext) -> Response:
    """Ask for other bank details: right after signing in, with proof; payouts wait for them."""
    only_own(context, driver_id)
    shown = context.principal.authenticated_at
    command = ChangeBankDetails(
        driver_id=driver_id,
        organisation_id=context.principal.organisation_id,
        change_id=f"b-{context.command_context.command_id.hex[:16]}",
        iban=body.iban,
        bic=body.bic,
        holder=body.holder,
        proof_file_id=body.proof_file_id,
        authenticated_at=None if shown is None else datetime.fromtimestamp(shown, UTC),
        at=context.at,
    )
    return await context.handle(PAYEE, driver_id, command)


@router.delete("/payees/{driver_id}/bank-changes/{change_id}")
async def cancel_bank_change(driver_id: Id, change_id: Id, context: Anyone) -> Response:
    """Stop a change of bank details while it waits."""
    only_own(context, driver_id)
    command = CancelBankChange(
        driver_id=driver_id,
        organisation_id=context.principal.organisation_id,
        change_id=change_id,
        at=context.at,
    )
    return await context.handle(PAYEE, driver_id, command)


@router.post("/payees/{driver_id}/questions", status_code=201)
async def ask_billing(driver_id: Id, body: QuestionBody, context: DriverContext) -> Response:
    """Ask the billing department something, about an invoice or in general."""
    only_own(context, driver_id)
    command = AskQuestion(
        driver_id=driver_id,
        organisation_id=context.principal.organisation_id,
        question_id=f"q-{context.command_context.command_id.hex[:16]}",
        invoice_id=body.invoice_id,
        question=body.question,
        at=context.occurred_at,
    )
    return await context.handle(PAYEE, driver_id, command, created=f"/payments/payees/{driver_id}")


@router.post("/payees/{driver_id}/questions/{question_id}/answer")
async def answer_question(
    driver_id: Id, question_id: Id, body: AnswerBody, context: Billing
) -> Response:
    """Answer a driver, who finds it beside the question in their billing profile."""
    command = AnswerQuestion(
        driver_id=driver_id,
        organisation_id=context.principal.organisation_id,
        by=context.principal.subject,
        question_id=question_id,
        answer=body.answer,
        at=context.occurred_at,
    )
    return await context.handle(PAYEE, driver_id, command)


# --- Whose ------------------------------------------------------------------


def only_own(context: RequestContext, driver_id: str) -> None:
    """Refuse a driver who means somebody else, as if there were nobody."""
    if "billing" not in context.principal.roles and context.principal.subject != driver_id:
        raise context.refuse(NoSuchPayee())


def visible(context: RequestContext, state: State) -> Payee:
    """The payee, if the caller's organisation pays them; else as if there were none."""
    payee = profile.of_organisation(state, context.principal.organisation_id)
    if payee is None:
        raise context.refuse(NoSuchPayee())
    return payee
