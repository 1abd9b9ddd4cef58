"""An address belongs to whoever proves it first, whoever else was invited with it."""

from typing import Any

import httpx
import pytest

from services.accounts.adapters.password_links import PasswordLinks
from services.accounts.tests.serving import PASSWORD, Caller, invitation, served

SHARED = "ada@example.org"


async def two_invited(api: Caller) -> dict[str, str]:
    """Active users of two organisations, invited with one address; their mailed links."""
    users = {"hiflow": "ada", "rival": "squatter"}
    for org, user_id in users.items():
        await api.invited_user(user_id, "analyst", org=org, email=SHARED)
        activated = await api.ask("PUT", f"/users/{user_id}/activation", org=org)
        assert activated.status_code == 200
    await mailed(api)
    return {org: await api.link(user_id) for org, user_id in users.items()}


async def mailed(api: Caller) -> None:
    assert (await api.anybody("POST", "/password-resets", {"email": SHARED})).status_code == 202
    await PasswordLinks(api.running).answer_waiting()


async def follow(api: Caller, link: str) -> httpx.Response:
    return await api.anybody("PUT", "/password", {"token": link, "password": PASSWORD})


async def signed_in(api: Caller) -> Any:
    return (await api.anybody("POST", "/sign-in", {"email": SHARED, "password": PASSWORD})).json()


@pytest.mark.requirement("HIF-04", "G-04")
@pytest.mark.parametrize("first", ["hiflow", "rival"])
async def test_the_first_to_follow_the_mail_has_the_address(database: str, first: str) -> None:
    async with served(database) as api:
        links = await two_invited(api)
        [second] = links.keys() - {first}
        assert (await follow(api, links[first])).status_code == 200
        late = await follow(api, links[second])
        assert (late.status_code, late.json()["type"]) == (409, "urn:relais:problem:address-taken")
        assert (await signed_in(api))["organisation_id"] == first


async def test_an_invitation_elsewhere_takes_nobodys_address(database: str) -> None:
    async with served(database) as api:
        await api.with_password("ada")
        await api.invited_user("squatter", "analyst", org="rival", email=SHARED)
        assert (await api.ask("PUT", "/users/squatter/activation", org="rival")).is_success
        assert (await signed_in(api))["user_id"] == "ada"
        before = await api.link("ada")
        await mailed(api)
        assert await api.link("ada") != before, "who has the address gets the mail"
        history = (await api.ask("GET", "/users/squatter/history", org="rival")).text
        assert "password_reset_requested" not in history


async def test_what_was_not_proved_can_be_proved_once_it_is_free(database: str) -> None:
    async with served(database) as api:
        links = await two_invited(api)
        assert (await follow(api, links["hiflow"])).status_code == 200
        claims = await api.ask("POST", "/users", invitation("eve", email=SHARED))
        assert claims.status_code == 409
        async with api.running.pool.connection() as connection:
            await connection.execute("delete from secrets.claim where holder = 'ada'")
            await connection.execute("delete from secrets.expected where user_id = 'ada'")
        assert (await follow(api, links["rival"])).status_code == 200
