"""The generated modules say what the contracts say, and a difference does not go unseen.

What cannot be compiled is said in sentences, and leaves every file as it was.
"""

from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.contract.kit import ROOT, compiled, copy_of_contracts, event
from tools.compiler import buf, changes, outputs
from tools.compiler.__main__ import main
from tools.compiler.changes import Change, Kind
from tools.compiler.schema import ContractError

TRIP = Path("contracts/relais/missions/trip/v1")
EXPIRED = TRIP / "examples" / "expired.json"

GENERATED = [
    "contracts/missions/trip_v1.py",
    "contracts/common_v1.py",
    "contracts/index.py",
    "contracts/descriptors.binpb",
    "contracts/asyncapi.yaml",
]


def test_nothing_generated_is_stale() -> None:
    assert outputs.stale(ROOT, outputs.outputs(ROOT)) == []


def test_generating_twice_gives_the_same_bytes() -> None:
    assert outputs.outputs(ROOT) == outputs.outputs(ROOT)


@pytest.mark.parametrize("name", GENERATED)
def test_a_changed_file_is_named_and_left_alone(
    name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    changed = copy_of_contracts(tmp_path) / name
    changed.write_bytes(changed.read_bytes() + b"\n# by hand")
    assert main(["--check", "--root", str(tmp_path)]) == 1
    assert capsys.readouterr().out == f"stale: {name}\n"
    assert changed.read_bytes().endswith(b"by hand")


def test_a_missing_file_is_written(tmp_path: Path) -> None:
    lost = copy_of_contracts(tmp_path) / "contracts" / "missions" / "trip_v1.py"
    lost.unlink()
    assert main(["--root", str(tmp_path)]) == 0
    assert lost.read_bytes() == (ROOT / "contracts" / "missions" / "trip_v1.py").read_bytes()
    assert main(["--check", "--root", str(tmp_path)]) == 0


def test_a_module_whose_contract_is_gone_is_removed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    left_over = copy_of_contracts(tmp_path) / "contracts" / "missions" / "barge_v1.py"
    left_over.touch()
    assert main(["--check", "--root", str(tmp_path)]) == 1
    assert main(["--root", str(tmp_path)]) == 0
    assert "removed contracts/missions/barge_v1.py" in capsys.readouterr().out
    assert not left_over.exists()


def test_a_changed_contract_makes_what_is_generated_stale(tmp_path: Path) -> None:
    root = copy_of_contracts(tmp_path)
    proto = root / "contracts" / "relais" / "missions" / "trip" / "v1" / "events.proto"
    content = proto.read_text()
    proto.write_text(content.replace("// Present when no person decided.", "// By a rule."))
    assert [str(path) for path in outputs.stale(root, outputs.outputs(root))] == [
        "contracts/asyncapi.yaml",
        "contracts/missions/trip_v1.py",
    ]


# --- What is released


def test_a_release_notes_what_is_new_and_the_next_one_begins_there(tmp_path: Path) -> None:
    root = with_field(tmp_path, "optional int32 quotes = 99;")
    before = changes.history(root)
    assert [buf.main(["release"], root), buf.main(["release"], root)] == [0, 0]
    *earlier, last = changes.history(root)
    assert earlier == before
    field = "relais.missions.trip.v1.TripExpired.quotes"
    assert Change(Kind.FIELD, field, "") in last.changes
    descriptors, packages = outputs.contracts(root)
    assert list(changes.between(changes.released(root, descriptors), packages)) == []


def test_a_new_topic_event_and_value_are_changes(tmp_path: Path) -> None:
    values = "// How.\nenum Mood { MOOD_UNSPECIFIED = 0; %s }"
    events = event("Mood mood = 2;") + values % "MOOD_GOOD = 1;"
    before = compiled(tmp_path / "before", events)
    more = event("", name="Ended", type="ended")
    grown = event("Mood mood = 2;") + values % "MOOD_GOOD = 1; MOOD_BAD = 2;" + more
    after = compiled(tmp_path / "after", grown)
    place = "relais.test.thing.v1"
    assert [(one.kind, one.name) for one in changes.between(before, after)] == [
        (Kind.EVENT, f"{place}.Ended"),
        (Kind.VALUE, f"{place}.Mood.MOOD_BAD"),
    ]
    first = next(changes.between([], before))
    assert first == Change(Kind.TOPIC, place, "A thing that happens.")


# --- What cannot be compiled


def with_field(tmp_path: Path, field: str) -> Path:
    """Our contracts, and one more field of a released event."""
    root = copy_of_contracts(tmp_path)
    proto = root / TRIP / "events.proto"
    head, found, tail = proto.read_text().partition("message TripExpired {")
    assert found
    proto.write_text(f"{head}{found}\n  {field}\n{tail}")
    return root


def contents(root: Path) -> Mapping[Path, bytes]:
    return {path: path.read_bytes() for path in root.rglob("*") if path.is_file()}


@pytest.mark.parametrize(
    "field", ["int32 quotes = 99;", "string quotes = 99;", "google.protobuf.Timestamp quotes = 99;"]
)
def test_a_field_that_older_bytes_would_lie_about_is_refused(
    field: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    root = with_field(tmp_path, field)
    before = contents(root)
    assert main(["--check", "--root", str(root)]) == 1
    assert main(["--sample", "--root", str(root)]) == 1
    refusal = "relais.missions.trip.v1.TripExpired.quotes is new, and events recorded before lack"
    assert capsys.readouterr().err.startswith(refusal)
    assert contents(root) == before


def test_a_field_that_may_be_absent_is_accepted_with_its_example(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    root = with_field(tmp_path, "optional int32 quotes = 99;")
    example = root / EXPIRED
    example.write_text(example.read_text().replace("{", '{"quotes": 3,', 1))
    assert main(["--sample", "--root", str(root)]) == 0
    assert f"wrote {TRIP}/samples/expired.2.binpb" in capsys.readouterr().out
    assert main(["--check", "--root", str(root)]) == 0


def test_a_list_may_be_added_since_older_events_have_an_empty_one(tmp_path: Path) -> None:
    outputs.contracts(with_field(tmp_path, "repeated string quotes = 99;"))


def test_before_the_first_release_any_field_may_come(tmp_path: Path) -> None:
    root = with_field(tmp_path, "int32 quotes = 99;")
    (root / "contracts" / "released" / "events.binpb").unlink()
    outputs.contracts(root)


@pytest.mark.parametrize(
    ("example", "complaint"),
    [
        (None, "TripExpired needs an example"),
        ("{", "TripExpired: no JSON: Expecting property name"),
        ("{}", "TripExpired: missing or unknown: "),
    ],
)
def test_an_example_that_does_not_fit_is_a_sentence_and_nothing_is_written(
    example: str | None, complaint: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    root = with_field(tmp_path, "optional int32 quotes = 99;")
    (root / EXPIRED).unlink()
    if example is not None:
        (root / EXPIRED).write_text(example)
    before = contents(root)
    assert main(["--sample", "--root", str(root)]) == 1
    [said] = capsys.readouterr().err.splitlines()
    assert said.startswith(f"{EXPIRED}: {complaint}")
    assert contents(root) == before


def test_a_file_that_cannot_be_written_leaves_the_others_as_they_were(tmp_path: Path) -> None:
    (tmp_path / "first").write_bytes(b"before")
    (tmp_path / "second").touch()
    with pytest.raises(ContractError, match=r"^second/third: cannot be written: File exists$"):
        outputs.write(tmp_path, {Path("first"): b"after", Path("second/third"): b"new"})
    assert (tmp_path / "first").read_bytes() == b"before"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["first", "second"]
