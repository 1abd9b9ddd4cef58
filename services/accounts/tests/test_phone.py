"""Another phone to sign in with: asked for with the password, confirmed by the code it was sent."""

import asyncio
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from contracts.accounts.user_v1 import (
    DetailsChanged,
    PasswordResetRequested,
    PhoneChanged,
    PhoneChangeRequested,
    PhoneFoundInUse,
    UserActivated,
)
from infra.testing.spec import Spec
from services.accounts import user
from services.accounts.adapters.password_links import PasswordLinks
from services.accounts.adapters.secrets.phone_codes import MOST_WRONG
from services.accounts.aggregates import USER
from services.accounts.http.access import Access
from services.accounts.tests.make import LATER, NOON, activate, activated, deactivated, invited
from services.accounts.tests.registering import PHONE, registered, sign_in
from services.accounts.tests.serving import PASSWORD, Caller, served
from services.accounts.tests.test_sign_in import outcome
from services.accounts.tests.test_user import ACTIVE as KNOWN
from services.accounts.user.sign_in import (
    ChangePhone,
    NoPhoneToConfirm,
    NotActive,
    PhoneIsYours,
    RequestPhoneChange,
    SignsInWithoutPhone,
)

given = Spec(user.decide, user.evolve, user.initial).given

NEW, OTHER = "+212662345678", "+212663456789"
ANOTHER = "quiet river under seven stones"
ACTIVE = (replace(invited(), phone=PHONE), *KNOWN[1:])
ASK = RequestPhoneChange(
    user_id="ada",
    organisation_id="hiflow",
    phone=NEW,
    code="204817",
    expires_at=LATER,
    at=NOON,
)
ASKED = PhoneChangeRequested(
    user_id="ada",
    organisation_id="hiflow",
    new_phone=NEW,
    code="204817",
    expires_at=LATER,
    requested_at=NOON,
)
CHANGE = ChangePhone(user_id="ada", organisation_id="hiflow", phone=NEW, at=LATER)
CHANGED = PhoneChanged(
    user_id="ada", organisation_id="hiflow", phone=NEW, former_phone=PHONE, changed_at=LATER
)


def phone_after(*events: Any) -> tuple[str | None, str | None]:
    """The number somebody signs in with, and the one they are reached at."""
    state = user.initial
    for event in events:
        state = user.evolve(state, event)
    assert isinstance(state, user.Active | user.Deactivated)
    return state.person.sign_in_phone, state.person.phone


class TestDecisions:
    def test_a_phone_counts_once_its_code_was_shown(self) -> None:
        given(*ACTIVE).when(ASK).records(ASKED)
        given(*ACTIVE, ASKED).when(CHANGE).records(CHANGED)
        moved: UserActivated = replace(activated(), phone=NEW)
        given(*ACTIVE, ASKED, CHANGED, deactivated()).when(activate()).records(moved)
        assert phone_after(*ACTIVE, ASKED) == (PHONE, PHONE)
        assert phone_after(*ACTIVE, ASKED, CHANGED) == (NEW, NEW)

    def test_who_is_reached_elsewhere_is_reached_at_the_new_phone(self) -> None:
        details = DetailsChanged(
            user_id="ada",
            organisation_id="hiflow",
            name="Ada",
            email=None,
            phone=OTHER,
            language="fr",
            changed_by="lea",
            changed_at=NOON,
        )
        assert phone_after(*ACTIVE, details, ASKED) == (PHONE, OTHER)
        assert phone_after(*ACTIVE, details, ASKED, CHANGED) == (NEW, NEW)

    def test_the_phone_wanted_last_is_the_one_to_confirm(self) -> None:
        given(*ACTIVE).when(CHANGE).is_rejected(NoPhoneToConfirm())
        other = replace(ASKED, new_phone=OTHER)
        given(*ACTIVE, ASKED, other).when(CHANGE).is_rejected(NoPhoneToConfirm())
        late = replace(CHANGE, at=LATER + timedelta(seconds=1))
        given(*ACTIVE, ASKED, CHANGED).when(late).is_rejected(NoPhoneToConfirm())

    def test_only_who_signs_in_with_a_phone_gets_another_one(self) -> None:
        none = (replace(invited(), phone=None), *KNOWN[1:])
        given(*none).when(ASK).is_rejected(SignsInWithoutPhone())
        same = replace(ASK, phone=PHONE)
        given(*ACTIVE).when(same).is_rejected(PhoneIsYours())
        given(*ACTIVE, ASKED, deactivated()).when(CHANGE).is_rejected(NotActive())


# --- Over HTTP --------------------------------------------------------------


async def asked(api: Caller, tokens: Any, phone: str = NEW, password: str = PASSWORD) -> Any:
    return await api.own(tokens, "POST", "/me/phone", {"phone": phone, "password": password})


async def shown(api: Caller, tokens: Any, code: str) -> Any:
    return await api.own(tokens, "PUT", "/me/phone", {"code": code})


async def code_of(api: Caller, user_id: str) -> str:
    """The code that went to the new phone last."""
    history = await api.running.commands.history(USER, user_id)
    sent = [entry.event for entry in history if isinstance(entry.event, PhoneChangeRequested)]
    return sent[-1].code


async def manager(api: Caller, **changed: Any) -> tuple[str, Any]:
    """Somebody who registered a depot, and signed in."""
    ids = await registered(api, **changed)
    answer = await sign_in(api, phone=changed.get("phone", PHONE))
    return ids["user_id"], answer.json()


async def statuses(api: Caller, *phones: str) -> list[int]:
    return [(await sign_in(api, phone=phone)).status_code for phone in phones]


@pytest.mark.requirement("EXX-01", "G-21", "FLB-008")
async def test_a_confirmed_phone_signs_in_and_every_session_ends(database: str) -> None:
    async with served(database) as api:
        nadia, tokens = await manager(api)
        assert (await asked(api, tokens, "0662 34 56 78")).json() == {"sms": "sent to this number"}
        assert await statuses(api, NEW, PHONE) == [401, 200]
        assert (await shown(api, tokens, await code_of(api, nadia))).json() == {"phone": "changed"}
        assert await statuses(api, NEW, PHONE) == [200, 401]
        assert outcome(await api.own(tokens, "GET", "/me/history")) == (401, "session-over")
        assert (await registered(api))["user_id"] != nadia


async def test_a_phone_somebody_has_is_answered_alike_and_its_owner_is_told(database: str) -> None:
    async with served(database) as api:
        nadia, tokens = await manager(api)
        omar, _ = await manager(api, phone="0663456789")
        free, taken = await asked(api, tokens), await asked(api, tokens, OTHER)
        assert (free.status_code, free.json()) == (taken.status_code, taken.json())
        told = (await api.running.commands.history(USER, omar))[-1].event
        assert isinstance(told, PhoneFoundInUse)
        late = await shown(api, tokens, await code_of(api, nadia))
        assert (late.status_code, late.json()["errors"][0]["field"]) == (422, "/code")
        assert await statuses(api, OTHER, PHONE) == [200, 200]


async def test_a_code_changes_a_phone_a_few_attempts_and_a_short_time_long(database: str) -> None:
    async with served(database) as api:
        nadia, tokens = await manager(api)
        assert (await shown(api, tokens, "204817")).status_code == 422
        await asked(api, tokens)
        code = await code_of(api, nadia)
        wrong = f"{(int(code) + 1) % 10**6:06}"
        for _ in range(MOST_WRONG):
            assert (await shown(api, tokens, wrong)).status_code == 422
        assert (await shown(api, tokens, code)).status_code == 422
        await asked(api, tokens)
        async with api.running.pool.connection() as connection:
            await connection.execute("update secrets.phone_code set expires_at = now()")
        assert (await shown(api, tokens, await code_of(api, nadia))).status_code == 422
        assert await statuses(api, NEW, PHONE) == [401, 200]


async def test_of_two_who_prove_a_phone_at_once_one_has_it(database: str) -> None:
    async with served(database) as api:
        nadia, hers = await manager(api)
        omar, his = await manager(api, phone="0663456789")
        for tokens in (hers, his):
            assert (await asked(api, tokens)).status_code == 202
        answers = await asyncio.gather(
            shown(api, hers, await code_of(api, nadia)), shown(api, his, await code_of(api, omar))
        )
        assert sorted(answer.status_code for answer in answers) == [200, 409]
        assert sorted(await statuses(api, PHONE, OTHER)) == [200, 401]
        phones = Access(api.running).secrets.phones
        holder = await phones.holder(await phones.key(NEW))
        assert holder == (nadia if answers[0].status_code == 200 else omar)


async def test_the_same_request_changes_a_phone_once_and_a_code_works_once(database: str) -> None:
    async with served(database) as api:
        nadia, tokens = await manager(api)
        await asked(api, tokens)
        code = await code_of(api, nadia)
        both = await asyncio.gather(shown(api, tokens, code), shown(api, tokens, code))
        assert min(answer.status_code for answer in both) == 200
        again = (await sign_in(api, phone=NEW)).json()
        assert outcome(await shown(api, again, code)) == (409, "no-phone-to-confirm")
        history = await api.running.commands.history(USER, nadia)
        assert sum(isinstance(entry.event, PhoneChanged) for entry in history) == 1


async def test_asking_for_a_phone_needs_the_password_and_shows_no_code(database: str) -> None:
    async with served(database) as api:
        nadia, tokens = await manager(api)
        wrong = await asked(api, tokens, password="not it at all")
        assert (wrong.status_code, wrong.json()["errors"][0]["field"]) == (422, "/password")
        line = await asked(api, tokens, "0522200000")
        assert (line.status_code, line.json()["errors"][0]["field"]) == (422, "/phone")
        assert outcome(await asked(api, tokens, PHONE)) == (409, "phone-is-yours")
        await asked(api, tokens)
        history = (await api.own(tokens, "GET", "/me/history")).text
        assert await code_of(api, nadia) not in history
        await api.with_password("ada")
        ada = await api.signed_in("ada")
        assert outcome(await asked(api, ada, OTHER)) == (409, "signs-in-without-phone")


async def test_a_password_is_set_by_a_link_to_the_new_phone_alone(database: str) -> None:
    async with served(database) as api:
        nadia, tokens = await manager(api)
        await asked(api, tokens)
        assert (await shown(api, tokens, await code_of(api, nadia))).is_success
        for phone in (PHONE, NEW):
            assert (await api.anybody("POST", "/password-resets", {"phone": phone})).is_success
        await PasswordLinks(api.running).answer_waiting()
        history = await api.running.commands.history(USER, nadia)
        sent = [e.event for e in history if isinstance(e.event, PasswordResetRequested)]
        assert [link.phone for link in sent] == [NEW]
        body = {"token": sent[0].reset_link.partition("#token=")[2], "password": ANOTHER}
        assert (await api.anybody("PUT", "/password", body)).is_success
        assert (await sign_in(api, phone=NEW, password=ANOTHER)).is_success
