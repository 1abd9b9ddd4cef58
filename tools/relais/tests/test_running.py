"""Commands that run something until they are told to stop."""

import json
import logging
import stat
import subprocess
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest
from pydantic import SecretStr

from infra.settings import Settings
from tools.outside import ROOT
from tools.relais.home import write_addresses
from tools.relais.hosting import telemetry_of
from tools.relais.running import first_steps
from tools.relais.tests.conftest import Line, Platform
from tools.relais.tests.processes import environment_of, running, started

OF_DEVELOPMENT = ("/development/page.js", "/app/", "/app/app.js")


def ask(address: str, until: int) -> float:
    """Ask anew until this is the status; answers when that was."""
    deadline = time.monotonic() + 60
    while httpx.get(address, timeout=60).status_code != until:
        assert time.monotonic() < deadline, address
        time.sleep(0.05)
    return time.monotonic()


def until_closed(address: str) -> tuple[list[int], float]:
    """The statuses of all requests until nobody is let in any more, and when that was."""
    answers: list[int] = []
    while True:
        try:
            answers.append(httpx.get(address, timeout=60).status_code)
        except httpx.TransportError:
            return answers, time.monotonic()


class TestUp:
    def test_a_second_one_in_the_same_home_is_refused(self, platform: Platform) -> None:
        said = platform.say("up")
        assert said.exit_code == 1
        [line] = said.stderr.splitlines()
        assert "it runs at" in line

    def test_it_says_where_mail_is_and_how_to_get_a_token(self, tmp_path: Path) -> None:
        said = "\n".join(first_steps(Settings(home=tmp_path), "http://127.0.0.1:8080"))
        assert "http://127.0.0.1:8080/messaging/inbox" in said
        assert "relais token" in said
        assert str(tmp_path) in said

    def test_no_inbox_is_named_where_mail_goes_to_a_server(self, tmp_path: Path) -> None:
        settings = Settings(home=tmp_path, smtp=SecretStr("smtp://localhost"))
        assert "/messaging/inbox" not in "\n".join(first_steps(settings, "http://127.0.0.1:8080"))

    def test_nobody_reads_half_of_its_addresses(self, tmp_path: Path) -> None:
        settings = Settings()
        written = write_addresses(tmp_path, settings, "http://127.0.0.1:1")
        with ThreadPoolExecutor() as pool:
            writing = pool.submit(
                lambda: [write_addresses(tmp_path, settings, f"http://h:{n}") for n in range(500)]
            )
            while not writing.done():
                assert json.loads(written.read_text())["host"]
            assert {path.name for path in writing.result()} == {"run.json"}

    def test_nobody_else_on_this_machine_reads_its_addresses(self, tmp_path: Path) -> None:
        written = write_addresses(tmp_path, Settings(), "http://127.0.0.1:1")
        assert stat.S_IMODE(written.stat().st_mode) == 0o600

    def test_logs_of_libraries_have_no_addresses_of_mails(self) -> None:
        telemetry_of(Settings(), "relais")
        assert not logging.getLogger("mail.log").isEnabledFor(logging.INFO)

    def test_a_request_that_goes_well_is_no_line_in_the_log_and_a_failed_one_is(self) -> None:
        telemetry_of(Settings(), "relais")
        assert not logging.getLogger("httpx").isEnabledFor(logging.INFO)
        assert logging.getLogger("httpx").isEnabledFor(logging.WARNING)

    def test_faust_warns_of_no_sensors_that_nobody_has(self) -> None:
        telemetry_of(Settings(), "relais")
        assert not logging.getLogger("faust.app.base").isEnabledFor(logging.WARNING)
        assert logging.getLogger("faust.app.base").isEnabledFor(logging.ERROR)

    def test_timers_of_a_library_that_are_late_are_no_lines_in_the_log(self) -> None:
        telemetry_of(Settings(), "relais")
        assert not logging.getLogger("mode.timers").isEnabledFor(logging.WARNING)
        assert logging.getLogger("mode.timers").isEnabledFor(logging.ERROR)


class TestServeAndWork:
    @pytest.mark.parametrize("words", [("serve", "missions"), ("work", "views.partner")])
    def test_one_service_runs_and_stops_in_order(
        self, platform: Platform, words: tuple[str, str]
    ) -> None:
        with running(platform, *words) as url:
            assert httpx.get(f"{url}/health/live", timeout=60).status_code == 200
            html = {"Accept": "text/html"}
            assert "/development/" not in httpx.get(url, headers=html, timeout=60).text
            sample = httpx.post(f"{url}/development/people/camille-dev", timeout=60)
            assets = [httpx.get(url + path, timeout=60) for path in OF_DEVELOPMENT]
            assert {answer.status_code for answer in (sample, *assets)} == {404}

    def test_an_api_that_stops_says_so_first_and_refuses_nobody_until_its_time_is_over(
        self, platform: Platform
    ) -> None:
        with started(platform, "serve", "missions", leave_seconds=3) as (process, url):
            ask(f"{url}/health/ready", until=200)
            process.terminate()
            said = ask(f"{url}/health/ready", until=503)
            answers, closed = until_closed(f"{url}/health/live")
        assert set(answers) == {200}
        assert closed - said >= 2

    def test_migrations_run_before_the_first_process_and_again(self, platform: Platform) -> None:
        given = Line(platform.home, environment_of(platform))
        for _ in range(2):
            said = given.say("migrate", "views.partner")
            assert (said.exit_code, said.stdout) == (0, "views.partner: ready for this release\n")

    @pytest.mark.parametrize("word", ["serve", "work", "migrate"])
    def test_a_service_nobody_knows_is_refused(self, nowhere: Line, word: str) -> None:
        assert nowhere.say(word, "nobody").exit_code == 2

    def test_a_setting_that_is_wrong_is_named_with_its_rule(self, nowhere: Line) -> None:
        weak = {**nowhere.environment, "RELAIS_MASTER_KEYS": json.dumps({"new": "AAAA"})}
        said = Line(nowhere.home, weak).say("serve", "missions")
        assert said.exit_code == 2
        assert "RELAIS_MASTER_KEYS: the key new must have 32 bytes, not 3" in said.stderr

    @pytest.mark.parametrize("words", [("doctor",), ("relay", "status"), ("serve", "missions")])
    def test_an_address_of_postgresql_that_is_none_is_named_and_not_repeated(
        self, nowhere: Line, words: tuple[str, ...]
    ) -> None:
        wrong = {**nowhere.environment, "RELAIS_POSTGRES": "secret-junk"}
        said = Line(nowhere.home, wrong).say(*words)
        assert said.exit_code == 2
        assert "RELAIS_POSTGRES: must be like postgresql://" in said.stderr
        assert "junk" not in said.stderr

    @pytest.mark.parametrize("word", ["serve", "work", "migrate"])
    def test_what_is_not_set_is_named(self, nowhere: Line, word: str) -> None:
        said = nowhere.say(word, "missions")
        assert (said.exit_code, said.stderr) == (2, "relais: RELAIS_POSTGRES is not set\n")


def test_the_command_of_a_checkout_is_found_from_any_folder_and_by_a_link(tmp_path: Path) -> None:
    (tmp_path / "relais").symlink_to(ROOT / "relais")
    command = ["./relais", "--version"]
    said = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=True)
    assert said.stdout.startswith("relais ")
