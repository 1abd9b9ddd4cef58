"""Every service looks the same and fits in fifteen minutes."""

import ast
from collections.abc import Iterator
from pathlib import PurePosixPath

from tools.checks.source import Finding, Tree, service_of

MUST_HAVE = ("README.md", "api.py", "service.py")
FOLDERS = frozenset({"edge", "migrations", "tests"})
MOST_LINES = 1_500
"""Of code; docs/adr/0008 says how they are counted and why there are so many."""
LONGER = {PurePosixPath("services/missions"): 2_100, PurePosixPath("services/accounts"): 1_650}
"""docs/adr/0008 and 0014 say why."""


def shape(tree: Tree) -> Iterator[Finding]:
    """README, routes, wiring and tests in the same places; nothing in places of its own."""
    services = {service for path in tree.files if (service := service_of(path)) is not None}
    for service in sorted(services):
        files = {path.relative_to(service) for path in tree.files if path.is_relative_to(service)}
        yield from _missing(service, files)
        yield from _unexpected(service, files)
        yield from _too_long(service, tree)


def _missing(service: PurePosixPath, files: set[PurePosixPath]) -> Iterator[Finding]:
    for name in MUST_HAVE:
        if PurePosixPath(name) not in files:
            yield Finding(service / name, 1, "shape", "every service has this file")
    if not any(path.parts[0] == "tests" and path.name.startswith("test_") for path in files):
        yield Finding(service / "tests", 1, "shape", "every service has tests")


def _unexpected(service: PurePosixPath, files: set[PurePosixPath]) -> Iterator[Finding]:
    for folder in sorted({path.parts[0] for path in files if len(path.parts) > 1} - FOLDERS):
        message = f"a service has only the folders {' and '.join(sorted(FOLDERS))}"
        yield Finding(service / folder, 1, "shape", message)


def _too_long(service: PurePosixPath, tree: Tree) -> Iterator[Finding]:
    own = [m for m in tree.modules if m.path.is_relative_to(service) and not m.is_test]
    lines = sum(lines_of_code(module.text) for module in own)
    most = LONGER.get(service, MOST_LINES)
    if lines > most:
        message = f"{lines} lines of code without tests; a service fits in {most}"
        yield Finding(service, 1, "shape", message)


def lines_of_code(text: str) -> int:
    """Without blank lines, comments, docstrings and imports."""
    passed_over: set[int] = set()
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Import | ast.ImportFrom) or _is_text(node):
            assert isinstance(node, ast.stmt)
            passed_over |= set(range(node.lineno, (node.end_lineno or node.lineno) + 1))
    return sum(
        bool(line.strip()) and not line.lstrip().startswith("#") and number not in passed_over
        for number, line in enumerate(text.splitlines(), 1)
    )


def _is_text(node: ast.AST) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
