"""Sentences about problems stand in a `texts.yaml`, in every language, and never in code."""

import ast
from collections.abc import Iterator, Mapping
from pathlib import PurePosixPath

from infra import catalogues
from infra.catalogues import Content
from tools.checks.source import Finding, Tree

RULE = "problems"
ALL = PurePosixPath("infra/http")
MAKING = frozenset({"Problem", "try_again"})
"""They take a status and the name of a problem."""
SAYING = frozenset({"malformed", "invalid"})
"""They take a field, the name of a rule and, third, that of another whose sentence is shown."""
NAMING = SAYING | {"FieldError"}


def problems(tree: Tree) -> Iterator[Finding]:
    """Each problem and rule that code names is declared with its status; none has a sentence."""
    texts = {
        path.parent: catalogues.read(text)
        for path, text in tree.files.items()
        if path.name == catalogues.FILE
    }
    shared = texts.get(ALL, Content())
    for module in tree.modules:
        if "tests" in module.path.parts or module.path.parts[0] not in {"infra", "services"}:
            continue
        declared = [shared, *_own(module.path, texts)]
        for node in ast.walk(module.tree):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
                for complaint in _of_call(node, node.func.id, module.path, declared):
                    yield module.finding(node, RULE, complaint)


def _own(path: PurePosixPath, texts: Mapping[PurePosixPath, Content]) -> Iterator[Content]:
    """The texts of the service that a module belongs to."""
    if path.parts[0] == "services":
        depth = 3 if path.parts[1] == "views" else 2
        service = PurePosixPath(*path.parts[:depth])
        yield from (texts[folder] for folder in (service, service / "http") if folder in texts)


def _of_call(
    call: ast.Call, name: str, path: PurePosixPath, declared: list[Content]
) -> Iterator[str]:
    if name in MAKING:
        yield from _of_problem(call, declared)
    elif name in NAMING:
        shown = 2 if name in SAYING and len(call.args) > 2 else 1
        says = any(one.arg == "says" for one in call.keywords)
        yield from _of_rule(_named(call, shown, "says" if says else "rule"), declared)
    elif name == "Unfit":
        yield from _of_rule(_named(call, 0, "rule"), declared)
    elif name == "ValueError" and _is_for_people(path) and _named(call, 0, "") is not None:
        yield "its text is shown to callers; raise Unfit with the name of a rule"


def _of_problem(call: ast.Call, declared: list[Content]) -> Iterator[str]:
    if len(call.args) > 2:
        yield "a problem has no sentence of its own; texts.yaml says it"
    status, slug = call.args[0] if call.args else None, _named(call, 1, "slug")
    if slug is None:
        return
    known = [texts.problems[slug] for texts in declared if slug in texts.problems]
    if not known:
        yield f"no texts.yaml here has the problem {slug}"
    elif isinstance(status, ast.Constant) and known[-1].status != status.value:
        yield f"{slug} is declared with the status {known[-1].status}"


def _of_rule(rule: str | None, declared: list[Content]) -> Iterator[str]:
    if rule is not None and not any(rule in texts.rules for texts in declared):
        yield f"no texts.yaml here has the rule {rule!r}"


def _named(call: ast.Call, position: int, keyword: str) -> str | None:
    """The text that is given by this keyword or at this position, where that is a literal."""
    given = [one.value for one in call.keywords if one.arg == keyword]
    given += call.args[position : position + 1]
    match given:
        case [ast.JoinedStr() as composed, *_]:
            return ast.unparse(composed)
        case [ast.Constant(value=str(text)), *_]:
            return text
        case _:
            return None


def _is_for_people(path: PurePosixPath) -> bool:
    """Whether a ValueError there is of the check of a field, whose text callers are shown."""
    if path.parts[0] == "infra":
        return path.name in {"models.py", "printed.py"} and path.is_relative_to(ALL)
    return "http" in path.parts or path.parts[1] == "views" or path.name == "checks.py"
