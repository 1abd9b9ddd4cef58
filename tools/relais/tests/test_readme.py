"""The commands that README gives its readers are there, and do what it says."""

import os
import re
import subprocess
from collections.abc import Iterator
from typing import Any

import pytest
import typer

from services.names import NAMES
from tools.outside import ROOT
from tools.relais.main import app
from tools.relais.tests.conftest import Platform

README = (ROOT / "README.md").read_text()
TARGETS = re.findall(r"^([a-z]+):.* ## ", (ROOT / "Makefile").read_text(), re.MULTILINE)
SERVED = "http://127.0.0.1:8080"
FINDING = {"./relais doctor": 1}
"""Commands that say by their code that something is the matter: other tests leave it so."""


def typed(text: str = README) -> Iterator[str]:
    """The lines of all blocks that a reader would type."""
    for block in re.findall(r"^```sh\n(.*?)^```", text, re.MULTILINE | re.DOTALL):
        yield from block.splitlines()


def named(program: str) -> list[list[str]]:
    """The words after the name of a program, wherever it stands with some."""
    spans = re.findall(r"(?<!`)`([^`\n]+)`(?!`)", README)
    lines = [line.partition("#")[0].strip() for line in [*spans, *typed()]]
    begun = (f"{program} ", f"./{program} ")
    return [line.split()[1:] for line in lines if line.startswith(begun)]


def unknown(words: list[str]) -> str | None:
    """The first word that is no command where it stands; None where there is none."""
    command: Any = typer.main.get_command(app)
    for word in words:
        commands = getattr(command, "commands", None)
        if commands is None or word.startswith("-"):
            return None
        if word not in commands:
            return word
        command = commands[word]
    return None


def test_every_service_is_in_the_list() -> None:
    readmes = [f"](services/{name.replace('.', '/')}/README.md)" for name in NAMES]
    assert [one for one in readmes if one not in README] == []


def test_every_word_of_make_is_one() -> None:
    words = [line[0] for line in named("make")]
    assert {"demo", "up", "test"} <= {*words}
    assert [word for word in words if word not in TARGETS] == []


def test_every_command_is_one() -> None:
    lines = named("relais")
    assert ["parked", "list"] in lines
    assert [unknown(line) for line in lines] == [None] * len(lines)


@pytest.mark.parametrize(
    ("line", "wrong"),
    [
        ("doctor", None),
        ("parked list --json", None),
        ("serve SERVICE", None),
        ("parked look", "look"),
        ("docter", "docter"),
    ],
)
def test_a_command_that_is_none_is_found(line: str, wrong: str | None) -> None:
    assert unknown(line.split()) == wrong


# Each command is a process, and on a busy machine they take their time.
@pytest.mark.timeout(400)
def test_what_is_typed_beside_a_running_platform_works(
    platform: Platform, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """`make demo` and `make up` are what the other tests of this folder do."""
    folder = tmp_path_factory.mktemp("reader")
    (folder / "relais").symlink_to(ROOT / "relais")
    lines = [line for line in typed() if not line.startswith("make ")]
    assert len(lines) >= 8
    said = {}
    for line in lines:
        done = subprocess.run(
            ["/bin/sh", "-euc", line.replace(SERVED, platform.url)],
            cwd=folder,
            env={**os.environ, **platform.environment},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode in {0, FINDING.get(line, 0)}, f"{line}: {done.stderr}"
        said[line] = done.stdout
    [begun] = (answer for line, answer in said.items() if " found " in line)
    assert f"{platform.url}/app " in begun
    [me] = (answer for line, answer in said.items() if line.startswith("curl"))
    assert '"name":"Rose Petit"' in me
    assert list(folder.rglob("*.ndjson*"))
