"""Managing users and one's own account ends with the session, not with the access token."""

from typing import Any

import httpx
import pytest

from services.accounts.tests.serving import PASSWORD, Caller, served
from services.accounts.tests.test_sign_in import a_while_passes


async def me(api: Caller, tokens: Any) -> httpx.Response:
    answer: httpx.Response = await api.own(tokens, "GET", "/me")
    return answer


def is_over(answer: httpx.Response) -> bool:
    problem = "urn:relais:problem:session-over"
    return (answer.status_code, answer.json().get("type")) == (401, problem)


@pytest.mark.requirement("HIF-39", "G-04")
async def test_another_password_ends_the_access_tokens_too(database: str) -> None:
    async with served(database) as api:
        await api.with_password("ada")
        tokens = await api.signed_in("ada")
        assert (await me(api, tokens)).status_code == 200
        body = {"former": PASSWORD, "password": "battery staple horse"}
        assert (await api.own(tokens, "PUT", "/me/password", body)).is_success
        assert is_over(await me(api, tokens))
        again = await api.signed_in("ada", password="battery staple horse")
        assert (await me(api, again)).status_code == 200


async def test_a_refresh_token_used_twice_ends_the_access_tokens_of_that_session(
    database: str,
) -> None:
    async with served(database) as api:
        await api.with_password("ada")
        stolen, other = await api.signed_in("ada"), await api.signed_in("ada")
        refresh = {"refresh_token": stolen["refresh_token"]}
        fresh = (await api.anybody("POST", "/refresh", refresh)).json()
        assert (await me(api, fresh)).status_code == 200
        await a_while_passes(api)
        assert is_over(await api.anybody("POST", "/refresh", refresh))
        assert is_over(await me(api, fresh))
        assert is_over(await me(api, stolen))
        assert (await me(api, other)).status_code == 200


async def test_signing_out_ends_the_access_token(database: str) -> None:
    async with served(database) as api:
        await api.with_password("ada")
        tokens = await api.signed_in("ada")
        out = {"refresh_token": tokens["refresh_token"]}
        assert (await api.anybody("POST", "/sign-out", out)).is_success
        assert is_over(await me(api, tokens))
