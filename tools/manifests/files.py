"""Every generated file, by its path from the root of the repository."""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml

from infra.host import Service
from tools.manifests import components, compose, dashboards, workloads
from tools.manifests.declared import declared
from tools.manifests.workloads import Object
from tools.outside import ROOT

FOLDER = Path("deploy/k8s")
FOLDERS = (FOLDER, compose.FOLDER)
"""Where generated files are."""
RULES = ROOT / "deploy/alerts/rules.yaml"
HEAD = "# Made by `python -m tools.manifests` from the declarations of the services; do not edit.\n"


def files(services: Sequence[Service]) -> Mapping[Path, str]:
    """The files as they have to be committed."""
    return {**_kubernetes(services), **_compose(services)}


def _kubernetes(services: Iterable[Service]) -> Mapping[Path, str]:
    known = [declared(service) for service in services]
    base = {
        "migrations.yaml": list(workloads.migrations()),
        "commands.yaml": list(workloads.commands()),
    }
    base |= {f"{one.name}.yaml": list(workloads.workloads(one)) for one in known}
    made = {FOLDER / "base" / name: text(objects) for name, objects in base.items()}
    made[FOLDER / "base/kustomization.yaml"] = text([_kustomization(sorted(base))])
    beside = {
        "kafka/topics.yaml": components.topics(known),
        "kafka/users.yaml": components.users(known),
        "network/ways.yaml": components.ways(known),
        "postgres/databases.yaml": components.databases(known),
        "scaling/workers.yaml": components.scalers(known),
        "watching/dashboards.yaml": dashboards.config_maps(),
        "watching/rules.yaml": [_rules(yaml.safe_load(RULES.read_text()))],
    }
    return made | {FOLDER / "components" / path: text(found) for path, found in beside.items()}


def _compose(services: Sequence[Service]) -> Mapping[Path, str]:
    return {
        compose.FOLDER / "platform.yaml": text([compose.platform(services)]),
        compose.FOLDER / "prometheus.yaml": text([compose.scraping(services)]),
        compose.FOLDER / "gateway.conf": HEAD + compose.gateway(services),
        **compose.boards(),
    }


def text(objects: Iterable[Object]) -> str:
    """The objects as one file."""
    return HEAD + yaml.dump_all(
        objects, Dumper=_Plain, sort_keys=False, allow_unicode=True, width=100
    )


def _rules(rules: Object) -> Object:
    """The alert rules, as the operator of Prometheus takes them."""
    return {
        "apiVersion": "monitoring.coreos.com/v1",
        "kind": "PrometheusRule",
        "metadata": {"name": "relais"},
        "spec": rules,
    }


def _kustomization(resources: list[str]) -> Object:
    """The base; a changed setting gives its ConfigMap another name, and so restarts the pods."""
    literals = [f"{name}={value}" for name, value in workloads.SETTINGS.items()]
    return {
        "apiVersion": "kustomize.config.k8s.io/v1beta1",
        "kind": "Kustomization",
        "resources": resources,
        "configMapGenerator": [{"name": "relais", "literals": literals}],
    }


class _Plain(yaml.SafeDumper):
    """Writes what occurs twice out twice: an alias is harder to read than a label."""

    def ignore_aliases(self, data: Any) -> bool:
        return True
