from datetime import timedelta
from typing import get_args

import pytest

from contracts.decisions import Changed
from infra.testing.problems import said_everywhere, told
from services.accounts.adapters.common_passwords import common_passwords
from services.accounts.http.problems import (
    WORDING,
    AddressTaken,
    AlreadyEnrolled,
    AssertionRefused,
    BeyondYourDealerships,
    CodeUsed,
    EmailTaken,
    IdentityCardTaken,
    LinkInvalid,
    NotOfDealers,
    NotTheInvitedAddress,
    OtherDocumentsHold,
    PhoneTaken,
    Rejection,
    RolesNotOfDepots,
    RolesOfDealers,
    RolesOfOthers,
    SecondFactorNeeded,
    SessionOver,
    SignInRefused,
    SignUpLinkOver,
    SignUpLinkUnknown,
)
from services.accounts.organisation import NoSuchOrganisation, OrganisationIdTaken
from services.accounts.organisation.admission import (
    ConditionsChanged,
    NotToBeAdmitted,
    RegistrationIsConfirmed,
    RegistrationIsPending,
    RegistrationIsRejected,
)
from services.accounts.organisation.signing_up import SignUpLinkUsed
from services.accounts.organisation.support_access import (
    NoSuchGrant,
    RolesNotLent,
    SupporterIsMember,
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
from services.accounts.user.dealerships import (
    AddressMissing,
    AddressProved,
    DealershipNamedTwice,
    LastManager,
    RolesNotOfDealerships,
    TooManyDealerships,
)
from services.accounts.user.password import (
    PasswordTooCommon,
    PasswordTooShort,
    PasswordTooSimple,
    weakness,
)
from services.accounts.user.sign_in import (
    NoAddressToConfirm,
    NoPhoneToConfirm,
    NotActive,
    PhoneIsYours,
    SecondFactorMissing,
    SignsInWithoutPhone,
)
from services.accounts.user.viewing import RoleSeesNothing

REJECTIONS: list[Rejection] = [
    SignUpLinkUnknown(),
    SignUpLinkOver(),
    SignUpLinkUsed(),
    NotTheInvitedAddress(),
    OtherDocumentsHold(),
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
    NoPhoneToConfirm(),
    SignsInWithoutPhone(),
    PhoneIsYours(),
    PasswordTooShort(11),
    PasswordTooSimple(),
    PasswordTooCommon(),
    NoSuchOrganisation(),
    OrganisationIdTaken("hiflow"),
    NoSuchGrant(),
    RolesNotLent(("billing",)),
    SupporterIsMember(),
    TimeNotPossible("until", NOON, NOON),
    DayNotPossible("signed_on", TODAY, TODAY, TODAY),
    TextMissing("reason"),
    TextTooLong("reason", 501, 500),
    LinkInvalid(),
    AddressTaken(),
    AlreadyEnrolled(),
    PhoneTaken(),
    IdentityCardTaken(),
    RolesNotOfDepots(("driver",)),
    RolesOfDealers(("group_manager",)),
    RolesOfOthers(("marketplace_manager",)),
    BeyondYourDealerships(),
    NotOfDealers(),
    AddressMissing(),
    AddressProved(),
    LastManager(),
    TooManyDealerships(20),
    RolesNotOfDealerships(("driver",)),
    RoleSeesNothing("technician"),
    DealershipNamedTwice("D1"),
    ConditionsChanged("2026-11"),
    NotToBeAdmitted(),
    RegistrationIsConfirmed(),
    RegistrationIsPending(),
    RegistrationIsRejected(),
    Changed({"seen/name": "Maarif"}, {"seen/name": "Maârif"}),
]
NOT_SIGNED_IN: list[Rejection] = [
    SignInRefused(),
    SecondFactorNeeded(),
    CodeUsed(),
    SessionOver(),
    AssertionRefused(),
]


def test_every_rejection_is_in_the_table() -> None:
    everything = {type(one) for one in [*REJECTIONS, *NOT_SIGNED_IN]}
    assert everything == set(get_args(Rejection))


@pytest.mark.parametrize("rejection", REJECTIONS, ids=lambda r: type(r).__name__)
def test_a_rejection_is_a_status_and_a_sentence(rejection: Rejection) -> None:
    status, sentence = told(rejection, WORDING)
    assert status in (403, 404, 409, 412, 422)
    assert sentence.endswith(".")


@pytest.mark.parametrize("rejection", NOT_SIGNED_IN, ids=lambda r: type(r).__name__)
def test_whoever_is_not_signed_in_is_told_so(rejection: Rejection) -> None:
    status, sentence = told(rejection, WORDING)
    assert status == 401
    assert sentence.endswith(".")


def test_a_time_is_told_so_that_people_read_it() -> None:
    refused = TimeNotPossible("until", NOON + timedelta(days=4), NOON + timedelta(days=3))
    _, sentence = told(refused, WORDING)
    assert sentence == (
        "An access may end until May 4, 2030, 12:00\u202fPM UTC,"
        " not at May 5, 2030, 12:00\u202fPM UTC."
    )


@pytest.mark.requirement("FLB-007", "G-30")
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


@pytest.mark.parametrize(
    "password",
    [
        "password1234",
        "Password-1234!",
        "2026 MotDePasse 2026",
        "motdepasse123",
        "azertyuiop123",
        "qwertyuiopqwertyuiop",
        "relaisrelais",
        "Relais-2026-Relais",
        "relais portal",
        "123456789012",
        "20.05.1999 / 17:30",
    ],
)
async def test_a_password_that_many_have_is_refused_with_its_numbers_and_capitals(
    password: str,
) -> None:
    common = await common_passwords()
    assert weakness(password, "ada.m@example.org", common=common) == PasswordTooCommon()


@pytest.mark.parametrize(
    "password",
    [
        "correct horse battery",
        "le relais des oiseaux",
        "password of the lighthouse",
        "x7#9!k2$m4&q",
        "12 stars over the quay",
    ],
)
async def test_a_common_word_in_a_longer_password_does_no_harm(password: str) -> None:
    common = await common_passwords()
    assert weakness(password, "ada.m@example.org", common=common) is None


@pytest.mark.parametrize("rejection", REJECTIONS, ids=lambda each: type(each).__name__)
def test_a_rejection_is_told_in_every_language(rejection: Rejection) -> None:
    assert said_everywhere(rejection, WORDING)
