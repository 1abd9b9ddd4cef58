"""Decision records are numbered without a hole."""

import re
from collections.abc import Iterator
from pathlib import PurePosixPath

from tools.checks.source import Finding, Tree

FOLDER = PurePosixPath("docs/adr")
_NAME = re.compile(r"^(\d{4})-[a-z0-9]+(-[a-z0-9]+)*\.md$")


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
