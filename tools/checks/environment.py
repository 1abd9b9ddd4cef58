"""One place reads the environment."""

import ast
from collections.abc import Iterator
from pathlib import PurePosixPath

from tools.checks.source import Finding, Tree, dotted, names_of

READERS = frozenset({"os.environ", "os.environb", "os.getenv", "os.getenvb"})
MAY_READ = frozenset(
    {
        PurePosixPath("conftest.py"),
        PurePosixPath("infra/host.py"),
        PurePosixPath("infra/settings.py"),
        # The plain peer that the benchmark measures us against: a program of its own.
        PurePosixPath("tools/bench/bare.py"),
    }
)


def environment(tree: Tree) -> Iterator[Finding]:
    """Everything that differs between machines is a field of the settings, documented once.

    Handing the whole environment on to a program, `{**os.environ, ...}`, reads no setting.
    """
    for module in tree.modules:
        if module.path in MAY_READ:
            continue
        names = names_of(module)
        handed_on = set(_handed_on(module.tree))
        for node in ast.walk(module.tree):
            if not isinstance(node, ast.Attribute | ast.Name) or node in handed_on:
                continue
            if dotted(node, names) in READERS:
                message = "only infra/settings.py and infra/host.py read the environment"
                yield module.finding(node, "environment", message)


def _handed_on(tree: ast.Module) -> Iterator[ast.expr]:
    """The expressions that a dictionary takes over whole."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Dict):
            pairs = zip(node.keys, node.values, strict=True)
            yield from (value for key, value in pairs if key is None)
