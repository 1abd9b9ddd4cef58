"""The morning peak asks for what its hour says, and each request finds an order of its own."""

from collections import Counter
from itertools import islice

from infra.tokens import SigningKey
from tools.bench import peak
from tools.bench.peak import HOUR, Morning, due, loaded, needed

REQUESTS = 12_110
"""Those of one side in ten minutes, and in the round before that does not count."""


def paths(requests: int) -> list[str]:
    """Method and path of the first requests."""
    wanted = needed(requests)
    morning = Morning(SigningKey.generate(), ["204817"] * wanted.leaving)
    return [one.partition(" HTTP")[0] for one in islice(morning.requests(), requests)]


def test_half_of_the_days_orders_leave_in_the_hour() -> None:
    assert HOUR[Morning.load] == peak.ORDERS_A_DAY // 2 == peak.COURIERS * peak.A_TOUR
    assert round(peak.A_SECOND, 1) == 16.8


def test_an_hour_has_as_many_requests_of_each_kind_as_it_says() -> None:
    assert Counter(islice(due(), sum(HOUR.values()))) == Counter(HOUR)


def test_a_parcel_is_scanned_once_and_no_tour_before_the_gate_is_free() -> None:
    scans = [loaded(number) for number in range(3 * peak.GATES * peak.A_TOUR)]
    assert len({*scans}) == len(scans)
    first = scans[: peak.GATES * peak.A_TOUR]
    assert {tour for tour, _ in first} == {*range(peak.GATES)}


def test_nobody_does_twice_what_is_done_once() -> None:
    once = [one for one in paths(REQUESTS) if one.endswith(("/completion", "/handovers", "/exit"))]
    assert len({*once}) == len(once) > 0


def test_what_is_needed_is_what_is_asked_for() -> None:
    asked, wanted = paths(REQUESTS), needed(REQUESTS)
    assert wanted.completed == sum(one.endswith("/completion") for one in asked)
    assert wanted.leaving == sum(one.endswith("/exit") for one in asked)
    assert wanted.composed == peak.A_TOUR * asked.count("POST /depot_tours/tours")
    tours = {int(one.split("/")[3].removeprefix("L")) for one in asked if "/tours/L" in one}
    assert tours == {*range(wanted.loading)}
