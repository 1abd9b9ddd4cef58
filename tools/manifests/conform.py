"""Whether the overlays can be built, and Kubernetes and its operators would take what comes out.

kubeconform knows the objects of Kubernetes from the schemas of a release, those of operators from
their definitions. Strimzi publishes none where we could read them: its objects are counted.
"""

import json
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

import yaml

from tools.manifests.files import FOLDER
from tools.outside import FOLDER as TOOLS
from tools.outside import Go, GoModule, Wheel, alone

KUSTOMIZE = Go("sigs.k8s.io/kustomize/kustomize/v5@v5.7.1")
KUBECONFORM = Go("github.com/yannh/kubeconform/cmd/kubeconform@v0.7.0")
RELEASE = "1.34.0"
KUBERNETES = Wheel(
    "kubernetes-validate==1.37.0",
    "85136d018a27b50ec7fc049d902bfa5193f5976807e6c0f408e3ab6fe078cad9",
    f"/v{RELEASE}-local-strict/",
)
OPERATORS: Mapping[GoModule, Sequence[str]] = {
    GoModule("github.com/cloudnative-pg/cloudnative-pg@v1.27.0"): (
        "config/crd/bases/postgresql.cnpg.io_clusters.yaml",
        "config/crd/bases/postgresql.cnpg.io_databases.yaml",
        "config/crd/bases/postgresql.cnpg.io_scheduledbackups.yaml",
    ),
    GoModule("github.com/external-secrets/external-secrets@v1.3.2"): (
        "config/crds/bases/external-secrets.io_externalsecrets.yaml",
    ),
    GoModule("github.com/kedacore/keda/v2@v2.21.0"): (
        "config/crd/bases/keda.sh_scaledobjects.yaml",
    ),
    GoModule("github.com/prometheus-operator/prometheus-operator@v0.85.0"): (
        "example/prometheus-operator-crd-full/monitoring.coreos.com_prometheusrules.yaml",
        "example/prometheus-operator-crd-full/monitoring.coreos.com_servicemonitors.yaml",
    ),
}
"""The definitions of the kinds that we use, and where the operators' modules have them."""
STRIMZI = ("Kafka", "KafkaNodePool", "KafkaTopic", "KafkaUser")


@dataclass(frozen=True, slots=True)
class Judged:
    """The verdict on one overlay."""

    overlay: str
    valid: bool
    said: str


def judged(root: Path) -> Iterator[Judged]:
    """Each overlay of a tree, built and compared. Raises `Absent` when a program is not there."""
    conform = [str(KUBECONFORM.installed()), *_schemas(), "-strict", "-summary"]
    for overlay, made in built(root):
        if made.returncode:
            yield Judged(overlay, False, made.stderr.strip())
            continue
        done = _run([*conform, f"-skip={','.join(STRIMZI)}"], made.stdout)
        yield Judged(overlay, done.returncode == 0, (done.stdout + done.stderr).strip())


def built(root: Path) -> Iterator[tuple[str, subprocess.CompletedProcess[str]]]:
    """Each overlay of a tree by its name, with what kustomize made of it. Raises `Absent`."""
    kustomize = KUSTOMIZE.installed()
    for overlay in sorted((root / FOLDER / "overlays").iterdir()):
        yield overlay.name, _run([str(kustomize), "build", str(overlay)])


def _schemas() -> Sequence[str]:
    ours = "{{.ResourceKind}}{{.KindSuffix}}.json"
    theirs = "{{.Group}}/{{.ResourceKind}}-{{.ResourceAPIVersion}}.json"
    places = (_kubernetes() / ours, _definitions() / theirs)
    return [word for place in places for word in ("-schema-location", str(place))]


def _kubernetes() -> Path:
    """The schemas of Kubernetes, which are made to be served, leading to each other as files."""
    folder = TOOLS / "definitions" / f"kubernetes-{RELEASE}"
    with alone(folder):
        if not (folder / "done").exists():
            for path in KUBERNETES.folder().iterdir():
                schema = json.loads(path.read_text().replace('"/api/', '"'))
                schema.pop("$id", None)
                (folder / path.name).write_text(json.dumps(schema))
            (folder / "done").touch()
    return folder


def _definitions() -> Path:
    """The schemas of the operators' objects, one file each."""
    folder = TOOLS / "definitions" / sha256(repr(OPERATORS).encode()).hexdigest()[:16]
    with alone(folder):
        for module, paths in OPERATORS.items():
            done = folder / f"{sha256(module.module.encode()).hexdigest()[:16]}.done"
            if not done.exists():
                for path in paths:
                    found = Loader((module.folder() / path).read_text()).get_single_data()
                    _write(folder, found["spec"])
                done.touch()
    return folder


class Loader(yaml.SafeLoader):
    """Reads definitions, some of which list `=` among the operators of a matcher."""


Loader.add_constructor("tag:yaml.org,2002:value", lambda _, node: str(node.value))


def _write(folder: Path, spec: Mapping[str, Any]) -> None:
    (folder / spec["group"]).mkdir(parents=True, exist_ok=True)
    for version in spec["versions"]:
        name = f"{spec['names']['kind'].lower()}-{version['name']}.json"
        schema = closed(version["schema"]["openAPIV3Schema"])
        (folder / spec["group"] / name).write_text(json.dumps(schema))


def closed(schema: Any) -> Any:
    """The schema as an API server reads it: a field that it does not name is an error.

    An object that keeps unknown fields, or names none, stays open.
    """
    if isinstance(schema, list):
        return [closed(one) for one in schema]
    if not isinstance(schema, dict):
        return schema
    found = {key: closed(value) for key, value in schema.items()}
    named = isinstance(found.get("properties"), dict) and found.get("type") == "object"
    if named and not found.get("x-kubernetes-preserve-unknown-fields"):
        found.setdefault("additionalProperties", False)
    if found.get("x-kubernetes-int-or-string"):
        found["type"] = ["integer", "string"]
    return found


def _run(command: Sequence[str], given: str = "") -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, input=given, capture_output=True, text=True, check=False)
