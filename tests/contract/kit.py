"""The contracts of this repository, and small ones made to break a rule."""

import shutil
from functools import cache
from pathlib import Path
from typing import Any

from contracts.index import contracts
from contracts.runtime import EventType
from tools.compiler import outputs, schema, topics
from tools.compiler.schema import Package

ROOT = Path(__file__).resolve().parents[2]
KINDS: list[EventType[Any]] = [kind for contract in contracts for kind in contract.types]

HEAD = """\
syntax = "proto3";
// A thing that happens.
package relais.test.thing.v1;
import "google/protobuf/timestamp.proto";
import "relais/common/v1/common.proto";
import "relais/options/v1/options.proto";
"""


@cache
def packages() -> list[Package]:
    return outputs.contracts(ROOT)[1]


def package(name: str) -> Package:
    return next(found for found in packages() if found.name == name)


def folder(kind: EventType[Any]) -> Path:
    """Where the examples and samples of an event are."""
    return topics.folder(ROOT, package(kind.schema.rpartition(".")[0]))


def copy_of_contracts(target: Path) -> Path:
    """A repository of its own, with our contracts as they stand."""
    ignored = shutil.ignore_patterns("__pycache__")
    shutil.copytree(ROOT / "contracts", target / "contracts", ignore=ignored)
    return target


def event(
    fields: str,
    *,
    name: str = "Happened",
    type: str = "happened",
    key: str = "id",
    time: str = "recorded",
) -> str:
    """The proto text of an event with an id and these fields."""
    options = f'type: "relais.test.thing.v1.{type}" key: "{key}" time: "{time}"'
    return f"""
// It happened.
message {name} {{
  option (relais.options.v1.event) = {{{options}}};
  string id = 1;
  {fields}
}}
"""


def compiled(target: Path, proto: str) -> list[Package]:
    """The packages of a contract with just this text, read but not judged."""
    for shared in ("common/v1/common.proto", "options/v1/options.proto"):
        path = target / "contracts" / "relais" / shared
        path.parent.mkdir(parents=True)
        shutil.copy(ROOT / "contracts" / "relais" / shared, path)
    path = target / "contracts" / "relais" / "test" / "thing" / "v1" / "events.proto"
    path.parent.mkdir(parents=True)
    path.write_text(HEAD + proto)
    return schema.read(schema.compile_protos(target / "contracts"))
