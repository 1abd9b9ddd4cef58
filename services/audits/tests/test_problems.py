"""The sentences of the rules of audits that say no."""

from typing import get_args

import pytest

from contracts.common_v1 import Money
from infra.testing.problems import said_everywhere, told
from services.audits.audit import (
    AuditIdTaken,
    AuditIsCompleted,
    FindingInOtherCurrency,
    FindingNamedTwice,
    FindingPriceNotPossible,
    NoSuchAudit,
    NotAnAuditDevice,
)
from services.audits.http.problems import WORDING, Rejection
from services.audits.template import AuditItemNamedTwice, NoSuchAuditTemplate

REJECTIONS: list[Rejection] = [
    NoSuchAudit(),
    AuditIdTaken("AU1"),
    AuditIsCompleted(),
    FindingNamedTwice("pads"),
    FindingInOtherCurrency("pads", "CHF", "EUR"),
    FindingPriceNotPossible("pads", Money(-1, "EUR"), Money(100, "EUR")),
    NotAnAuditDevice(),
    NoSuchAuditTemplate(),
    AuditItemNamedTwice("pads"),
]


def test_every_rejection_is_a_status_and_a_sentence() -> None:
    assert {type(one) for one in REJECTIONS} == set(get_args(Rejection))
    for rejection in REJECTIONS:
        status, sentence = told(rejection, WORDING)
        assert status in (403, 404, 409, 422)
        assert sentence.endswith(".")


@pytest.mark.parametrize("rejection", REJECTIONS, ids=lambda each: type(each).__name__)
def test_a_rejection_is_told_in_every_language(rejection: Rejection) -> None:
    assert said_everywhere(rejection, WORDING)
