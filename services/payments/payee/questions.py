"""Questions of a driver to billing, each answered once; more is asked in another question."""

from dataclasses import dataclass, replace
from datetime import datetime

from contracts.payments.payee_v1 import PayeeEvent, QuestionAnswered, QuestionAsked
from services.payments.payee.profile import Payee

# --- Commands ---------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class AskQuestion:
    driver_id: str
    organisation_id: str
    question_id: str
    invoice_id: str | None
    question: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerQuestion:
    driver_id: str
    organisation_id: str
    by: str
    question_id: str
    answer: str
    at: datetime


# --- Rejections -------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class QuestionIdTaken:
    question_id: str


@dataclass(frozen=True, slots=True)
class NoSuchQuestion:
    pass


@dataclass(frozen=True, slots=True)
class QuestionIsAnswered:
    at: datetime


Rejection = QuestionIdTaken | NoSuchQuestion | QuestionIsAnswered

# --- Decisions --------------------------------------------------------------

Decision = list[PayeeEvent] | Rejection


def ask(command: AskQuestion, payee: Payee) -> Decision:
    asked = QuestionAsked(
        driver_id=command.driver_id,
        organisation_id=command.organisation_id,
        question_id=command.question_id,
        invoice_id=command.invoice_id,
        question=command.question,
        asked_at=command.at,
    )
    if (before := payee.question(command.question_id)) is not None:
        repeated = replace(before, asked_at=command.at) == asked
        return [] if repeated else QuestionIdTaken(command.question_id)
    return [asked]


def answer(command: AnswerQuestion, payee: Payee) -> Decision:
    if payee.question(command.question_id) is None:
        return NoSuchQuestion()
    if (before := payee.answer(command.question_id)) is not None:
        return [] if before.answer == command.answer else QuestionIsAnswered(before.answered_at)
    return [
        QuestionAnswered(
            driver_id=command.driver_id,
            organisation_id=command.organisation_id,
            question_id=command.question_id,
            answer=command.answer,
            answered_by=command.by,
            answered_at=command.at,
        )
    ]
