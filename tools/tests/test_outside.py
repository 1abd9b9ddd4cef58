"""A program or library from outside is there, or is absent with the reason."""

from pathlib import Path

import pytest

from tools import outside
from tools.outside import Absent, NpmLibrary


@pytest.fixture
def npm(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An npm of a test, which the test has to write, beside a node; nothing was fetched yet."""
    found = tmp_path / "bin"
    found.mkdir()
    monkeypatch.setenv("PATH", f"{found}:/usr/bin:/bin")
    monkeypatch.setattr(outside, "FOLDER", tmp_path / "tools")
    for name in ("node", "npm"):
        (found / name).write_text("#!/bin/sh\n")
        (found / name).chmod(0o755)
    return found / "npm"


def test_a_library_that_npm_does_not_find_is_absent_with_its_reason(npm: Path) -> None:
    npm.write_text("#!/bin/sh\necho 'npm error code ENOTFOUND' >&2\nexit 1\n")
    with pytest.raises(Absent, match=r"^a-library is not to be had: npm error code ENOTFOUND$"):
        NpmLibrary("a-library@1.0.0").installed()


def test_a_library_that_npm_finds_is_installed(npm: Path) -> None:
    folder = outside.FOLDER / "npm" / "a-library" / "1.0.0" / "node_modules"
    npm.write_text(f"#!/bin/sh\nmkdir -p {folder}/a-library\n")
    assert NpmLibrary("a-library@1.0.0").installed() == folder
    assert (folder / "a-library").is_dir()
