"""The parts of `infra/compose` that follow from the services, and whether all of it can be read."""

import json
import re
import subprocess
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from infra.host import Service
from tools.manifests.dashboards import DASHBOARDS, dashboard
from tools.manifests.declared import declared
from tools.manifests.workloads import GRACE, MIGRATIONS, PORT, WORDS, deployment_name
from tools.outside import ROOT, GoSource

Composed = dict[str, Any]

FOLDER = Path("infra/compose")
COMPOSITION = GoSource(ROOT / "tools/manifests/composition")
_REQUIRED = re.compile(r"\$\{(\w+):\?")


def platform(services: Iterable[Service]) -> Composed:
    """An API and workers for each service, and the migrations that go before them."""
    process = {"extends": {"file": "process.yaml", "service": "process"}}
    build = {"context": "../..", "dockerfile": "deploy/image/Containerfile"}
    composed: Composed = {
        MIGRATIONS: {**process, "build": build, "command": [MIGRATIONS]},
        # For the commands of operators.
        "relais": {**process, "profiles": ["commands"]},
    }
    for name, service, word, grace in _processes(services):
        composed[name] = {
            "extends": {"file": "process.yaml", "service": "lasting"},
            "command": [word, service.name],
            "stop_grace_period": f"{grace}s",
        }
    return {"services": composed}


def gateway(services: Iterable[Service]) -> str:
    """The way from the one port outside to the API of each prefix, as nginx has it."""
    lines = [
        "server {",
        f"  listen {PORT};",
        "  # A container that is made anew has another address.",
        "  resolver 127.0.0.11 valid=5s;",
        "  client_max_body_size 0;",
        "  proxy_request_buffering off;",
        "  proxy_http_version 1.1;",
        "  proxy_set_header Host $http_host;",
        "  proxy_set_header X-Forwarded-For $remote_addr;",
        "  location = /health { return 204; }",
    ]
    for service in services:
        there = f"http://{deployment_name(declared(service), 'api')}:{PORT}"
        goes = f"set $there {there}; proxy_pass $there;"
        lines.append(f"  location {service.prefix}/ {{ {goes} }}")
    return "\n".join([*lines, "}", ""])


def scraping(services: Iterable[Service]) -> Composed:
    """The targets of Prometheus: every process, named by the labels that the alert rules go by."""
    targets = [
        {
            "targets": [f"{name}:{PORT}"],
            "labels": {
                "namespace": "relais",
                "service": name,
                "pod": name,
                "endpoint": "inside",
            },
        }
        for name, _, _, _ in _processes(services)
    ]
    collector = {"job_name": "collector", "static_configs": [{"targets": ["collector:8888"]}]}
    return {
        "global": {"scrape_interval": "15s", "evaluation_interval": "15s"},
        "rule_files": ["rules.yaml"],
        "scrape_configs": [{"job_name": "relais", "static_configs": targets}, collector],
    }


def boards() -> Mapping[Path, str]:
    """The dashboards, as Grafana reads them from a folder."""
    folder = FOLDER / "grafana/dashboards"
    return {
        folder / f"{name}.json": json.dumps(dashboard(name), indent=1) + "\n" for name in DASHBOARDS
    }


def _processes(services: Iterable[Service]) -> Iterator[tuple[str, Service, str, int]]:
    """Each process by its name: whose it is, the word it is started with, and its grace."""
    for service in services:
        for component, word in WORDS.items():
            name = deployment_name(declared(service), component)
            yield name, service, word, GRACE[component]


def read(folder: Path) -> tuple[bool, str]:
    """Whether Compose understands a folder: what it makes of it, else what is wrong.

    Every secret is a word. Raises `Absent`.
    """
    names = {name for path in folder.glob("*.yaml") for name in _REQUIRED.findall(path.read_text())}
    done = subprocess.run(
        [COMPOSITION.installed(), folder / "compose.yaml"],
        env=dict.fromkeys(names, "word"),
        capture_output=True,
        text=True,
        check=False,
    )
    return done.returncode == 0, done.stderr if done.returncode else done.stdout
