"""The sentences of the rules of support that say no."""

from typing import get_args

import pytest

from contracts.decisions import Changed
from contracts.support.desk_v1 import Priority, RequestType
from infra.testing.problems import said_everywhere, told
from services.support.desk import (
    DeskIsHardlyOpen,
    DeskIsNotArranged,
    NoSuchTimeZone,
    OpeningNotPossible,
    OpeningsOverlap,
    ResolvedBeforeAnswered,
    TargetNamedTwice,
)
from services.support.http.problems import WORDING, Rejection
from services.support.notice import AudienceNamedTwice, NoSuchNotice, NoticeIdTaken
from services.support.reply import LanguageNamedTwice, NoSuchReply
from services.support.request import (
    NoSuchRequest,
    RequestIdTaken,
    RequestIsClosed,
    RequestIsEscalated,
    RequestIsOpen,
    RequestIsRated,
    ThreadIsFull,
)
from services.support.request.merging import (
    MergedIntoItself,
    OtherRequestIsClosed,
    OtherRequestIsMerged,
    RequestIsMerged,
    RequestOfSomebodyElse,
)

REJECTIONS: list[Rejection] = [
    NoSuchRequest(),
    RequestIdTaken("Q1"),
    RequestIsClosed(),
    RequestIsOpen(),
    RequestIsRated(2),
    RequestIsEscalated(),
    ThreadIsFull(200),
    Changed({"messages": 1}, {"messages": 2}),
    NoSuchReply(),
    LanguageNamedTwice("fr"),
    NoSuchNotice(),
    NoticeIdTaken("n-1"),
    AudienceNamedTwice(),
    RequestIsMerged("Q2"),
    MergedIntoItself(),
    RequestOfSomebodyElse(),
    OtherRequestIsClosed(),
    OtherRequestIsMerged("Q3"),
    DeskIsNotArranged(),
    NoSuchTimeZone("Africa/Lutetia"),
    OpeningNotPossible(1, 60, 60),
    OpeningsOverlap(1),
    DeskIsHardlyOpen(59, 60),
    TargetNamedTwice(RequestType.PROBLEM, Priority.HIGH),
    ResolvedBeforeAnswered(RequestType.PROBLEM, Priority.HIGH),
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
