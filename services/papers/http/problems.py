"""The one place where a rule that says no becomes an HTTP answer.

A rejection whose cause is one field of the request names it in its attribute `field`.
"""

from typing import assert_never

from contracts.decisions import Changed
from services.papers import paper, terms

Rejection = paper.Rejection


def problem(rejection: Rejection) -> tuple[int, str]:
    """The status and the sentence of a rejection.

    404 says that there is no such thing, 409 that it is not possible now, 422 that it never is.
    """
    match rejection:
        case paper.NoSuchPaper():
            return 404, "There is no such paper."
        case Changed():
            return 412, "Somebody changed this meanwhile."
        case paper.EndMissing(kind=kind):
            return 422, f"{kind.name.lower()} needs the last day on which it holds."
        case paper.PaperIsAccepted(file_id=file_id):
            return 409, f"The paper {file_id} was accepted."
        case paper.PaperIsRefused(file_id=file_id):
            return 409, f"The paper {file_id} was refused."
        case terms.DayNotPossible(field=field, day=day, first=first, last=last):
            return 422, f"{field} cannot be {day}, only {first} to {last}."
        case terms.TextMissing(field=field):
            return 422, f"{field} is needed."
        case terms.TextTooLong(field=field, length=length, limit=limit):
            return 422, f"{field} has {length} characters, at most {limit} are possible."
        case unhandled:
            assert_never(unhandled)
