"""Which questions of drivers wait for billing's answer? One row a question."""

from dataclasses import asdict, dataclass, replace
from datetime import datetime
from typing import Annotated, assert_never

from contracts.payments.payee_v1 import QuestionAnswered, QuestionAsked, contract
from infra.consumers.views import OutOfOrder, View
from infra.http.answers import Answer, Answered, Listed, Router
from infra.http.models import Instant
from infra.http.pages import Paging
from infra.http.request_context import RequestContext, requires
from infra.reading import Rows, Table
from services.views.backoffice.persons import PersonShown, with_drivers

Reads = QuestionAsked | QuestionAnswered


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    driver_id: str
    question_id: str
    organisation_id: str
    invoice_id: str | None
    question: str
    asked_at: datetime
    answer: str | None = None
    answered_by: str | None = None
    answered_at: datetime | None = None


def key(event: Reads) -> tuple[str, str]:
    return event.driver_id, event.question_id


def project(row: Question | None, event: Reads) -> Question:
    match event:
        case QuestionAsked():
            return Question(
                driver_id=event.driver_id,
                question_id=event.question_id,
                organisation_id=event.organisation_id,
                invoice_id=event.invoice_id,
                question=event.question,
                asked_at=event.asked_at,
            )
        case QuestionAnswered():
            if row is None:
                raise OutOfOrder(event)
            return replace(
                row,
                answer=event.answer,
                answered_by=event.answered_by,
                answered_at=event.answered_at,
            )
        case unhandled:
            assert_never(unhandled)


view = View(
    name="questions",
    contract=contract,
    reads=Reads,
    row=Question,
    primary_key=("driver_id", "question_id"),
    key=key,
    project=project,
    indexes=("(organisation_id, asked_at, driver_id, question_id) where answered_at is null",),
    subject="driver_id",
    personal=("question", "answer"),
)

# --- The question -----------------------------------------------------------

questions = Table(view, "questions")
OLDEST = questions.order("oldest-question", "asked_at", "driver_id", "question_id")


def unanswered(organisation_id: str) -> Rows[Question]:
    """Questions that billing has not answered."""
    return questions.of(organisation_id).where("answered_at is null")


class OpenQuestion(Answer):
    """A question of a driver to billing, about an invoice or in general."""

    driver_id: str
    driver: PersonShown
    question_id: str
    organisation_id: str
    invoice_id: str | None
    question: str
    asked_at: Instant
    answer: str | None
    answered_by: str | None
    answered_at: Instant | None


def question_shown(row: Question, driver: PersonShown) -> OpenQuestion:
    return OpenQuestion.of({**asdict(row), "driver": driver})


router = Router("Questions")
Billing = Annotated[RequestContext, requires("billing")]


@router.get("/questions/open")
async def open_questions(context: Billing, page: Paging) -> Answered[Listed[OpenQuestion]]:
    """Questions of drivers that wait for an answer, oldest first."""
    waiting = unanswered(context.principal.organisation_id)

    return await page.show_together(waiting, OLDEST, with_drivers(context, question_shown))
