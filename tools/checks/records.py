"""Decision records are numbered without a hole, and documents name files that are there."""

import re
from collections.abc import Iterator
from pathlib import PurePosixPath

from tools.checks.source import Finding, Tree

FOLDER = PurePosixPath("docs/adr")
_NAME = re.compile(r"^(\d{4})-[a-z0-9]+(-[a-z0-9]+)*\.md$")
_FILE = re.compile(
    r"`((?:contracts|docs|infra|services|tests|tools)/[\w./-]+\.(?:py|md|sql|yaml))`"
)


def records(tree: Tree) -> Iterator[Finding]:
    """docs/adr holds 0001-name.md, 0002-name.md and so on, each number once."""
    expected = 1
    for path in sorted(path for path in tree.files if path.parent == FOLDER):
        if path.name == "README.md":
            continue
        name = _NAME.match(path.name)
        if name is None:
            yield Finding(path, 1, "records", "a record is named 0001-what-was-decided.md")
            continue
        if int(name[1]) != expected:
            yield Finding(path, 1, "records", f"the next number is {expected:04}")
        expected = int(name[1]) + 1


def paths(tree: Tree) -> Iterator[Finding]:
    """A file that a document names in code quotes, from the root, is there."""
    for path, text in tree.files.items():
        if path.suffix == ".md":
            for named in _FILE.finditer(text):
                if PurePosixPath(named[1]) not in tree.files:
                    line = text.count("\n", 0, named.start()) + 1
                    yield Finding(path, line, "paths", f"there is no {named[1]}")
