"""The first people of an organisation."""

import base64
import json
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime

import pyotp
import pytest

from contracts.accounts.organisation_v1 import OrganisationKind, Profile
from contracts.accounts.user_v1 import Role
from infra.host import Running, opened
from infra.settings import Settings
from services.accounts.adapters.accounts import Accounts
from services.accounts.adapters.secrets import Secrets
from services.accounts.adapters.secrets.totp import Verdict
from services.accounts.aggregates import USER
from services.accounts.service import service
from services.accounts.tests.make import context
from services.accounts.user import Active, Deactivated, DeactivateUser
from tools.relais.answers import Trouble
from tools.relais.bootstrap import Founder, Impossible, found, founded

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
        master_keys=json.dumps({"test": base64.b64encode(bytes(range(32))).decode()}),  # type: ignore[arg-type]
    )
    async with opened(service, settings) as running:
        yield running


async def begin(running: Running, *who: Founder) -> None:
    await found(running, "hiflow", OrganisationKind.DRIVER_PARTNER, PROFILE, *who)


@pytest.mark.requirement("G-01")
async def test_an_organisation_begins_with_people_who_can_sign_in(running: Running) -> None:
    await begin(running, LEA, ADA)
    secrets = secrets_of(running)
    accounts = Accounts(running.commands, secrets)
    lea = await accounts.find("lea")
    assert isinstance(lea, Active)
    assert lea.administers
    assert await secrets.passwords.matches("lea", PASSWORD)
    now = datetime.now(UTC)
    code = pyotp.TOTP(SECRET).at(now)
    assert await secrets.second_factors.judge("lea", code, now) is Verdict.RIGHT
    ada = await accounts.active("ada")
    assert ada is not None
    assert ada.agreement is not None
    assert not await secrets.passwords.matches("ada", PASSWORD), "she sets one by mail"


async def test_founding_again_changes_nothing(running: Running) -> None:
    await begin(running, LEA, ADA)
    command = DeactivateUser(
        user_id="ada",
        organisation_id="hiflow",
        by="lea",
        other_administrators=1,
        at=datetime.now(UTC),
    )
    await carry_out(running, command)
    before = await running.commands.history(USER, "lea")
    await begin(running, LEA, ADA)
    assert await running.commands.history(USER, "lea") == before
    accounts = Accounts(running.commands, secrets_of(running))
    assert isinstance(await accounts.find("ada"), Deactivated)


async def test_somebody_elses_address_is_refused(running: Running) -> None:
    await begin(running, LEA)
    other = Founder("eve", "LEA@example.org", "Eve Roux")
    with pytest.raises(Impossible):
        await begin(running, other)


async def test_an_address_that_mail_cannot_go_to_is_refused() -> None:
    with pytest.raises(Trouble, match=r"a,b@example\.org is no address"):
        await founded("hiflow", "Hiflow", "lea", "a,b@example.org", "Lea Roux", "FR")


@pytest.mark.parametrize(
    ("country", "zone", "told"),
    [
        ("XX", None, "XX is no country"),
        ("ma", None, "ma is no country"),
        ("ES", None, "say which: Africa/Ceuta, Atlantic/Canary, Europe/Madrid"),
        ("ES", "Madrid", "Madrid is no time zone"),
    ],
)
async def test_it_must_be_clear_where_an_organisation_works(
    country: str, zone: str | None, told: str
) -> None:
    with pytest.raises(Trouble, match=told):
        await founded("hiflow", "Hiflow", "lea", "lea@example.org", "Lea Roux", country, zone)


def secrets_of(running: Running) -> Secrets:
    return Secrets(running.pool, running.settings.masters)


async def carry_out(running: Running, command: DeactivateUser) -> None:
    await running.commands.handle(USER, command.user_id, command, context())


@pytest.mark.parametrize("id", ["anybody", "..", "timer:x", "a/b", ""])
async def test_nobody_is_founded_with_an_id_that_means_something_else(
    running: Running, id: str
) -> None:
    with pytest.raises(Impossible, match="is no id"):
        await begin(running, LEA, replace(ADA, user_id=id))
    assert await Accounts(running.commands, secrets_of(running)).find("lea") is None
