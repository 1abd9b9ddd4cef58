"""Who was signed out promises no money any more, although their token is still good."""

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


async def refused(api: Caller) -> list[str]:
    """The problems that Lea of logistics is told of when she promises money."""
    asked = [await api.ask("POST", path, body) for path, body in PROMISES]
    return [one.json()["type"].rpartition(":")[2] for one in asked]


async def test_a_deactivated_user_awards_assigns_and_grants_nothing(database: str) -> None:
    async with served(database) as api:
        await api.world("ada")
        await follow(api.running, user("lea"))
        assert await refused(api) == ["no-such-quote", "trip-is-assigned", "no-such-mission"]
        await follow(api.running, user("lea"), GONE)
        assert await refused(api) == ["session-over"] * 3
