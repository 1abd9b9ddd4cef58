"""Where exactly a trip begins and ends, and whom to ask for there (C14)."""

from dataclasses import replace

import pytest

from contracts.missions.trip_v1 import End, StopDetailed, SubjectForgotten, TripEvent
from infra.testing.spec import Spec
from services.missions import trip
from services.missions.detailing import DetailStop, ForgetStops, StopsAreForgotten
from services.missions.tests.make import (
    LATER,
    NOON,
    accepted,
    assigned,
    confirmed,
    expired,
    published,
    submitted,
)
from services.missions.trip import NoSuchTrip

given = Spec(trip.decide, trip.evolve, trip.initial).given

MISSION = (published(), submitted(), accepted(), assigned())


def said(street: str = "1 quai Rambaud", end: End = End.DEPARTURE) -> StopDetailed:
    return StopDetailed("t-1", end, street, "Claire Morel", "+33465710000", LATER)


def say(fact: StopDetailed, organisation: str = "hiflow") -> DetailStop:
    return DetailStop(fact, organisation)


def forget(organisation: str = "hiflow") -> ForgetStops:
    return ForgetStops("t-1", organisation, LATER)


FORGOTTEN = SubjectForgotten("t-1", LATER)


@pytest.mark.parametrize(
    "history",
    [(published(),), MISSION, (*MISSION, confirmed()), (published(), expired())],
    ids=["open", "assigned", "delivered", "expired"],
)
def test_an_end_is_told_whenever_it_is_known(history: tuple[TripEvent, ...]) -> None:
    given(*history).when(say(said())).records(said())


def test_the_last_word_counts_and_a_repeated_one_is_none() -> None:
    corrected = said("2 quai Rambaud")
    given(published(), said()).when(say(replace(said(), detailed_at=NOON))).records()
    given(published(), said()).when(say(corrected)).records(corrected)
    given(published(), said()).when(say(said(end=End.ARRIVAL))).records(said(end=End.ARRIVAL))


def test_what_was_told_of_an_open_trip_is_known_of_the_mission() -> None:
    state = trip.initial
    for event in (published(), said(), *MISSION[1:], confirmed()):
        state = trip.evolve(state, event)
    assert isinstance(state, trip.Delivered)
    assert state.stops.details == {End.DEPARTURE: said()}


def test_a_stranger_tells_nothing_and_forgets_nothing() -> None:
    given(published()).when(say(said(), "other")).is_rejected(NoSuchTrip())
    given(published(), said()).when(forget("other")).is_rejected(NoSuchTrip())
    given().when(say(said())).is_rejected(NoSuchTrip())


def test_who_is_forgotten_at_an_end_is_not_named_again() -> None:
    given(published(), said()).when(forget()).records(FORGOTTEN)
    given(published(), said(), FORGOTTEN).when(forget()).records()
    given(published(), said(), FORGOTTEN).when(say(said())).is_rejected(StopsAreForgotten())
