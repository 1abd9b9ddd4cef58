"""Local times are computed by Python, from the pinned zones; tests know no day from yesterday."""

import ast
import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import PurePosixPath

from tools.checks.source import Finding, Tree, dotted, names_of

MAY = PurePosixPath("tools/relais/zones.py")
"""It compares the zones of a server with the pinned ones."""
_LOCAL = re.compile(
    r"\bat\s+time\s+zone\b|\b(current_date|current_time|localtime|localtimestamp)\b(?!\s*\()"
    r"|\b(date_trunc|to_char|timezone|make_timestamptz)\s*\(\s*(?!timedelta)['\"%a-z]"
    r"|\bset\s+(local\s+|session\s+)?time\s*zone\b|\w+_at::(date|time|timestamp)\b",
    re.IGNORECASE,
)
_READS = frozenset(
    {"datetime.date.today", "datetime.datetime.now", "datetime.datetime.today", "time.time"}
)
_Function = ast.FunctionDef | ast.AsyncFunctionDef


def clocks(tree: Tree) -> Iterator[Finding]:
    """No local time in SQL, and no test that reads the clock while it is imported."""
    yield from _local_times(tree)
    message = "a run that passes midnight knows yesterday only: read the clock within the test"
    for module in tree.modules:
        if module.is_test or module.path.parts[:2] == ("infra", "testing"):
            names = names_of(module)
            functions = {f.name: f for f in ast.walk(module.tree) if isinstance(f, _Function)}
            for part in _run_at_import(module.tree.body):
                if _reads_the_clock(part, names, functions):
                    yield module.finding(part, "clocks", message)


def _run_at_import(body: Iterable[ast.stmt]) -> Iterator[ast.AST]:
    """The statements of a module and its classes, with the decorators and defaults of functions."""
    for node in body:
        match node:
            case ast.FunctionDef() | ast.AsyncFunctionDef():
                yield from (*node.decorator_list, *node.args.defaults)
                yield from filter(None, node.args.kw_defaults)
            case ast.ClassDef():
                yield from (*node.decorator_list, *_run_at_import(node.body))
            case _:
                yield node


def _reads_the_clock(
    part: ast.AST, names: Mapping[str, str], functions: Mapping[str, _Function]
) -> bool:
    """Itself, or through functions of its own module."""
    seen: set[str] = set()
    open_parts = [part]
    while open_parts:
        for node in ast.walk(open_parts.pop()):
            if isinstance(node, ast.Call):
                name = dotted(node.func, names)
                if name in _READS:
                    return True
                if name in functions.keys() - seen:
                    seen.add(name)
                    open_parts.append(functions[name])
    return False


def _local_times(tree: Tree) -> Iterator[Finding]:
    """Every server of PostgreSQL has zones of its own, as old as the server or its system."""
    message = "a local time is computed in Python: the zones of PostgreSQL are not the pinned ones"
    for path, text in tree.files.items():
        if path.suffix not in {".py", ".sql"} or path == MAY or "checks" in path.parts:
            continue
        for found in _LOCAL.finditer(text):
            yield Finding(path, text.count("\n", 0, found.start()) + 1, "clocks", message)
