"""The second factor is its owner's: what it asks for, and what its owner is told."""

from datetime import timedelta
from typing import Any

import httpx
import pyotp
import pytest

from contracts.accounts.user_v1 import CodeRefused
from infra.testing.spec import Spec
from services.accounts import user
from services.accounts.aggregates import USER
from services.accounts.tests.make import (
    NOON,
    code_refused,
    enrolled,
    refuse_code,
)
from services.accounts.tests.serving import PASSWORD, Caller, coming, served
from services.accounts.tests.test_user import ACTIVE
from services.accounts.user.sign_in import TOLD_EVERY

given = Spec(user.decide, user.evolve, user.initial).given

ENROLMENT = "/me/second-factor"
REMOVAL = "/users/max/second-factor/removal"
WRONG = {"password": "correct horse battery staple"}
WRONG_PROOF = (422, "wrong-proof", "/password")


def slug(answer: httpx.Response) -> str:
    return str(answer.json()["type"]).rpartition(":")[2]


async def refreshed(api: Caller, tokens: Any) -> frozenset[str]:
    """The roles of the next token of a session."""
    body = {"refresh_token": tokens["refresh_token"]}
    return api.roles_of((await api.anybody("POST", "/refresh", body)).json())


def fault(answer: httpx.Response) -> tuple[int, str, str]:
    problem = answer.json()
    return answer.status_code, problem["type"].rpartition(":")[2], problem["errors"][0]["field"]


# --- The password -----------------------------------------------------------


async def test_a_token_alone_binds_no_app(database: str) -> None:
    async with served(database) as api:
        await api.with_password("max", "billing")
        tokens = await api.signed_in("max")
        assert fault(await api.own(tokens, "POST", ENROLMENT, WRONG)) == WRONG_PROOF
        without = await api.own(tokens, "POST", ENROLMENT, {})
        assert fault(without) == (422, "invalid-request", "/password")
        begun = await api.own(tokens, "POST", ENROLMENT, {"password": PASSWORD})
        assert begun.status_code == 201


async def test_a_token_alone_removes_no_app(database: str) -> None:
    async with served(database) as api:
        await api.with_password("max", "billing")
        await api.with_password("eve", "administration")
        totp = await api.enrolled("max")
        assert fault(await api.ask("POST", REMOVAL, WRONG, who="eve")) == WRONG_PROOF
        theirs = await api.sign_in("max", code=coming(totp))
        assert theirs.status_code == 200, "the second factor is still there"
        right = {"password": PASSWORD}
        assert (await api.ask("POST", REMOVAL, right, who="eve")).is_success
        assert (await api.sign_in("max")).is_success


async def test_a_stranger_with_a_password_finds_nobody(database: str) -> None:
    async with served(database) as api:
        await api.with_password("max", "billing")
        await api.active_user("eve", "administration", org="strangers")
        link = {"token": await api.mailed("eve"), "password": PASSWORD}
        assert (await api.anybody("PUT", "/password", link)).is_success
        asked = await api.ask("POST", REMOVAL, {"password": PASSWORD}, who="eve", org="strangers")
        assert (asked.status_code, asked.json()["type"]) == (404, "urn:relais:problem:no-such-user")


@pytest.mark.parametrize("path", [ENROLMENT, REMOVAL])
async def test_passwords_are_not_guessed_there_either(database: str, path: str) -> None:
    async with served(database) as api:
        await api.with_password("max", "administration")
        asked = [await api.ask("POST", path, WRONG, who="max") for _ in range(6)]
        assert [answer.status_code for answer in asked] == [422] * 5 + [429]
        assert (await api.sign_in("max")).status_code == 429, "the limits are those of signing in"


# --- A right password with a wrong code -------------------------------------


def test_a_wrong_code_is_told_again_after_an_hour() -> None:
    given(*ACTIVE, enrolled()).when(refuse_code()).records(code_refused())
    told = (*ACTIVE, enrolled(), code_refused())
    given(*told).when(refuse_code(NOON + TOLD_EVERY - timedelta(microseconds=1))).records()
    given(*told).when(refuse_code(NOON + TOLD_EVERY)).records(code_refused(NOON + TOLD_EVERY))


async def wrong_codes(api: Caller) -> int:
    """How many wrong codes `max` was told of."""
    history = await api.running.commands.history(USER, "max")
    return sum(isinstance(entry.event, CodeRefused) for entry in history)


async def test_the_owner_is_told_of_a_right_password_with_a_wrong_code(database: str) -> None:
    async with served(database) as api:
        await api.with_password("max", "billing")
        totp = await api.enrolled("max")
        assert (await api.sign_in("max", "a wrong password", code="000000")).status_code == 401
        assert (await api.sign_in("max")).status_code == 401, "a code is asked for"
        assert await wrong_codes(api) == 0
        key = {"Idempotency-Key": "same"}
        body = {"email": "max@example.org", "password": PASSWORD}
        for code in ("000000", "AAAAA-22222"):
            refused = await api.anybody("POST", "/sign-in", body | {"code": code}, key)
            assert refused.json()["type"] == "urn:relais:problem:sign-in-refused"
        assert await wrong_codes(api) == 1
        right = await api.anybody("POST", "/sign-in", body | {"code": coming(totp)}, key)
        assert right.status_code == 200, "a slip is put right with the same key"


async def test_nobody_is_said_to_have_shown_the_wrong_code(database: str) -> None:
    async with served(database) as api:
        await api.with_password("max", "billing")
        await api.enrolled("max")
        await api.sign_in("max", code="000000")
        [*_, last] = await api.running.commands.history(USER, "max")
        assert (type(last.event), last.actor) == (CodeRefused, "door:accounts.sign-in")


# --- A code that was used ----------------------------------------------------


async def test_who_enrols_goes_on_in_that_session_and_needs_another_code_elsewhere(
    database: str,
) -> None:
    async with served(database) as api:
        await api.with_password("max", "billing")
        here, elsewhere = await api.signed_in("max"), await api.signed_in("max")
        begun = await api.own(here, "POST", ENROLMENT, {"password": PASSWORD})
        totp = pyotp.TOTP(begun.json()["secret"])
        shown = {"code": coming(totp)}
        path = f"{ENROLMENT}/confirmation"
        assert (await api.own(here, "POST", path, shown)).is_success
        assert await refreshed(api, here) == {"billing"}
        assert await refreshed(api, elsewhere) == {"enrolling"}
        again = await api.sign_in("max", **shown)
        assert (again.status_code, slug(again)) == (401, "code-used")
        codes = f"{ENROLMENT}/recovery-codes"
        used = await api.own(here, "POST", codes, shown)
        assert fault(used) == (422, "wrong-proof", "/code")
        assert "next one" in used.json()["errors"][0]["detail"]
        assert await wrong_codes(api) == 0, "it was none"
