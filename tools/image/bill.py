"""The list of what is in an image: as CycloneDX for machines, and its licences for people."""

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from importlib.metadata import Distribution, distributions
from pathlib import Path
from typing import Any


@dataclass(frozen=True, slots=True, order=True)
class Part:
    """A package of Python or Debian, with the licence that it names, or empty."""

    kind: str
    name: str
    version: str
    licence: str

    @property
    def purl(self) -> str:
        """The package URL by which scanners know it."""
        owner = "debian/" if self.kind == "deb" else ""
        return f"pkg:{self.kind}/{owner}{self.name}@{self.version}"


def parts(root: Path) -> list[Part]:
    """Every package under the root of a system, in order of kind and name."""
    return sorted([*_python(root), *_debian(root)])


def cyclonedx(found: Iterable[Part]) -> str:
    """The parts as a CycloneDX 1.6 document; the same parts give the same text."""
    document = {
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "version": 1,
        "metadata": {"component": {"type": "container", "name": "relais"}},
        "components": [_component(part) for part in found],
    }
    return json.dumps(document, indent=1) + "\n"


def licences(found: Iterable[Part]) -> str:
    """A table of the parts and their licences."""
    rows = [f"| {p.kind} | {p.name} | {p.version} | {p.licence or 'not named'} |" for p in found]
    head = ["# What is in the image", "", "| kind | package | version | licence |"]
    return "\n".join([*head, "| --- | --- | --- | --- |", *rows, ""])


def _component(part: Part) -> dict[str, Any]:
    named = {"type": "library", "name": part.name, "version": part.version, "purl": part.purl}
    if not part.licence:
        return named
    return named | {"licenses": [{"license": {"name": part.licence}}]}


def _python(root: Path) -> Iterator[Part]:
    for place in sorted(root.glob("opt/relais/lib/python*/site-packages")):
        for one in distributions(path=[str(place)]):
            name = one.metadata["Name"].lower().replace("_", "-")
            yield Part("pypi", name, one.version, _licence(one))


def _licence(of: Distribution) -> str:
    """An expression, else the classifiers, else the first line of what the field has."""

    def named(field: str) -> list[str]:
        return [str(one) for one in of.metadata.get_all(field) or []]

    classified = [
        one.rpartition(" :: ")[2] for one in named("Classifier") if one.startswith("License :: ")
    ]
    written = [one.partition("\n")[0] for one in named("License")]
    return ", ".join(named("License-Expression") or classified or written)


def _debian(root: Path) -> Iterator[Part]:
    status = root / "var/lib/dpkg/status"
    if not status.exists():
        return
    for entry in status.read_text().split("\n\n"):
        fields = dict(line.split(": ", 1) for line in entry.splitlines() if ": " in line[:40])
        if fields.get("Status", "").endswith(" installed"):
            name = fields["Package"]
            yield Part("deb", name, fields["Version"], _copyright(root, name))


def _copyright(root: Path, name: str) -> str:
    """The licences that its file of copyrights names, where that is in the form for machines."""
    path = root / "usr/share/doc" / name / "copyright"
    if not path.is_file():
        return ""
    lines = path.read_text(errors="replace").splitlines()
    named = {line.removeprefix("License:").strip() for line in lines if line.startswith("License:")}
    return ", ".join(sorted(named - {""}))
