"""The sentences of the rules of support that say no."""

from typing import get_args

import pytest

from contracts.decisions import Changed
from infra.testing.problems import said_everywhere, told
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
