"""The manifests are those of the declared services, and a cluster would take them."""

import ast
import re
import shutil
import subprocess
import sys
import warnings
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml

from infra.host import STOP_SECONDS, Service
from infra.serving import DRAIN_SECONDS
from infra.settings import Settings
from infra.testing.serving import MASTER_KEYS
from services import registry
from tools.manifests.__main__ import conform, main
from tools.manifests.conform import Judged, closed, judged
from tools.manifests.declared import declared
from tools.manifests.files import FOLDER, files
from tools.outside import ROOT, Absent, Go, fetched

SERVICES = registry.services()
BELLS = Service("bells", lambda _: None)
REACHED = {
    "objects_of": "objects",
    "clamd": "scanner",
    "smtp": "mail",
    "sms_url": "texts",
    "push_hosts": "push",
    "StripeClient": "cards",
    "t_scan_url": "vendors",
    "planet_vo_url": "vendors",
}
"""The words by which a service's code reaches something outside."""
SUBDOMAIN = r"[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*"
"""RFC 1123, without capitals."""


@cache
def wanted() -> Mapping[Path, str]:
    """The files of the declared services."""
    return files(SERVICES)


def objects(path: str, made: Mapping[Path, str] | None = None) -> list[dict[str, Any]]:
    return list(yaml.safe_load_all((made or wanted())[FOLDER / path]))


@cache
def pods() -> Mapping[str, dict[str, Any]]:
    """Every pod of the base, by the name of what runs it."""
    found = (
        one
        for path, text in wanted().items()
        if path.is_relative_to(FOLDER)
        for one in yaml.safe_load_all(text)
    )
    return {
        one["metadata"]["name"]: one["spec"]["template"]["spec"]
        for one in found
        if one["kind"] in {"Deployment", "Job"}
    }


class TestGate:
    def test_the_committed_files_are_those_of_the_declarations(self) -> None:
        assert main(["check"]) == 0

    @pytest.fixture
    def tree(self, tmp_path: Path) -> Path:
        main(["write"], tmp_path, wanted)
        assert main(["check"], tmp_path, wanted) == 0
        return tmp_path

    def test_a_file_that_somebody_edited_is_named_and_written_again(
        self, tree: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        edited = tree / FOLDER / "base/missions.yaml"
        edited.write_text(edited.read_text().replace("runAsNonRoot: true", "runAsNonRoot: false"))
        assert main(["check"], tree, wanted) == 1
        assert "deploy/k8s/base/missions.yaml is stale" in capsys.readouterr().out
        assert main(["write"], tree, wanted) == 0
        assert edited.read_text() == wanted()[FOLDER / "base/missions.yaml"]

    def test_the_files_of_a_service_that_is_gone_go_too(self, tree: Path) -> None:
        fewer = files(SERVICES[1:])
        left = tree / FOLDER / f"base/{SERVICES[0].name}.yaml"
        assert main(["check"], tree, lambda: fewer) == 1
        main(["write"], tree, lambda: fewer)
        assert not left.exists()

    def test_what_people_write_beside_them_stays(self, tree: Path) -> None:
        ours = tree / FOLDER / "base/ours.yaml"
        ours.write_text("kind: List\n")
        main(["write"], tree, wanted)
        assert ours.exists()


class TestNewService:
    def test_its_folder_is_enough(self, tmp_path: Path) -> None:
        for package in ("contracts", "deploy", "infra", "services", "tools"):
            shutil.copytree(ROOT / package, tmp_path / package)
        folder = tmp_path / "services/bells"
        folder.mkdir()
        (folder / "__init__.py").touch()
        text = "from infra.host import Service\n\nservice = Service('bells', lambda _: None)\n"
        (folder / "service.py").write_text(text)
        subprocess.run([sys.executable, "-m", "tools.manifests"], cwd=tmp_path, check=True)
        base = tmp_path / FOLDER / "base"
        assert "bells.yaml" in (base / "kustomization.yaml").read_text()
        assert "bells-workers" in (base / "bells.yaml").read_text()

    def test_it_gets_its_ways_its_user_and_its_database(self) -> None:
        made = files((*SERVICES, BELLS))
        for path, name in [
            ("components/kafka/users.yaml", "kafka-bells"),
            ("components/network/ways.yaml", "bells-api"),
            ("components/postgres/databases.yaml", "bells"),
        ]:
            assert name in {one["metadata"]["name"] for one in objects(path, made)}

    def test_its_objects_are_called_as_a_host_may_be(self) -> None:
        new = Service("views.bell_towers", lambda _: None)
        assert declared(new).name == "views-bell-towers"
        assert declared(new).database == "relais_views_bell_towers"

    def test_nothing_changes_for_the_others(self) -> None:
        made = files((*SERVICES, BELLS))
        for service in SERVICES:
            path = FOLDER / f"base/{declared(service).name}.yaml"
            assert made[path] == wanted()[path]


class TestPod:
    def test_it_may_do_nothing_but_run(self) -> None:
        for name, pod in pods().items():
            [container] = pod["containers"]
            assert pod["securityContext"]["runAsNonRoot"] is True, name
            assert pod["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}, name
            assert pod["automountServiceAccountToken"] is False, name
            assert container["securityContext"] == {
                "allowPrivilegeEscalation": False,
                "readOnlyRootFilesystem": True,
                "capabilities": {"drop": ["ALL"]},
            }, name

    def test_nothing_has_a_name_that_kubernetes_refuses(self) -> None:
        names = [
            one["metadata"]["name"]
            for path, text in wanted().items()
            if path.is_relative_to(FOLDER)
            for one in yaml.safe_load_all(text)
            if "metadata" in one
        ]
        assert "relais.depot-tours.order.v1" in names
        assert [name for name in names if re.fullmatch(SUBDOMAIN, name) is None] == []

    def test_its_settings_are_taken(self) -> None:
        replications = {name: settings_of(pod).topic_replication for name, pod in pods().items()}
        assert len(replications) >= 2 * len(SERVICES)
        assert set(replications.values()) == {3}, replications

    def test_it_has_room_from_measurements(self) -> None:
        for name, pod in pods().items():
            [container] = pod["containers"]
            assert container["resources"]["requests"]["memory"] == "256Mi", name
            assert container["resources"]["limits"]["memory"] == "512Mi", name


def settings_of(pod: Mapping[str, Any]) -> Settings:
    """The settings as a process in that pod reads them; every secret is a word."""
    [container] = pod["containers"]
    [base] = objects("base/kustomization.yaml")
    shared = dict(one.split("=", 1) for one in base["configMapGenerator"][0]["literals"])
    own = {one["name"]: one.get("value", "word") for one in container["env"]}
    names = {name.removeprefix("RELAIS_").lower(): value for name, value in (shared | own).items()}
    return Settings.model_validate(names | {"master_keys": MASTER_KEYS})


class TestService:
    def test_a_process_is_ended_after_its_last_request_and_its_last_batch(self) -> None:
        api, workers = pods()["missions-api"], pods()["missions-workers"]
        leaving = settings_of(api).leave_seconds + DRAIN_SECONDS
        assert api["terminationGracePeriodSeconds"] > leaving
        assert workers["terminationGracePeriodSeconds"] > STOP_SECONDS + DRAIN_SECONDS

    def test_it_is_probed_at_the_port_that_is_inside(self) -> None:
        [container] = pods()["missions-api"]["containers"]
        ports = {port["name"]: port["containerPort"] for port in container["ports"]}
        assert ports == {"http": 8080, "inside": settings_of(pods()["missions-api"]).inside_port}
        for probe in ("startupProbe", "livenessProbe", "readinessProbe"):
            assert container[probe]["httpGet"]["port"] == "inside"

    def test_kafka_lets_it_write_its_own_topics_and_read_what_it_declares(self) -> None:
        [papers] = [
            one
            for one in objects("components/kafka/users.yaml")
            if one["metadata"]["name"] == "kafka-papers"
        ]
        rules = papers["spec"]["authorization"]["acls"]
        assert {rule["resource"]["name"]: "Write" in rule["operations"] for rule in rules} == {
            "relais.papers.paper.v1": True,
            "relais.media.file.v1": False,
            "relais.views.papers.": False,
        }

    def test_kafka_lets_operators_read_every_topic_and_make_it_anew(self) -> None:
        [*_, commands] = objects("components/kafka/users.yaml")
        [rule] = commands["spec"]["authorization"]["acls"]
        assert commands["metadata"]["name"] == "kafka-commands"
        topics = objects("components/kafka/topics.yaml")
        names = {one["spec"].get("topicName", one["metadata"]["name"]) for one in topics}
        assert names == {topic for one in SERVICES for topic in declared(one).writes}
        assert all(name.startswith(rule["resource"]["name"]) for name in names)
        assert {"Read", "Create", "Delete"} <= {*rule["operations"]}
        assert "Write" not in rule["operations"]

    def test_only_what_reads_topics_is_scaled(self) -> None:
        scaled = {one["metadata"]["name"] for one in objects("components/scaling/workers.yaml")}
        assert scaled == {
            f"{declared(one).name}-workers"
            for one in SERVICES
            if one.tables or one.reactions or one.followers
        }

    @pytest.mark.parametrize("service", SERVICES, ids=lambda one: one.name)
    def test_it_declares_everything_that_its_code_reaches(self, service: Service) -> None:
        folder = ROOT.joinpath("services", *service.name.split("."))
        words = {
            getattr(node, "attr", getattr(node, "id", ""))
            for path in folder.rglob("*.py")
            if "tests" not in path.parts
            for node in ast.walk(ast.parse(path.read_text()))
        }
        assert {REACHED[word] for word in words & REACHED.keys()} == set(service.reaches)


class TestWays:
    @staticmethod
    def way(name: str) -> dict[str, Any]:
        found = {one["metadata"]["name"]: one for one in objects("components/network/ways.yaml")}
        spec: dict[str, Any] = found[name]["spec"]
        return spec

    def test_workers_are_entered_only_by_who_measures_them(self) -> None:
        [way] = self.way("missions-workers")["ingress"]
        assert way["ports"] == [{"protocol": "TCP", "port": 9090}]

    def test_the_commands_of_operators_reach_what_doctor_asks(self) -> None:
        [way] = self.way("missions-api")["ingress"][1:]
        assert {"podSelector": {"matchLabels": {"app.kubernetes.io/name": "commands"}}} in way[
            "from"
        ]
        assert self.way("commands")["ingress"] == []
        ports = {port["port"] for way in self.way("commands")["egress"] for port in way["ports"]}
        assert ports == {5432, 9093, 443, 9090}

    def test_only_workers_go_to_the_broker(self) -> None:
        def ports(name: str) -> set[int]:
            return {port["port"] for way in self.way(name)["egress"] for port in way["ports"]}

        assert ports("missions-api") == {5432, 8080}
        assert ports("missions-workers") == {5432, 8080, 9093}
        assert ports("messaging-workers") == {5432, 8080, 9093, 465, 587, 443}


class TestConform:
    def test_an_open_object_stays_open_and_a_named_one_takes_no_other_field(self) -> None:
        kept = {"type": "object", "properties": {}, "x-kubernetes-preserve-unknown-fields": True}
        assert closed(kept) == kept
        assert closed({"type": "object"}) == {"type": "object"}
        assert closed({"type": "object", "properties": {}})["additionalProperties"] is False

    def test_a_program_that_is_absent_is_named(self, capsys: pytest.CaptureFixture[str]) -> None:
        def nobody(_: Path) -> Iterator[Judged]:
            raise Absent("go is absent: kustomize not run")

        assert conform(ROOT, nobody) == 0
        assert "kustomize not run; the overlays were not built" in capsys.readouterr().out

    # Where Go is absent, the summary says so.
    @pytest.mark.filterwarnings("default::UserWarning")
    def test_a_misspelt_field_is_refused(self, tmp_path: Path) -> None:
        shutil.copytree(ROOT / FOLDER, tmp_path / FOLDER)
        for path, (right, wrong, _) in MISSPELT.items():
            file = tmp_path / FOLDER / path
            file.write_text(file.read_text().replace(right, wrong))
        try:
            production = next(judged(tmp_path))
        except Absent as absent:
            warnings.warn(str(absent), stacklevel=1)
            return
        assert (production.overlay, production.valid) == ("production", False)
        for _, wrong, named in MISSPELT.values():
            assert named in production.said
            assert f"'{wrong.split()[0].rstrip(':')}' not allowed" in production.said


MISSPELT = {
    "base/missions.yaml": (
        "  replicas:",
        "  revision: 2\n  replicas:",
        "Deployment missions",
    ),
    "components/scaling/workers.yaml": ("minReplicaCount", "minReplicas", "ScaledObject"),
    "components/postgres/databases.yaml": ("owner:", "ownr:", "Database"),
}
"""By file: what is right, what is wrong, and the object that is refused for it."""


def test_the_program_of_a_module_is_named_without_its_version() -> None:
    assert Go("sigs.k8s.io/kustomize/kustomize/v5@v5.7.1").program == "kustomize"
    assert Go("github.com/oasdiff/oasdiff@v1.37.0").program == "oasdiff"


def test_what_cannot_be_fetched_is_absent_with_the_reason() -> None:
    command = [sys.executable, "-c", "raise SystemExit('no way out')"]
    with pytest.raises(Absent, match="a module is not to be had: no way out"):
        fetched("a module", command)
    assert fetched("a module", [sys.executable, "-c", "print('here')"]) == "here\n"
