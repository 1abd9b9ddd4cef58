"""Which drivers a new trip is pointed out to."""

from typing import Any

import pytest

from contracts.alerts.searches_v1 import SearchRemoved
from contracts.missions.driver_v1 import DriverReinstated, DriverSuspended, SubjectForgotten
from services.alerts.tests.make import (
    DAY,
    FROM,
    LATER,
    UNTIL,
    at_home,
    published,
    qualified,
    registered,
    saved,
)
from services.alerts.tests.stage import staged

TOLD = [("ada", "s-1")]


@pytest.mark.requirement("HIF-41", "N-04")
async def test_a_driver_is_told_once_of_a_trip_that_matches(database: str) -> None:
    async with staged(database) as stage:
        await stage.saw(registered(), saved("s-2"), saved("s-1"))
        await stage.published(published(), published("t-2"))
        await stage.published(published())
        assert await stage.alerted() == await stage.alerted("t-2") == TOLD


@pytest.mark.parametrize(
    ("met", "missed"),
    [
        ({"text": "orleans"}, {"text": "Paris"}),
        ({"text": "59000 Orléans"}, {"text": "59001 Orléans"}),
        ({"text": "lil orl"}, {"text": "leans"}),
        ({"text": "ATLAS"}, {"text": "%tlas"}),
        ({"within_km": 112}, {"within_km": 105}),
        ({"from_day": UNTIL}, {"from_day": UNTIL + DAY}),
        ({"until_day": FROM}, {"until_day": FROM - DAY}),
        ({"shortest_km": 340}, {"shortest_km": 341}),
        ({"longest_km": 340}, {"longest_km": 339}),
        ({"text": "lille", "longest_km": 400}, {"text": "lille", "longest_km": 300}),
    ],
)
async def test_every_condition_has_to_hold(
    met: dict[str, Any], missed: dict[str, Any], database: str
) -> None:
    async with staged(database) as stage:
        await stage.saw(registered("ada"), at_home("ada"), saved(**met))
        await stage.saw(registered("bob"), at_home("bob"), saved(driver="bob", **missed))
        await stage.published(published())
        assert await stage.alerted() == TOLD


async def test_a_search_for_a_word_without_end_is_in_the_way_of_no_other(database: str) -> None:
    endless = "\u3316" * 255
    async with staged(database) as stage:
        await stage.saw(registered("ada"), saved(), registered("bob"))
        await stage.saw(saved(driver="bob", text=endless))
        await stage.published(published())
        assert await stage.alerted() == TOLD


async def test_without_a_home_nothing_is_near(database: str) -> None:
    async with staged(database) as stage:
        await stage.saw(registered(), saved(within_km=20_000))
        await stage.published(published("t-1"))
        await stage.saw(at_home())
        await stage.published(published("t-2"))
        await stage.saw(at_home(place=None))
        await stage.published(published("t-3"))
        assert [await stage.alerted(f"t-{n}") for n in (1, 2, 3)] == [[], TOLD, []]


@pytest.mark.requirement("HIF-07")
async def test_only_who_is_qualified_on_the_first_day_is_told(database: str) -> None:
    async with staged(database) as stage:
        await stage.saw(registered(), saved(), qualified(until=FROM - DAY))
        await stage.published(published("t-1", process="atlas"))
        await stage.saw(qualified(until=FROM))
        await stage.published(published("t-2", process="atlas"))
        await stage.published(published("t-3", process="atlas", services=("vehicle_handover",)))
        assert [await stage.alerted(f"t-{n}") for n in (1, 2, 3)] == [[], TOLD, []]


async def test_nobody_is_told_of_the_trips_of_others(database: str) -> None:
    async with staged(database) as stage:
        await stage.saw(registered(), saved())
        await stage.published(published(organisation="elsewhere"))
        assert await stage.alerted() == []


async def test_who_is_suspended_forgotten_or_stopped_looking_is_not_told(
    database: str,
) -> None:
    async with staged(database) as stage:
        await stage.saw(registered(), saved(), DriverSuspended(driver_id="ada", suspended_at=LATER))
        await stage.published(published("t-1"))
        await stage.saw(DriverReinstated(driver_id="ada", reinstated_at=LATER))
        await stage.published(published("t-2"))
        await stage.saw(SearchRemoved(driver_id="ada", search_id="s-1", removed_at=LATER))
        await stage.published(published("t-3"))
        await stage.saw(saved(), SubjectForgotten(driver_id="ada", forgotten_at=LATER))
        await stage.published(published("t-4"))
        found = [await stage.alerted(f"t-{n}") for n in (1, 2, 3, 4)]
        assert found == [[], TOLD, [], []]
