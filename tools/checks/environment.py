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
    }
)


def environment(tree: Tree) -> Iterator[Finding]:
    """What differs between machines is a field of the settings, so that it is documented once."""
    for module in tree.modules:
        if module.path in MAY_READ:
            continue
        names = names_of(module)
        for node in ast.walk(module.tree):
            if isinstance(node, ast.Attribute | ast.Name) and dotted(node, names) in READERS:
                message = "only infra/settings.py and infra/host.py read the environment"
                yield module.finding(node, "environment", message)
