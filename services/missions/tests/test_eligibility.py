"""A driver is asked for qualifications and papers before each piece of new work, over HTTP."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from services.missions.tests.test_api import AWARD, offer, served
from services.missions.tests.test_api import PRICE as QUOTE

VIGILANCE = {"kinds": ["vigilance"]}
ADA = {"driver_id": "ada"}


EDA = {"driver_id": "eda"}


@pytest.mark.parametrize(
    ("way", "body"),
    [("assignment", EDA), ("award", EDA | {"quote": QUOTE}), ("proposals", EDA)],
)
async def test_nobody_is_given_a_trip_who_is_not_known(
    database: str, way: str, body: dict[str, object]
) -> None:
    async with served(database) as api:
        await api.world("ada")
        refused = await api.ask("POST", f"/trips/T1/{way}", body)
        assert (refused.status_code, refused.json()["detail"]) == (404, "There is no such driver.")


async def test_a_quote_that_expired_is_not_awarded_as_of_before(database: str) -> None:
    async with served(database) as api:
        await api.world("ada")
        end = datetime.now(UTC) + timedelta(milliseconds=300)
        quote = QUOTE | {"valid_until": end.isoformat()}
        assert (await api.driver("ada", "POST", "/trips/T1/quote", quote)).status_code == 201
        earlier = {"Relais-Occurred-At": (end - timedelta(seconds=1)).isoformat()}
        while datetime.now(UTC) < end:
            await asyncio.sleep(0.05)
        late = await api.ask("POST", "/trips/T1/award", AWARD, headers=earlier)
        assert late.status_code == 409


@pytest.mark.requirement("HIF-42")
async def test_a_required_paper_that_is_missing_closes_new_work(database: str) -> None:
    async with served(database) as api:
        await api.world("ada")
        assert (await api.driver("ada", "POST", "/trips/T1/quote", QUOTE)).status_code == 201
        assert (await api.ask("PUT", "/drivers/ada/required-papers", VIGILANCE)).is_success
        await api.published(offer("T2"))
        refused = [
            await api.driver("ada", "POST", "/trips/T2/quote", QUOTE),
            await api.ask("POST", "/trips/T1/award", AWARD),
            await api.ask("POST", "/trips/T2/assignment", ADA),
        ]
        assert [answer.status_code for answer in refused] == [409, 409, 409]
        shown = (await api.driver("ada", "GET", "/drivers/ada")).json()
        assert (shown["required_papers"], shown["lacking_papers"]) == (["vigilance"], ["vigilance"])
        for answer in refused:
            assert "certificate of social contributions" in answer.json()["detail"]
            assert answer.json()["facts"] == {"kinds": ["vigilance"]}
        await api.ask("PUT", "/drivers/ada/required-papers", {"kinds": []})
        assert (await api.ask("POST", "/trips/T1/award", AWARD)).is_success


@pytest.mark.requirement("HIF-42")
async def test_a_running_mission_goes_on_without_the_paper(database: str) -> None:
    async with served(database) as api:
        await api.world("ada")
        await api.ask("POST", "/trips/T1/assignment", ADA)
        await api.ask("PUT", "/drivers/ada/required-papers", VIGILANCE)
        path = "/trips/T1/delivery-confirmation"
        assert (await api.driver("ada", "POST", path, {"channel": "app"})).is_success


async def test_only_known_papers_of_known_drivers_are_required(database: str) -> None:
    async with served(database) as api:
        await api.world("ada")
        path = "/drivers/ada/required-papers"
        passport = await api.ask("PUT", path, {"kinds": ["passport"]})
        stranger = await api.ask("PUT", path, VIGILANCE, org="stranger")
        nobody = await api.ask("PUT", "/drivers/eve/required-papers", VIGILANCE)
        statuses = passport.status_code, stranger.status_code, nobody.status_code
        assert statuses == (422, 404, 404)
