"""Stored samples: the bytes of every released revision of an event, kept for ever.

`samples/<event>.<revision>.binpb` is the example of its time, encoded. Whatever the contract
becomes, its code must still read them all. Nothing overwrites a sample: when the example has
changed with its contract, the next revision is written beside the old ones.

Personal fields are sealed as the codec seals them, with a key that is no secret: the nonce, then
AES-256-GCM with the associated data `<event id>|<type>|<field number>`. The event id is derived
from the name of the file.
"""

import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from hashlib import sha256
from importlib import import_module
from pathlib import Path
from shutil import copytree, ignore_patterns
from tempfile import TemporaryDirectory
from typing import Any
from uuid import NAMESPACE_URL, UUID, uuid5

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from contracts.runtime import Contract, EventType, Seal, Unseal
from tools.compiler import examples, outputs, python, topics
from tools.compiler.schema import ContractError, Package

ROOT = Path(__file__).resolve().parents[2]
KEY = b"not a secret: relais sample key."
NONCE_BYTES = 12
STORED = "contracts/**/samples/*.binpb"


def contract_of(package: Package) -> Contract[Any]:
    contract: Contract[Any] = import_module(python.module_name(package.name)).contract
    return contract


def suffix(kind: EventType[Any]) -> str:
    return kind.type.rpartition(".")[2]


def event_id(kind: EventType[Any], revision: int) -> UUID:
    return uuid5(NAMESPACE_URL, f"{kind.type}.{revision}")


def sealer(kind: EventType[Any], revision: int) -> Seal:
    """Seals with the sample key. The nonce is derived too: the same sample has the same bytes."""

    def seal(_subject: str, field: int, plaintext: bytes) -> bytes:
        context = f"{event_id(kind, revision)}|{kind.type}|{field}".encode()
        nonce = sha256(context).digest()[:NONCE_BYTES]
        return nonce + AESGCM(KEY).encrypt(nonce, plaintext, context)

    return seal


def unsealer(kind: EventType[Any], revision: int) -> Unseal:
    def unseal(_subject: str, field: int, sealed: bytes) -> bytes:
        context = f"{event_id(kind, revision)}|{kind.type}|{field}".encode()
        return AESGCM(KEY).decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], context)

    return unseal


def stored(folder: Path, kind: EventType[Any]) -> list[Path]:
    """The samples of an event, oldest first. Raises FileNotFoundError when one was removed."""
    found = set((folder / "samples").glob(f"{suffix(kind)}.*.binpb"))
    expected = [path(folder, kind, revision) for revision in range(1, max(len(found), 1) + 1)]
    if lost := sorted(sample.name for sample in expected if sample not in found):
        raise FileNotFoundError(f"{kind.type}: the sample {lost[0]} is missing")
    return expected


def path(folder: Path, kind: EventType[Any], revision: int) -> Path:
    return folder / "samples" / f"{suffix(kind)}.{revision}.binpb"


def read(kind: EventType[Any], folder: Path, revision: int) -> Any:
    """The event in a stored sample. Raises what decoding raises."""
    return kind.decode(path(folder, kind, revision).read_bytes(), unsealer(kind, revision))


def missing(root: Path, files: Mapping[Path, bytes]) -> dict[Path, bytes]:
    """A sample of each event whose example no stored sample shows, by its path below `root`.

    Made in a copy, by a process that has the contracts of these files. Raises ContractError with
    a sentence for each example that cannot become a sample.
    """
    with TemporaryDirectory() as scratch:
        copy = Path(scratch)
        copytree(root / "contracts", copy / "contracts", ignore=ignore_patterns("__pycache__"))
        outputs.write(copy, files)
        before = set(copy.glob(STORED))
        made = subprocess.run(
            [sys.executable, "-m", "tools.compiler.samples"],
            cwd=copy,
            env={**os.environ, "PYTHONPATH": os.pathsep.join([scratch, str(ROOT)])},
            capture_output=True,
            text=True,
            check=False,
        )
        if made.returncode:
            raise ContractError(made.stderr.strip())
        found = sorted(set(copy.glob(STORED)) - before)
        return {path.relative_to(copy): path.read_bytes() for path in found}


def write_missing(root: Path, packages: list[Package]) -> Iterator[str]:
    """Writes these samples with the contracts of this process; says what stops one."""
    for package in packages:
        folder = topics.folder(root, package)
        for kind in contract_of(package).types if package.events else ():
            try:
                _write_next(folder, kind)
            except (OSError, ValueError) as error:
                name = (folder / "examples" / f"{suffix(kind)}.json").relative_to(root)
                yield f"{name}: {error}"


def _write_next(folder: Path, kind: EventType[Any]) -> None:
    example = examples.load(folder / "examples" / f"{suffix(kind)}.json", kind.cls)
    (folder / "samples").mkdir(exist_ok=True)
    newest = len(list((folder / "samples").glob(f"{suffix(kind)}.*.binpb")))
    if newest and read(kind, folder, newest) == example:
        return
    with path(folder, kind, newest + 1).open("xb") as file:
        file.write(kind.encode(example, sealer(kind, newest + 1)))


def main() -> int:
    """Writes what is missing below the folder in which it runs. 1: some examples are wrong."""
    here = Path.cwd()
    complaints = list(write_missing(here, outputs.contracts(here)[1]))
    print(*complaints, sep="\n", end="", file=sys.stderr)
    return 1 if complaints else 0


if __name__ == "__main__":
    sys.exit(main())
