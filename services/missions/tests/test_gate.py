"""Who may quote and who may be awarded is asked each time, over a real store."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from contracts.missions.driver_v1 import DriverReinstated, DriverSuspended
from services.missions import driver, trip
from services.missions.driver import DriverIsForgotten, DriverIsSuspended, NoSuchDriver
from services.missions.quoting import SubmitQuote
from services.missions.terms import PapersLacking, QualificationsMissing
from services.missions.tests.make import (
    LATER,
    TODAY,
    accepted,
    assigned,
    forgotten,
    published,
    qualified,
    registered,
    submitted,
)
from services.missions.tests.test_api import PRICE as QUOTE
from services.missions.tests.test_api import offer, served
from services.missions.tests.test_trip import given
from services.missions.trip import AssignDirectly, AwardTrip

ATLAS = (qualified().kind.name.lower(), "atlas")
LACKING = ("driving_licence", "vigilance")
VIGILANCE = {"kinds": ["vigilance"]}
ADA = {"driver_id": "ada"}


def award(*held: tuple[str, str], lacking: tuple[str, ...] = ()) -> AwardTrip:
    return AwardTrip("t-1", "hiflow", "ada", TODAY, LATER, frozenset(held), lacking)


@pytest.mark.requirement("HIF-17", "HIF-33")
def test_an_award_asks_again_for_the_qualification_of_the_trip() -> None:
    quoted = published(client_process="atlas"), submitted()
    given(*quoted).when(award(ATLAS)).records(accepted(), assigned())
    given(*quoted).when(award()).is_rejected(QualificationsMissing((ATLAS,)))


@pytest.mark.requirement("HIF-42")
def test_an_award_asks_again_for_the_papers_of_the_driver() -> None:
    given(published(), submitted()).when(award(lacking=LACKING)).is_rejected(PapersLacking(LACKING))


@pytest.mark.requirement("HIF-42")
def test_who_lacks_a_paper_can_neither_quote_nor_be_assigned() -> None:
    quote = SubmitQuote(submitted(), "hiflow", frozenset(), TODAY, LACKING)
    given(published()).when(quote).is_rejected(PapersLacking(LACKING))
    gift = AssignDirectly("t-1", "hiflow", "ada", None, frozenset(), TODAY, LATER, LACKING)
    given(published()).when(gift).is_rejected(PapersLacking(LACKING))


def test_an_award_that_comes_again_asks_for_nothing_more() -> None:
    state = trip.evolve(trip.evolve(trip.initial, published()), assigned())
    assert trip.decide(award(lacking=LACKING), state) == []


def test_a_trip_is_given_to_partners_of_the_organisation_alone() -> None:
    ada = driver.evolve(driver.initial, registered())
    assert driver.unfit(ada, "hiflow") is None
    assert driver.unfit(ada, "other") == NoSuchDriver()
    assert driver.unfit(driver.initial, "hiflow") == NoSuchDriver()
    closed = driver.evolve(ada, DriverSuspended(driver_id="ada", suspended_at=LATER))
    assert driver.unfit(closed, "hiflow") == DriverIsSuspended()
    assert driver.unfit(driver.evolve(closed, forgotten()), "hiflow") == DriverIsForgotten()
    opened = driver.evolve(closed, DriverReinstated(driver_id="ada", reinstated_at=LATER))
    assert driver.unfit(opened, "hiflow") is None


# --- Over HTTP ----------------------------------------------------------------


@pytest.mark.parametrize("way", ["assignment", "award", "proposals"])
async def test_nobody_is_given_a_trip_who_is_not_known(database: str, way: str) -> None:
    async with served(database) as api:
        await api.world("ada")
        refused = await api.ask("POST", f"/trips/T1/{way}", {"driver_id": "eda"})
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
        late = await api.ask("POST", "/trips/T1/award", ADA, headers=earlier)
        assert late.status_code == 409


@pytest.mark.requirement("HIF-42")
async def test_a_required_paper_that_is_missing_closes_new_work(database: str) -> None:
    async with served(database) as api:
        await api.world("ada")
        assert (await api.driver("ada", "POST", "/trips/T1/quote", QUOTE)).status_code == 201
        assert (await api.ask("PUT", "/drivers/ada/required-papers", VIGILANCE)).is_success
        await api.ask("POST", "/trips", offer("T2"))
        refused = [
            await api.driver("ada", "POST", "/trips/T2/quote", QUOTE),
            await api.ask("POST", "/trips/T1/award", ADA),
            await api.ask("POST", "/trips/T2/assignment", ADA),
        ]
        assert [answer.status_code for answer in refused] == [409, 409, 409]
        shown = (await api.driver("ada", "GET", "/drivers/ada")).json()
        assert (shown["required_papers"], shown["lacking_papers"]) == (["vigilance"], ["vigilance"])
        assert all("vigilance" in answer.json()["detail"] for answer in refused)
        await api.ask("PUT", "/drivers/ada/required-papers", {"kinds": []})
        assert (await api.ask("POST", "/trips/T1/award", ADA)).is_success


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
