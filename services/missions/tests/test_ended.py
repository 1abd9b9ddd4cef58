"""Somebody who was signed out promises no money any more, although their token is still good."""

from contracts.accounts.user_v1 import UserDeactivated
from infra.testing.following import NOON, follow, user
from services.missions.tests.test_api import AWARD, PRICE, Caller, served

PROMISES = [
    ("/trips/T1/award", AWARD),
    ("/trips/T1/assignment", {"driver_id": "ada", **PRICE}),
    ("/trips/T1/extra-costs/X-1/acceptance", {}),
]
GONE = UserDeactivated(
    user_id="lea", organisation_id="hiflow", deactivated_by="max", deactivated_at=NOON
)


async def answers(api: Caller) -> list[str]:
    """How Lea of logistics is answered when she promises money, by each of the commands."""
    asked = [await api.ask("POST", path, body) for path, body in PROMISES]
    return [one.json().get("type", "done").rpartition(":")[2] for one in asked]


async def test_a_deactivated_user_awards_assigns_and_grants_nothing(database: str) -> None:
    async with served(database) as api:
        await api.world("ada")
        await follow(api.running, user("lea"))
        assert (await answers(api))[1] == "done"
        await follow(api.running, user("lea"), GONE)
        assert await answers(api) == ["session-over"] * 3
        assert (await api.ask("GET", "/trips/T1")).is_success
