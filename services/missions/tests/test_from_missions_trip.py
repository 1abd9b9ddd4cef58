import pytest

from contracts.missions.trip_v1 import TripEvent
from infra.testing.spec import Spec
from services.missions import driver
from services.missions.reactions.from_missions_trip import Reads, react, target
from services.missions.tests.make import (
    accepted,
    assigned,
    confirmed,
    engage,
    engaged,
    expired,
    modified,
    published,
    refused,
    registered,
    release,
    released,
    submitted,
    withdrawn,
)

given = Spec(driver.decide, driver.evolve, driver.initial).given


@pytest.mark.requirement("HIF-22", "HIF-32")
def test_an_assigned_mission_engages_its_driver() -> None:
    assert react(assigned()) == [engage()]


def test_a_confirmed_delivery_releases_its_driver() -> None:
    assert react(confirmed()) == [release()]


@pytest.mark.parametrize(
    "event",
    [
        published(),
        submitted(),
        modified(),
        withdrawn(),
        refused(),
        accepted(),
        expired(),
    ],
)
def test_other_events_book_nobody(event: TripEvent) -> None:
    assert not isinstance(event, Reads)


def test_the_commands_go_to_the_driver_of_the_mission() -> None:
    assert [target(command) for command in react(assigned("bob"))] == ["bob"]


def test_a_whole_mission_as_a_dialogue() -> None:
    (first,), (last,) = react(assigned()), react(confirmed())
    given(registered()).when(first).records(engaged())
    given(registered(), engaged()).when(last).records(released())
    given(registered(), engaged(), released()).when(first).records_nothing()
