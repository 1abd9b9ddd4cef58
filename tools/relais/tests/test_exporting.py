"""A folder that a topic is exported into: nothing twice, nothing missed, and only what holds."""

import json
import re
from collections.abc import Sequence
from dataclasses import fields, replace
from datetime import datetime
from pathlib import Path
from typing import Any

import duckdb
import pytest

from contracts.common_v1 import AmendmentKind, Money
from contracts.index import contracts
from contracts.missions import trip_v1
from contracts.missions.trip_v1 import QuoteWithdrawn, TripExpired
from contracts.runtime import Contract
from infra.http.models import plain
from tests.contract import kit
from tools.compiler import examples, samples
from tools.relais import exporting
from tools.relais.answers import Trouble
from tools.relais.exported import Form, Ndjson, opened
from tools.relais.exporting import start_of
from tools.relais.parquet import ENVELOPE, Parquet, columns
from tools.relais.tests.topic import NOON, TRIP, Topic, export
from tools.relais.topics import facts

FORMS = pytest.mark.parametrize("form", [Ndjson(), Parquet(TRIP)], ids=["ndjson", "parquet"])


def expired(trip: str = "t-1", at: datetime = NOON) -> TripExpired:
    return TripExpired(trip_id=trip, expired_at=at)


def withdrawn(driver: str) -> QuoteWithdrawn:
    return QuoteWithdrawn(trip_id="t-1", driver_id=driver, withdrawn_at=NOON)


def rows(folder: Path, form: Form) -> list[Any]:
    """The rows of all files, in the order of their numbers."""
    return [row for path in sorted(folder.glob(f"*.{form.ending}")) for row in form.read(path)]


def places(folder: Path, form: Form) -> list[tuple[Any, Any]]:
    return [(row["key"], row["version"]) for row in rows(folder, form)]


# --- One after the other ------------------------------------------------------


@FORMS
async def test_the_next_export_goes_on_where_the_last_one_ended(form: Form, tmp_path: Path) -> None:
    topic = Topic()
    topic.put(expired("t-1"), 1)
    topic.put(expired("t-2"), 1, partition=3)
    assert [told["records"] for told in await export(topic, tmp_path, form)] == [2]
    assert await export(topic, tmp_path, form) == []
    topic.put(withdrawn("ada"), 2)
    topic.starts.clear()
    assert [told["records"] for told in await export(topic, tmp_path, form)] == [1]
    assert topic.starts == [1]
    assert places(tmp_path, form) == [("t-1", 1), ("t-2", 1), ("t-1", 2)]


async def test_a_record_that_the_relay_sends_again_is_in_one_file(tmp_path: Path) -> None:
    topic = Topic()
    topic.put(expired(), 1)
    topic.put(expired(), 1)
    await export(topic, tmp_path, Ndjson())
    topic.put(expired(), 1)
    topic.put(withdrawn("ada"), 2)
    await export(topic, tmp_path, Ndjson())
    assert places(tmp_path, Ndjson()) == [("t-1", 1), ("t-1", 2)]


async def test_many_records_are_several_files(tmp_path: Path) -> None:
    topic = Topic()
    for version in range(1, 6):
        topic.put(withdrawn(f"d-{version}"), version)
    told = await export(topic, tmp_path, Ndjson(), rows=2)
    assert [(one["records"], one["left"]) for one in told] == [(2, 3), (2, 1), (1, 0)]
    assert places(tmp_path, Ndjson()) == [("t-1", version) for version in range(1, 6)]


@pytest.mark.parametrize("length", [1, 2, 4])
async def test_a_topic_that_was_filled_again_adds_only_what_is_new(
    length: int, tmp_path: Path
) -> None:
    topic = Topic()
    for version in (1, 2):
        topic.put(withdrawn(f"d-{version}"), version)
    await export(topic, tmp_path, Ndjson())
    topic.wipe()
    for version in range(1, length + 1):
        topic.put(withdrawn(f"d-{version}"), version)
    await export(topic, tmp_path, Ndjson())
    assert places(tmp_path, Ndjson()) == [("t-1", n) for n in range(1, max(length, 2) + 1)]


async def test_a_topic_that_became_shorter_is_read_from_its_beginning(tmp_path: Path) -> None:
    topic = Topic()
    for version in (1, 2, 3):
        topic.put(withdrawn(f"d-{version}"), version)
    await export(topic, tmp_path, Ndjson())
    topic.wipe()
    topic.put(expired("t-2"), 1)
    topic.put(withdrawn("d-1"), 1)
    await export(topic, tmp_path, Ndjson())
    assert places(tmp_path, Ndjson()) == [("t-1", 1), ("t-1", 2), ("t-1", 3), ("t-2", 1)]


async def test_a_restored_store_that_tells_another_story_is_refused(tmp_path: Path) -> None:
    topic = Topic()
    topic.put(expired(), 1)
    await export(topic, tmp_path, Ndjson())
    topic.wipe()
    topic.put(expired(), 1, story="another")
    topic.put(withdrawn("ada"), 2, story="another")
    with pytest.raises(Trouble, match="version 1 of t-1 is another event than the one exported"):
        await export(topic, tmp_path, Ndjson())


# --- Killed -------------------------------------------------------------------


async def test_an_export_that_was_killed_before_it_noted_a_file_writes_it_anew(
    tmp_path: Path,
) -> None:
    topic = Topic()
    row = plain(facts(TRIP, topic.put(expired(), 1)))

    def killed() -> None:
        with opened(tmp_path, Ndjson(), None) as found, found.committed():
            assert found.is_new(row)
            found.add([row])
            found.reached(0, 1, topic.timeline)
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        killed()
    assert places(tmp_path, Ndjson()) == [("t-1", 1)]
    topic.put(withdrawn("ada"), 2)
    await export(topic, tmp_path, Ndjson())
    assert places(tmp_path, Ndjson()) == [("t-1", 1), ("t-1", 2)]


async def test_a_file_is_there_whole_or_not_at_all(tmp_path: Path) -> None:
    topic = Topic()
    topic.put(expired(), 1)

    class Killed(Ndjson):
        def write(self, path: Path, rows: Sequence[Any]) -> None:
            path.write_text('{"key": "t-')
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        await export(topic, tmp_path, Killed())
    assert list(tmp_path.glob("*.ndjson")) == []
    await export(topic, tmp_path, Ndjson())
    assert places(tmp_path, Ndjson()) == [("t-1", 1)]


async def test_one_export_at_a_time_writes_into_a_folder(tmp_path: Path) -> None:
    with (
        opened(tmp_path, Ndjson(), None) as found,
        found.committed(),
        pytest.raises(Trouble, match="another export writes into"),
    ):
        await export(Topic(), tmp_path, Ndjson())


async def test_a_folder_of_another_form_is_refused(tmp_path: Path) -> None:
    await export(Topic(), tmp_path, Ndjson())
    with pytest.raises(Trouble, match="holds ndjson: export parquet into another folder"):
        await export(Topic(), tmp_path, Parquet(TRIP))


# --- From where ---------------------------------------------------------------


async def test_the_first_export_begins_at_a_time_and_the_later_ones_keep_to_it(
    tmp_path: Path,
) -> None:
    topic = Topic()
    topic.put(withdrawn("ada"), 1, at=NOON.replace(hour=11))
    topic.put(withdrawn("bob"), 2)
    await export(topic, tmp_path, Ndjson(), since="2030-05-01T12:00:00Z")
    topic.wipe()
    topic.put(withdrawn("ada"), 1, at=NOON.replace(hour=11))
    topic.put(withdrawn("bob"), 2)
    topic.put(withdrawn("eve"), 3)
    await export(topic, tmp_path, Ndjson())
    assert places(tmp_path, Ndjson()) == [("t-1", 2), ("t-1", 3)]


async def test_the_first_export_begins_after_a_position(tmp_path: Path) -> None:
    topic = Topic()
    for version in (1, 2, 3):
        topic.put(withdrawn(f"d-{version}"), version)
    topic.put(expired("t-2"), 1, partition=1)
    await export(topic, tmp_path, Ndjson(), after=["0/1"])
    assert places(tmp_path, Ndjson()) == [("t-1", 3), ("t-2", 1)]


@pytest.mark.parametrize("after", ["3", "3/", "a/1", "1/2/3"])
def test_a_position_that_is_none_is_refused(after: str) -> None:
    with pytest.raises(Trouble, match="--after wants PARTITION/OFFSET"):
        start_of(None, [after])


def test_a_time_without_a_zone_is_refused() -> None:
    with pytest.raises(Trouble, match="--from: This has to be a time with its offset from UTC"):
        start_of("2030-05-01", [])


# --- What holds ---------------------------------------------------------------


@FORMS
@pytest.mark.parametrize("later", [False, True], ids=["in one export", "in the next export"])
@pytest.mark.parametrize(
    ("kind", "instead", "holds"),
    [
        (AmendmentKind.CORRECTED, withdrawn("eve"), "eve"),
        (AmendmentKind.REDACTED, withdrawn("XXXX"), "XXXX"),
        (AmendmentKind.REDACTED, None, None),
        (AmendmentKind.SKIPPED, None, None),
    ],
)
async def test_a_file_says_what_holds(
    kind: AmendmentKind, instead: Any, holds: str | None, later: bool, form: Form, tmp_path: Path
) -> None:
    topic = Topic()
    topic.put(withdrawn("ada"), 1)
    topic.put(withdrawn("bob"), 2)
    if later:
        await export(topic, tmp_path, form)
    topic.amend(1, 3, kind, instead)
    await export(topic, tmp_path, form)
    first, second, said = rows(tmp_path, form)
    assert (first["event"] and first["event"]["driver_id"]) == holds
    assert (first["amended"], first["version"], first["actor"]) == (kind.name.lower(), 1, "lea")
    assert (second["event"]["driver_id"], second["amended"]) == ("bob", None)
    assert said["event"]["reason"] == "a slip of the pen"
    files = [path for path in tmp_path.iterdir() if path.suffix != ".sqlite"]
    assert b"ada" not in b"".join(path.read_bytes() for path in files)
    assert {path.suffix for path in files} == {f".{form.ending}"}


async def test_what_was_passed_over_holds_again_once_it_is_corrected(tmp_path: Path) -> None:
    topic = Topic()
    topic.put(withdrawn("ada"), 1)
    topic.amend(1, 2, AmendmentKind.SKIPPED)
    await export(topic, tmp_path, Ndjson())
    topic.amend(1, 3, AmendmentKind.CORRECTED, withdrawn("eve"))
    told = await export(topic, tmp_path, Ndjson())
    first, second = (str(tmp_path / f"0000000{number}.ndjson") for number in (1, 2))
    assert told == [
        {"file": first, "amended": 1, "left": 0},
        {"file": second, "records": 1, "left": 0},
    ]
    assert [exporting.line(one) for one in told] == [f"{first}  1 amended", f"{second}  1 records"]
    assert rows(tmp_path, Ndjson())[0]["event"]["driver_id"] == "eve"


async def test_a_file_that_somebody_took_away_stays_away(tmp_path: Path) -> None:
    topic = Topic()
    topic.put(withdrawn("ada"), 1)
    await export(topic, tmp_path, Ndjson())
    (tmp_path / "00000001.ndjson").unlink()
    topic.amend(1, 2, AmendmentKind.REDACTED)
    await export(topic, tmp_path, Ndjson())
    assert places(tmp_path, Ndjson()) == [("t-1", 2)]


async def test_what_nobody_can_read_is_told_with_the_reason(tmp_path: Path) -> None:
    topic = Topic()
    topic.append("t-1", 1, "relais.missions.trip.v1.beamed", b"")
    await export(topic, tmp_path, Ndjson())
    [row] = rows(tmp_path, Ndjson())
    assert (row["event"], row["type"]) == (None, "relais.missions.trip.v1.beamed")
    assert row["error"] == "UnknownEventType: unknown event type 'relais.missions.trip.v1.beamed'"


# --- The form -----------------------------------------------------------------


@pytest.mark.parametrize("contract", contracts, ids=lambda contract: contract.topic)
def test_every_event_has_its_typed_column_and_comes_back_as_its_example_says(
    contract: Contract[Any], tmp_path: Path
) -> None:
    form, topic = Parquet(contract), Topic(contract)
    found = []
    for version, kind in enumerate(contract.types, start=1):
        path = kit.folder(kind) / "examples" / f"{samples.suffix(kind)}.json"
        event = examples.load(path, kind.cls)
        assert json.loads(path.read_text()) == plain(event)
        found.append(plain(facts(contract, topic.put(event, version))))
    form.write(tmp_path / "1.parquet", found)
    again = list(form.read(tmp_path / "1.parquet"))
    assert [_exact(row) for row in again] == [_exact(row) for row in found]
    assert {field.name for kind in contract.types for field in fields(kind.cls)}
    assert len(columns(contract)) == len(ENVELOPE) + len(contract.types) + 1


def _exact(value: Any) -> Any:
    """The same with its times to the microsecond."""
    if isinstance(value, dict):
        return {name: _exact(one) for name, one in value.items()}
    if isinstance(value, list):
        return [_exact(one) for one in value]
    if isinstance(value, str) and re.fullmatch(r"\d{4}-\d\d-\d\dT.+Z", value):
        return datetime.fromisoformat(value)
    return value


def test_money_times_and_days_are_typed(tmp_path: Path) -> None:
    topic, example = Topic(), kit.folder(TRIP.by_type("relais.missions.trip.v1.mission_assigned"))
    assigned = examples.load(
        example / "examples" / "mission_assigned.json", trip_v1.MissionAssigned
    )
    large = replace(assigned, price=Money(9_007_199_254_740_993, "EUR"))
    Parquet(TRIP).write(tmp_path / "1.parquet", [plain(facts(TRIP, topic.put(large, 1)))])
    query = f"""select mission_assigned.price.amount_minor, typeof(mission_assigned.assigned_at),
        mission_assigned.from_day, typeof(event_id) from '{tmp_path}/1.parquet'"""
    [found] = duckdb.execute(query).fetchall()
    day = assigned.from_day
    assert found == (9_007_199_254_740_993, "TIMESTAMP WITH TIME ZONE", day, "UUID")
