"""Signing in, staying signed in, and the second factor."""

import pytest

from services.accounts.tests.serving import served


@pytest.mark.requirement("HIF-02", "HIF-03", "HIF-04")
async def test_from_the_invitation_to_the_first_sign_in(database: str) -> None:
    async with served(database) as api:
        await api.with_password("ada", "driver")
        tokens = await api.signed_in("ada")
        assert api.roles(tokens) == {"driver"}
        me = await api.own(tokens, "GET", "/me")
        assert me.status_code == 401
