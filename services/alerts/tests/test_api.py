"""The routes of alerts, over a real store."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest

from infra.testing import serving
from infra.testing.following import follow
from infra.testing.routes import Existing
from infra.tokens import Role
from services.alerts.alert import Match, decide, initial
from services.alerts.service import service
from services.alerts.tests.make import FROM, NOON, UNTIL, alert

ADA = Match(driver_id="ada", search_id="s-1")


@dataclass
class Driver(serving.Caller):
    """Asks as Ada, a driver."""

    user: str = "ada"
    roles: tuple[Role, ...] = ("driver",)

    async def ids(self, org: str = "hiflow") -> list[str]:
        found = (await self.ask("GET", "/searches", org=org)).json()["items"]
        return [search["search_id"] for search in found]


@asynccontextmanager
async def served(database: str) -> AsyncIterator[Driver]:
    async with serving.served(service, database, Driver) as driver:
        yield driver


@pytest.mark.requirement("HIF-41")
async def test_searches_are_saved_shown_changed_and_removed(database: str) -> None:
    async with served(database) as driver:
        wanted = {"text": "Lyon", "within_km": 50, "until_day": "2999-12-31"}
        assert (await driver.ask("PUT", "/searches/near", wanted)).is_success
        assert (await driver.ask("PUT", "/searches/all", {})).is_success
        shown = (await driver.ask("GET", "/searches")).json()["items"]
        assert [one["search_id"] for one in shown] == ["all", "near"]
        assert wanted.items() <= shown[1].items()
        assert (await driver.ask("PUT", "/searches/near", {"text": "Metz"})).is_success
        assert (await driver.ask("GET", "/searches")).json()["items"][1]["within_km"] is None
        assert (await driver.ask("DELETE", "/searches/near")).is_success
        assert await driver.ids() == ["all"]
        assert len((await driver.ask("GET", "/history")).json()["items"]) == 4


async def test_a_search_that_nothing_can_meet_names_its_field(database: str) -> None:
    async with served(database) as driver:
        past = (datetime.now(UTC).date() - timedelta(days=2)).isoformat()
        for body, field_name in (
            ({"until_day": past}, "until_day"),
            ({"shortest_km": 2, "longest_km": 1}, "longest_km"),
            ({"within_km": -1}, "within_km"),
            ({"text": ""}, "text"),
        ):
            refused = await driver.ask("PUT", "/searches/s-1", body)
            assert refused.status_code == 422
            assert field_name in refused.text
        assert await driver.ids() == []


EXISTING = Existing(
    ids={"search_id": "near-orleans", "trip_id": "t-1"},
    owners={"driver": "ada"},
    # Everybody saves searches of their own, under the names that they like.
    for_all=("PUT /searches/{search_id}",),
)


@pytest.mark.parametrize(("who", "org"), [("bob", "hiflow"), ("ada", "strangers")])
async def test_nobody_else_sees_or_removes_anything(database: str, who: str, org: str) -> None:
    async with served(database) as driver:
        await driver.ask("PUT", "/searches/near-orleans", {})
        await follow(driver.running, *decide(alert("t-1", ADA), initial))
        await EXISTING.is_hidden_from(driver, who, org, ("driver",))
        assert await driver.ids() == ["near-orleans"]


ALERTED = {
    "trip_id": "t-1",
    "driver_id": "ada",
    "organisation_id": "hiflow",
    "search_id": "s-1",
    "departure_city": "Orléans",
    "arrival_city": "Lille",
    "from_day": FROM.isoformat(),
    "until_day": UNTIL.isoformat(),
    "distance_km": 340,
    "alerted_at": NOON.isoformat().replace("+00:00", "Z"),
}


@pytest.mark.requirement("HIF-41")
async def test_a_driver_reads_what_was_pointed_out_to_them_alone(database: str) -> None:
    async with served(database) as driver:
        for trip in ("t-1", "t-2", "t-3"):
            await follow(driver.running, *decide(alert(trip, ADA), initial))
        first = (await driver.ask("GET", "/mine?limit=2")).json()
        assert [row["trip_id"] for row in first["items"]] == ["t-3", "t-2"]
        rest = (await driver.ask("GET", f"/mine?limit=2&cursor={first['next']}")).json()
        assert rest == {"items": [ALERTED], "next": None}
        bobs = await driver.ask("GET", "/mine", who="bob")
        elsewhere = await driver.ask("GET", "/mine", org="elsewhere")
        assert bobs.json() == elsewhere.json() == {"items": [], "next": None}
