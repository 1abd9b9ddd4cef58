"""The bill of an image names everything in it; what cannot be built is said."""

import json
from pathlib import Path

import pytest

from tools.image.__main__ import build, lint, megabytes
from tools.image.bill import cyclonedx, licences, parts
from tools.image.building import CONTAINERFILE, Builder
from tools.outside import ROOT, Absent

METADATA = "Metadata-Version: 2.4\nName: Some_Thing\nVersion: 1.2\n"
DEBIAN = """Package: dash
Status: install ok installed
Version: 0.5
Description: a shell
 with more lines: of words

Package: gone
Status: deinstall ok config-files
Version: 1
"""


def system(folder: Path, *lines: str) -> Path:
    """A system with one package of Python and one of Debian; lines are added to its metadata."""
    place = folder / "opt/relais/lib/python3.11/site-packages/some_thing-1.2.dist-info"
    place.mkdir(parents=True)
    (place / "METADATA").write_text(METADATA + "".join(f"{line}\n" for line in lines))
    (folder / "var/lib/dpkg").mkdir(parents=True)
    (folder / "var/lib/dpkg/status").write_text(DEBIAN)
    (folder / "usr/share/doc/dash").mkdir(parents=True)
    (folder / "usr/share/doc/dash/copyright").write_text("License: BSD-3-clause\n words\n")
    return folder


class TestBill:
    def test_it_has_what_is_installed_and_not_what_is_gone(self, tmp_path: Path) -> None:
        found = [(part.kind, part.name, part.version) for part in parts(system(tmp_path))]
        assert found == [("deb", "dash", "0.5"), ("pypi", "some-thing", "1.2")]

    @pytest.mark.parametrize(
        ("line", "licence"),
        [
            ("License-Expression: MIT", "MIT"),
            ("Classifier: License :: OSI Approved :: BSD License", "BSD License"),
            ("License: Apache 2.0", "Apache 2.0"),
            ("Classifier: Topic :: Words", ""),
        ],
    )
    def test_a_licence_is_taken_from_where_it_is_named(
        self, tmp_path: Path, line: str, licence: str
    ) -> None:
        [dash, python] = parts(system(tmp_path, line))
        assert (dash.licence, python.licence) == ("BSD-3-clause", licence)

    def test_machines_and_people_read_the_same(self, tmp_path: Path) -> None:
        found = parts(system(tmp_path))
        names = [one["purl"] for one in json.loads(cyclonedx(found))["components"]]
        assert names == ["pkg:deb/debian/dash@0.5", "pkg:pypi/some-thing@1.2"]
        assert "| pypi | some-thing | 1.2 | not named |" in licences(found)


class TestContainerfile:
    def test_its_base_is_named_by_digest_and_both_stages_stand_on_it(self) -> None:
        text = CONTAINERFILE.read_text()
        [base] = [line for line in text.splitlines() if line.startswith("ARG BASE=")]
        assert len(base.partition("@sha256:")[2]) == 64
        assert text.count("FROM ${BASE}") == text.count("FROM ") == 2

    def test_what_runs_is_not_root(self) -> None:
        last = CONTAINERFILE.read_text().rpartition("FROM ")[2]
        assert "USER 10001:10001" in last

    def test_hadolint_has_no_remark(self) -> None:
        assert lint() == 0

    def test_hadolint_finds_one_in_a_bad_file(self, tmp_path: Path) -> None:
        bad = tmp_path / "Containerfile"
        bad.write_text("FROM debian\nRUN cd /tmp && apt-get install curl\n")
        assert lint(bad) == 1

    def test_only_what_it_copies_is_sent_to_it(self) -> None:
        sent = {line[1:] for line in (ROOT / ".dockerignore").read_text().split() if line[0] == "!"}
        copied = [
            word
            for line in CONTAINERFILE.read_text().splitlines()
            if line.startswith("COPY ") and "--from" not in line
            for word in line.split()[1:-1]
        ]
        assert sent == set(copied)


def test_a_file_with_two_names_takes_its_room_once(tmp_path: Path) -> None:
    (tmp_path / "one").write_bytes(bytes(range(256)) * 8_000)
    (tmp_path / "two").hardlink_to(tmp_path / "one")
    assert megabytes(tmp_path) == 2


def test_what_cannot_be_built_is_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    def nobody(_: Path) -> Builder:
        raise Absent("buildah is absent")

    assert build(tmp_path, debian=True, builder=nobody) == 0
    assert capsys.readouterr().out == "buildah is absent: the image was not built\n"
