"""Each page of the runbook is found, leads on, and says which tests play it."""

import ast
import re
from pathlib import Path

import pytest
import typer
from typer.main import get_command

from tools.outside import ROOT
from tools.relais.main import app

RUNBOOK = ROOT / "docs" / "runbook"
PAGES = sorted(page for page in RUNBOOK.glob("*.md") if page.name != "README.md")
_LINK = re.compile(r"\]\(([\w./-]+)")
_TEST = re.compile(r"`([\w/]+\.py)((?:::\w+)+)`")
_COMMAND = re.compile(r"`relais ([a-z]+(?:\s[a-z]+)?)|^ +relais ([a-z]+(?: [a-z]+)?)", re.MULTILINE)


def rehearsals(text: str) -> list[str]:
    """The tests that a page names in its last paragraph. Raises ValueError when it says nothing."""
    *_, last = text.strip().split("\n\n")
    if last.startswith("Not rehearsed: "):
        return []
    tests = [path + names for path, names in _TEST.findall(last)]
    if not (last.startswith("Rehearsed by ") and tests):
        raise ValueError("the last paragraph says neither `Rehearsed by` nor `Not rehearsed:`")
    return tests


def is_test(name: str) -> bool:
    """Whether there is a test of this name, like `tools/tests/test_x.py::TestY::test_z`."""
    path, *names = name.split("::")
    if not (ROOT / path).is_file():
        return False
    body: list[ast.stmt] = ast.parse((ROOT / path).read_text()).body
    for one in names:
        known = (ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
        found = [node for node in body if isinstance(node, known) and node.name == one]
        if not found:
            return False
        body = found[0].body
    return True


def unknown_commands(text: str) -> list[str]:
    """The commands of `relais` in a text that there are not."""
    command = get_command(app)
    assert isinstance(command, typer.core.TyperGroup)
    found = []
    for said in (" ".join("".join(words).split()) for words in _COMMAND.findall(text)):
        word, _, second = said.partition(" ")
        group = command.commands.get(word)
        words = group.commands if isinstance(group, typer.core.TyperGroup) else None
        if group is None or (words is not None and second not in words):
            found.append(said)
    return found


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
class TestPage:
    def test_it_is_named_as_it_is_titled(self, page: Path) -> None:
        title = page.read_text().splitlines()[0]
        assert title.removeprefix("# ").lower().replace(" ", "-") == page.stem

    def test_it_stands_in_the_table_of_symptoms(self, page: Path) -> None:
        assert f"({page.name}) |" in (RUNBOOK / "README.md").read_text()

    def test_it_says_how_it_is_rehearsed(self, page: Path) -> None:
        assert [name for name in rehearsals(page.read_text()) if not is_test(name)] == []

    def test_its_links_lead_somewhere(self, page: Path) -> None:
        links = _LINK.findall(page.read_text())
        assert [link for link in links if not (page.parent / link).exists()] == []

    def test_its_commands_are_there(self, page: Path) -> None:
        assert unknown_commands(page.read_text()) == []


class TestRules:
    def test_a_page_that_says_nothing_of_rehearsals_is_found(self) -> None:
        with pytest.raises(ValueError, match="Not rehearsed"):
            rehearsals("# A page\n\nDo this.\n")
        assert rehearsals("# A page\n\nNot rehearsed: nobody could.\n") == []

    def test_a_test_that_is_not_there_is_found(self) -> None:
        here = "tools/relais/tests/test_runbook.py"
        assert is_test(f"{here}::TestRules::test_a_test_that_is_not_there_is_found")
        assert not is_test(f"{here}::TestRules::test_nothing")
        assert not is_test("tools/relais/tests/test_none.py::test_nothing")

    def test_a_command_that_is_not_there_is_found(self) -> None:
        assert unknown_commands("`relais doctor --whole`, `relais views\nrebuild x`") == []
        assert unknown_commands("`relais dance`\n\n    relais views dance") == [
            "dance",
            "views dance",
        ]
