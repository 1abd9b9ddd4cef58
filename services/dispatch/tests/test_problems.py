"""The sentences of the rules of requests, jobs and contracts that say no."""

from typing import get_args

import pytest

from contracts.common_v1 import Money
from contracts.decisions import Changed
from contracts.recurrence import RuleNeverOccurs, RuleNotReadable
from infra.testing.problems import said_everywhere, told
from services.dispatch import contract, job, request
from services.dispatch.contract import (
    ContractIdTaken,
    ContractIsOver,
    NoSuchContract,
    NoSuchVisit,
    PauseNotPossible,
    RequestedDayIsPast,
    VisitIsPlanned,
)
from services.dispatch.http.problems import WORDING
from services.dispatch.job import (
    JobIsCancelled,
    JobIsDone,
    JobIsNotDone,
    NoSuchJob,
    ProviderHasLeft,
)
from services.dispatch.job.doing import ArrivalNotPossible, ExpectedNotPossible, UnitsDoNotFit
from services.dispatch.job.reviewing import ReviewIsGiven, ReviewsArePublished
from services.dispatch.request import (
    NoSuchRequest,
    ProviderIsChosen,
    RequestIdTaken,
    RequestIsCancelled,
    TooManyPhotos,
    WantedTimeNotPossible,
)
from services.dispatch.request.choosing import NoSuchProposal, NoSuchSlot, ProposalIsOver
from services.dispatch.request.proposing import (
    HoldsTooShort,
    ProposalIsSent,
    SlotNotPossible,
    VatNotPossible,
)
from services.dispatch.terms import (
    CustomerIsForgotten,
    ProposedPriceNotPossible,
    ProviderIsBarred,
)
from services.dispatch.tests.make import NOON, PRICE

DAY = NOON.date()
Rejection = request.Rejection | job.Rejection | contract.Rejection
REJECTIONS: list[Rejection] = [
    NoSuchRequest(),
    RequestIdTaken("R1"),
    WantedTimeNotPossible(),
    ProviderIsChosen(),
    RequestIsCancelled(),
    TooManyPhotos(10),
    CustomerIsForgotten(),
    ProposedPriceNotPossible(Money(0, "EUR"), PRICE),
    VatNotPossible(10_001, 10_000),
    SlotNotPossible(NOON),
    HoldsTooShort(NOON),
    ProposalIsSent(),
    NoSuchProposal(),
    ProposalIsOver(NOON),
    NoSuchSlot(),
    ProviderIsBarred(),
    Changed({"price": PRICE}, {"price": PRICE}),
    NoSuchJob(),
    ProviderHasLeft(),
    JobIsDone(),
    JobIsNotDone(),
    JobIsCancelled(),
    ArrivalNotPossible(),
    ExpectedNotPossible(),
    UnitsDoNotFit(),
    ReviewIsGiven(),
    ReviewsArePublished(),
    NoSuchContract(),
    ContractIdTaken("SC1"),
    RequestedDayIsPast("first_day", DAY),
    PauseNotPossible(),
    NoSuchVisit(),
    VisitIsPlanned("J1"),
    ContractIsOver(DAY),
    RuleNotReadable("FREQ=HOURLY"),
    RuleNeverOccurs("FREQ=DAILY"),
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
