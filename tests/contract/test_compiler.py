"""The generated modules say what the contracts say, and a difference does not go unseen."""

from pathlib import Path

import pytest

from tests.contract.kit import ROOT, copy_of_contracts
from tools.compiler import outputs
from tools.compiler.__main__ import main

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
