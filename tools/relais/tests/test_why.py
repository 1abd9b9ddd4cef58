"""One cause is followed across services, a page at a time."""

from collections.abc import Callable
from typing import Any

from infra.database import open_pool
from infra.migrations import apply_migrations, steps_in
from tools.relais.tests.conftest import Platform
from tools.relais.why import PAGE, asked, tree


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
    """A trip, its driver, and the fact that gave one to the other, once it led to an invoice."""
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
    wanted = {
        ("missions", f"trip-{trip}"),
        ("missions", f"driver-{driver}"),
        ("invoices", f"invoice-inv-{trip}"),
    }
    # What was just recorded is read once nothing older is on its way.
    platform.until(lambda: wanted <= streams(platform.facts("why", fact["correlation_id"])))
    return trip, driver, fact


def streams(found: dict[str, Any]) -> set[tuple[str, str]]:
    """The streams that are shown, each with its service."""
    return {(one["service"], one["stream"]) for one in found["events"]}


class TestCommand:
    def test_one_request_is_followed_into_every_service(self, platform: Platform) -> None:
        trip, driver, fact = assigned(platform)
        found = platform.facts("why", fact["correlation_id"])
        assert {service for service, _ in streams(found)} >= {"missions", "invoices"}
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
        first = platform.facts("why", fact["correlation_id"], "-n", "1")
        rest = platform.facts("why", fact["correlation_id"], "--after", first["next"])
        shown = [one["event_id"] for one in first["events"] + rest["events"]]
        # More may have come since, also in between.
        whole = platform.facts("why", fact["correlation_id"])["events"]
        assert shown == [one["event_id"] for one in whole if one["event_id"] in shown]
        assert len({*shown}) == len(shown) >= 3
        assert (len(first["events"]), rest["next"]) == (1, None)

    def test_what_led_to_nothing_is_refused_and_so_is_a_page_that_is_none(
        self, platform: Platform
    ) -> None:
        message = platform.facts("why", "nothing", code=1)["error"]["message"]
        assert message == "nothing was recorded with the correlation nothing"
        assert platform.say("why", "nothing", "--after", "soon").exit_code == 2


async def test_a_correlation_is_found_without_reading_the_whole_store(
    new_database: Callable[[], str],
) -> None:
    pool = await open_pool(new_database(), 1, "why")
    async with pool:
        await apply_migrations(pool, "store", steps_in("infra.store"))
        for correlation in ("0f8fad5bd9cb469fa16570867728950e", "timer:trip-1/expiry"):
            async with pool.connection() as connection, connection.transaction():
                await connection.execute("set local enable_seqscan = off")
                plan = await connection.execute(f"explain {PAGE}".encode(), asked(correlation, 9))
                assert "event_correlated" in str(await plan.fetchall())
