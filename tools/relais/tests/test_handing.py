"""Somebody asks what is held about them, and gets an archive with that and nothing else."""

import json
from hashlib import sha256
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import pytest

from tools.relais.handing import texts
from tools.relais.tests.conftest import Platform

ASKED = ("--requested-by", "Katherine herself", "--reason", "GDPR 15")


def test_the_texts_of_a_value_are_found_however_deep_they_are() -> None:
    assert list(texts({"a": ["x", {"b": "y"}], "c": 1, "d": None})) == ["x", "y"]


@pytest.fixture(scope="module")
def driver(platform: Platform) -> str:
    """Somebody who drives, beside somebody else."""
    platform.driver("Dorothy Vaughan")
    return platform.driver("Katherine Johnson")


@pytest.fixture(scope="module")
def archive(
    platform: Platform, driver: str, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Path, dict[str, Any]]:
    """The archive of that driver, and what the command said of it."""
    file = tmp_path_factory.mktemp("answers") / "answer.zip"
    shown = f"select 1 from partner.drivers where driver_id = '{driver}'"
    platform.until(lambda: bool(platform.sql("views.partner", shown)))
    return file, platform.facts("subject", "export", driver, "--to", str(file), *ASKED)


def contents(file: Path) -> dict[str, bytes]:
    with ZipFile(file) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def test_the_archive_has_what_every_service_holds_and_nobody_else(
    driver: str, archive: tuple[Path, dict[str, Any]]
) -> None:
    found = contents(archive[0])
    [registered] = json.loads(found["events/missions.json"])
    assert (registered["event"]["name"], registered["event"]["phone"]) == (
        "Katherine Johnson",
        "+33612345678",
    )
    assert {"events/accounts.json", "events/messaging.json"} <= found.keys()
    [row] = json.loads(found["rows/views.partner.drivers.json"])
    assert (row["driver_id"], row["name"]) == (driver, "Katherine Johnson")
    assert not any(b"Dorothy Vaughan" in content for content in found.values())


def test_its_manifest_says_what_is_in_it_and_who_asked(
    platform: Platform, archive: tuple[Path, dict[str, Any]]
) -> None:
    file, said = archive
    found = contents(file)
    manifest = json.loads(found["manifest.json"])
    assert {**manifest, "file": str(file)} == said
    for part in manifest["files"]:
        assert sha256(found[part["name"]]).hexdigest() == part["sha256"]
        assert len(json.loads(found[part["name"]])) == part["entries"]
    assert file.stat().st_mode & 0o777 == 0o600
    exports = [one for one in platform.audited if one["action"] == "subject export"]
    assert exports[-1]["requested_by"] == "Katherine herself"


def test_an_archive_that_is_there_is_never_written_over(
    platform: Platform, driver: str, tmp_path: Path
) -> None:
    file = tmp_path / "answer.zip"
    file.write_text("of last year")
    platform.facts("subject", "export", driver, "--to", str(file), *ASKED, code=2)
    assert file.read_text() == "of last year"


def test_of_somebody_unknown_there_is_none(platform: Platform, tmp_path: Path) -> None:
    file = tmp_path / "answer.zip"
    error = platform.facts("subject", "export", "nobody", "--to", str(file), *ASKED, code=1)
    assert (error["error"]["message"], file.exists()) == ("nothing is known of nobody", False)


def test_nobody_is_handed_out_without_a_reason(
    platform: Platform, driver: str, tmp_path: Path
) -> None:
    words = ("subject", "export", driver, "--to", str(tmp_path / "answer.zip"))
    assert platform.say(*words, "--requested-by", "x").exit_code == 2
    platform.facts(*words, "--requested-by", "x", "--reason", " ", code=2)
