from datetime import timedelta
from typing import get_args

import pytest

from services.accounts.http.problems import (
    AddressTaken,
    AlreadyEnrolled,
    EmailTaken,
    LinkInvalid,
    Rejection,
    SecondFactorNeeded,
    SessionOver,
    SignInRefused,
    problem,
)
from services.accounts.organisation import NoSuchOrganisation, OrganisationIdTaken
from services.accounts.organisation.support_access import (
    NoSuchGrant,
    RolesNotLent,
    TimeNotPossible,
)
from services.accounts.terms import DayNotPossible, TextMissing, TextTooLong
from services.accounts.tests.make import NOON, TODAY
from services.accounts.user import (
    AgreementMissing,
    LastAdministrator,
    NoSuchUser,
    RolesMissing,
    UserIdTaken,
    UserIsForgotten,
)
from services.accounts.user.password import PasswordTooShort, PasswordTooSimple, weakness
from services.accounts.user.sign_in import NoAddressToConfirm, NotActive, SecondFactorMissing

REJECTIONS: list[Rejection] = [
    NoSuchUser(),
    UserIdTaken("ada"),
    UserIsForgotten(),
    EmailTaken(),
    RolesMissing(),
    AgreementMissing(),
    LastAdministrator(),
    NotActive(),
    SecondFactorMissing(),
    NoAddressToConfirm(),
    PasswordTooShort(11),
    PasswordTooSimple(),
    NoSuchOrganisation(),
    OrganisationIdTaken("hiflow"),
    NoSuchGrant(),
    RolesNotLent(("billing",)),
    TimeNotPossible("until", NOON, NOON),
    DayNotPossible("signed_on", TODAY, TODAY, TODAY),
    TextMissing("reason"),
    TextTooLong("reason", 501, 500),
    LinkInvalid(),
    AddressTaken(),
    AlreadyEnrolled(),
]
NOT_SIGNED_IN: list[Rejection] = [SignInRefused(), SecondFactorNeeded(), SessionOver()]


def test_every_rejection_is_in_the_table() -> None:
    everything = {type(one) for one in [*REJECTIONS, *NOT_SIGNED_IN]}
    assert everything == set(get_args(Rejection))


@pytest.mark.parametrize("rejection", REJECTIONS, ids=lambda r: type(r).__name__)
def test_a_rejection_is_a_status_and_a_sentence(rejection: Rejection) -> None:
    status, sentence = problem(rejection)
    assert status in (404, 409, 422)
    assert sentence.endswith(".")


@pytest.mark.parametrize("rejection", NOT_SIGNED_IN, ids=lambda r: type(r).__name__)
def test_whoever_is_not_signed_in_is_told_so(rejection: Rejection) -> None:
    status, sentence = problem(rejection)
    assert status == 401
    assert sentence.endswith(".")


def test_a_time_is_told_so_that_people_read_it() -> None:
    refused = TimeNotPossible("until", NOON + timedelta(days=4), NOON + timedelta(days=3))
    _, sentence = problem(refused)
    assert sentence == "An access may end until 2030-05-04 12:00 UTC, not at 2030-05-05 12:00."


@pytest.mark.parametrize(
    ("password", "weak"),
    [
        ("elevenchars", PasswordTooShort(11)),
        ("twelve chars", None),
        ("abcdabcdabcd", PasswordTooSimple()),
        ("abcdeabcdeab", None),
        ("I am Ada MARTIN", PasswordTooSimple()),
        ("ada.m at the works", PasswordTooSimple()),
        ("correct horse battery", None),
    ],
)
def test_a_password_is_long_and_not_about_its_owner(password: str, weak: object) -> None:
    assert weakness(password, "ada.m@example.org", "Ada Martin") == weak
