"""A driver of an organisation has an account there: no other id is taken."""

from typing import Any

import pytest

from contracts.accounts.user_v1 import SubjectForgotten, UserDeactivated
from infra.testing.following import NOON, follow, user
from infra.testing.serving import KEY
from infra.tokens import issue
from services.missions.tests.test_api import served

ADA = {"driver_id": "ada", "name": "Ada Roux", "phone": "0465710000"}
GONE = UserDeactivated(
    user_id="ada", organisation_id="hiflow", deactivated_by="lea", deactivated_at=NOON
)


@pytest.mark.parametrize(
    "events",
    [
        [],
        [user("bob")],
        [user("ada", organisation="rival")],
        [user("ada"), GONE],
        [user("ada"), SubjectForgotten(user_id="ada", forgotten_at=NOON)],
    ],
    ids=["never invited", "somebody else", "another organisation's", "deactivated", "forgotten"],
)
async def test_nobody_registers_who_has_no_account_there(database: str, events: list[Any]) -> None:
    async with served(database) as api:
        await follow(api.running, *events)
        refused = await api.ask("POST", "/drivers", ADA)
        assert refused.status_code == 422
        assert refused.json()["type"] == "urn:relais:problem:unknown-reference"
        assert refused.json()["errors"][0]["field"] == "/driver_id"


async def test_an_invited_user_registers_as_a_driver(database: str) -> None:
    async with served(database) as api:
        await follow(api.running, user("ada"))
        assert (await api.ask("POST", "/drivers", ADA, org="rival")).status_code == 422
        assert (await api.ask("POST", "/drivers", ADA)).status_code == 201


async def test_a_driver_of_a_moroccan_organisation_has_a_moroccan_phone(database: str) -> None:
    async with served(database) as api:
        await follow(api.running, user("ada"))
        token = issue(KEY, "lea", "hiflow", ["logistics"], country="MA")
        there = {"Authorization": f"Bearer {token}"}
        entered = ADA | {"phone": "06 12 34 56 78"}
        assert (await api.anybody("POST", "/drivers", entered, there)).status_code == 201
        shown = (await api.anybody("GET", "/drivers/ada", headers=there)).json()
        assert shown["phone"] == "+212612345678"
        paris = await api.anybody("PUT", "/drivers/ada/phone", {"phone": "0142685300"}, there)
        assert (paris.status_code, paris.json()["errors"][0]["field"]) == (422, "/phone")
