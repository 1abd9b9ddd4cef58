"""Sessions of browsers: tokens are in cookies, and commands need a header that no form sends."""

from collections.abc import Mapping
from http.cookies import Morsel, SimpleCookie
from typing import Any

import httpx
import pytest

from infra.http.browsers import ACCESS_COOKIE, REFRESH_COOKIE
from services.accounts.tests.serving import PASSWORD, Caller, served
from services.accounts.tests.test_sign_in import OVER, a_while_passes, outcome

FORGED = (403, "no-csrf-header")
CSRF = {"Relais-CSRF": "1"}


async def signed_in(api: Caller, **more: Any) -> httpx.Response:
    body = {"email": "ada@example.org", "password": PASSWORD, **more}
    answer = await api.anybody("POST", "/browser/sign-in", body)
    assert answer.status_code == 200, answer.text
    return answer


def set_by(answer: httpx.Response) -> dict[str, Morsel[str]]:
    found: SimpleCookie = SimpleCookie()
    for line in answer.headers.get_list("Set-Cookie"):
        found.load(line)
    return dict(found)


def sent(answer: httpx.Response, *names: str) -> dict[str, str]:
    """The header with the cookies of an answer that have these names; all, without names."""
    kept = {name: one.value for name, one in set_by(answer).items() if name in (names or [name])}
    return {"Cookie": "; ".join(f"{name}={value}" for name, value in kept.items())}


async def me(api: Caller, cookies: Mapping[str, str]) -> httpx.Response:
    return await api.anybody("GET", "/me", headers=cookies)


async def test_no_script_can_read_the_tokens(database: str) -> None:
    async with served(database) as api:
        await api.with_password("ada", "driver")
        answer = await signed_in(api)
    cookies = set_by(answer)
    assert set(cookies) == {ACCESS_COOKIE, REFRESH_COOKIE}
    for cookie in cookies.values():
        assert (cookie["httponly"], cookie["secure"], cookie["samesite"]) == (True, True, "strict")
        assert (cookie["path"], cookie["domain"]) == ("/", "")
        assert cookie.value not in answer.text
    told = answer.json()
    assert told.pop("session_expires_at")
    assert told == {
        "user_id": "ada",
        "organisation_id": "hiflow",
        "roles": ["driver"],
        "expires_in": 300,
    }


@pytest.mark.requirement("FLB-005")
@pytest.mark.parametrize(("remember_me", "days"), [(False, None), (True, 60)])
async def test_only_a_remembered_session_outlives_the_browser(
    database: str, remember_me: bool, days: int | None
) -> None:
    async with served(database) as api:
        await api.with_password("ada", "driver")
        cookies = set_by(await signed_in(api, remember_me=remember_me))
    kept = cookies[REFRESH_COOKIE]["max-age"]
    assert kept == ("" if days is None else str(days * 24 * 3600))
    assert cookies[ACCESS_COOKIE]["max-age"] == "300"


async def test_a_cookie_says_who_asks(database: str) -> None:
    async with served(database) as api:
        await api.with_password("ada", "driver")
        cookies = sent(await signed_in(api), ACCESS_COOKIE)
        assert (await me(api, cookies)).json()["user_id"] == "ada"
        assert (await me(api, {})).status_code == 401
        # Who shows a token means that one.
        other = {**cookies, "Authorization": "Bearer nonsense"}
        assert (await me(api, other)).status_code == 401


@pytest.mark.parametrize(
    ("method", "path"),
    [("DELETE", "/me/sessions"), ("POST", "/browser/refresh"), ("POST", "/browser/sign-out")],
)
async def test_a_cookie_alone_commands_nothing(database: str, method: str, path: str) -> None:
    async with served(database) as api:
        await api.with_password("ada", "driver")
        cookies = sent(await signed_in(api))
        assert outcome(await api.anybody(method, path, headers=cookies)) == FORGED
        assert (await me(api, cookies)).status_code == 200
        assert (await api.anybody(method, path, headers=cookies | CSRF)).status_code == 200


async def test_a_session_goes_on_without_its_access_token(database: str) -> None:
    async with served(database) as api:
        await api.with_password("ada", "driver")
        first = sent(await signed_in(api), REFRESH_COOKIE)
        again = await api.anybody("POST", "/browser/refresh", headers=first | CSRF)
        assert (await me(api, sent(again, ACCESS_COOKIE))).status_code == 200
        await a_while_passes(api)
        stolen = await api.anybody("POST", "/browser/refresh", headers=first | CSRF)
        assert outcome(stolen) == OVER
        assert outcome(await me(api, sent(again, ACCESS_COOKIE))) == OVER


async def test_without_cookies_there_is_no_session(database: str) -> None:
    async with served(database) as api:
        assert outcome(await api.anybody("POST", "/browser/refresh", headers=CSRF)) == OVER
        assert (await api.anybody("POST", "/browser/sign-out", headers=CSRF)).status_code == 200


@pytest.mark.requirement("FLB-010")
async def test_signing_out_ends_the_session_and_takes_the_cookies(database: str) -> None:
    async with served(database) as api:
        await api.with_password("ada", "driver")
        cookies = sent(await signed_in(api))
        out = await api.anybody("POST", "/browser/sign-out", headers=cookies | CSRF)
        assert {(name, one.value, one["max-age"]) for name, one in set_by(out).items()} == {
            (ACCESS_COOKIE, "", "0"),
            (REFRESH_COOKIE, "", "0"),
        }
        assert outcome(await me(api, cookies)) == OVER
