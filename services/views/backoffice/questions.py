"""What do drivers ask billing, and what was answered? One row a question."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import assert_never

from psycopg import sql

from contracts.payments.payee_v1 import (
    BankChangeCancelled,
    BankChangeRequested,
    BankChangeTookEffect,
    BankDetailsGiven,
    PayeeEvent,
    QuestionAnswered,
    QuestionAsked,
    contract,
)
from infra.consumers.views import OutOfOrder, View
from infra.store.postgres import Pool


@dataclass(frozen=True, slots=True)
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


def key(event: PayeeEvent) -> tuple[str, str] | None:
    match event:
        case QuestionAsked() | QuestionAnswered():
            return event.driver_id, event.question_id
        case BankDetailsGiven() | BankChangeRequested():
            return None
        case BankChangeCancelled() | BankChangeTookEffect():
            return None
        case unhandled:
            assert_never(unhandled)


def project(row: Question | None, event: PayeeEvent) -> Question | None:
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
            by, at = event.answered_by, event.answered_at
            return replace(row, answer=event.answer, answered_by=by, answered_at=at)
        case BankDetailsGiven() | BankChangeRequested():
            return row
        case BankChangeCancelled() | BankChangeTookEffect():
            return row
        case unhandled:
            assert_never(unhandled)


view = View(
    name="questions",
    contract=contract,
    row=Question,
    primary_key=("driver_id", "question_id"),
    key=key,
    project=project,
    indexes=("(organisation_id, asked_at, driver_id, question_id) where answered_at is null",),
    subject="driver_id",
    personal=("question", "answer"),
)

# --- Queries ----------------------------------------------------------------

_COLUMNS = sql.SQL(", ").join(map(sql.Identifier, view.columns))

Cursor = tuple[datetime, str, str]


async def unanswered(
    pool: Pool, organisation_id: str, after: Cursor | None, limit: int
) -> list[Question]:
    """Questions billing has not answered, oldest first."""
    query = sql.SQL(
        "select {columns} from backoffice.questions"
        " where organisation_id = %s and answered_at is null"
        " and (%s::timestamptz is null or (asked_at, driver_id, question_id) > (%s, %s, %s))"
        " order by asked_at, driver_id, question_id limit %s"
    ).format(columns=_COLUMNS)
    time, driver_id, question_id = after or (None, "", "")
    arguments = (organisation_id, time, time, driver_id, question_id, limit)
    async with pool.connection() as connection:
        cursor = connection.cursor(row_factory=view.row_factory)
        await cursor.execute(query, arguments)
        return await cursor.fetchall()
