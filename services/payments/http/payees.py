"""Payees over HTTP: bank details and their change, questions and answers."""

from datetime import UTC, datetime
from typing import Annotated, assert_never

from pydantic import AfterValidator, StringConstraints

from contracts.media.file_v1 import Purpose
from contracts.payments.payee_v1 import (
    BankChangeCancelled,
    BankChangeRequested,
    BankChangeTookEffect,
    BankDetailsGiven,
    QuestionAnswered,
    QuestionAsked,
    contract,
)
from infra.http.answers import Answer, Answered, Recorded, Router
from infra.http.history import History, HistoryPart
from infra.http.models import Body, Id, Instant, Line, Text
from infra.http.request_context import RequestContext, requires
from infra.lookups import files
from services.payments.adapters import checks
from services.payments.aggregates import PAYEE
from services.payments.lookups import invoices_invoice
from services.payments.payee import NoSuchPayee, State, profile
from services.payments.payee.bank_details import CancelBankChange, ChangeBankDetails
from services.payments.payee.profile import Payee
from services.payments.payee.questions import AnswerQuestion, AskQuestion

router = Router("Payees")

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
    """The bank's own document: a file of the driver's, sent as a paper or as something else."""


class QuestionBody(Body):
    question: SomeText
    invoice_id: Id | None = None
    """An invoice of the driver's own; null for a question in general."""


class AnswerBody(Body):
    answer: SomeText


class BankDetailsShown(Answer):
    """The first bank details, which nothing had to guard."""

    driver_id: str
    organisation_id: str
    iban: str
    bic: str | None
    holder: str
    proof_file_id: str
    given_at: Instant


class BankChangeShown(Answer):
    """Other bank details, asked for after a sign-in; they wait until they take effect."""

    driver_id: str
    organisation_id: str
    change_id: str
    iban: str
    bic: str | None
    holder: str
    proof_file_id: str
    authenticated_at: Instant
    effective_at: Instant
    requested_at: Instant


class AnswerShown(Answer):
    """The answer of billing."""

    driver_id: str
    organisation_id: str
    question_id: str
    answer: str
    answered_by: str
    answered_at: Instant


class QuestionShown(Answer):
    """A question of the driver to billing."""

    question_id: str
    invoice_id: str | None
    question: str
    asked_at: Instant
    answer: AnswerShown | None


class PayeeShown(Answer):
    """The billing profile of a driver."""

    bank_details: BankDetailsShown | BankChangeShown | None
    """Where money goes: the first details, or the change that took effect last."""
    bank_change: BankChangeShown | None
    """The change that waits, and every payout with it."""
    questions: list[QuestionShown]


class PayeeHistory(
    History,
    of=contract,
    shows={
        BankDetailsGiven: BankDetailsShown,
        BankChangeRequested: BankChangeShown,
        BankChangeCancelled: ("driver_id", "organisation_id", "change_id", "cancelled_at"),
        BankChangeTookEffect: ("driver_id", "organisation_id", "change_id", "took_effect_at"),
        QuestionAsked: (
            *("driver_id", "organisation_id", "question_id"),
            *("invoice_id", "question", "asked_at"),
        ),
        QuestionAnswered: AnswerShown,
    },
):
    """Every fact about a payee, oldest first."""


def payee_shown(payee: Payee) -> PayeeShown:
    return PayeeShown(
        bank_details=_bank_details(payee.bank),
        bank_change=BankChangeShown.of(payee.pending) if payee.pending else None,
        questions=[_question(payee, question) for question in payee.questions],
    )


def _bank_details(
    bank: BankDetailsGiven | BankChangeRequested | None,
) -> BankDetailsShown | BankChangeShown | None:
    match bank:
        case None:
            return None
        case BankDetailsGiven():
            return BankDetailsShown.of(bank)
        case BankChangeRequested():
            return BankChangeShown.of(bank)
        case unhandled:
            assert_never(unhandled)


def _question(payee: Payee, question: QuestionAsked) -> QuestionShown:
    answer = payee.answer(question.question_id)
    return QuestionShown(
        question_id=question.question_id,
        invoice_id=question.invoice_id,
        question=question.question,
        asked_at=question.asked_at,
        answer=AnswerShown.of(answer) if answer else None,
    )


# --- Routes -----------------------------------------------------------------


@router.get("/payees/{driver_id}")
async def show_payee(driver_id: Id, context: Anyone) -> Answered[PayeeShown]:
    """The billing profile, never stale; drivers see their own."""
    only_own(context, driver_id)
    loaded = await context.load(PAYEE, driver_id)
    return context.show(payee_shown(visible(context, loaded.state)), loaded)


@router.get("/payees/{driver_id}/history")
async def payee_history(
    driver_id: Id, context: Anyone, part: HistoryPart
) -> Answered[PayeeHistory]:
    """Every fact about the billing profile: who changed what, and when."""
    only_own(context, driver_id)
    visible(context, (await context.load(PAYEE, driver_id)).state)
    return await context.history(PAYEE, driver_id, PayeeHistory, part)


@router.put("/payees/{driver_id}/bank-details")
async def change_bank_details(
    driver_id: Id, body: BankBody, context: DriverContext
) -> Answered[Recorded]:
    """Ask for other bank details: right after signing in, with proof; payouts wait for them."""
    only_oneself(context, driver_id)
    shown = context.principal.authenticated_at

    async def change(state: State) -> ChangeBankDetails:
        not_of_others(context, state)
        await files.require(
            context, "proof_file_id", body.proof_file_id, {Purpose.PAPER, Purpose.OTHER}
        )
        return ChangeBankDetails(
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

    return await context.handle(PAYEE, driver_id, change)


@router.delete("/payees/{driver_id}/bank-changes/{change_id}")
async def cancel_bank_change(driver_id: Id, change_id: Id, context: Anyone) -> Answered[Recorded]:
    """Stop a change of bank details while it waits."""
    only_own(context, driver_id)

    async def cancel(state: State) -> CancelBankChange:
        visible(context, state)
        return CancelBankChange(
            driver_id=driver_id,
            organisation_id=context.principal.organisation_id,
            change_id=change_id,
            at=context.at,
        )

    return await context.handle(PAYEE, driver_id, cancel)


@router.post("/payees/{driver_id}/questions", status_code=201)
async def ask_billing(
    driver_id: Id, body: QuestionBody, context: DriverContext
) -> Answered[Recorded]:
    """Ask the billing department something, about an invoice or in general."""
    only_oneself(context, driver_id)

    async def question(state: State) -> AskQuestion:
        not_of_others(context, state)
        if body.invoice_id is not None:
            await invoices_invoice.require(context, "invoice_id", body.invoice_id)
        return AskQuestion(
            driver_id=driver_id,
            organisation_id=context.principal.organisation_id,
            question_id=f"q-{context.command_context.command_id.hex[:16]}",
            invoice_id=body.invoice_id,
            question=body.question,
            at=context.occurred_at,
        )

    created = f"/payments/payees/{driver_id}"
    return await context.handle(PAYEE, driver_id, question, created=created)


@router.post("/payees/{driver_id}/questions/{question_id}/answer")
async def answer_question(
    driver_id: Id, question_id: Id, body: AnswerBody, context: Billing
) -> Answered[Recorded]:
    """Answer a driver, who finds it beside the question in their billing profile."""

    async def answer(state: State) -> AnswerQuestion:
        visible(context, state)
        return AnswerQuestion(
            driver_id=driver_id,
            organisation_id=context.principal.organisation_id,
            by=context.principal.subject,
            question_id=question_id,
            answer=body.answer,
            at=context.occurred_at,
        )

    return await context.handle(PAYEE, driver_id, answer)


# --- Whose ------------------------------------------------------------------


def only_own(context: RequestContext, driver_id: str) -> None:
    """Refuse a driver who means somebody else, as if there were nobody."""
    if "billing" not in context.principal.roles and context.principal.subject != driver_id:
        raise context.refuse(NoSuchPayee())


def only_oneself(context: RequestContext, driver_id: str) -> None:
    """Refuse whoever means somebody else, billing too: drivers speak for themselves."""
    if context.principal.subject != driver_id:
        raise context.refuse(NoSuchPayee())


def not_of_others(context: RequestContext, state: State) -> None:
    """Refuse a payee of another organisation, as if there were nobody."""
    if isinstance(state, Payee) and state.organisation_id != context.principal.organisation_id:
        raise context.refuse(NoSuchPayee())


def visible(context: RequestContext, state: State) -> Payee:
    """The payee, if the caller's organisation pays them; else as if there were none."""
    payee = profile.of_organisation(state, context.principal.organisation_id)
    if payee is None:
        raise context.refuse(NoSuchPayee())
    return payee
