"""The first people of an organisation."""

import base64
import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime

import pyotp
import pytest

from contracts.accounts.organisation_v1 import OrganisationKind, Profile
from contracts.accounts.user_v1 import Role
from infra.host import Running, opened
from infra.settings import Settings
from services.accounts.aggregates import USER
from services.accounts.edge.access import Access
from services.accounts.service import service
from services.accounts.tests.make import context
from services.accounts.user import DeactivateUser, Status
from tools.relais.bootstrap import Founder, Impossible, found

PROFILE = Profile(
    name="Hiflow", time_zone="Europe/Paris", currency="EUR", country="FR", contacts=()
)
PASSWORD = "correct horse battery"
SECRET = pyotp.random_base32()
LEA = Founder(
    user_id="lea",
    email="lea@example.org",
    name="Lea Roux",
    roles=(Role.ADMINISTRATION, Role.BILLING),
    password=PASSWORD,
    totp_secret=SECRET,
)
ADA = Founder("ada", "ada@example.org", "Ada Martin", (Role.DRIVER,))


@pytest.fixture
async def running(database: str) -> AsyncIterator[Running]:
    settings = Settings(
        databases={"accounts": database, "keys": database},
        master_keys=json.dumps({"test": base64.b64encode(b"m" * 32).decode()}),  # type: ignore[arg-type]
    )
    async with opened(service, settings) as running:
        yield running


async def begin(running: Running, *who: Founder) -> None:
    await found(running, "hiflow", OrganisationKind.DRIVER_PARTNER, PROFILE, *who)


@pytest.mark.requirement("G-01")
async def test_an_organisation_begins_with_people_who_can_sign_in(running: Running) -> None:
    await begin(running, LEA, ADA)
    access = Access(running)
    lea = await access.account("lea")
    assert lea is not None
    assert lea.administers
    assert await access.passwords.matches("lea", PASSWORD)
    now = datetime.now(UTC)
    assert await access.second_factors.accepts("lea", pyotp.TOTP(SECRET).at(now), now)
    ada = await access.account("ada")
    assert ada is not None
    assert (ada.status, ada.agreement is not None) == (Status.ACTIVE, True)
    assert not await access.passwords.matches("ada", PASSWORD), "she sets one by mail"


async def test_founding_again_changes_nothing(running: Running) -> None:
    await begin(running, LEA, ADA)
    command = DeactivateUser("ada", "hiflow", "lea", 1, datetime.now(UTC))
    access = Access(running)
    await carry_out(running, command)
    before = await running.commands.history(USER, "lea")
    await begin(running, LEA, ADA)
    assert await running.commands.history(USER, "lea") == before
    ada = await access.account("ada")
    assert ada is not None
    assert ada.status is Status.DEACTIVATED


async def test_somebody_elses_address_is_refused(running: Running) -> None:
    await begin(running, LEA)
    other = Founder("eve", "LEA@example.org", "Eve Roux")
    with pytest.raises(Impossible):
        await begin(running, other)


async def carry_out(running: Running, command: DeactivateUser) -> None:
    await running.commands.handle(USER, command.user_id, command, context())
