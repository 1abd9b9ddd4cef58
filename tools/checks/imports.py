"""Dependencies point one way, and the domain is pure."""

import ast
import sys
from collections.abc import Container, Iterator
from graphlib import CycleError, TopologicalSorter
from itertools import pairwise
from pathlib import PurePosixPath

from tools.checks.source import Finding, Module, Tree, dotted, imports_of, names_of, service_of

OURS = frozenset({"contracts", "infra", "services", "tests", "tools"})
MAY_IMPORT = {
    "contracts": {"contracts"},
    "infra": {"contracts", "infra"},
    "services": {"contracts", "infra", "services"},
}
HTTP = "infra.http"
MAY_SERVE = frozenset({"http", "lookups", "serving", "testing", "tests"})
"""The parts of infra that may know of requests: the kit itself, and those that serve with it."""
WIRING = frozenset({"aggregates", "service"})
OUTER_ROOMS = frozenset({"adapters", "http", "lookups", "notices", "read_models"})
"""The rooms of a service that touch the world: requests, tables, secrets, mail servers, files."""
IMPURE_MODULES = frozenset(
    {"asyncio", "http", "io", "logging", "os", "pathlib", "random", "secrets", "socket"}
    | {"sqlite3", "subprocess", "sys", "tempfile", "threading", "time", "urllib"}
)
IMPURE_CALLS = frozenset(
    {
        "datetime.date.today",
        "datetime.datetime.now",
        "datetime.datetime.today",
        "datetime.datetime.utcnow",
        "input",
        "open",
        "print",
        "uuid.uuid1",
        "uuid.uuid4",
    }
)


def layers(tree: Tree) -> Iterator[Finding]:
    """services -> infra -> contracts; tools and the tests of the whole may import everything.

    Within infra, nothing that stores, relays or consumes imports the HTTP kit.
    """
    for module in tree.modules:
        place, *rest = module.path.with_suffix("").parts
        allowed = MAY_IMPORT.get(place, OURS)
        below_http = place == "infra" and rest[0] not in MAY_SERVE
        for node, name in imports_of(module):
            other = name.split(".")[0]
            if other in OURS - allowed:
                yield module.finding(node, "layers", f"{place} must not import {name}")
            elif below_http and f"{name}.".startswith(f"{HTTP}."):
                message = f"{place}.{rest[0]} is below HTTP and must not import {name}"
                yield module.finding(node, "layers", message)


def circles(tree: Tree) -> Iterator[Finding]:
    """No module imports itself by way of others, not even for the type checker.

    So each can be imported first. Tells one circle at a time.
    """
    modules = {module.name: module for module in tree.modules}
    graph = {name: _imported(module, modules) for name, module in modules.items()}
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        # Each is imported by the one behind it.
        way = list(reversed(error.args[1]))
        first, second = next(pairwise(way))
        yield modules[first].finding(graph[first][second], "circles", " -> ".join(way))


def _imported(module: Module, known: Container[str]) -> dict[str, ast.stmt]:
    """The modules of ours that it imports, and where; those of a package run the package first."""
    found: dict[str, ast.stmt] = {}
    own = {module.name, *_packages_of(module.name)}
    for node, name in imports_of(module):
        other = name if name in known else name.rpartition(".")[0]
        run = {other, *_packages_of(other)} - (own - {other})
        for one in sorted(run):
            if one in known and one != module.name:
                found.setdefault(one, node)
    return found


def _packages_of(name: str) -> Iterator[str]:
    """The packages that a module is in, innermost first."""
    while name := name.rpartition(".")[0]:
        yield name


def independence(tree: Tree) -> Iterator[Finding]:
    """No service imports another service."""
    for module in tree.modules:
        own = service_of(module.path)
        if own is None:
            continue
        for node, name in imports_of(module):
            if name.startswith("services.") and not _inside(name, own):
                message = f"{_dotted(own)} must not import {name}"
                yield module.finding(node, "independence", message)


def purity(tree: Tree) -> Iterator[Finding]:
    """A domain module imports the standard library, contracts and its own domain, and is pure."""
    for module in tree.modules:
        if is_domain(module.path):
            yield from _impure_imports(module)
            yield from _impure_calls(module)


def is_domain(path: PurePosixPath) -> bool:
    """Whether a file of a write service is a module of an aggregate, a reaction or its terms."""
    service = service_of(path)
    if service is None or "views" in path.parts or "tests" in path.parts or path.suffix != ".py":
        return False
    room = path.relative_to(service).parts[0]
    return PurePosixPath(room).stem not in {"__init__", *WIRING, *OUTER_ROOMS}


def _impure_imports(module: Module) -> Iterator[Finding]:
    own = service_of(module.path)
    for node, name in imports_of(module):
        first = name.split(".")[0]
        if first in IMPURE_MODULES:
            message = f"the domain is pure and must not import {name}"
        elif first == "services":
            if not (own and _inside(name, own) and _is_outer(name, own)):
                continue
            message = f"the domain must not import {name}, which touches the world"
        elif first == "contracts" or first in sys.stdlib_module_names:
            continue
        else:
            message = f"the domain imports the standard library and contracts, not {name}"
        yield module.finding(node, "purity", message)


def _impure_calls(module: Module) -> Iterator[Finding]:
    names = names_of(module)
    for node in ast.walk(module.tree):
        if isinstance(node, ast.Call) and dotted(node.func, names) in IMPURE_CALLS:
            message = f"the domain is told, it must not call {ast.unparse(node.func)}()"
            yield module.finding(node, "purity", message)


def _inside(name: str, service: PurePosixPath) -> bool:
    return f"{name}.".startswith(f"{_dotted(service)}.")


def _is_outer(name: str, service: PurePosixPath) -> bool:
    return name.removeprefix(f"{_dotted(service)}.").split(".")[0] in WIRING | OUTER_ROOMS


def _dotted(path: PurePosixPath) -> str:
    return ".".join(path.parts)
