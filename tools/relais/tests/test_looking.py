"""Commands that look: events, topics, relays, timers, tokens."""

import subprocess
import sys
from datetime import datetime, timedelta, timezone
from importlib.metadata import version
from pathlib import Path

import duckdb
import httpx
import pytest

from infra.http.auth import PublishedKeys, Verifier
from infra.settings import Settings
from infra.tokens import SigningKey, jwks
from tools.relais.answers import cell
from tools.relais.home import nearest
from tools.relais.keys import with_keys
from tools.relais.tests.conftest import Line, Platform

TRIPS = "relais.missions.trip.v1"


class TestHelp:
    def test_it_answers_without_loading_the_platform(self) -> None:
        heavy = "sys.modules.keys() & {'infra', 'services', 'fastapi', 'faust', 'psycopg'}"
        code = f"import sys, tools.relais.main; sys.exit(len({heavy}))"
        assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0

    def test_a_word_nobody_knows_is_a_matter_of_usage(self, nowhere: Line) -> None:
        assert nowhere.say("dance").exit_code == 2


class TestWithoutAPlatform:
    @pytest.mark.parametrize(
        "words",
        [
            ("events", "show", "trip-T1"),
            ("topics", "list"),
            ("views", "list"),
            ("parked", "list"),
            ("relay", "status"),
            ("timers", "list"),
            ("doctor",),
        ],
    )
    def test_one_line_says_how_to_get_one(self, nowhere: Line, words: tuple[str, ...]) -> None:
        said = nowhere.say(*words)
        assert said.exit_code == 3
        [line] = said.stderr.splitlines()
        assert "start `relais up`" in line

    def test_a_database_that_does_not_answer_is_named(self, nowhere: Line) -> None:
        away = Line(
            nowhere.home,
            {**nowhere.environment, "RELAIS_POSTGRES": "postgresql://nobody@127.0.0.1:1/x"},
        )
        error = away.facts("timers", "list", code=3)["error"]
        assert error["code"] == 3
        assert error["message"].startswith("cannot reach the database of accounts")


class TestVersion:
    def test_it_is_that_of_the_package(self, nowhere: Line) -> None:
        said = nowhere.say("--version")
        assert (said.exit_code, said.stdout) == (0, f"relais {version('relais')}\n")


class TestHome:
    """Where nobody says `RELAIS_HOME`."""

    def test_it_is_found_from_a_folder_below(self, tmp_path: Path) -> None:
        below = tmp_path / "docs" / "adr"
        below.mkdir(parents=True)
        (tmp_path / ".relais").mkdir()
        assert nearest(Settings(), below).home == tmp_path / ".relais"
        assert nearest(Settings(home=tmp_path / "other"), below).home == tmp_path / "other"

    def test_a_folder_without_one_above_it_keeps_to_its_own(self, tmp_path: Path) -> None:
        assert nearest(Settings(), tmp_path).home == Path(".relais")


class TestCell:
    def test_a_time_is_in_utc_and_says_so(self) -> None:
        there = timezone(timedelta(hours=2))
        assert cell(datetime(2026, 11, 28, 10, 5, 6, tzinfo=there)) == "2026-11-28 08:05:06Z"

    def test_what_is_unknown_is_empty(self) -> None:
        assert (cell(None), cell(False), cell(1.25)) == ("", "no", "1.2")


@pytest.fixture
def left(nowhere: Line) -> Line:
    """The home of a platform that ran once."""
    with_keys(nowhere.home, Settings())
    return nowhere


class TestToken:
    def test_no_key_is_made_where_no_platform_ever_ran(self, nowhere: Line) -> None:
        words = ("token", "--role", "driver", "--subject", "D1", "--org", "acme")
        error = nowhere.facts(*words, code=3)["error"]
        assert error["message"].startswith(f"no platform ever ran in {nowhere.home}")
        assert list(nowhere.home.iterdir()) == []

    def test_the_key_of_the_home_signs_it(self, left: Line) -> None:
        words = ("token", "--role", "logistics", "--role", "operator")
        made = left.facts(*words, "--subject", "lea", "--org", "acme")
        pem = (left.home / "keys" / "signing.pem").read_text()
        keys = PublishedKeys(jwks(SigningKey.from_pem(pem)))
        principal = Verifier(keys, "relais-accounts", "relais").principal(
            f"Bearer {made['token']}".encode()
        )
        assert (principal.subject, principal.organisation_id) == ("lea", "acme")
        assert principal.roles == {"logistics", "operator"}

    def test_only_we_can_read_the_key(self, left: Line) -> None:
        left.facts("token", "--role", "driver", "--subject", "D1", "--org", "acme")
        modes = {path.stat().st_mode & 0o777 for path in (left.home / "keys").iterdir()}
        assert modes == {0o600}

    def test_the_running_platform_takes_it(self, platform: Platform) -> None:
        made = platform.say("token", "--role", "driver", "--subject", "D1", "--org", "acme")
        headers = {"Authorization": f"Bearer {made.stdout.strip()}"}
        answer = httpx.get(f"{platform.url}/partner/trips", headers=headers, timeout=60)
        assert answer.status_code != 401

    @pytest.mark.parametrize(("role", "subject"), [("king", "lea"), ("driver", "a/b")])
    def test_one_that_nobody_would_take_is_refused(
        self, left: Line, role: str, subject: str
    ) -> None:
        said = left.say("token", "--role", role, "--subject", subject, "--org", "acme")
        assert said.exit_code == 2

    def test_a_key_published_elsewhere_does_not_take_ours(self, left: Line) -> None:
        elsewhere = Line(
            left.home, {**left.environment, "RELAIS_JWKS": jwks(SigningKey.generate())}
        )
        words = ("token", "--role", "driver", "--subject", "D1", "--org", "acme")
        assert elsewhere.say(*words).exit_code == 2


class TestEvents:
    def test_a_stream_shows_who_did_what(self, platform: Platform) -> None:
        [event] = platform.facts("events", "show", f"trip-{platform.trip('Hexa')}")
        assert event["type"] == f"{TRIPS}.published"
        assert (event["actor"], event["version"]) == ("lea", 1)
        assert event["event"]["client_brand"] == "Hexa"

    def test_a_stream_shows_what_led_to_each_fact(self, platform: Platform) -> None:
        stream = f"trip-{platform.trip()}"
        [event] = platform.facts("events", "show", stream)
        said = platform.say("events", "show", stream).stdout
        assert event["causation_id"]
        assert event["causation_id"] in said

    def test_a_stream_may_be_named_as_consumers_do(self, platform: Platform) -> None:
        trip = platform.trip()
        assert platform.facts("events", "show", f"missions.trip/{trip}")

    def test_personal_fields_stay_closed(self, platform: Platform) -> None:
        [event] = platform.facts("events", "show", f"driver-{platform.driver()}")
        assert (event["event"]["name"], event["event"]["phone"]) == ("XXXX", "XXXX")

    def test_opening_them_is_written_down(self, platform: Platform) -> None:
        stream = f"driver-{platform.driver('Grace Hopper')}"
        [event] = platform.facts("events", "show", stream, "--personal")
        assert event["event"]["name"] == "Grace Hopper"
        last = platform.audited[-1]
        assert (last["action"], last["stream"]) == ("events show --personal", stream)

    def test_a_stream_nobody_wrote_is_refused(self, platform: Platform) -> None:
        assert platform.facts("events", "show", "trip-none", code=1)["error"]["code"] == 1

    def test_what_is_no_stream_is_refused(self, platform: Platform) -> None:
        assert platform.say("events", "show", "nonsense").exit_code == 2

    def test_the_tail_ends_with_the_latest_of_a_type(self, platform: Platform) -> None:
        trip = platform.trip()
        platform.driver()
        found = platform.lines("events", "tail", "--type", "*.trip.*", "-n", "1")
        assert [one["stream"] for one in found] == [f"trip-{trip}"]

    def test_the_tail_goes_back_to_a_time(self, platform: Platform) -> None:
        first, second = platform.trip(), platform.trip()
        [event] = platform.facts("events", "show", f"trip-{first}")
        found = platform.lines("events", "tail", "--from", event["recorded_at"], "-n", "1")
        assert {f"trip-{first}", f"trip-{second}"} <= {one["stream"] for one in found}

    def test_a_time_without_a_zone_is_refused(self, platform: Platform) -> None:
        assert platform.say("events", "tail", "--from", "2030-05-01").exit_code == 2


class TestTopics:
    def test_every_topic_is_as_its_file_says(self, platform: Platform) -> None:
        found = platform.facts("topics", "list")
        assert {topic["state"] for topic in found} == {"ok"}

    def test_creating_them_again_changes_nothing(self, platform: Platform) -> None:
        assert platform.facts("topics", "create") == {"created": []}

    def test_the_tail_shows_a_record_without_any_key(self, platform: Platform) -> None:
        driver = platform.driver()

        def arrived() -> bool:
            found = platform.lines("topics", "tail", "relais.missions.driver.v1")
            told = [
                (one["event"]["name"], one["business_time"] == one["event"]["registered_at"])
                for one in found
                if one["key"] == driver
            ]
            return told == [("XXXX", True)]

        platform.until(arrived)

    def test_a_topic_that_is_not_ours_is_refused(self, platform: Platform) -> None:
        assert platform.say("topics", "tail", "relais.other.v1").exit_code == 2
        assert platform.say("export", "relais.other.v1").exit_code == 2

    @pytest.mark.parametrize("form", ["ndjson", "parquet"])
    def test_an_export_has_each_record_of_the_topic_once(
        self, form: str, platform: Platform, tmp_path: Path
    ) -> None:
        topic, to = "relais.missions.trip.v1", ("--to", str(tmp_path), "--format", form)
        trip = platform.trip()

        def arrived() -> bool:
            platform.lines("export", topic, *to)
            return trip in keys()

        def keys() -> list[str]:
            found = duckdb.execute(f"select key from '{tmp_path}/{topic}/*.{form}'").fetchall()
            return [key for (key,) in found]

        platform.until(arrived)
        assert keys().count(trip) == 1
        tailed = platform.lines("topics", "tail", topic, "-n", "100000")
        assert sorted(keys()) == sorted(one["key"] for one in tailed)


class TestRelay:
    def test_one_leads_and_keeps_up(self, platform: Platform) -> None:
        platform.trip()
        platform.until(lambda: platform.facts("relay", "status")[0]["waiting"] == 0)
        [found] = platform.facts("relay", "status", "--service", "missions")
        assert found["leader"].startswith("pid ")
        assert found["trouble"] is None

    @pytest.mark.parametrize("service", ["views.partner", "nobody"])
    def test_a_service_without_one_is_refused(self, platform: Platform, service: str) -> None:
        assert platform.say("relay", "status", "--service", service).exit_code == 2


class TestTimers:
    def test_an_open_trip_has_one(self, platform: Platform) -> None:
        trip = platform.trip()
        found = platform.facts("timers", "list")
        assert ("missions", f"trip-{trip}", "expiry") in [
            (one["service"], one["stream"], one["name"]) for one in found
        ]

    def test_none_is_late(self, platform: Platform) -> None:
        platform.trip()
        platform.until(lambda: platform.facts("timers", "list", "--late") == [])

    def test_a_service_without_them_is_refused(self, platform: Platform) -> None:
        assert platform.say("timers", "list", "--service", "views.partner").exit_code == 2
