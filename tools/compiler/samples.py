"""Stored samples: the bytes of every released revision of an event, kept for ever.

`samples/<event>.<revision>.binpb` is the example of its time, encoded. Whatever the contract
becomes, its code must still read them all. Nothing overwrites a sample: when the example has
changed with its contract, the next revision is written beside the old ones.

Personal fields are sealed as the codec seals them, with a key that is no secret: the nonce, then
AES-256-GCM with the associated data `<event id>|<type>|<field number>`. The event id is derived
from the name of the file.
"""

from collections.abc import Iterator
from hashlib import sha256
from importlib import import_module
from pathlib import Path
from typing import Any
from uuid import NAMESPACE_URL, UUID, uuid5

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from contracts.runtime import Contract, EventType, Seal, Unseal
from tools.compiler import examples, python, topics
from tools.compiler.schema import Package

KEY = b"not a secret: relais sample key."
NONCE_BYTES = 12


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


def write_missing(root: Path, packages: list[Package]) -> Iterator[Path]:
    """Writes a sample of each event whose example no stored sample shows; says which."""
    for package in packages:
        if not package.events:
            continue
        folder = topics.folder(root, package)
        for kind in contract_of(package).types:
            yield from _write_next(folder, kind)


def _write_next(folder: Path, kind: EventType[Any]) -> Iterator[Path]:
    example = examples.load(folder / "examples" / f"{suffix(kind)}.json", kind.cls)
    (folder / "samples").mkdir(exist_ok=True)
    newest = len(list((folder / "samples").glob(f"{suffix(kind)}.*.binpb")))
    if newest and read(kind, folder, newest) == example:
        return
    target = path(folder, kind, newest + 1)
    with target.open("xb") as file:
        file.write(kind.encode(example, sealer(kind, newest + 1)))
    yield target
