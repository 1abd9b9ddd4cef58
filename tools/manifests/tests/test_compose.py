"""The platform with Docker is that of the declared services, and Compose reads it."""

import re
import shutil
import stat
import subprocess
import warnings
from pathlib import Path
from typing import Any

import pytest
import yaml

from infra.host import Service
from infra.settings import Settings
from services import registry
from tools.manifests.__main__ import composed, main
from tools.manifests.alerts import PROMTOOL
from tools.manifests.compose import FOLDER, gateway, platform, read, scraping
from tools.manifests.declared import declared
from tools.manifests.files import RULES, files
from tools.manifests.workloads import GRACE
from tools.outside import ROOT, Absent

SERVICES = registry.services()
WRITTEN = ROOT / FOLDER
SERVERS: dict[str, dict[str, Any]] = yaml.safe_load((WRITTEN / "compose.yaml").read_text())[
    "services"
]
PROCESS = yaml.safe_load((WRITTEN / "process.yaml").read_text())["services"]
# An exact version, never a tag that moves.
_EXACT = re.compile(r"[a-z0-9./-]+:v?\d+\.\d+(\.\d+)?(-[a-z]+)?|[a-z0-9./-]+@sha256:[0-9a-f]{64}")

# Where Go or promtool is absent, the summary says so.
pytestmark = pytest.mark.filterwarnings("default::UserWarning")


def understood(folder: Path) -> tuple[bool, str] | None:
    """Whether Compose reads a folder, and its words or its errors; None where Go is absent."""
    try:
        return read(folder)
    except Absent as absent:
        warnings.warn(str(absent), stacklevel=1)
        return None


class TestReading:
    def test_each_process_is_read_with_what_all_share(self) -> None:
        found = understood(WRITTEN)
        if found is None:
            return
        fine, said = found
        assert fine, said
        project = yaml.safe_load(said)["services"]
        assert {f"{declared(one).name}-api" for one in SERVICES} <= project.keys()
        api, workers = project["missions-api"], project["missions-workers"]
        assert api["command"] == ["serve", "missions"]
        assert api["depends_on"].keys() == {"postgres", "migrate", "kafka", "mail", "objects"}
        assert (api["read_only"], api["cap_drop"]) == (True, ["ALL"])
        assert (api["stop_grace_period"], workers["stop_grace_period"]) == (
            f"{GRACE['api']}s",
            f"{GRACE['workers']}s",
        )

    @pytest.mark.parametrize(
        ("path", "right", "wrong", "said"),
        [
            ("compose.yaml", "    healthcheck:", "    healthchek:", "healthchek"),
            ("process.yaml", "      kafka:", "      kafca:", 'undefined service "kafca"'),
            ("platform.yaml", "service: lasting", "service: lastng", "lastng"),
            ("compose.yaml", "run ./secrets}", "run ./secrets", "run ./secrets"),
        ],
        ids=["a misspelt field", "nobody to wait for", "nothing to extend", "a broken setting"],
    )
    def test_what_compose_would_refuse_is_named(
        self,
        tmp_path: Path,
        capsys: pytest.CaptureFixture[str],
        path: str,
        right: str,
        wrong: str,
        said: str,
    ) -> None:
        folder = tmp_path / FOLDER
        shutil.copytree(WRITTEN, folder, ignore=shutil.ignore_patterns(".env"))
        (folder / path).write_text((folder / path).read_text().replace(right, wrong))
        if understood(folder) is not None:
            assert composed(tmp_path) == 1
            assert said in capsys.readouterr().out

    def test_prometheus_takes_its_file(self) -> None:
        try:
            command = [str(PROMTOOL.installed()), "check", "config", "--syntax-only"]
        except Absent as absent:
            warnings.warn(str(absent), stacklevel=1)
            return
        done = subprocess.run([*command, str(WRITTEN / "prometheus.yaml")], check=False)
        assert done.returncode == 0


class TestPlatform:
    def test_a_service_gets_its_processes_its_way_and_its_measures(self) -> None:
        bells = [Service("bells", lambda _: None)]
        processes = platform(bells)["services"]
        assert processes["bells-api"]["command"] == ["serve", "bells"]
        assert processes["bells-workers"]["command"] == ["work", "bells"]
        assert "location /bells/ { set $there http://bells-api:8080;" in gateway(bells)
        [asked, _] = scraping(bells)["scrape_configs"]
        targets = [one["targets"] for one in asked["static_configs"]]
        assert targets == [["bells-api:8080"], ["bells-workers:8080"]]
        rules = RULES.read_text()
        # By these the rules find what is gone.
        assert 'up{endpoint="inside"}' in rules
        assert {one["labels"]["endpoint"] for one in asked["static_configs"]} == {"inside"}

    def test_what_somebody_edited_is_named(
        self, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        made = {path: text for path, text in files(SERVICES).items() if path.is_relative_to(FOLDER)}
        paths = list(made)
        assert len(paths) == 6
        main(["write"], tmp_path, lambda: made)
        for path in paths:
            (tmp_path / path).write_text(made[path] + "\n")
        assert main(["check"], tmp_path, lambda: made) == 1
        said = capsys.readouterr().out
        assert [path for path in paths if f"{path} is stale" not in said] == []

    def test_its_settings_are_taken(self, tmp_path: Path) -> None:
        given = PROCESS["process"]["environment"] | written(tmp_path)
        names = {name.removeprefix("RELAIS_").lower(): value for name, value in given.items()}
        settings = Settings.model_validate(names)
        assert settings.kafka == "kafka:9092"
        assert len(settings.masters["first"]) == 32


class TestServers:
    def test_each_is_of_an_exact_version(self) -> None:
        assert not [one["image"] for one in SERVERS.values() if not _EXACT.fullmatch(one["image"])]
        assert not _EXACT.fullmatch("docker.io/library/postgres:latest")
        assert not _EXACT.fullmatch("docker.io/library/postgres")

    def test_each_says_whether_it_is_well_except_the_collector_which_cannot(self) -> None:
        silent = {name for name, one in SERVERS.items() if "healthcheck" not in one}
        assert silent == {"collector"}
        assert "healthcheck" in PROCESS["lasting"]

    def test_no_port_is_open_to_other_machines(self) -> None:
        ports = [port for one in SERVERS.values() for port in one.get("ports", [])]
        assert ports
        assert all(port.startswith("127.0.0.1:") for port in ports)


class TestSecrets:
    def test_none_is_committed(self) -> None:
        of_servers = [
            item for one in SERVERS.values() for item in one.get("environment", {}).items()
        ]
        named = [*of_servers, *PROCESS["process"]["environment"].items()]
        secret = re.compile("PASSWORD|SECRET|MASTER_KEYS")
        values = [value for name, value in named if secret.search(name)]
        assert len(values) == 6
        assert all(value.startswith("${") for value in values)

    def test_they_are_made_once_for_their_owner_alone(self, tmp_path: Path) -> None:
        first = written(tmp_path)
        assert stat.S_IMODE((tmp_path / ".env").stat().st_mode) == 0o600
        assert len(set(first.values())) == len(first) == 4
        assert written(tmp_path) == first

    def test_git_takes_no_notice_of_them(self) -> None:
        assert ".env" in (ROOT / ".gitignore").read_text().splitlines()


def written(folder: Path) -> dict[str, str]:
    """The secrets that the script makes beside itself."""
    shutil.copy(WRITTEN / "secrets", folder)
    subprocess.run([folder / "secrets"], check=True)
    lines = (folder / ".env").read_text().splitlines()
    return {name: value.strip("'") for name, _, value in (line.partition("=") for line in lines)}
