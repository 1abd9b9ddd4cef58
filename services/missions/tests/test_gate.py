"""Who may quote and who may be awarded is asked each time, over a real store."""

import pytest

from services.missions import trip
from services.missions.quoting import SubmitQuote
from services.missions.terms import PapersLacking, QualificationsMissing
from services.missions.tests.make import (
    LATER,
    TODAY,
    accepted,
    assigned,
    published,
    qualified,
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


# --- Over HTTP ----------------------------------------------------------------


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
