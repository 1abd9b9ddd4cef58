"""Parts of request bodies and of answers that several resources share."""

from typing import Annotated

from pydantic import Field, StringConstraints

from contracts.missions.trip_v1 import ExpenseKind, QuotedExpense
from infra.http.answers import Answer, MoneyShown
from infra.http.models import Body, Day, MoneyBody, Named, Text
from services.missions.terms import SeenQuote

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


class QuoteSeen(Body):
    """The quote as it was seen by whoever decides on it, with all that it named.

    412 when the driver has changed it since.
    """

    price: MoneyBody
    expenses: Expenses = ()
    pickup_on: Day | None = None
    delivery_on: Day | None = None

    def seen(self) -> SeenQuote:
        """The value of the commands."""
        return SeenQuote(
            price=self.price.money(),
            expenses=itemised(self.expenses),
            pickup_on=self.pickup_on,
            delivery_on=self.delivery_on,
        )


class ExpenseShown(Answer):
    """A part of a price that is for an expense."""

    kind: Annotated[ExpenseKind, Named()]
    amount: MoneyShown
