"""Answers show exactly these fields of trips and drivers, and each event as it was recorded."""

from dataclasses import replace
from functools import reduce
from typing import Any

import pytest

from contracts.missions import driver_v1, trip_v1
from contracts.missions.clearance_v1 import PaperHeld, PapersRequired
from contracts.missions.driver_v1 import DriverEvent, DriverReinstated, DriverSuspended
from contracts.missions.trip_v1 import (
    AttachmentRemoved,
    ClientNamed,
    CounterAccepted,
    CounterDeclined,
    End,
    ExpenseKind,
    ExtraCostAccepted,
    ExtraCostRefused,
    QuotedExpense,
    QuoteExpired,
    StopDetailed,
    SubjectForgotten,
    TripEvent,
    VehicleIdentified,
)
from infra.commands import HistoryEntry
from infra.http.history import History
from infra.http.models import plain
from services.missions import clearance, driver, trip
from services.missions.http.drivers import DriverHistory, driver_shown
from services.missions.http.trips import TripHistory, trip_for_driver, trip_for_staff
from services.missions.tests.make import (
    EXPIRED_RULE,
    FROM,
    LATER,
    NOON,
    TODAY,
    UNTIL,
    accepted,
    assigned,
    confirmed,
    counter_offered,
    declared,
    engaged,
    eur,
    expired,
    forgotten,
    home_changed,
    modified,
    phone_changed,
    proposed,
    published,
    qualified,
    refused,
    registered,
    released,
    submitted,
    taken_back,
    training_started,
    withdrawn,
)
from services.missions.tests.test_attachments import attached
from services.missions.tests.test_contacts import CLIENT, detailed
from services.missions.tests.test_extra_costs import asked, denied, granted

TOLL = QuotedExpense(ExpenseKind.TOLL, eur(3_480))
OFFER = published(client_process="atlas", services=("wash",))
COUNTER_ACCEPTED = CounterAccepted(
    trip_id="t-1", driver_id="ada", accepted_at=LATER, offered_by="lea", price=eur(9_000)
)
COUNTER_DECLINED = CounterDeclined(
    trip_id="t-1", driver_id="ada", declined_at=LATER, offered_by="lea", price=eur(9_000)
)
QUOTE_EXPIRED = QuoteExpired(trip_id="t-1", driver_id="ada", expired_at=LATER)
VEHICLE = VehicleIdentified(
    trip_id="t-1",
    organisation_id="hiflow",
    plate="AB-123-CD",
    country="FR",
    identified_at=NOON,
)
OF_A_TRIP: list[TripEvent] = [
    OFFER,
    detailed(),
    CLIENT,
    VEHICLE,
    proposed(),
    submitted(comment="soon", pickup_on=FROM, delivery_on=UNTIL, expenses=(TOLL,)),
    replace(modified(), valid_until=NOON),
    withdrawn(),
    refused(rule=EXPIRED_RULE),
    QUOTE_EXPIRED,
    counter_offered(),
    COUNTER_ACCEPTED,
    COUNTER_DECLINED,
    accepted(),
    assigned(expenses=(TOLL,)),
    asked(),
    granted(),
    denied(),
    attached(),
    AttachmentRemoved(trip_id="t-1", driver_id="ada", file_id="f-2", removed_at=LATER),
    confirmed(),
    expired(),
    SubjectForgotten(trip_id="t-1", forgotten_at=LATER),
]
OF_A_DRIVER: list[DriverEvent] = [
    registered(),
    home_changed(),
    phone_changed(),
    training_started(),
    qualified(valid_until=FROM),
    declared(reason="holiday"),
    taken_back(),
    engaged(),
    released(),
    DriverSuspended(driver_id="ada", suspended_at=LATER),
    DriverReinstated(driver_id="ada", reinstated_at=LATER),
    forgotten(),
]


def told(history: type[History], events: list[Any], types: dict[type[Any], str]) -> list[Any]:
    """The facts of a history, as they are answered."""
    facts = [
        HistoryEntry(
            version=n,
            type=types[type(event)],
            event=event,
            actor="ada",
            occurred_at=NOON,
            recorded_at=NOON,
            correlation_id="c",
            causation_id="d",
        )
        for n, event in enumerate(events, 1)
    ]
    return [item["what"] for item in history.telling(facts).model_dump(mode="json")["items"]]


@pytest.mark.requirement("G-05")
@pytest.mark.parametrize(
    ("history", "kinds", "events"),
    [
        (TripHistory, trip_v1.contract.types, OF_A_TRIP),
        (DriverHistory, driver_v1.contract.types, OF_A_DRIVER),
    ],
    ids=["trip", "driver"],
)
def test_a_history_tells_each_event_as_it_was_recorded(
    history: type[History], kinds: Any, events: list[Any]
) -> None:
    types = {kind.cls: kind.type for kind in kinds}
    assert {type(event) for event in events} == set(types)
    assert told(history, events, types) == [plain(event) for event in events]


# --- Trips --------------------------------------------------------------------

OUTLINE = {
    "trip_id": "t-1",
    "organisation_id": "hiflow",
    "client_brand": "Atlas",
    "tags": [],
    "departure": {"city": "Paris", "postal_code": "75012"},
    "arrival": {"city": "Lyon", "postal_code": "69003"},
    "from_slot": {"date": "2030-05-06", "fixed": False},
    "until_slot": {"date": "2030-05-10", "fixed": False},
    "vehicle": {"make": "Renault", "model": "Clio"},
    "delivery_type": "depot",
    "distance_km": 465,
    "duration_minutes": 290,
    "client_process": "atlas",
    "additional_services": ["wash"],
    "published_at": "2030-05-01T12:00:00Z",
    "time_zone": "Europe/Paris",
}
STOPS = {"departure": plain(detailed()), "arrival": None}
MISSION: list[TripEvent] = [
    OFFER,
    detailed(),
    CLIENT,
    VEHICLE,
    submitted(),
    accepted(),
    assigned(expenses=(TOLL,)),
]
CARRIED: list[TripEvent] = [*MISSION, asked(), granted(), attached()]
SHOWN_MISSION = {
    "offer": plain(OFFER),
    "stops": STOPS,
    "identified": plain(VEHICLE),
    "mission": plain(assigned(expenses=(TOLL,))),
    "extra_costs": [{"request": plain(asked()), "answer": plain(granted())}],
    "attachments": [plain(attached())],
}


def state(*events: TripEvent) -> trip.Published:
    found = reduce(trip.evolve, events, trip.initial)
    assert not isinstance(found, trip.Unpublished)
    return found


def for_ada(*events: TripEvent) -> Any:
    return trip_for_driver(state(*events), "ada").model_dump(mode="json")


def for_staff(*events: TripEvent) -> Any:
    return trip_for_staff(state(*events)).model_dump(mode="json")


@pytest.mark.requirement("HIF-15", "HIF-16")
def test_a_driver_sees_an_offer_in_outline_and_nothing_of_the_others() -> None:
    shown = for_ada(OFFER, detailed(), CLIENT, VEHICLE, submitted("bob"), proposed("bob"))
    assert shown == {"status": "open", "offer": OUTLINE, "quote": None}


@pytest.mark.parametrize(
    ("events", "status"),
    [
        ([OFFER, assigned("bob")], "assigned"),
        ([OFFER, assigned("bob"), confirmed("bob")], "delivered"),
        ([OFFER, submitted(), expired()], "expired"),
    ],
)
def test_a_driver_who_does_not_have_the_mission_sees_no_more(
    events: list[TripEvent], status: str
) -> None:
    assert for_ada(*events, detailed()) == {"status": status, "offer": OUTLINE, "quote": None}


@pytest.mark.parametrize(
    ("last", "status"),
    [
        (submitted(expenses=(TOLL,)), "submitted"),
        (modified(), "submitted"),
        (refused(), "refused"),
        (withdrawn(), "withdrawn"),
        (QUOTE_EXPIRED, "expired"),
    ],
)
def test_a_driver_sees_what_became_of_their_own_quote(last: TripEvent, status: str) -> None:
    quote = {"status": status, "last": plain(last), "counter_offer": None}
    assert for_ada(OFFER, submitted(), last)["quote"] == quote


@pytest.mark.parametrize(
    ("last", "status"),
    [
        (counter_offered(), "offered"),
        (COUNTER_ACCEPTED, "accepted"),
        (COUNTER_DECLINED, "declined"),
    ],
)
def test_a_driver_sees_the_counter_offer_to_their_quote(last: TripEvent, status: str) -> None:
    quote = for_ada(OFFER, submitted(), last)["quote"]
    assert quote["counter_offer"] == {"status": status, "last": plain(last)}


@pytest.mark.requirement("HIF-23")
def test_the_driver_of_a_mission_sees_all_of_it_but_the_client() -> None:
    assert for_ada(*CARRIED) == {"status": "assigned", **SHOWN_MISSION}
    assert for_ada(*CARRIED, confirmed()) == {"status": "delivered", **SHOWN_MISSION}


def test_staff_sees_the_mission_and_the_client() -> None:
    client = {"client": plain(CLIENT)}
    assert for_staff(*CARRIED) == {"status": "assigned", **SHOWN_MISSION, **client}


def test_staff_sees_every_quote_and_what_nobody_was_given() -> None:
    offer = {"offer": plain(OFFER), "stops": STOPS, "client": plain(CLIENT)}
    offer |= {"identified": plain(VEHICLE)}
    events = OFFER, detailed(), CLIENT, VEHICLE, submitted(), submitted("bob"), refused("bob")
    quotes = [
        {"status": "submitted", "last": plain(submitted()), "counter_offer": None},
        {"status": "refused", "last": plain(refused("bob")), "counter_offer": None},
    ]
    assert for_staff(*events) == {"status": "open", **offer, "quotes": quotes}
    assert for_staff(*events, expired()) == {"status": "expired", **offer}


@pytest.mark.parametrize("answer", [None, granted(), denied()])
def test_an_extra_cost_is_shown_with_its_answer(
    answer: ExtraCostAccepted | ExtraCostRefused | None,
) -> None:
    events: list[TripEvent] = [*MISSION, asked(), *([answer] if answer else [])]
    [shown] = for_ada(*events)["extra_costs"]
    assert shown == {"request": plain(asked()), "answer": plain(answer)}


def test_both_ends_are_shown_and_no_names_once_they_are_forgotten() -> None:
    arrival: StopDetailed = detailed(end=End.ARRIVAL)
    client: ClientNamed = CLIENT
    assert for_ada(*MISSION, arrival)["stops"]["arrival"] == plain(arrival)
    gone = for_staff(*MISSION, client, SubjectForgotten(trip_id="t-1", forgotten_at=LATER))
    assert (gone["client"], gone["stops"]) == (None, {"departure": None, "arrival": None})
    assert gone["identified"] is None


# --- Drivers ------------------------------------------------------------------


def driver_after(*events: DriverEvent) -> Any:
    found = reduce(driver.evolve, events, driver.initial)
    assert not isinstance(found, driver.Unregistered)
    required = PapersRequired(
        driver_id="ada", organisation_id="hiflow", kinds=("contract",), required_at=NOON
    )
    held = PaperHeld(
        driver_id="ada",
        organisation_id="hiflow",
        kind="vigilance",
        valid_until=None,
        held_at=NOON,
    )
    cleared = clearance.evolve(clearance.evolve(clearance.initial, required), held)
    return driver_shown(found, cleared, TODAY).model_dump(mode="json")


PAPERS = {"required_papers": ["contract", "vigilance"], "lacking_papers": ["contract"]}


def test_a_driver_is_shown_with_all_that_is_known() -> None:
    events = (home_changed(), phone_changed(), training_started("wash"), qualified())
    days = (declared("a-1"), declared("a-2"), taken_back("a-2"), engaged(), engaged("t-2"))
    assert driver_after(registered(), *events, *days, released("t-2")) == {
        "status": "partner",
        "registration": plain(registered()),
        "phone": "+33 7 00 00 00 00",
        "home": plain(home_changed()),
        "in_training": [{"kind": "client_process", "code": "wash"}],
        "qualifications": [{"kind": "client_process", "code": "atlas", "valid_until": None}],
        "availabilities": [plain(declared("a-1")), plain(taken_back("a-2"))],
        "engagements": [plain(engaged()), plain(released("t-2"))],
        **PAPERS,
    }


def test_a_driver_is_shown_as_suspended_or_forgotten() -> None:
    suspended = DriverSuspended(driver_id="ada", suspended_at=LATER)
    shown = driver_after(registered(), suspended)
    assert (shown["status"], shown["home"]) == ("suspended", None)
    assert driver_after(registered(), forgotten()) == {"status": "forgotten", **PAPERS}
