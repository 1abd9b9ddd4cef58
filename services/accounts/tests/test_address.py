"""Another e-mail address: asked for with the password, confirmed by a link, never taken away."""

from dataclasses import replace
from typing import Any

import pytest

from contracts.accounts.user_v1 import EmailChanged, EmailChangeRequested
from infra.testing.spec import Spec
from services.accounts import user
from services.accounts.aggregates import USER
from services.accounts.tests.make import (
    LATER,
    LINK,
    NOON,
    activate,
    activated,
    change_email,
    deactivated,
    request_email_change,
)
from services.accounts.tests.serving import PASSWORD, Caller, invitation, served
from services.accounts.tests.test_sign_in import outcome
from services.accounts.tests.test_user import ACTIVE
from services.accounts.user.sign_in import NoAddressToConfirm, NotActive

given = Spec(user.decide, user.evolve, user.initial).given

NEW = "ada.martin@example.org"
ASKED = EmailChangeRequested(
    user_id="ada",
    organisation_id="hiflow",
    new_email=NEW,
    confirmation_link=LINK,
    expires_at=LATER,
    requested_at=NOON,
)
CHANGED = EmailChanged(user_id="ada", organisation_id="hiflow", email=NEW, changed_at=LATER)
ASK = request_email_change(NEW)
CHANGE = change_email()


class TestDecisions:
    def test_an_address_counts_once_it_is_confirmed(self) -> None:
        given(*ACTIVE).when(ASK).records(ASKED)
        given(*ACTIVE, ASKED).when(CHANGE).records(CHANGED)
        moved = replace(activated(), email=NEW)
        given(*ACTIVE, ASKED, CHANGED, deactivated()).when(activate()).records(moved)
        given(*ACTIVE, ASKED, deactivated()).when(activate()).records(activated())

    def test_only_what_was_asked_for_is_confirmed(self) -> None:
        given(*ACTIVE).when(CHANGE).is_rejected(NoAddressToConfirm())
        later = replace(CHANGE, at=LATER + (LATER - NOON))
        given(*ACTIVE, ASKED, CHANGED).when(later).is_rejected(NoAddressToConfirm())

    def test_who_is_not_active_changes_nothing(self) -> None:
        given(*ACTIVE, ASKED, deactivated()).when(CHANGE).is_rejected(NotActive())


async def asked(api: Caller, tokens: Any, email: str = NEW, password: str = PASSWORD) -> Any:
    return await api.own(tokens, "POST", "/me/email", {"email": email, "password": password})


async def token_of(api: Caller) -> str:
    """The token of the newest link that went to a new address."""
    history = await api.running.commands.history(USER, "ada")
    links = [entry.event for entry in history if isinstance(entry.event, EmailChangeRequested)]
    return links[-1].confirmation_link.partition("#token=")[2]


async def sign_in(api: Caller, email: str) -> int:
    body = {"email": email, "password": PASSWORD}
    return (await api.anybody("POST", "/sign-in", body)).status_code


@pytest.mark.requirement("HIF-39")
async def test_a_confirmed_address_signs_in_and_the_former_one_is_free(database: str) -> None:
    async with served(database) as api:
        await api.with_password("ada")
        answer = await asked(api, await api.signed_in("ada"))
        assert answer.status_code == 202
        assert (await sign_in(api, NEW), await sign_in(api, "ada@example.org")) == (401, 200)
        confirmed = await api.anybody("PUT", "/email", {"token": await token_of(api)})
        assert confirmed.status_code == 200
        assert (await sign_in(api, NEW), await sign_in(api, "ada@example.org")) == (200, 401)
        again = invitation("bob", email="ada@example.org")
        assert (await api.ask("POST", "/users", again)).status_code == 201


async def test_a_link_works_once_and_for_its_purpose_alone(database: str) -> None:
    async with served(database) as api:
        await api.with_password("ada")
        tokens = await api.signed_in("ada")
        reset = await api.mailed("ada")
        assert (await api.anybody("PUT", "/email", {"token": reset})).status_code == 409
        await asked(api, tokens)
        link = {"token": await token_of(api)}
        stolen = await api.anybody("PUT", "/password", link | {"password": "battery horse x"})
        assert stolen.status_code == 409
        assert (await api.anybody("PUT", "/email", link)).status_code == 200
        assert (await api.anybody("PUT", "/email", link)).status_code == 409
        late = await api.anybody("PUT", "/password", {"token": reset, "password": "new horse tea"})
        assert late.status_code == 409


async def test_the_address_wanted_last_is_the_one_to_confirm(database: str) -> None:
    async with served(database) as api:
        await api.with_password("ada")
        tokens = await api.signed_in("ada")
        await asked(api, tokens, "first@example.org")
        first = {"token": await token_of(api)}
        await asked(api, tokens)
        assert (await api.anybody("PUT", "/email", first)).status_code == 409
        assert (await api.anybody("PUT", "/email", {"token": await token_of(api)})).is_success
        assert (await sign_in(api, NEW), await sign_in(api, "first@example.org")) == (200, 401)


async def test_an_address_somebody_has_is_answered_alike_and_never_given(database: str) -> None:
    async with served(database) as api:
        await api.with_password("ada")
        await api.with_password("bob")
        tokens = await api.signed_in("ada")
        free, taken = await asked(api, tokens), await asked(api, tokens, "bob@example.org")
        assert (free.status_code, free.json()) == (taken.status_code, taken.json())
        refused = await api.anybody("PUT", "/email", {"token": await token_of(api)})
        assert refused.json()["type"].endswith("address-taken")
        assert await sign_in(api, "ada@example.org") == 200


async def test_asking_needs_the_password_and_shows_no_link(database: str) -> None:
    async with served(database) as api:
        await api.with_password("ada")
        tokens = await api.signed_in("ada")
        wrong = await asked(api, tokens, password="not it at all")
        assert (wrong.status_code, wrong.json()["errors"][0]["field"]) == (422, "/password")
        for other in ("no address", "eve@x.example,ada@example.org", "zoé@example.org"):
            refused = await asked(api, tokens, other)
            assert (refused.status_code, refused.json()["errors"][0]["field"]) == (422, "/email")
        await asked(api, tokens)
        history = (await api.own(tokens, "GET", "/me/history")).text
        assert "email_change_requested" in history
        assert "token=" not in history


async def test_an_old_link_changes_no_address(database: str) -> None:
    async with served(database) as api:
        await api.with_password("ada")
        await asked(api, await api.signed_in("ada"))
        async with api.running.pool.connection() as connection:
            await connection.execute("update secrets.link set expires_at = now()")
        late = await api.anybody("PUT", "/email", {"token": await token_of(api)})
        assert outcome(late) == (409, "link-invalid")
        assert await sign_in(api, "ada@example.org") == 200


async def test_guessing_the_password_of_a_session_is_throttled(database: str) -> None:
    async with served(database) as api:
        await api.with_password("ada")
        tokens = await api.signed_in("ada")
        guesses = [await asked(api, tokens, password=f"guess {n} of mine") for n in range(6)]
        assert [guess.status_code for guess in guesses] == [422] * 5 + [429]
