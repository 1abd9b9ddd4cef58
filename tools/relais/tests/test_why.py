"""One cause is followed across services, a page at a time."""

from typing import Any

from tools.relais.tests.conftest import Platform
from tools.relais.tests.test_mending import settle
from tools.relais.why import tree


def told(*events: tuple[str, str]) -> list[tuple[int, str]]:
    """The tree of events, each with its cause."""
    found = [{"event_id": id, "causation_id": cause} for id, cause in events]
    return [(depth, one["event_id"]) for depth, one in tree(found)]


class TestTree:
    def test_each_stands_behind_what_led_to_it(self) -> None:
        events = ("a", "request"), ("b", "a"), ("c", "request"), ("d", "a"), ("e", "b")
        assert told(*events) == [(0, "a"), (1, "b"), (2, "e"), (1, "d"), (0, "c")]

    def test_what_its_cause_is_not_shown_for_is_a_root(self) -> None:
        assert told(("b", "a"), ("c", "b")) == [(0, "b"), (1, "c")]

    def test_a_circle_is_told_once(self) -> None:
        assert told(("a", "b"), ("b", "a")) == [(0, "a"), (1, "b")]


def assigned(platform: Platform) -> tuple[str, str, dict[str, Any]]:
    """A trip, its driver, and the fact that assigned the one to the other."""
    driver, trip = platform.driver(), platform.trip()
    body = {"driver_id": driver, "price": {"amount_minor": 20_000, "currency": "EUR"}}
    platform.post("logistics", "lea", f"/missions/trips/{trip}/assignment", body)
    invoice = f"select version from es.event where stream = 'invoice-inv-{trip}'"
    platform.until(lambda: bool(platform.sql("invoices", invoice)))
    [fact] = [
        one
        for one in platform.facts("events", "show", f"trip-{trip}")
        if one["type"].endswith("mission_assigned")
    ]
    return trip, driver, fact


class TestCommand:
    def test_one_request_is_followed_into_every_service(self, platform: Platform) -> None:
        trip, driver, fact = assigned(platform)
        # What was just recorded is read once nothing older is on its way.
        settle(platform)
        found = platform.facts("why", fact["correlation_id"])
        streams = {(one["service"], one["stream"]) for one in found["events"]}
        assert {
            ("missions", f"trip-{trip}"),
            ("missions", f"driver-{driver}"),
            ("invoices", f"invoice-inv-{trip}"),
        } <= streams
        same = platform.facts("why", fact["event_id"])["correlation_id"]
        assert same == found["correlation_id"] == fact["correlation_id"]
        engaged = [one for one in found["events"] if one["stream"] == f"driver-{driver}"]
        assert {one["causation_id"] for one in engaged} == {fact["event_id"]}
        assert all(one["business_time"] for one in found["events"])
        said = platform.say("why", fact["correlation_id"]).stdout
        assert f"missions trip-{trip}@{fact['version']}" in said
        assert "by reaction:missions.bookings" in said

    def test_it_comes_in_pages(self, platform: Platform) -> None:
        _, _, fact = assigned(platform)
        # Until nothing is on its way that was recorded before what is shown.
        settle(platform)
        first = platform.facts("why", fact["correlation_id"], "-n", "1")
        rest = platform.facts("why", fact["correlation_id"], "--after", first["next"])
        shown = [one["event_id"] for one in first["events"] + rest["events"]]
        # More may have come since.
        whole = platform.facts("why", fact["correlation_id"])["events"]
        assert shown == [one["event_id"] for one in whole][: len(shown)]
        assert (len(first["events"]), rest["next"]) == (1, None)

    def test_what_led_to_nothing_is_refused_and_so_is_a_page_that_is_none(
        self, platform: Platform
    ) -> None:
        message = platform.facts("why", "nothing", code=1)["error"]["message"]
        assert message == "nothing was recorded with the correlation nothing"
        assert platform.say("why", "nothing", "--after", "soon").exit_code == 2
