"""Where exactly a trip begins and ends, whom to ask for there, and who ordered it."""

from dataclasses import replace
from functools import reduce

import pytest

from contracts.missions.trip_v1 import (
    ClientNamed,
    End,
    StopDetailed,
    SubjectForgotten,
    TripEvent,
    VehicleIdentified,
)
from infra.testing.spec import Spec
from services.missions import trip
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
from services.missions.trip.contacts import (
    DetailStop,
    ForgetPeople,
    IdentifyVehicle,
    NameClient,
    PeopleAreForgotten,
)
from services.missions.trip.obligations import obligations

given = Spec(trip.decide, trip.evolve, trip.initial).given

MISSION = (published(), submitted(), accepted(), assigned())


def detail(
    street: str = "1 quai Rambaud", end: End = End.DEPARTURE, organisation: str = "hiflow"
) -> DetailStop:
    return DetailStop(
        trip_id="t-1",
        organisation_id=organisation,
        end=end,
        street=street,
        contact_name="Claire Morel",
        phone="+33465710000",
        at=LATER,
    )


def detailed(street: str = "1 quai Rambaud", end: End = End.DEPARTURE) -> StopDetailed:
    return StopDetailed(
        trip_id="t-1",
        end=end,
        street=street,
        contact_name="Claire Morel",
        phone="+33465710000",
        detailed_at=LATER,
    )


def forget(organisation: str = "hiflow") -> ForgetPeople:
    return ForgetPeople(trip_id="t-1", organisation_id=organisation, at=LATER)


FORGOTTEN = SubjectForgotten(trip_id="t-1", forgotten_at=LATER)


@pytest.mark.parametrize(
    ("history", "waits"),
    [
        ((), False),
        ((published(), submitted()), False),
        (MISSION, True),
        ((*MISSION, confirmed()), False),
        ((published(), expired()), False),
    ],
    ids=["unpublished", "open", "assigned", "delivered", "expired"],
)
def test_forgetting_the_driver_or_the_people_at_the_ends_waits_for_the_delivery(
    history: tuple[TripEvent, ...], waits: bool
) -> None:
    state = reduce(trip.evolve, history, trip.initial)
    expected = "the mission of trip t-1 is under way" if waits else None
    assert {obligations(state, one).waits_for for one in ("ada", "t-1")} == {expected}
    assert obligations(state, "bob").waits_for is None


@pytest.mark.parametrize(
    "history",
    [(published(),), MISSION, (*MISSION, confirmed()), (published(), expired())],
    ids=["open", "assigned", "delivered", "expired"],
)
def test_an_end_is_detailed_whenever_it_is_known(history: tuple[TripEvent, ...]) -> None:
    given(*history).when(detail()).records(detailed())


def test_the_last_word_counts_and_a_repeated_one_is_no_news() -> None:
    earlier = replace(detailed(), detailed_at=NOON)
    corrected, other = "2 quai Rambaud", End.ARRIVAL
    given(published(), earlier).when(detail()).records_nothing()
    given(published(), earlier).when(detail(corrected)).records(detailed(corrected))
    given(published(), earlier).when(detail(end=other)).records(detailed(end=other))


def test_what_was_told_of_an_open_trip_is_known_of_the_mission() -> None:
    state = trip.initial
    for event in (published(), detailed(), *MISSION[1:], confirmed()):
        state = trip.evolve(state, event)
    assert isinstance(state, trip.Delivered)
    assert state.contacts.stops == {End.DEPARTURE: detailed()}


def test_a_stranger_details_nothing_and_forgets_nothing() -> None:
    given(published()).when(detail(organisation="other")).is_rejected(NoSuchTrip())
    given(published(), detailed()).when(forget("other")).is_rejected(NoSuchTrip())
    given().when(detail()).is_rejected(NoSuchTrip())


def name(email: str = "claire@example.org", organisation: str = "hiflow") -> NameClient:
    return NameClient(
        trip_id="t-1",
        organisation_id=organisation,
        name="Claire Morel",
        email=email,
        language="fr",
        at=LATER,
    )


CLIENT = ClientNamed(
    trip_id="t-1",
    organisation_id="hiflow",
    name="Claire Morel",
    email="claire@example.org",
    language="fr",
    named_at=LATER,
)


def test_the_last_client_named_counts() -> None:
    other = replace(CLIENT, email="c.morel@example.org")
    given(published()).when(name()).records(CLIENT)
    given(published(), replace(CLIENT, named_at=NOON)).when(name()).records_nothing()
    given(published(), CLIENT).when(name(other.email)).records(other)
    given(published(), FORGOTTEN).when(name()).is_rejected(PeopleAreForgotten())
    given(published()).when(name(organisation="other")).is_rejected(NoSuchTrip())


def identify(plate: str = "AB-123-CD", organisation: str = "hiflow") -> IdentifyVehicle:
    return IdentifyVehicle(
        trip_id="t-1", organisation_id=organisation, plate=plate, country="FR", at=LATER
    )


VEHICLE = VehicleIdentified(
    trip_id="t-1",
    organisation_id="hiflow",
    plate="AB-123-CD",
    country="FR",
    identified_at=LATER,
)


@pytest.mark.requirement("HIF-23")
def test_the_last_plate_told_counts() -> None:
    other = replace(VEHICLE, plate="123 ABC 75")
    given(published()).when(identify()).records(VEHICLE)
    given(*MISSION).when(identify()).records(VEHICLE)
    given(published(), replace(VEHICLE, identified_at=NOON)).when(identify()).records_nothing()
    given(published(), VEHICLE).when(identify(other.plate)).records(other)
    given(published(), FORGOTTEN).when(identify()).is_rejected(PeopleAreForgotten())
    given(published()).when(identify(organisation="other")).is_rejected(NoSuchTrip())


@pytest.mark.requirement("HIF-27", "G-14", "N-05")
def test_the_client_is_told_of_the_delivery_when_there_is_one() -> None:
    given(published(), CLIENT, assigned()).when(confirm()).records(confirmed(client_told=True))
    given(published(), assigned()).when(confirm()).records(confirmed())
    given(published(), CLIENT, FORGOTTEN, assigned()).when(confirm()).records(confirmed())


def test_people_who_are_forgotten_are_not_named_again() -> None:
    given(published(), detailed()).when(forget()).records(FORGOTTEN)
    given(published(), detailed(), FORGOTTEN).when(forget()).records()
    given(published(), detailed(), FORGOTTEN).when(detail()).is_rejected(PeopleAreForgotten())
