"""The repository as the gates see it: texts by path, parsed once."""

import ast
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path, PurePosixPath

PLACES = ("contracts", "infra", "services", "tools", "tests", "docs")
SUFFIXES = frozenset({".py", ".md", ".sql", ".lock", ".yaml", ".po"})


@dataclass(frozen=True, slots=True, order=True)
class Finding:
    """Something a gate will not let pass, at a place a person can open."""

    path: PurePosixPath
    line: int
    rule: str
    message: str

    def __str__(self) -> str:
        return f"{self.path}:{self.line}: {self.rule}: {self.message}"


@dataclass(frozen=True)
class Module:
    """One Python file."""

    path: PurePosixPath
    text: str

    @cached_property
    def tree(self) -> ast.Module:
        return ast.parse(self.text)

    @property
    def name(self) -> str:
        """The dotted name under which others import it."""
        parts = self.path.with_suffix("").parts
        return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)

    @property
    def is_test(self) -> bool:
        return "tests" in self.path.parts or self.path.name == "conftest.py"

    def finding(self, node: ast.AST, rule: str, message: str) -> Finding:
        return Finding(self.path, getattr(node, "lineno", 1), rule, message)


@dataclass(frozen=True)
class Tree:
    """Files of the repository by their path below its root."""

    files: Mapping[PurePosixPath, str]

    @classmethod
    def of(cls, files: Mapping[str, str]) -> "Tree":
        return cls({PurePosixPath(path): text for path, text in files.items()})

    @classmethod
    def read(cls, root: Path) -> "Tree":
        found = [*root.glob("*.lock"), *root.glob("*.py")]
        found += [path for place in PLACES for path in (root / place).rglob("*")]
        found = [path for path in found if "node_modules" not in path.parts]
        wanted = (path for path in found if path.suffix in SUFFIXES and path.is_file())
        return cls({PurePosixPath(p.relative_to(root).as_posix()): p.read_text() for p in wanted})

    @cached_property
    def modules(self) -> tuple[Module, ...]:
        paths = sorted(path for path in self.files if path.suffix == ".py")
        return tuple(Module(path, self.files[path]) for path in paths)


Gate = Callable[[Tree], Iterable[Finding]]


def imports_of(module: Module) -> Iterator[tuple[ast.stmt, str]]:
    """Every imported name in full: `from a.b import c` gives `a.b.c`."""
    for node in ast.walk(module.tree):
        if isinstance(node, ast.Import):
            yield from ((node, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield from ((node, f"{node.module}.{alias.name}") for alias in node.names)


def names_of(module: Module) -> dict[str, str]:
    """The full name of each imported name: {"datetime": "datetime.datetime"}."""
    names: dict[str, str] = {}
    for node in ast.walk(module.tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                first = alias.name.split(".")[0]
                names[alias.asname or first] = alias.name if alias.asname else first
        elif isinstance(node, ast.ImportFrom):
            for alias in node.names:
                names[alias.asname or alias.name] = f"{node.module}.{alias.name}"
    return names


def dotted(node: ast.expr, names: Mapping[str, str]) -> str | None:
    """The full name an expression like `datetime.now` refers to, when it is one."""
    match node:
        case ast.Name(id=name):
            return names.get(name, name)
        case ast.Attribute(value=value, attr=attribute):
            base = dotted(value, names)
            return None if base is None else f"{base}.{attribute}"
        case _:
            return None


def line_of(text: str, word: str) -> int:
    """The number of the first line with the word; the first one where none has it."""
    return next((n for n, line in enumerate(text.splitlines(), 1) if word in line), 1)


def service_of(path: PurePosixPath) -> PurePosixPath | None:
    """The folder of the service a file belongs to: `services/missions`, `services/views/depot`."""
    parts = path.parts
    depth = 3 if parts[:2] == ("services", "views") else 2
    if parts[0] != "services" or len(parts) <= depth:
        return None
    return PurePosixPath(*parts[:depth])


ADR = re.compile(r"\bADR-\d{4}\b")
