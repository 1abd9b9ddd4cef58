from datetime import timedelta
from typing import get_args

import pytest

from services.accounts.organisation import (
    NoSuchGrant,
    NoSuchOrganisation,
    OrganisationIdTaken,
    RolesNotLent,
    TimeNotPossible,
)
from services.accounts.password import PasswordTooShort, PasswordTooSimple, weakness
from services.accounts.problems import EmailTaken, Rejection, problem
from services.accounts.signing import NoAddressToConfirm, NotActive, SecondFactorMissing
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
]


def test_every_rejection_is_in_the_table() -> None:
    assert {type(one) for one in REJECTIONS} == set(get_args(Rejection))


@pytest.mark.parametrize("rejection", REJECTIONS, ids=lambda r: type(r).__name__)
def test_a_rejection_is_a_status_and_a_sentence(rejection: Rejection) -> None:
    status, sentence = problem(rejection)
    assert status in (404, 409, 422)
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
