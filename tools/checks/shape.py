"""Every service stands on the same floor plan and fits in fifteen minutes (docs/adr/0020)."""

import ast
from collections.abc import Iterator
from pathlib import PurePosixPath

from tools.checks.source import Finding, Tree, service_of

MUST_HAVE = ("README.md", "service.py")
FILES = frozenset({"README.md", "__init__.py", "service.py"})
WRITING = FILES | {"aggregates.py", "notices.yaml", "terms.py"}
ROOMS = frozenset({"adapters", "http", "lookups", "notices", "reactions", "read_models", "tests"})
GONE = frozenset({"api.py", "bodies.py", "following.py", "notices.py", "people.py"})
MOST_LINES = 1_100
"""The most lines of code in one aggregate."""
LONGER = {
    PurePosixPath("services/accounts/user"): 1_150,
    PurePosixPath("services/interventions/case"): 3_300,
    PurePosixPath("services/payments/charge"): 1_250,
    PurePosixPath("services/reminders/reminder"): 1_500,
}
"""Streams whose every command asks how far it has come (ADR 71, 75, 77, 84, 89, 94, 95, 96)."""
MOST_AGGREGATES = 5
"""In one service."""
MORE_AGGREGATES = {PurePosixPath("services/payments"): 6}
"""Money that comes in and money that goes out have their books in one place."""
BY_DATA = frozenset({"contacts.py", "notices.py"})
"""Reactions that read whichever contracts a notices.yaml names (docs/adr/0023)."""


def shape(tree: Tree) -> Iterator[Finding]:
    """Nothing is missing, nothing stands in a place of its own, no aggregate is too large."""
    services = {service for path in tree.files if (service := service_of(path)) is not None}
    for service in sorted(services):
        files = {path.relative_to(service) for path in tree.files if path.is_relative_to(service)}
        yield from _missing(service, files)
        if service.parts[1] == "views":
            yield from _reading(service, files)
        else:
            yield from _writing(service, files, tree)


def _missing(service: PurePosixPath, files: set[PurePosixPath]) -> Iterator[Finding]:
    for name in MUST_HAVE:
        if PurePosixPath(name) not in files:
            yield Finding(service / name, 1, "shape", "every service has this file")
    if not any(path.parts[0] == "tests" and path.name.startswith("test_") for path in files):
        yield Finding(service / "tests", 1, "shape", "every service has tests")


def _reading(service: PurePosixPath, files: set[PurePosixPath]) -> Iterator[Finding]:
    for path in sorted(files):
        if path.parts[0] not in {"locales", "tests"} and len(path.parts) > 1:
            message = "a read service has one module a question; its folders are locales and tests"
            yield Finding(service / path, 1, "shape", message)
        elif path.name in GONE:
            yield Finding(service / path, 1, "shape", "name the question that the module answers")


def _writing(service: PurePosixPath, files: set[PurePosixPath], tree: Tree) -> Iterator[Finding]:
    contracts = _contracts(tree)
    own = {aggregate for owner, aggregate in contracts if owner == service.name}
    for path in sorted(files):
        room = path.parts[0]
        if len(path.parts) == 1 and path.name not in WRITING:
            message = f"stands in none of {', '.join(sorted(ROOMS))} or an aggregate's package"
            yield Finding(service / path, 1, "shape", message)
        elif len(path.parts) > 1 and room not in ROOMS | own:
            message = (
                f"neither a room of every service nor an aggregate of contracts/{service.name}"
            )
            yield Finding(service / path, 1, "shape", message)
        elif room in {"reactions", "lookups"} and not _named(path, contracts):
            message = "is named after no contract: from_<service>_<aggregate>.py, or without from_"
            yield Finding(service / path, 1, "shape", message)
    aggregates = sorted({path.parts[0] for path in files if len(path.parts) > 1} & own)
    if len(aggregates) > (most := MORE_AGGREGATES.get(service, MOST_AGGREGATES)):
        message = f"{len(aggregates)} aggregates; a service has at most {most}"
        yield Finding(service, 1, "shape", message)
    for aggregate in aggregates:
        yield from _too_long(service / aggregate, tree)


def _contracts(tree: Tree) -> set[tuple[str, str]]:
    """(service, aggregate) of every contract."""
    return {
        (path.parts[1], path.stem.removesuffix("_v1"))
        for path in tree.files
        if path.parts[0] == "contracts" and len(path.parts) == 3 and path.stem.endswith("_v1")
    }


def _named(path: PurePosixPath, contracts: set[tuple[str, str]]) -> bool:
    if path.name == "__init__.py" or (path.parts[0] == "reactions" and path.name in BY_DATA):
        return True
    before = "from_" if path.parts[0] == "reactions" else ""
    return path.name in {f"{before}{service}_{aggregate}.py" for service, aggregate in contracts}


def _too_long(aggregate: PurePosixPath, tree: Tree) -> Iterator[Finding]:
    lines = sum(
        lines_of_code(module.text)
        for module in tree.modules
        if module.path.is_relative_to(aggregate)
    )
    most = LONGER.get(aggregate, MOST_LINES)
    if lines > most:
        message = f"{lines} lines of code; an aggregate fits in {most}"
        yield Finding(aggregate, 1, "shape", message)


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
