"""Examples say what an event says; stored samples stay readable for ever."""

import json
import shutil
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from contracts.index import contracts
from contracts.missions import driver_v1, trip_v1
from contracts.missions.trip_v1 import DeliveryConfirmed, MissionAssigned
from contracts.runtime import EventType
from infra.database import Pool, open_pool
from infra.personal import Codec, Encoded, Keyring
from tests.contract import kit
from tools.compiler import examples, samples, topics
from tools.compiler.examples import BadExample

EACH_EVENT = pytest.mark.parametrize("kind", kit.KINDS, ids=lambda kind: kind.type)
EXPIRED = trip_v1.contract.by_type("relais.missions.trip.v1.expired")
CONFIRMED = {
    "trip_id": "trip-1",
    "driver_id": "driver-1",
    "channel": "APP",
    "confirmed_at": "2030-05-01T12:00:00Z",
    "client_told": False,
}
MASTER = b"not a secret: a test master key."


def example_of(kind: EventType[Any]) -> Any:
    return examples.load(kit.folder(kind) / "examples" / f"{samples.suffix(kind)}.json", kind.cls)


# --- Examples ---------------------------------------------------------------


@EACH_EVENT
def test_the_example_of_an_event_survives_the_wire(kind: EventType[Any]) -> None:
    event = example_of(kind)
    encoded = kind.encode(event, samples.sealer(kind, 1))
    assert kind.decode(encoded, samples.unsealer(kind, 1)) == event


def test_no_example_is_left_over() -> None:
    for contract in contracts:
        folder = topics.folder(kit.ROOT, kit.package(contract.package))
        shown = {path.stem for path in (folder / "examples").iterdir()}
        assert shown == {samples.suffix(kind) for kind in contract.types}


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        ({"by": "app"}, "DeliveryConfirmed: missing or unknown: by"),
        ({"channel": "FAX"}, "DeliveryConfirmed.channel: 'FAX'"),
        ({"channel": 1}, "DeliveryConfirmed.channel: 1 is no str"),
        ({"trip_id": 1}, "DeliveryConfirmed.trip_id: 1 is no str"),
        ({"trip_id": None}, "DeliveryConfirmed.trip_id: None is no str"),
        ({"confirmed_at": "noon"}, "DeliveryConfirmed.confirmed_at: Invalid isoformat"),
        ({"confirmed_at": "2030-05-01T12:00:00"}, "confirmed_at: 2030-05-01T12:00:00 has no zone"),
    ],
)
def test_a_bad_example_is_refused(change: dict[str, Any], complaint: str) -> None:
    with pytest.raises(BadExample) as refusal:
        examples.from_plain(DeliveryConfirmed, CONFIRMED | change)
    assert complaint in str(refusal.value)


def test_an_example_says_absent_fields_too() -> None:
    path = kit.folder(trip_v1.contract.by_class(MissionAssigned)) / "examples"
    assigned = json.loads((path / "mission_assigned.json").read_text())
    del assigned["price"]
    with pytest.raises(BadExample, match="missing or unknown: price"):
        examples.from_plain(MissionAssigned, assigned)


# --- Samples ----------------------------------------------------------------


@EACH_EVENT
def test_every_stored_sample_of_an_event_still_decodes(kind: EventType[Any]) -> None:
    folder = kit.folder(kind)
    for revision in range(1, len(samples.stored(folder, kind)) + 1):
        event = samples.read(kind, folder, revision)
        assert len(fields(event)) == len(fields(kind.cls))


@EACH_EVENT
def test_the_newest_sample_is_the_example_of_today(kind: EventType[Any]) -> None:
    newest = len(samples.stored(kit.folder(kind), kind))
    assert samples.read(kind, kit.folder(kind), newest) == example_of(kind)


def test_no_sample_outlives_its_event() -> None:
    for contract in contracts:
        folder = topics.folder(kit.ROOT, kit.package(contract.package))
        kept = {path.name.partition(".")[0] for path in (folder / "samples").iterdir()}
        assert kept == {samples.suffix(kind) for kind in contract.types}


@pytest.mark.parametrize("lost", [1, 2])
def test_a_removed_sample_is_missed(lost: int, tmp_path: Path) -> None:
    (tmp_path / "samples").mkdir()
    for revision in (1, 2, 3):
        samples.path(tmp_path, EXPIRED, revision).touch()
    samples.path(tmp_path, EXPIRED, lost).unlink()
    with pytest.raises(FileNotFoundError, match=rf"expired\.{lost}\.binpb is missing"):
        samples.stored(tmp_path, EXPIRED)


def test_an_event_without_any_sample_is_missed(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match=r"expired\.1\.binpb is missing"):
        samples.stored(tmp_path, EXPIRED)


def test_a_changed_example_becomes_the_next_sample_and_the_old_one_stays(tmp_path: Path) -> None:
    root = kit.copy_of_contracts(tmp_path)
    folder = topics.folder(root, kit.package(trip_v1.contract.package))
    first = samples.path(folder, EXPIRED, 1).read_bytes()
    example = folder / "examples" / "expired.json"
    example.write_text(example.read_text().replace("trip-20432", "trip-1"))
    assert list(samples.write_missing(root, kit.packages())) == []
    second = samples.path(folder, EXPIRED, 2)
    assert second.exists()
    assert samples.path(folder, EXPIRED, 1).read_bytes() == first
    assert list(samples.write_missing(root, kit.packages())) == []
    assert len(list(second.parent.glob("expired.*"))) == 2


def test_samples_are_written_again_byte_for_byte(tmp_path: Path) -> None:
    root = kit.copy_of_contracts(tmp_path)
    folder = topics.folder(root, kit.package(driver_v1.contract.package))
    shutil.rmtree(folder / "samples")
    assert list(samples.write_missing(root, kit.packages())) == []
    written = list((folder / "samples").iterdir())
    assert written
    for path in written:
        assert path.read_bytes() == (kit.ROOT / path.relative_to(root)).read_bytes()


async def test_samples_open_with_todays_keyring_and_codec(database: str) -> None:
    pool = await open_pool(database, 2, "samples")
    try:
        keyring = await keyring_of_samples(pool)
        for contract in contracts:
            stored = [newest_sample(kind) for kind in contract.types]
            shown = [example_of(kind) for kind in contract.types]
            assert await Codec(contract, keyring).decode(stored) == shown
    finally:
        await pool.close()


async def keyring_of_samples(pool: Pool) -> Keyring:
    """A keyring in which every subject of the examples has the sample key, wrapped long ago."""
    keyring = Keyring(pool, {"test": MASTER})
    await keyring.migrate()
    nonce = bytes(12)
    async with pool.connection() as connection:
        for subject in {s for kind in kit.KINDS for s in kind.subjects_of(example_of(kind))}:
            wrapped = nonce + AESGCM(MASTER).encrypt(nonce, samples.KEY, subject.encode())
            await connection.execute(
                "insert into keys.subject (subject, master, wrapped) values (%s, 'test', %s)",
                (subject, wrapped),
            )
    return keyring


def newest_sample(kind: EventType[Any]) -> Encoded:
    paths = samples.stored(kit.folder(kind), kind)
    return Encoded(samples.event_id(kind, len(paths)), kind.type, paths[-1].read_bytes())
