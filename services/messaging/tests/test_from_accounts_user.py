"""An account tells where its owner is reached."""

from dataclasses import replace
from datetime import timedelta

import pytest

from contracts.accounts.user_v1 import (
    EmailChanged,
    PasswordResetRequested,
    PhoneChanged,
    PhoneCodeRequested,
    ProfileChanged,
    Role,
    SubjectForgotten,
    UserActivated,
    UserInvited,
)
from contracts.runtime import REDACTED
from services.messaging.preferences import ChangeAddress, ChangeNumber, ChangeReach, Forget, Meet
from services.messaging.reactions.from_accounts_user import react, target
from services.messaging.tests.make import NOON

INVITED = UserInvited(
    user_id="ada",
    organisation_id="hiflow",
    email="a@b.example",
    name="Ada",
    language="fr",
    roles=(Role.DRIVER,),
    phone="+336",
    invited_by="lea",
    invited_at=NOON,
    reference=None,
    dealerships=(),
    at_once=None,
)
ACTIVATED = UserActivated(
    user_id="ada",
    organisation_id="hiflow",
    email="a@b.example",
    name="Ada",
    language="fr",
    roles=(),
    activated_at=NOON,
    phone=None,
    has_password=None,
)
RESET = PasswordResetRequested(
    user_id="ada",
    organisation_id="hiflow",
    email="a@b.example",
    name="Ada",
    language="fr",
    reset_link="https://x/1",
    expires_at=NOON + timedelta(hours=1),
    requested_at=NOON,
    phone=None,
)
MOVED = EmailChanged(
    user_id="ada", organisation_id="hiflow", email="new@b.example", changed_at=NOON
)
NUMBER = PhoneChanged(
    user_id="ada", organisation_id="hiflow", phone="+337", former_phone="+336", changed_at=NOON
)
PROFILE = ProfileChanged(
    user_id="ada",
    organisation_id="hiflow",
    language="de",
    phone="+337",
    photo_file_id=None,
    street=None,
    postal_code=None,
    city=None,
    country=None,
    location=None,
    changed_at=NOON,
)


CODE = PhoneCodeRequested(
    user_id="ada",
    organisation_id="hiflow",
    phone="+212661234567",
    code="204817",
    language="ar",
    expires_at=NOON + timedelta(minutes=10),
    requested_at=NOON,
)


def meet(phone: str | None) -> Meet:
    return Meet(
        user_id="ada",
        organisation_id="hiflow",
        email="a@b.example",
        name="Ada",
        language="fr",
        phone=phone,
        at=NOON,
    )


def test_an_account_makes_its_owner_known() -> None:
    assert react(INVITED) == [meet("+336")]
    for later in (ACTIVATED, RESET):
        [again] = react(later)
        assert (again, target(again)) == (meet(None), "ada")


@pytest.mark.requirement("G-21")
def test_who_is_to_register_is_known_by_the_phone_alone() -> None:
    [known] = react(CODE)
    assert isinstance(known, Meet)
    assert (known.email, known.phone, known.language) == (None, CODE.phone, "ar")
    assert react(replace(CODE, phone=REDACTED)) == []


def test_a_profile_and_its_end_reach_the_recipient() -> None:
    assert react(PROFILE) == [ChangeReach(user_id="ada", language="de", phone="+337", at=NOON)]
    assert react(SubjectForgotten(user_id="ada", forgotten_at=NOON)) == [
        Forget(user_id="ada", at=NOON)
    ]


@pytest.mark.requirement("HIF-39")
def test_an_address_counts_once_it_is_confirmed() -> None:
    assert react(MOVED) == [ChangeAddress(user_id="ada", email="new@b.example", at=NOON)]
    assert react(NUMBER) == [ChangeNumber(user_id="ada", phone="+337", at=NOON)]


@pytest.mark.parametrize(
    "event",
    [
        replace(INVITED, email=REDACTED),
        replace(ACTIVATED, email=REDACTED),
        replace(MOVED, email=REDACTED),
        replace(NUMBER, phone=REDACTED),
        replace(PROFILE, phone=REDACTED),
    ],
)
def test_nothing_is_known_of_somebody_forgotten(
    event: UserInvited | UserActivated | EmailChanged | PhoneChanged | ProfileChanged,
) -> None:
    assert react(event) == []
