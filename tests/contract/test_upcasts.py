"""An event of an earlier shape is read in the present one, by everybody and in one place."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.contract.kit import compiled, copy_of_contracts, event
from tools.compiler import rules
from tools.compiler.__main__ import main

CLEARANCE = "contracts/relais/missions/clearance/v1"
BECOMES = """type: "relais.missions.clearance.v1.paper_lapsed"
    becomes: "PaperEnded"
"""
ENDED = """
// A paper does not hold any more.
message PaperEnded {
  option (relais.options.v1.event) = {
    type: "relais.missions.clearance.v1.paper_ended"
    key: "driver_id"
    time: "ended_at"
  };

  string driver_id = 1;
  string kind = 2;
  string why = 3;
  google.protobuf.Timestamp ended_at = 4;
}
"""
UPCASTS = '''"""How former events of clearances are read."""

from contracts.missions.clearance_v1 import PaperEnded, PaperLapsed


def paper_lapsed(event: PaperLapsed) -> {answers}:
    return PaperEnded(
        driver_id=event.driver_id, kind=event.kind, why="lapsed", ended_at=event.lapsed_at
    )
'''
READ = f"""
from pathlib import Path
from contracts.missions import clearance_v1 as now
kind = now.contract.by_type("relais.missions.clearance.v1.paper_lapsed")
old = Path("{CLEARANCE}/samples/paper_lapsed.1.binpb").read_bytes()
print(kind.decode(old, lambda *_: None).why, *sorted(
    type.rpartition(".")[2] for type in now.contract.types_of({{now.PaperEnded}})))
print(now.PaperLapsed in now.ClearanceEvent.__args__)
kind.encode(None, lambda *_: b"")
"""


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """Our contracts, once a paper ends instead of lapsing."""
    proto = copy_of_contracts(tmp_path) / CLEARANCE / "events.proto"
    before = proto.read_text()
    old = 'type: "relais.missions.clearance.v1.paper_lapsed"\n'
    assert old in before
    proto.write_text(before.replace(old, BECOMES) + ENDED)
    return tmp_path


def read(root: Path, answers: str = "PaperEnded") -> "subprocess.CompletedProcess[str]":
    """The words of the generated module about an old stored event."""
    upcasts = root / "contracts" / "missions" / "clearance_upcasts.py"
    upcasts.write_text(UPCASTS.replace("{answers}", answers))
    command = [sys.executable, "-c", READ]
    return subprocess.run(command, cwd=root, capture_output=True, text=True, check=False)


def test_an_old_stored_event_is_read_in_the_present_shape(root: Path) -> None:
    assert main(["--root", str(root)]) == 0
    said = read(root)
    assert said.stdout.splitlines() == ["lapsed paper_ended paper_lapsed", "False"]
    assert "TypeError: NoneType is recorded in its present type only" in said.stderr
    assert main(["--check", "--root", str(root)]) == 0


def test_the_function_has_to_answer_the_present_shape(root: Path) -> None:
    main(["--root", str(root)])
    assert "paper_lapsed has to answer a PaperEnded" in read(root, "PaperLapsed").stderr


@pytest.mark.parametrize("other", ["Happened", "Nothing", "Again"])
def test_it_becomes_an_event_that_is_recorded_now(tmp_path: Path, other: str) -> None:
    former = f'key: "id" becomes: "{other}"'
    proto = event("").replace('key: "id"', former)
    proto += event("", name="Again", type="again").replace('key: "id"', former)
    found = rules.complaints(compiled(tmp_path, proto))
    assert f"reads Happened as {other}, no event that is recorded now" in str(found)
