"""Parts of request bodies and of answers that several resources share."""

from typing import Annotated

from pydantic import Field, StringConstraints

from contracts.missions.trip_v1 import ExpenseKind, QuotedExpense
from infra.http.answers import Answer, MoneyShown
from infra.http.models import Body, MoneyBody, Named, Text

Code = Annotated[str, StringConstraints(pattern=r"^[a-z0-9_-]{1,64}$")]
Codes = Annotated[tuple[Code, ...], Field(max_length=20, strict=False)]
PostalCode = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9 -]{2,12}$")]


class ExpenseBody(Body):
    kind: Annotated[ExpenseKind, Named()]
    amount: MoneyBody


Expenses = Annotated[tuple[ExpenseBody, ...], Field(max_length=5, strict=False)]


def itemised(expenses: tuple[ExpenseBody, ...]) -> tuple[QuotedExpense, ...]:
    """The contract's values."""
    return tuple(QuotedExpense(expense.kind, expense.amount.money()) for expense in expenses)


class RefusalBody(Body):
    reason: Text


class ExpenseShown(Answer):
    """A part of a price that is for an expense."""

    kind: Annotated[ExpenseKind, Named()]
    amount: MoneyShown
