"""Money and bank details are closed to whoever was signed out, though their token is still good."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from contracts.accounts.user_v1 import (
    PasswordMeans,
    PasswordSet,
    Role,
    SessionEnd,
    SessionsEnded,
    SubjectForgotten,
    TotpRemoved,
    UserActivated,
    UserDeactivated,
)
from infra.testing.following import follow, user
from infra.testing.serving import KEY
from infra.tokens import issue
from services.payments.tests.stage import BANK, Caller, served

DETAILS = "/payees/ada/bank-details"
MOMENT = timedelta(milliseconds=2)


def deactivated(at: datetime) -> UserDeactivated:
    return UserDeactivated(
        user_id="ada", organisation_id="hiflow", deactivated_by="lea", deactivated_at=at
    )


def activated(at: datetime) -> UserActivated:
    return UserActivated(
        user_id="ada",
        organisation_id="hiflow",
        email="ada@example.org",
        name="Ada",
        language="fr",
        roles=(Role.DRIVER,),
        activated_at=at,
        phone=None,
        has_password=None,
    )


def ended(at: datetime, session_id: str | None = None) -> SessionsEnded:
    reason = SessionEnd.TOKEN_REUSED if session_id else SessionEnd.BY_STAFF
    return SessionsEnded(
        user_id="ada", organisation_id="hiflow", session_id=session_id, reason=reason, ended_at=at
    )


def another_password(at: datetime) -> PasswordSet:
    return PasswordSet(
        user_id="ada", organisation_id="hiflow", means=PasswordMeans.CHANGE, set_at=at
    )


def without_second_factor(at: datetime) -> TotpRemoved:
    return TotpRemoved(user_id="ada", organisation_id="hiflow", removed_by="lea", removed_at=at)


def forgotten(at: datetime) -> SubjectForgotten:
    return SubjectForgotten(user_id="ada", forgotten_at=at)


ENDINGS = [deactivated, ended, another_password, without_second_factor, forgotten]


async def give_bank(api: Caller, began: datetime, session_id: str = "s-1") -> httpx.Response:
    """Ada gives bank details in a session."""
    token = issue(
        KEY,
        "ada",
        "hiflow",
        ["driver"],
        authenticated_at=began.timestamp(),
        session_id=session_id,
    )
    return await api.anybody("PUT", DETAILS, BANK, {"Authorization": f"Bearer {token}"})


def is_over(answer: httpx.Response) -> bool:
    return (answer.status_code, answer.json().get("type")) == (
        401,
        "urn:relais:problem:session-over",
    )


@pytest.mark.parametrize("ending", ENDINGS, ids=lambda one: one.__name__)
async def test_a_token_of_a_session_that_ended_moves_no_money(
    database: str, ending: Callable[[datetime], Any]
) -> None:
    async with served(database) as api:
        await api.proven()
        began = datetime.now(UTC)
        await follow(api.running, user("ada"))
        assert (await give_bank(api, began)).status_code == 200
        await follow(api.running, ending(began + MOMENT))
        assert is_over(await give_bank(api, began))
        asked = await api.driver("GET", "/payees/ada", signed_in=60)
        assert is_over(asked), "reading is closed too"


async def test_a_later_session_is_open_until_the_account_is_closed(database: str) -> None:
    async with served(database) as api:
        await api.proven()
        began = datetime.now(UTC)
        later = began + 2 * MOMENT
        await follow(api.running, user("ada"), another_password(began + MOMENT))
        assert is_over(await give_bank(api, began))
        assert (await give_bank(api, later)).status_code == 200
        await follow(api.running, user("ada"), deactivated(later + MOMENT))
        assert is_over(await give_bank(api, later + 2 * MOMENT))
        await follow(
            api.running, user("ada"), deactivated(later + MOMENT), activated(later + MOMENT)
        )
        assert is_over(await give_bank(api, later)), "it ended with the account"
        assert (await give_bank(api, later + 2 * MOMENT)).status_code == 200


async def test_a_stolen_session_ends_alone(database: str) -> None:
    async with served(database) as api:
        await api.proven()
        began = datetime.now(UTC)
        await follow(api.running, user("ada"), ended(began + MOMENT, "s-2"))
        assert is_over(await give_bank(api, began, "s-2"))
        assert (await give_bank(api, began, "s-1")).status_code == 200


async def test_others_are_let_in(database: str) -> None:
    async with served(database) as api:
        await api.proven()
        now = datetime.now(UTC)
        await follow(api.running, user("bob"), replace(deactivated(now), user_id="bob"))
        assert (await give_bank(api, now)).status_code == 200
        refused = await api.driver("GET", "/payees/bob", who="bob")
        assert is_over(refused)
