"""buf holds the contracts to its rules, where node is there to run it."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.contract.kit import ROOT, copy_of_contracts
from tools.compiler import buf

WITH_NODE = shutil.which("node") is not None and shutil.which("npm") is not None
PROTO = Path("contracts/relais/missions/trip/v1/events.proto")


def says(task: str, root: Path, expected: int, capfd: pytest.CaptureFixture[str]) -> str:
    """The output of buf, which must end with this code; "" without node, when buf must say so."""
    code = buf.main([task], root)
    output = capfd.readouterr().out
    if not WITH_NODE:
        assert (code, output) == (0, f"{buf.ABSENT}\n")
        return ""
    assert code == expected, output
    return output


@pytest.fixture
def released(tmp_path: Path) -> Path:
    """A copy of the contracts that were just released."""
    root = copy_of_contracts(tmp_path)
    assert buf.main(["release"], root) == 0
    return root


def change(root: Path, before: str, after: str) -> None:
    content = (root / PROTO).read_text()
    assert before in content
    (root / PROTO).write_text(content.replace(before, after, 1))


def test_our_contracts_pass_lint(capfd: pytest.CaptureFixture[str]) -> None:
    says("lint", ROOT, 0, capfd)


def test_a_name_against_the_rules_fails_lint(
    released: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    change(released, "string delivery_type", "string DeliveryType")
    assert "lower_snake_case" in says("lint", released, 100, capfd) or not WITH_NODE


def test_a_comment_does_not_silence_lint(released: Path, capfd: pytest.CaptureFixture[str]) -> None:
    ignored = "// buf:lint:ignore FIELD_LOWER_SNAKE_CASE\n  string DeliveryType"
    change(released, "string delivery_type", ignored)
    assert "lower_snake_case" in says("lint", released, 100, capfd) or not WITH_NODE


def test_a_new_field_breaks_nothing(released: Path, capfd: pytest.CaptureFixture[str]) -> None:
    change(
        released, "  string delivery_type", "  optional string note = 99;\n  string delivery_type"
    )
    says("breaking", released, 0, capfd)


def test_a_removed_field_breaks_readers_even_when_reserved(
    released: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    change(released, "string delivery_type = 10;", 'reserved 10;\n  reserved "delivery_type";')
    answer = says("breaking", released, 100, capfd)
    assert '"delivery_type" on message "TripPublished" was deleted' in answer or not WITH_NODE


def test_our_contracts_break_nothing_that_was_released(capfd: pytest.CaptureFixture[str]) -> None:
    says("breaking", ROOT, 0, capfd)


def test_a_change_is_compared_with_the_release_however_often_it_was_committed(
    released: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    change(released, "  string delivery_type", "  string note = 99;\n  string delivery_type")
    says("breaking", released, 0, capfd)
    change(released, "  string note = 99;\n", "")
    says("breaking", released, 0, capfd)
    change(released, "  string delivery_type", "  string note = 99;\n  string delivery_type")
    assert buf.main(["release"], released) == 0
    change(released, "  string note = 99;\n", "")
    assert '"note"' in says("breaking", released, 100, capfd) or not WITH_NODE


def test_without_node_it_says_so_and_stops_nobody() -> None:
    command = [sys.executable, "-m", "tools.compiler.buf", "lint"]
    environment = {**os.environ, "PATH": "/nonexistent"}
    run = subprocess.run(
        command, cwd=ROOT, env=environment, check=False, capture_output=True, text=True
    )
    assert (run.returncode, run.stdout) == (0, f"{buf.ABSENT}\n")


def test_an_unknown_task_is_refused(capfd: pytest.CaptureFixture[str]) -> None:
    assert buf.main(["format"]) == 2
    assert "usage" in capfd.readouterr().err
