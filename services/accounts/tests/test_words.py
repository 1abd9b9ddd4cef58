"""No word is anybody: a user of any name changes nothing for those who are not signed in."""

from datetime import UTC, datetime
from uuid import uuid4

import pytest

from contracts.accounts.user_v1 import Role
from infra.commands import CommandContext, Done
from services.accounts.adapters.secrets import passwords
from services.accounts.adapters.secrets.passwords import Passwords
from services.accounts.aggregates import USER
from services.accounts.tests.serving import PASSWORD, Caller, served
from services.accounts.user import ActivateUser, DeactivateUser, InviteUser

WORDS = ("anybody", "nobody", "bootstrap")


async def recorded(api: Caller, user_id: str) -> None:
    """A user whom no route would take: recorded before there was a rule for ids."""
    now = datetime.now(UTC)
    invite = InviteUser(
        user_id=user_id,
        organisation_id="rival",
        email="any@rival.example",
        name="Any",
        language="fr",
        roles=(Role.ANALYST,),
        phone=None,
        by="eve",
        at=now,
    )
    activate = ActivateUser(user_id=user_id, organisation_id="rival", at=now)
    for command in (invite, activate):
        context = CommandContext(uuid4(), "c", "c", "eve", "rival", now, "")
        done = await api.running.commands.handle(USER, user_id, command, context)
        assert isinstance(done, Done)
    hashed = await Passwords(api.running.pool).hash(PASSWORD)
    async with api.running.pool.connection() as connection:
        await passwords.keep(connection, user_id, hashed)


async def deactivated(api: Caller, user_id: str) -> None:
    now = datetime.now(UTC)
    command = DeactivateUser(
        user_id=user_id, organisation_id="rival", by="eve", other_administrators=1, at=now
    )
    context = CommandContext(uuid4(), "c", "c", "eve", "rival", now, "")
    assert isinstance(await api.running.commands.handle(USER, user_id, command, context), Done)


@pytest.mark.parametrize("word", WORDS)
async def test_a_user_of_that_name_opens_no_unknown_address(database: str, word: str) -> None:
    async with served(database) as api:
        await recorded(api, word)
        refused = await api.sign_in("unknown")
        assert refused.status_code == 401
        assert refused.json()["type"] == "urn:relais:problem:sign-in-refused"


@pytest.mark.parametrize("word", WORDS)
async def test_a_closed_user_of_that_name_stops_nobody(database: str, word: str) -> None:
    async with served(database) as api:
        await api.with_password("ada")
        await recorded(api, word)
        await deactivated(api, word)
        tokens = await api.signed_in("ada")
        refresh = {"refresh_token": tokens["refresh_token"]}
        email = {"email": "ada@example.org"}
        answers = [
            await api.anybody("GET", "/.well-known/jwks.json"),
            await api.anybody("POST", "/password-resets", email),
            await api.anybody("POST", "/refresh", refresh),
        ]
        assert [answer.status_code for answer in answers] == [200, 202, 200]
