from functools import reduce
from itertools import combinations

from hypothesis import given
from hypothesis import strategies as st

from contracts.missions.driver_v1 import AvailabilityDeclared, DriverEvent, Period
from services.missions.driver import Command, Driver, Partner, decide, evolve, initial
from services.missions.tests.make import (
    DAY,
    FROM,
    MIDDLE,
    TODAY,
    UNTIL,
    change_home,
    change_phone,
    complete_training,
    declare,
    declared,
    engage,
    engaged,
    forget,
    forgotten,
    home_changed,
    phone_changed,
    qualified,
    register,
    registered,
    release,
    released,
    start_training,
    take_back,
    taken_back,
    training_started,
)

names = st.sampled_from(["Ada Lovelace", "Ada Byron"])
cities = st.sampled_from(["Paris", "Lyon"])
phones = st.sampled_from(["1", "2"])
codes = st.sampled_from(["atlas", "wash"])
ends = st.sampled_from([None, FROM, UNTIL])
days = st.sampled_from([TODAY, FROM, MIDDLE, UNTIL, UNTIL + 30 * DAY])
ids = st.sampled_from(["a-1", "a-2", "a-3", "a-4"])
trips = st.sampled_from(["t-1", "t-2"])
commands: st.SearchStrategy[Command] = st.one_of(
    st.builds(register, names),
    st.builds(change_home, cities),
    st.builds(change_phone, phones),
    st.builds(start_training, codes),
    st.builds(complete_training, codes, ends),
    st.builds(declare, ids, st.sampled_from(Period), days, today=days),
    st.builds(take_back, ids, days),
    st.builds(engage, trips),
    st.builds(release, trips),
    st.just(forget()),
)
lives = st.lists(commands, max_size=15).map(lambda sequence: [register(), *sequence])
plans: st.SearchStrategy[list[Command]] = st.lists(
    st.builds(declare, ids, st.sampled_from(Period), days) | st.builds(take_back, ids), max_size=15
)
events: st.SearchStrategy[DriverEvent] = st.one_of(
    st.just(registered()),
    st.builds(home_changed, cities),
    st.builds(phone_changed, phones),
    st.builds(training_started, codes),
    st.builds(qualified, codes, ends),
    st.builds(declared, ids),
    st.builds(taken_back, ids),
    st.builds(engaged, trips),
    st.builds(released, trips),
    st.just(forgotten()),
)


@given(lives)
def test_a_redelivered_command_records_nothing_new(sequence: list[Command]) -> None:
    driver: Driver = initial
    for command in sequence:
        answer = decide(command, driver)
        if isinstance(answer, list):
            driver = reduce(evolve, answer, driver)
            assert decide(command, driver) == []


@given(plans)
def test_no_two_availabilities_share_a_day(sequence: list[Command]) -> None:
    driver: Driver = evolve(initial, registered())
    for command in sequence:
        answer = decide(command, driver)
        driver = reduce(evolve, answer, driver) if isinstance(answer, list) else driver
    known = driver.availabilities.values() if isinstance(driver, Partner) else ()
    standing = [each for each in known if isinstance(each, AvailabilityDeclared)]
    for one, other in combinations(standing, 2):
        assert one.until_day < other.from_day or other.until_day < one.from_day


@given(st.lists(events, max_size=15), commands)
def test_any_history_can_be_read_and_decided_on(
    history: list[DriverEvent], command: Command
) -> None:
    answer = decide(command, reduce(evolve, history, initial))
    assert answer is not None
