"""A driver saves and removes searches, within bounds."""

from dataclasses import replace
from typing import Any

import pytest

from contracts.alerts.searches_v1 import SearchSaved, SubjectForgotten
from infra.testing.spec import Spec
from services.alerts import searches
from services.alerts.searches import (
    MOST,
    DaysCrossed,
    DriverIsForgotten,
    Forget,
    LengthsCrossed,
    NoSuchSearch,
    RemoveSearch,
    SaveSearch,
    SearchIsOver,
    TooManySearches,
)
from services.alerts.tests.make import DAY, LATER, TODAY, removed, saved

given = Spec(searches.decide, searches.evolve, searches.initial).given

FORGOTTEN = SubjectForgotten(driver_id="ada", forgotten_at=LATER)
FULL = [saved(f"s-{n}") for n in range(MOST)]


def save(fact: SearchSaved) -> SaveSearch:
    """The command that leads to this fact."""
    return SaveSearch(
        driver_id=fact.driver_id,
        organisation_id=fact.organisation_id,
        search_id=fact.search_id,
        text=fact.text,
        within_km=fact.within_km,
        from_day=fact.from_day,
        until_day=fact.until_day,
        shortest_km=fact.shortest_km,
        longest_km=fact.longest_km,
        today=TODAY,
        at=fact.saved_at,
    )


def remove(search: str = "s-1", organisation: str = "hiflow") -> RemoveSearch:
    return RemoveSearch(driver_id="ada", organisation_id=organisation, search_id=search, at=LATER)


@pytest.mark.requirement("HIF-41")
def test_a_search_is_saved_once_and_its_last_word_counts() -> None:
    given().when(save(saved())).records(saved())
    again = replace(saved(), saved_at=LATER)
    given(saved()).when(save(again)).records_nothing()
    given(saved()).when(save(saved(text="Lyon"))).records(saved(text="Lyon"))


def test_a_removed_search_is_gone_and_may_be_saved_again() -> None:
    given(saved()).when(remove()).records(removed())
    given(saved(), removed()).when(remove()).records_nothing()
    given(saved(), removed()).when(save(saved())).records(saved())
    given().when(remove()).is_rejected(NoSuchSearch())


def test_the_searches_of_another_organisation_are_not_there() -> None:
    given(saved()).when(remove(organisation="elsewhere")).is_rejected(NoSuchSearch())
    foreign = save(saved("s-2", organisation="elsewhere"))
    given(saved()).when(foreign).is_rejected(NoSuchSearch())


def test_so_many_searches_are_possible_and_no_more() -> None:
    given(*FULL[1:]).when(save(FULL[0])).records(FULL[0])
    given(*FULL).when(save(saved("one-more"))).is_rejected(TooManySearches(MOST))
    changed = saved("s-0", text="Lyon")
    given(*FULL).when(save(changed)).records(changed)
    given(*FULL, removed("s-0")).when(save(saved("one-more"))).records(saved("one-more"))


@pytest.mark.parametrize(
    "possible",
    [
        {"until_day": TODAY},
        {"from_day": TODAY, "until_day": TODAY},
        {"from_day": TODAY - DAY},
        {"shortest_km": 100, "longest_km": 100},
        {"longest_km": 0},
    ],
)
def test_conditions_that_something_can_meet_are_taken(possible: dict[str, Any]) -> None:
    given().when(save(saved(**possible))).records(saved(**possible))


def test_conditions_that_nothing_can_meet_are_refused() -> None:
    over = save(saved(until_day=TODAY - DAY))
    given().when(over).is_rejected(SearchIsOver(TODAY - DAY))
    crossed = save(saved(from_day=TODAY + DAY, until_day=TODAY))
    given().when(crossed).is_rejected(DaysCrossed(TODAY + DAY, TODAY))
    lengths = save(saved(shortest_km=101, longest_km=100))
    given().when(lengths).is_rejected(LengthsCrossed(101, 100))


def test_who_is_forgotten_looks_for_nothing_any_more() -> None:
    forget = Forget(driver_id="ada", at=LATER)
    known = (saved("s-1"), saved("s-2"), removed("s-2"))
    given(*known).when(forget).records(removed("s-1"), FORGOTTEN)
    given().when(forget).records_nothing()
    gone = given(saved(), removed(), FORGOTTEN)
    gone.when(save(saved())).is_rejected(DriverIsForgotten())
