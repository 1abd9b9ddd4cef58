"""Where exactly a trip begins and ends, and whom to ask for there (C14)."""

from dataclasses import replace

import pytest

from contracts.missions.trip_v1 import ClientNamed, End, StopDetailed, SubjectForgotten, TripEvent
from infra.testing.spec import Spec
from services.missions import trip
from services.missions.detailing import (
    DetailStop,
    ForgetPeople,
    NameClient,
    PeopleAreForgotten,
)
from services.missions.tests.make import (
    LATER,
    NOON,
    accepted,
    assigned,
    confirm,
    confirmed,
    expired,
    published,
    submitted,
)
from services.missions.trip import NoSuchTrip

given = Spec(trip.decide, trip.evolve, trip.initial).given

MISSION = (published(), submitted(), accepted(), assigned())


def said(street: str = "1 quai Rambaud", end: End = End.DEPARTURE) -> StopDetailed:
    return StopDetailed(
        trip_id="t-1",
        end=end,
        street=street,
        contact_name="Claire Morel",
        phone="+33465710000",
        detailed_at=LATER,
    )


def say(fact: StopDetailed, organisation: str = "hiflow") -> DetailStop:
    return DetailStop(fact, organisation)


def forget(organisation: str = "hiflow") -> ForgetPeople:
    return ForgetPeople("t-1", organisation, LATER)


FORGOTTEN = SubjectForgotten(trip_id="t-1", forgotten_at=LATER)


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
    assert state.details.stops == {End.DEPARTURE: said()}


def test_a_stranger_tells_nothing_and_forgets_nothing() -> None:
    given(published()).when(say(said(), "other")).is_rejected(NoSuchTrip())
    given(published(), said()).when(forget("other")).is_rejected(NoSuchTrip())
    given().when(say(said())).is_rejected(NoSuchTrip())


CLIENT = ClientNamed(
    trip_id="t-1",
    organisation_id="hiflow",
    name="Claire Morel",
    email="claire@example.org",
    language="fr",
    named_at=LATER,
)


def test_the_last_client_named_counts() -> None:
    name, other = NameClient(CLIENT, "hiflow"), replace(CLIENT, email="c.morel@example.org")
    given(published()).when(name).records(CLIENT)
    given(published(), replace(CLIENT, named_at=NOON)).when(name).records_nothing()
    given(published(), CLIENT).when(NameClient(other, "hiflow")).records(other)
    given(published(), FORGOTTEN).when(name).is_rejected(PeopleAreForgotten())
    given(published()).when(NameClient(CLIENT, "other")).is_rejected(NoSuchTrip())


@pytest.mark.requirement("HIF-27", "G-14", "N-05")
def test_the_client_is_told_of_the_delivery_when_there_is_one() -> None:
    given(published(), CLIENT, assigned()).when(confirm()).records(confirmed(client_told=True))
    given(published(), assigned()).when(confirm()).records(confirmed())
    given(published(), CLIENT, FORGOTTEN, assigned()).when(confirm()).records(confirmed())


def test_who_is_forgotten_at_an_end_is_not_named_again() -> None:
    given(published(), said()).when(forget()).records(FORGOTTEN)
    given(published(), said(), FORGOTTEN).when(forget()).records()
    given(published(), said(), FORGOTTEN).when(say(said())).is_rejected(PeopleAreForgotten())
