"""From nobody to an administrator, on a platform that runs as an operator starts it."""

import time
from typing import Any
from uuid import uuid4

import httpx
import pyotp
import pytest

from tools.relais.tests.conftest import Platform

PASSWORD = "correct horse battery"


def ask(platform: Platform, method: str, path: str, body: Any = None, token: str = "") -> Any:
    headers = {"Idempotency-Key": uuid4().hex, "Authorization": f"Bearer {token or None}"}
    url = f"{platform.url}{path}"
    return httpx.request(method, url, json=body, headers=headers, timeout=30)


def link(platform: Platform, user: str) -> str:
    """The token of the link that was mailed."""
    shown = platform.facts("events", "show", f"user-{user}", "--personal")
    links = [one["event"].get("reset_link") for one in shown]
    return next((one.partition("#token=")[2] for one in links if one), "")


def founded(platform: Platform, user: str) -> str:
    """A new administrator's address; their organisation is as new."""
    email = f"{user}@example.org"
    words = ("found", f"org-{user}", "--name", "Convoy", "--user", user, "--country", "MA")
    more = ("--kind", "marketplace_operator", "--email", email, "--person", "Lea Roux")
    for _ in range(2):
        platform.facts(*words, *more)
    return email


def test_a_founding_is_written_down(platform: Platform) -> None:
    user = f"u{uuid4().hex[:8]}"
    founded(platform, user)
    last = platform.audited[-1]
    assert (last["action"], last["administrator"]) == ("found", user)


@pytest.mark.requirement("HIF-04", "G-01", "G-04")
def test_an_administrator_comes_to_be_and_is_forgotten(platform: Platform) -> None:
    user = f"u{uuid4().hex[:8]}"
    email = founded(platform, user)
    [registered] = platform.facts("events", "show", f"organisation-org-{user}")
    assert registered["event"]["kind"] == "marketplace_operator"
    where = registered["event"]["profile"]
    there = {"country": "MA", "time_zone": "Africa/Casablanca", "currency": "MAD"}
    assert {name: where[name] for name in there} == there
    assert ask(platform, "POST", "/accounts/password-resets", {"email": email}).is_success
    platform.until(lambda: bool(link(platform, user)))
    body = {"token": link(platform, user), "password": PASSWORD}
    assert ask(platform, "PUT", "/accounts/password", body).is_success
    totp = enrolled(platform, email)
    # The present code was used to enrol; that of the next step counts already.
    code = totp.at(int(time.time()) + 30)
    signed_in = ask(platform, "POST", "/accounts/sign-in", who(email, code=code)).json()
    assert signed_in["roles"] == ["administration"]
    # Another service knows the token by the published key, and that there is no such driver.
    elsewhere = ask(platform, "GET", "/missions/drivers/zoe", token=signed_in["access_token"])
    assert elsewhere.status_code == 404
    words = ("--requested-by", "the administrator", "--reason", "left")
    assert platform.facts("subject", "forget", user, *words)["complete"]
    platform.until(lambda: not secrets(platform, user))


def enrolled(platform: Platform, email: str) -> pyotp.TOTP:
    tokens = ask(platform, "POST", "/accounts/sign-in", who(email)).json()
    assert tokens["roles"] == ["enrolling"]
    path, access = "/accounts/me/second-factor", tokens["access_token"]
    begun = ask(platform, "POST", path, {"password": PASSWORD}, access)
    totp = pyotp.TOTP(begun.json()["secret"])
    confirmed = ask(platform, "POST", f"{path}/confirmation", {"code": totp.now()}, access)
    assert confirmed.is_success, confirmed.text
    return totp


def who(email: str, **more: str) -> dict[str, str]:
    return {"email": email, "password": PASSWORD, **more}


def secrets(platform: Platform, user: str) -> list[Any]:
    """The rows that accounts still has of a user beside the events."""
    return platform.sql(
        "accounts",
        f"select user_id from secrets.password where user_id = '{user}'"
        f" union select user_id from secrets.totp where user_id = '{user}'"
        f" union select holder from secrets.claim where holder = '{user}'"
        f" union select user_id from secrets.expected where user_id = '{user}'",
    )
