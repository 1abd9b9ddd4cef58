"""Commands that change something: views, parked streams, people; and the doctor."""

import asyncio
import json
from collections.abc import Iterator
from typing import Any

import pytest
from aiokafka import AIOKafkaProducer

from contracts.missions import trip_v1
from services import registry
from tools.relais.tests.conftest import Platform

VIEWS = "views.partner"
DRIVER_STREAM = "missions.driver"


def generations(platform: Platform) -> dict[int, str]:
    found = platform.facts("views", "list", "--service", VIEWS)
    return {one["number"]: one["state"] for one in found}


def active(platform: Platform) -> int:
    [number] = [n for n, state in generations(platform).items() if state == "active"]
    return number


class TestViews:
    def test_the_list_has_every_service_with_tables_lookups_included(
        self, platform: Platform
    ) -> None:
        found = {one["service"] for one in platform.facts("views", "list")}
        assert found == {service.name for service in registry.services() if service.tables}
        assert {"papers", VIEWS} <= found

    def test_a_rebuild_swaps_and_a_rollback_swaps_back(self, platform: Platform) -> None:
        platform.trip()
        before = active(platform)
        made = platform.facts("views", "rebuild", VIEWS)
        assert made == {"service": VIEWS, "number": before + 1, "swapped": True}
        assert generations(platform)[before] == "previous"
        assert platform.facts("views", "rollback", VIEWS)["active"] == before
        platform.facts("views", "drop", VIEWS, str(made["number"]))
        assert generations(platform)[before] == "active"

    def test_a_rebuild_may_leave_the_swap_to_somebody(self, platform: Platform) -> None:
        before = active(platform)
        made = platform.facts("views", "rebuild", VIEWS, "--no-swap")
        assert (active(platform), made["swapped"]) == (before, False)
        assert platform.facts("views", "swap", VIEWS)["active"] == made["number"]
        platform.facts("views", "drop", VIEWS, str(before))

    def test_each_change_is_written_down(self, platform: Platform) -> None:
        before = active(platform)
        made = platform.facts("views", "rebuild", VIEWS)["number"]
        platform.facts("views", "drop", VIEWS, str(before))
        assert [one["action"] for one in platform.audited[-3:]] == [
            "views rebuild",
            "views swap",
            "views drop",
        ]
        assert active(platform) == made

    def test_the_generation_that_is_read_is_not_dropped(self, platform: Platform) -> None:
        number = active(platform)
        platform.facts("views", "drop", VIEWS, str(number), code=1)
        assert active(platform) == number

    @pytest.mark.parametrize("word", ["swap", "rollback"])
    def test_there_must_be_one_to_swap_to(self, platform: Platform, word: str) -> None:
        error = platform.facts("views", word, VIEWS, code=1)["error"]
        assert error["message"].startswith("views.partner has no ")

    def test_a_service_that_nobody_has_is_refused(self, platform: Platform) -> None:
        assert platform.say("views", "rebuild", "nobody").exit_code == 2


# --- Parked streams -----------------------------------------------------------


@pytest.fixture
def refused(platform: Platform) -> Iterator[str]:
    """A trip whose row the view's table refuses; the table is mended afterwards."""
    table = f'"partner_{active(platform)}".trips'
    rule = "add constraint no_poison check (client_brand <> 'Poison') not valid"
    platform.sql(VIEWS, f"alter table {table} {rule}")
    trip = platform.trip("Poison")
    platform.until(lambda: bool(platform.sql(VIEWS, "select stream from consumer.parked")))
    yield f"missions.trip/{trip}"
    platform.sql(VIEWS, f"alter table {table} drop constraint if exists no_poison")
    platform.say("parked", "requeue")
    assert platform.facts("parked", "list") == []


def mend(platform: Platform) -> None:
    platform.sql(VIEWS, f'alter table "partner_{active(platform)}".trips drop constraint no_poison')


@pytest.fixture
def stranger(platform: Platform) -> Iterator[str]:
    """A record that is no event, parked by everybody who reads the topic; discarded afterwards."""
    asyncio.run(_send(platform))
    platform.until(lambda: len(platform.facts("parked", "list")) == readers())
    stream = platform.facts("parked", "list")[0]["stream"]
    yield stream
    for one in platform.facts("parked", "list"):
        platform.facts(*_discard(one["stream"]), "--consumer", one["consumer"])


def readers() -> int:
    """How many consumers there are of what happens to trips."""
    services = registry.services()
    reactions = [one for service in services for one in service.reactions]
    views = [service for service in services if trip_v1.contract in service.sources]
    return len(views) + sum(one.contract is trip_v1.contract for one in reactions)


async def _send(platform: Platform) -> None:
    kafka = json.loads((platform.home / "run.json").read_text())["kafka"]
    producer = AIOKafkaProducer(bootstrap_servers=kafka)
    await producer.start()
    try:
        await producer.send_and_wait("relais.missions.trip.v1", b"?", b"who", partition=0)
    finally:
        await producer.stop()


def _discard(stream: str, reason: str = "not one of ours") -> tuple[str, ...]:
    return ("parked", "discard", stream, "--reason", reason)


class TestParked:
    def test_the_list_says_why(self, platform: Platform, refused: str) -> None:
        [found] = platform.facts("parked", "list")
        assert (found["stream"], found["records"]) == (refused, 1)
        assert "no_poison" in found["reason"]

    def test_one_stream_shows_its_records(self, platform: Platform, refused: str) -> None:
        [found] = platform.facts("parked", "show", refused)
        assert (found["version"], found["type"]) == (1, "relais.missions.trip.v1.published")

    def test_a_stream_that_flows_is_refused(self, platform: Platform) -> None:
        for words in (("show",), ("requeue",), ("discard", "--reason", "why not")):
            platform.facts("parked", *words, "missions.trip/none", code=1)

    def test_a_requeue_before_the_cause_is_mended_parks_it_again(
        self, platform: Platform, refused: str
    ) -> None:
        [found] = platform.facts("parked", "requeue", refused, code=1)
        assert found["outcome"] == "parked again"

    def test_a_requeue_after_it_goes_on(self, platform: Platform, refused: str) -> None:
        mend(platform)
        [found] = platform.facts("parked", "requeue", refused)
        assert (found["outcome"], found["left"]) == ("done", 0)
        id = refused.split("/")[1]
        rows = platform.sql(VIEWS, f"select client_brand from partner.trips where trip_id = '{id}'")
        assert rows == [("Poison",)]

    def test_a_record_of_nobody_is_given_up(self, platform: Platform, stranger: str) -> None:
        words = (*_discard(stranger, "a test"), "--consumer", "missions.bookings")
        [found] = platform.facts(*words)
        assert found["outcome"] == "done"
        last = platform.audited[-1]
        assert (last["action"], last["reason"]) == ("parked discard", "a test")

    def test_it_must_be_clear_who_gives_it_up(self, platform: Platform, stranger: str) -> None:
        platform.facts(*_discard(stranger), code=1)
        assert len(platform.facts("parked", "list")) == readers()

    def test_all_consumers_give_it_up_at_once_where_that_is_said(
        self, platform: Platform, stranger: str
    ) -> None:
        words = (*_discard(stranger), "--all-consumers")
        platform.facts(*words, "--consumer", "missions.bookings", code=2)
        assert len(platform.facts("parked", "list")) == readers()
        assert {one["outcome"] for one in platform.facts(*words)} == {"done"}
        assert platform.facts("parked", "list") == []

    def test_the_list_says_what_is_wrong_with_a_record_and_what_to_do(
        self, platform: Platform, stranger: str
    ) -> None:
        reasons = {one["reason"] for one in platform.facts("parked", "list")}
        [reason] = reasons
        assert "its header ce_id is missing" in reason
        assert "`relais parked discard`" in reason

    def test_giving_up_needs_a_reason(self, platform: Platform, stranger: str) -> None:
        assert platform.say("parked", "discard", stranger).exit_code == 2


# --- People -------------------------------------------------------------------


def streams(driver: str) -> list[str]:
    """The streams that are about somebody who drives: the account, the choices, the driver."""
    about = ("accounts.user", "messaging.preferences", "missions.driver")
    return [f"{stream}-{driver}" for stream in about]


def forget(platform: Platform, subject: str, code: int = 0) -> Any:
    words = ("subject", "forget", subject, "--requested-by", "the driver", "--reason", "left")
    return platform.facts(*words, code=code)


class TestSubject:
    def test_a_driver_is_known_and_readable(self, platform: Platform) -> None:
        driver = platform.driver()
        found = platform.facts("subject", "show", driver)
        assert (found["key"], found["streams"]) == ("there", streams(driver))
        assert {f["field"] for f in found["fields"]} >= {"email", "name", "phone"}
        assert all(f["readable"] for f in found["fields"])

    def test_forgetting_leaves_nothing_to_read(self, platform: Platform) -> None:
        driver = platform.driver("Alan Turing")
        proof = forget(platform, driver)
        assert (proof["complete"], proof["key"]) == (True, "destroyed")
        recorded = [one["stream"] for one in proof["recorded"]]
        assert recorded == [stream.split(".")[1] for stream in streams(driver)]
        assert not any(field["readable"] for field in proof["fields"])
        tables = {view["table"].split(".")[1]: view for view in proof["views"]}
        assert (tables["drivers"]["rows"], tables["drivers"]["rows_with_text"]) == (1, 0)
        assert "Alan Turing" not in platform.say("subject", "show", driver).output

    def test_nobody_is_forgotten_while_their_mission_runs(self, platform: Platform) -> None:
        driver, trip = platform.driver(), platform.trip()
        assigned = {"driver_id": driver, "price": {"amount_minor": 20_000, "currency": "EUR"}}
        platform.post("logistics", "lea", f"/missions/trips/{trip}/assignment", assigned)
        invoice = (
            f"select version from es.event where stream = 'invoice-inv-{trip}' and version = 2"
        )
        platform.until(lambda: bool(platform.sql("invoices", invoice)))
        error = forget(platform, driver, code=1)["error"]["message"]
        assert error == (
            f"{driver} cannot be forgotten yet: the mission of trip {trip} is under way"
        )
        assert platform.facts("subject", "show", driver)["key"] == "there"

    def test_the_command_may_be_repeated(self, platform: Platform) -> None:
        driver = platform.driver()
        first, second = forget(platform, driver), forget(platform, driver)
        assert (first["forgotten_at"], first["recorded"]) == (
            second["forgotten_at"],
            second["recorded"],
        )

    def test_the_people_at_the_ends_of_a_trip_are_forgotten_with_it(
        self, platform: Platform
    ) -> None:
        trip = platform.trip()
        told = {"street": "1 quai Rambaud", "contact_name": "Eve Roux", "phone": "0465710000"}
        platform.post("logistics", "lea", f"/missions/trips/{trip}/stops/arrival", told, "PUT")
        proof = forget(platform, trip)
        assert proof["recorded"] == [{"stream": f"trip-{trip}", "version": 3}]
        assert (proof["complete"], proof["readable_fields"], len(proof["fields"])) == (True, 0, 3)

    def test_it_is_written_down_who_asked(self, platform: Platform) -> None:
        driver = platform.driver()
        forget(platform, driver)
        last = platform.audited[-1]
        assert (last["subject"], last["requested_by"]) == (driver, "the driver")
        [*_, event] = platform.facts("events", "show", f"driver-{driver}")
        assert event["actor"] == f"operator:{last['who']}"

    @pytest.mark.parametrize("word", ["show", "forget"])
    def test_somebody_unknown_is_refused(self, platform: Platform, word: str) -> None:
        more = ("--requested-by", "x", "--reason", "y") if word == "forget" else ()
        error = platform.facts("subject", word, "nobody", *more, code=1)["error"]
        assert error["message"] == "nothing is known of nobody"

    def test_nobody_is_forgotten_without_a_reason(self, platform: Platform) -> None:
        driver = platform.driver()
        assert platform.say("subject", "forget", driver, "--requested-by", "x").exit_code == 2
        assert platform.facts("subject", "show", driver)["key"] == "there"


# --- The doctor ---------------------------------------------------------------


def settle(platform: Platform) -> None:
    """Until everything recorded is published and seen."""
    platform.until(lambda: platform.say("doctor", "--settled", "0").exit_code == 0)


class TestDoctor:
    def test_it_finds_nothing_wrong_with_a_healthy_platform(self, platform: Platform) -> None:
        platform.trip()
        settle(platform)
        found = platform.facts("doctor", "--whole")
        assert (found["healthy"], found["findings"]) == (True, [])
        assert any(one["where"] == "store of missions" for one in found["looked_at"])

    def test_a_parked_stream_is_wrong(self, platform: Platform, refused: str) -> None:
        [finding] = platform.facts("doctor", code=1)["findings"]
        assert refused in finding["what"]
        assert "relais parked requeue" in finding["do"]

    def test_a_view_behind_the_store_is_wrong(self, platform: Platform) -> None:
        driver = platform.driver()
        settle(platform)
        where = f"where stream = '{DRIVER_STREAM}/{driver}'"
        platform.sql(VIEWS, f"update consumer.stream set version = 0 {where}")
        findings = platform.facts("doctor", "--settled", "0", code=1)["findings"]
        platform.sql(VIEWS, f"update consumer.stream set version = 1 {where}")
        assert len([finding for finding in findings if driver in finding["what"]]) == 1

    def test_an_event_that_the_store_lost_is_a_phantom(self, platform: Platform) -> None:
        driver = platform.driver()
        settle(platform)
        where = f"where stream = 'driver-{driver}'"
        platform.sql("missions", f"create table kept as select * from es.stored_event {where}")
        platform.sql("missions", f"delete from es.stored_event {where}")
        findings = platform.facts("doctor", "--whole", code=1)["findings"]
        [lost] = platform.facts("phantoms", "list", code=1)
        why = ("--reason", "a test")
        rehearsed = platform.facts("phantoms", "repair", "missions", *why)
        refused = platform.facts("phantoms", "repair", "missions", *why, "--yes", code=1)
        platform.sql(
            "missions",
            "insert into es.stored_event overriding system value select * from kept;"
            " drop table kept",
        )
        assert any("phantom-events" in finding["do"] for finding in findings)
        assert (lost["service"], [one["key"] for one in lost["phantoms"]]) == ("missions", [driver])
        assert (VIEWS in lost["rebuild"], rehearsed) == (True, lost)
        assert {one["stream"] for one in lost["readers"]} == {f"{DRIVER_STREAM}/{driver}"}
        assert "stop `relais work missions`" in refused["error"]["message"]
        assert platform.facts("phantoms", "list") == []


class TestInstallation:
    def test_keys_that_are_older_are_found_and_adopted(self, platform: Platform) -> None:
        ours = "update relais.installation set other = other + 1000000 where part = 'missions'"
        platform.sql("missions", ours)
        found = platform.facts("doctor", code=1)["findings"]
        [finding] = [one for one in found if one["where"] == "installation of missions"]
        assert "the keys database is older than it was" in finding["what"]
        done = platform.facts("adopt", "missions", "--reason", "restored", "--yes")["adopted"]
        assert [(one["service"], one["was"]) for one in done] == [("missions", finding["what"])]
        found = json.loads(platform.say("doctor", "--json").stdout)["findings"]
        assert [one for one in found if one["where"].startswith("installation")] == []
