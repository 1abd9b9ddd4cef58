from functools import reduce

from hypothesis import given
from hypothesis import strategies as st

from contracts.missions.trip_v1 import (
    Channel,
    MissionAssigned,
    QuoteAccepted,
    QuoteRefused,
    QuoteSubmitted,
    QuoteWithdrawn,
    TripEvent,
    TripExpired,
)
from services.missions.tests.make import (
    DAY,
    FROM,
    OVER,
    UNTIL,
    accepted,
    assign,
    assigned,
    award,
    confirm,
    confirmed,
    eur,
    expire,
    expired,
    modified,
    modify,
    publish,
    published,
    refuse,
    refused,
    submit,
    submitted,
    withdraw,
    withdrawn,
)
from services.missions.trip import Command, Trip, decide, evolve, initial

drivers = st.sampled_from(["ada", "bob", "cleo"])
prices = st.builds(eur, st.integers(0, 2))
days = st.sampled_from([FROM - DAY, FROM, UNTIL, UNTIL + DAY])
reasons = st.sampled_from(["", "too dear", "too far"])
commands: st.SearchStrategy[Command] = st.one_of(
    st.builds(submit, drivers, prices, today=days),
    st.builds(modify, drivers, prices, today=days),
    st.builds(withdraw, drivers),
    st.builds(refuse, drivers, reasons),
    st.builds(award, drivers, days),
    st.builds(assign, drivers, st.none() | prices, today=days),
    st.builds(confirm, drivers, st.sampled_from(Channel), days),
    st.builds(expire, st.sampled_from([OVER - DAY, OVER])),
    st.builds(publish, tags=st.sampled_from([(), ("round_trip",)])),
)
lives = st.lists(commands, max_size=15).map(lambda sequence: [publish(), *sequence])
events: st.SearchStrategy[TripEvent] = st.one_of(
    st.just(published()),
    st.builds(submitted, drivers),
    st.builds(modified, drivers),
    st.builds(withdrawn, drivers),
    st.builds(refused, drivers),
    st.builds(accepted, drivers),
    st.builds(assigned, drivers),
    st.builds(confirmed, drivers),
    st.just(expired()),
)


def live_on(sequence: list[Command]) -> list[TripEvent]:
    """The events that a trip records when it meets these commands."""
    trip: Trip = initial
    history: list[TripEvent] = []
    for command in sequence:
        answer = decide(command, trip)
        if isinstance(answer, list):
            trip = reduce(evolve, answer, trip)
            history += answer
    return history


def live_quotes(history: list[TripEvent]) -> list[str]:
    """The drivers with a live quote, once a quote, counted without the aggregate."""
    live: list[str] = []
    for event in history:
        if isinstance(event, QuoteSubmitted):
            live.append(event.driver_id)
        if isinstance(event, QuoteWithdrawn | QuoteRefused | QuoteAccepted):
            live.remove(event.driver_id)
    return live


@given(lives)
def test_a_redelivered_command_records_nothing_new(sequence: list[Command]) -> None:
    trip: Trip = initial
    for command in sequence:
        answer = decide(command, trip)
        if isinstance(answer, list):
            trip = reduce(evolve, answer, trip)
            assert decide(command, trip) == []


@given(lives)
def test_a_driver_never_has_two_live_quotes(sequence: list[Command]) -> None:
    history = live_on(sequence)
    for length in range(len(history)):
        live = live_quotes(history[: length + 1])
        assert len(live) == len(set(live))


@given(lives)
def test_no_quote_is_live_once_the_trip_has_found_its_end(sequence: list[Command]) -> None:
    history = live_on(sequence)
    if any(isinstance(event, MissionAssigned | TripExpired) for event in history):
        assert live_quotes(history) == []


@given(lives)
def test_a_trip_finds_one_end(sequence: list[Command]) -> None:
    ends = [e for e in live_on(sequence) if isinstance(e, MissionAssigned | TripExpired)]
    assert len(ends) <= 1


@given(st.lists(events, max_size=15), commands)
def test_any_history_can_be_read_and_decided_on(history: list[TripEvent], command: Command) -> None:
    answer = decide(command, reduce(evolve, history, initial))
    assert answer is not None
