"""The sentences of the rules of tills that say no."""

from typing import get_args

import pytest

from contracts.cash import CashNotPossible, WrongCurrency, dirhams
from contracts.decisions import Changed
from infra.testing.problems import said_everywhere, told
from services.tills.http.problems import WORDING
from services.tills.tests.make import CASH
from services.tills.till import (
    CountIsNotBlind,
    DayIsClosed,
    DayIsNotClosed,
    NoSuchTill,
    OwnCash,
    Rejection,
)
from services.tills.till.closing import (
    CashNotCounted,
    GapNotExplained,
    NoGapToExplain,
    ReasonDoesNotFit,
)
from services.tills.till.custody import (
    BankReferenceTaken,
    NothingCollectedFor,
    OrderPaidTwice,
    SenderIsPaid,
    TillIsEmpty,
)

REJECTIONS: list[Rejection] = [
    NoSuchTill(),
    WrongCurrency("counted", "EUR", "MAD"),
    CashNotPossible("counted", dirhams(-1), dirhams(0), CASH),
    OwnCash(),
    CountIsNotBlind(),
    DayIsClosed(),
    CashNotCounted(("karim",)),
    GapNotExplained("karim", dirhams(-100)),
    NoGapToExplain("karim"),
    ReasonDoesNotFit("karim", dirhams(-100)),
    Changed({"couriers": ()}, {"couriers": ()}),
    DayIsNotClosed(),
    TillIsEmpty(),
    BankReferenceTaken("BMCE-1"),
    NothingCollectedFor("o-1"),
    OrderPaidTwice("o-1"),
    SenderIsPaid("o-1", "BMCE-2"),
]


def test_every_rejection_is_a_status_and_a_sentence() -> None:
    assert {type(one) for one in REJECTIONS} == set(get_args(Rejection))
    for rejection in REJECTIONS:
        status, sentence = told(rejection, WORDING)
        assert status in (404, 409, 412, 422)
        assert sentence.endswith(".")


@pytest.mark.parametrize("rejection", REJECTIONS, ids=lambda each: type(each).__name__)
def test_a_rejection_is_told_in_every_language(rejection: Rejection) -> None:
    assert said_everywhere(rejection, WORDING)
