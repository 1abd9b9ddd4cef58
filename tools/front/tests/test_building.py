"""The gate of the app finds every file that is not as its source makes it."""

from pathlib import Path

import pytest

from tools.front.building import APP, BUILT, SEAL, Files, contents, findings, seal
from tools.outside import Absent

MADE: Files = {"index.html": b"<title>Relais</title>", "app.js": b"go()"}


@pytest.fixture
def folders(tmp_path: Path) -> tuple[Path, Path]:
    """A source, and what was built from it."""
    app, kept = tmp_path / "app", tmp_path / "built"
    app.mkdir()
    kept.mkdir()
    (app / "main.ts").write_text("go();")
    for path, content in MADE.items():
        (kept / path).write_bytes(content)
    (kept / SEAL).write_text(seal(contents(app), MADE))
    return app, kept


def test_what_the_source_makes_passes(folders: tuple[Path, Path]) -> None:
    app, kept = folders
    (app / "node_modules").mkdir()
    (app / "node_modules" / "library.js").write_text("of others")
    assert list(findings(app, kept, lambda: MADE)) == []


@pytest.mark.parametrize("changed", ["app/main.ts", "app/new.ts", "built/app.js", "built/new.js"])
def test_a_change_by_hand_is_found_without_npm(folders: tuple[Path, Path], changed: str) -> None:
    app, kept = folders
    (app.parent / changed).write_text("stop();")

    def absent() -> Files:
        raise Absent("npm is absent")

    found = findings(app, kept, absent)
    assert next(found) == "app or built was changed since it was built"
    with pytest.raises(Absent):
        next(found)


def test_a_file_that_the_source_makes_otherwise_is_found(folders: tuple[Path, Path]) -> None:
    app, kept = folders
    built = {"index.html": MADE["index.html"], "app.js": b"went()", "app.css": b""}
    assert list(findings(app, kept, lambda: built)) == [
        "built/app.css is not what the source makes",
        "built/app.js is not what the source makes",
    ]


def test_the_seal_of_this_repository_is_whole() -> None:
    assert list(findings(APP, BUILT, _committed)) == []


def _committed() -> Files:
    return {path: content for path, content in contents(BUILT).items() if path != SEAL}


def test_the_lock_names_no_registry() -> None:
    assert '"resolved"' not in (APP / "package-lock.json").read_text()
