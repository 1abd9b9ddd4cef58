"""Advisory locks have their numbers in one place, so that no two kinds share one."""

import ast
import re
from collections.abc import Iterator
from pathlib import PurePosixPath

from tools.checks.source import Finding, Tree

LIST = PurePosixPath("infra/locks.py")
_NUMBERED = re.compile(r"\bpg_\w*advisory\w*\(\s*\d")


def advisory(tree: Tree) -> Iterator[Finding]:
    """No number of a lock in a statement, and none of the list's numbers anywhere else."""
    message = f"the number of an advisory lock belongs into {LIST}"
    for path, text in tree.files.items():
        if path.suffix in {".py", ".sql"} and "checks" not in path.parts:
            for found in _NUMBERED.finditer(text):
                line = text.count("\n", 0, found.start()) + 1
                yield Finding(path, line, "advisory", message)
    listed = set(_integers(ast.parse(tree.files.get(LIST, ""))).values())
    for module in tree.modules:
        if module.path != LIST:
            for node, number in _integers(module.tree).items():
                if number in listed:
                    yield module.finding(node, "advisory", message)


def _integers(tree: ast.Module) -> dict[ast.Constant, int]:
    return {
        node: node.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and type(node.value) is int
    }
