"""Codes for the day when the app of the second factor is lost: each stands in for it once."""

from dataclasses import replace
from typing import Any

import httpx
import pyotp
import pytest

from contracts.accounts.user_v1 import RecoveryCodesMade, SignedIn
from infra.testing.spec import Spec
from services.accounts import user
from services.accounts.aggregates import USER
from services.accounts.tests.make import (
    NOON,
    enrolled,
    make_recovery_codes,
    sign_in,
    signed_in,
)
from services.accounts.tests.serving import PASSWORD, Caller, coming, served
from services.accounts.tests.test_user import ACTIVE
from services.accounts.user.sign_in import SecondFactorMissing

given = Spec(user.decide, user.evolve, user.initial).given

CODES = "/me/second-factor/recovery-codes"


def test_only_who_has_a_second_factor_gets_codes_for_it() -> None:
    given(*ACTIVE, enrolled()).when(make_recovery_codes()).records(
        RecoveryCodesMade(user_id="ada", organisation_id="hiflow", made_at=NOON)
    )
    given(*ACTIVE).when(make_recovery_codes()).is_rejected(SecondFactorMissing())


def test_it_is_recorded_that_a_code_stood_in() -> None:
    command = replace(sign_in(proven=True), with_recovery_code=True)
    expected = signed_in(proven=True, recovered=True)
    given(*ACTIVE, enrolled()).when(command).records(expected)


async def enrolment(api: Caller) -> tuple[Any, pyotp.TOTP, list[str]]:
    """Tokens, app and recovery codes of `max`, who does billing."""
    await api.with_password("max", "billing")
    tokens = await api.signed_in("max")
    begun = await api.own(tokens, "POST", "/me/second-factor", {"password": PASSWORD})
    totp = pyotp.TOTP(begun.json()["secret"])
    path = "/me/second-factor/confirmation"
    confirmed = await api.own(tokens, "POST", path, {"code": totp.now()})
    return tokens, totp, confirmed.json()["recovery_codes"]


def outcome(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, answer.json().get("type", "").rpartition(":")[2]


@pytest.mark.requirement("G-04")
async def test_a_recovery_code_signs_in_once(database: str) -> None:
    async with served(database) as api:
        _, _, codes = await enrolment(api)
        assert len(set(codes)) == 10
        tokens = await api.signed_in("max", code=codes[0])
        assert "billing" in api.roles_of(tokens)
        assert outcome(await api.sign_in("max", code=codes[0])) == (401, "sign-in-refused")
        assert outcome(await api.sign_in("max", code="AAAAA-22222")) == (401, "sign-in-refused")
        assert (await api.sign_in("max", code="not-a-code")).status_code == 422
        history = await api.running.commands.history(USER, "max")
        assert [e.event.with_recovery_code for e in history if isinstance(e.event, SignedIn)] == [
            False,
            True,
        ]


async def test_a_lost_answer_is_given_again_to_the_very_same_request(database: str) -> None:
    async with served(database) as api:
        tokens, totp, _ = await enrolment(api)
        headers = {"Authorization": f"Bearer {tokens['access_token']}", "Idempotency-Key": "lost"}
        body = {"code": coming(totp)}
        first = await api.anybody("POST", CODES, body, headers)
        again = await api.anybody("POST", CODES, body, headers)
        assert (first.status_code, again.json()) == (201, first.json())
        other = await api.own(tokens, "POST", CODES, body)
        assert other.status_code == 422


async def test_the_code_of_somebody_else_opens_nothing(database: str) -> None:
    async with served(database) as api:
        _, _, codes = await enrolment(api)
        await api.with_password("eve", "billing")
        await api.enrolled("eve")
        assert outcome(await api.sign_in("eve", code=codes[0])) == (401, "sign-in-refused")
        assert (await api.sign_in("max", code=codes[0])).status_code == 200


async def test_new_codes_void_the_former_ones(database: str) -> None:
    async with served(database) as api:
        tokens, totp, former = await enrolment(api)
        assert (await api.own(tokens, "POST", CODES, {"code": "000000"})).status_code == 422
        made = await api.own(tokens, "POST", CODES, {"code": coming(totp)})
        assert made.status_code == 201
        assert outcome(await api.sign_in("max", code=former[1])) == (401, "sign-in-refused")
        assert (await api.sign_in("max", code=made.json()["recovery_codes"][1])).status_code == 200


async def test_codes_go_with_the_second_factor(database: str) -> None:
    async with served(database) as api:
        _, _, codes = await enrolment(api)
        assert (await api.without_factor("max")).is_success
        await api.enrolled("max")
        assert outcome(await api.sign_in("max", code=codes[0])) == (401, "sign-in-refused")
