"""A wrong event was recorded: what docs/runbook says, played as an operator does."""

import json
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tools.relais.tests.conftest import ORGANISATION, Platform
from tools.relais.tests.test_mending import generations

ROOT = Path(__file__).resolve().parents[3]
PARTNER = "views.partner"
QUOTED = "relais.missions.trip.v1.quote_submitted"


def shown(platform: Platform, trip: str) -> list[Any]:
    """The brand of a trip on the screen of partners."""
    query = f"select client_brand from partner.trips where trip_id = '{trip}'"
    return [brand for (brand,) in platform.sql(PARTNER, query)]


def settled(platform: Platform) -> None:
    platform.until(lambda: platform.say("doctor", "--settled", "0").exit_code == 0)


def history(platform: Platform, trip: str) -> list[Any]:
    path = f"/missions/trips/{trip}/history"
    found: list[Any] = platform.post("logistics", "lea", path, None, "GET")["items"]
    return found


@pytest.fixture
def brand(tmp_path: Path) -> Path:
    """The file of an operator who knows the right brand."""
    file = tmp_path / "right.json"
    file.write_text('{"client_brand": "Right"}')
    return file


@pytest.fixture
def alone(platform: Platform) -> Iterator[None]:
    """Leaves one generation of the partner's tables: others park what it parks."""
    yield
    for number, state in generations(platform).items():
        if state != "active":
            platform.facts("views", "drop", PARTNER, str(number))


def correct(trip: str, file: Path, *more: str) -> tuple[str, ...]:
    said = ("--with", str(file), "--reason", "typo")
    return ("events", "correct", f"trip-{trip}", "1", *said, *more)


def parked(platform: Platform) -> set[str]:
    return {one["stream"] for one in platform.facts("parked", "list")}


def broken(platform: Platform) -> str:
    """A trip with an event that no release can read; answers its id."""
    trip = platform.trip("Hexa")
    platform.sql(
        "missions",
        "insert into es.stored_event (stream, version, event_id, type, data, meta, occurred_at)"
        f" values ('trip-{trip}', 2, gen_random_uuid(), '{QUOTED}', '\\xff',"
        f' \'{{"organisation": "{ORGANISATION}"}}\', now())',
    )
    return trip


def commands_of_the_runbook() -> list[str]:
    """The commands of the page, in its order."""
    page = (ROOT / "docs" / "runbook" / "a-wrong-event-was-recorded.md").read_text()
    return [line.strip() for line in page.splitlines() if line.startswith(" " * 6)]


class TestCorrecting:
    def test_a_rehearsal_says_what_would_be_and_changes_nothing(
        self, platform: Platform, brand: Path
    ) -> None:
        trip = platform.trip("Wrong")
        found = platform.facts(*correct(trip, brand))
        assert (found["now"]["client_brand"], found["then"]["client_brand"]) == ("Wrong", "Right")
        assert (found["kind"], found["said_at_version"]) == ("corrected", None)
        assert {PARTNER, "alerts.matcher"} <= set(found["readers"])
        assert len(platform.facts("events", "show", f"trip-{trip}")) == 1
        assert "nothing was changed; --yes does it" in platform.say(*correct(trip, brand)).stdout

    def test_carried_out_it_is_seen_by_screens_and_history(
        self, platform: Platform, brand: Path
    ) -> None:
        trip = platform.trip("Wrong")
        platform.until(lambda: shown(platform, trip) == ["Wrong"])
        assert platform.facts(*correct(trip, brand, "--yes"))["said_at_version"] == 2
        platform.until(lambda: shown(platform, trip) == ["Right"])
        first, said = history(platform, trip)
        assert (first["amended"]["kind"], first["amended"]["said_at_version"]) == ("corrected", 2)
        assert (said["what"]["reason"], said["actor"]) == (
            "typo",
            f"operator:{platform.audited[-1]['who']}",
        )

    @pytest.mark.usefixtures("alone")
    def test_a_rebuild_shows_the_same(self, platform: Platform, brand: Path) -> None:
        trip = platform.trip("Wrong")
        platform.facts(*correct(trip, brand, "--yes"))
        settled(platform)
        platform.facts("views", "rebuild", PARTNER)
        assert shown(platform, trip) == ["Right"]

    def test_the_operator_sees_both(self, platform: Platform, brand: Path) -> None:
        trip = platform.trip("Wrong")
        platform.facts(*correct(trip, brand, "--yes"))
        wrong, said = platform.facts("events", "show", f"trip-{trip}")
        assert (wrong["event"]["client_brand"], wrong["holds"]["client_brand"]) == (
            "Wrong",
            "Right",
        )
        assert (wrong["amended_at"], said["event"]["reason"]) == ([2], "typo")
        assert "amended at version 2" in platform.say("events", "show", f"trip-{trip}").stdout

    def test_it_is_written_down_and_said_once(self, platform: Platform, brand: Path) -> None:
        trip = platform.trip("Wrong")
        platform.facts(*correct(trip, brand, "--yes"))
        last = platform.audited[-1]
        assert (last["action"], last["stream"], last["reason"]) == (
            "events correct",
            f"trip-{trip}",
            "typo",
        )
        again = platform.facts(*correct(trip, brand, "--yes"))
        assert (again["kind"], again["said_at_version"]) == (None, None)
        assert platform.audited[-1] == last

    def test_what_reactions_did_because_of_it_is_named(
        self, platform: Platform, tmp_path: Path
    ) -> None:
        driver, trip = platform.driver(), platform.trip()
        assigned = {"driver_id": driver, "price": {"amount_minor": 20_000, "currency": "EUR"}}
        platform.post("logistics", "lea", f"/missions/trips/{trip}/assignment", assigned)
        events = platform.facts("events", "show", f"trip-{trip}")
        [version] = [one["version"] for one in events if one["type"].endswith("mission_assigned")]
        led_to = f"select version from es.event where stream = 'driver-{driver}' and version = 2"
        platform.until(lambda: bool(platform.sql("missions", led_to)))
        file = tmp_path / "right.json"
        file.write_text('{"price": {"amount_minor": 2000, "currency": "EUR"}}')
        words = ("--with", str(file), "--reason", "typo")
        found = platform.facts("events", "correct", f"trip-{trip}", str(version), *words)
        assert f"driver-{driver}" in {one["stream"] for one in found["followed"]}

    @pytest.mark.parametrize(
        ("changes", "fault"),
        [
            ('{"colour": "red"}', "TripPublished has no colour"),
            ('{"distance_km": "far"}', "TripPublished.distance_km: 'far' is no int"),
            ('{"trip_id": "t-2"}', "trip_id must stay"),
            ("[]", "TripPublished: [] is no dict"),
        ],
    )
    def test_fields_that_are_none_are_refused(
        self, platform: Platform, brand: Path, changes: str, fault: str
    ) -> None:
        trip = platform.trip()
        brand.write_text(changes)
        error = platform.facts(*correct(trip, brand, "--yes"), code=1)["error"]
        assert fault in error["message"]
        assert len(platform.facts("events", "show", f"trip-{trip}")) == 1

    def test_a_file_that_is_none_is_a_matter_of_usage(
        self, platform: Platform, brand: Path
    ) -> None:
        for content in ("{", None):
            brand.write_text(content) if content else brand.unlink()
            assert platform.say(*correct("t-1", brand)).exit_code == 2

    def test_there_is_no_amendment_without_a_reason(self, platform: Platform, brand: Path) -> None:
        words = ("events", "correct", f"trip-{platform.trip()}", "1", "--with", str(brand))
        assert platform.say(*words).exit_code == 2
        assert "say why" in platform.facts(*words, "--reason", " ", code=1)["error"]["message"]


class TestSkipping:
    @pytest.mark.usefixtures("alone")
    def test_a_stream_that_nobody_can_read_goes_on_everywhere(self, platform: Platform) -> None:
        trip = broken(platform)
        platform.until(lambda: f"missions.trip/{trip}" in parked(platform))
        said = platform.facts("views", "rebuild", PARTNER, code=1)["error"]["message"]
        assert "docs/runbook/a-wrong-event-was-recorded.md" in said
        words = ("events", "skip", f"trip-{trip}", "2", "--reason", "a release that was taken back")
        assert platform.facts(*words, "--yes")["said_at_version"] == 3
        platform.until(lambda: f"missions.trip/{trip}" not in parked(platform))
        platform.facts("views", "rebuild", PARTNER)
        assert [one["what"].get("kind") for one in history(platform, trip)][1:] == [
            "skipped",
            "skipped",
        ]
        doctor = platform.facts("doctor")
        [amended] = [one for one in doctor["looked_at"] if one["where"] == "amendments of missions"]
        assert any("taken back" in one for one in amended["passed over"])

    def test_what_can_be_read_is_passed_over_by_somebody_named(self, platform: Platform) -> None:
        words = ("events", "skip", f"trip-{platform.trip()}", "1", "--reason", "too large")
        assert "can be read" in platform.facts(*words, code=1)["error"]["message"]
        found = platform.facts(*words, "--reader", PARTNER)
        assert (found["kind"], found["readers"]) == ("skipped", [PARTNER])

    def test_a_reader_that_does_not_exist_is_refused(self, platform: Platform) -> None:
        words = ("events", "skip", f"trip-{platform.trip()}", "1", "--reason", "x")
        error = platform.facts(*words, "--reader", "views.nobody", code=2)["error"]
        assert error["message"].startswith("nobody is called views.nobody; readers are ")


class TestRedacting:
    def test_what_was_said_is_gone_and_proven(self, platform: Platform, tmp_path: Path) -> None:
        trip = platform.trip("0612345678")
        where = f"where stream = 'trip-{trip}' and version = 1"
        [(value,)] = platform.sql("missions", f"select data from es.event {where}")
        file = tmp_path / "left.json"
        file.write_text(json.dumps({"client_brand": "Atlas"}))
        words = ("--with", str(file), "--reason", "a number of a person", "--yes")
        found = platform.facts("events", "redact", f"trip-{trip}", "1", *words)
        assert found["said_at_version"] == 2
        platform.until(lambda: shown(platform, trip) == ["Atlas"])
        stored = platform.sql("missions", f"select data from es.event where stream = 'trip-{trip}'")
        assert not any(b"0612345678" in data for (data,) in stored)
        file.write_bytes(value)
        proof = ("events", "proof", f"trip-{trip}", "1", str(file))
        assert platform.facts(*proof)["proven"] is True
        file.write_bytes(value + b"x")
        assert platform.facts(*proof, code=1)["proven"] is False

    def test_the_list_has_who_and_why(self, platform: Platform) -> None:
        trip = platform.trip()
        words = ("--reason", "asked for by the client", "--yes")
        platform.facts("events", "redact", f"trip-{trip}", "1", *words)
        [*_, last] = platform.facts("events", "amended", "--service", "missions")
        assert (last["stream"], last["kind"], last["reason"]) == (
            f"trip-{trip}",
            "redacted",
            "asked for by the client",
        )
        settled(platform)
        assert shown(platform, trip) == []

    @pytest.mark.parametrize(
        ("stream", "version", "fault"),
        [("trip-none", "1", "trip-none has no events"), ("nonsense", "1", "is no stream")],
    )
    def test_an_event_that_does_not_exist_is_refused(
        self, platform: Platform, stream: str, version: str, fault: str
    ) -> None:
        said = platform.say("events", "redact", stream, version, "--reason", "x")
        assert (said.exit_code != 0, fault in said.stderr) == (True, True)


@pytest.mark.usefixtures("alone")
def test_the_commands_of_the_runbook_do_what_it_says(platform: Platform, tmp_path: Path) -> None:
    trip = broken(platform)
    files = {name: str(tmp_path / name) for name in ("right.json", "left.json")}
    [_, right, _, _], *commands = map(shlex.split, commands_of_the_runbook())
    (tmp_path / "right.json").write_text(right)
    (tmp_path / "left.json").write_text('{"client_brand": "Nobody"}')
    for command in commands:
        words = [files.get(word, word.replace("T1", trip)) for word in command[1:]]
        assert (words, platform.say(*words).exit_code) == (words, 0)
    found = platform.facts("events", "amended", "--service", "missions")
    ours = [one["kind"] for one in found if one["stream"] == f"trip-{trip}"]
    assert ours == ["corrected", "skipped", "redacted"]
    platform.until(lambda: shown(platform, trip) == ["Nobody"])
