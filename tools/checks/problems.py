"""Sentences about problems stand in a `texts.yaml`, in every language, and never in code.

Nor do those for a decision, or for a screen: a rule that decides by itself has words, and so has
what an answer says.
"""

import ast
from collections.abc import Iterator, Mapping
from pathlib import PurePosixPath

from infra import catalogues
from infra.catalogues import Content
from tools.checks.source import Finding, Tree
from tools.checks.texts import words

RULE = "problems"
ALL = PurePosixPath("infra/http")
MAKING = frozenset({"Problem", "try_again"})
"""They take a status and the name of a problem."""
SAYING = frozenset({"malformed", "invalid"})
"""They take a field, the name of a rule and, third, that of another whose sentence is shown."""
NAMING = SAYING | {"FieldError"}
WRITTEN = frozenset({"comment", "explanation", "hint", "note", "reason"})
"""Fields with words of people, which nothing else may fill."""
DECIDING = "Rule"
"""What a decision that nobody took is recorded with, and the name of its words."""


def problems(tree: Tree) -> Iterator[Finding]:
    """Each problem and rule that code names is declared with its status; none has a sentence."""
    texts = {
        path.parent: catalogues.read(text)
        for path, text in tree.files.items()
        if path.name == catalogues.FILE
    }
    shared = texts.get(ALL, Content())
    deciding = words(tree).labels.get(DECIDING, {})
    for module in tree.modules:
        if "tests" in module.path.parts or module.path.parts[0] not in {"infra", "services"}:
            continue
        declared = [shared, *_own(module.path, texts)]
        for node in ast.walk(module.tree):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
                for complaint in _of_call(node, node.func.id, module.path, declared):
                    yield module.finding(node, RULE, complaint)
                rule = _named(node, 0, "id") if node.func.id == DECIDING else None
                if rule is not None and rule not in deciding:
                    yield module.finding(node, RULE, f"contracts/words has no rule {rule}")
            if module.path.parts[0] == "services" and (field := _filled(node)) is not None:
                yield module.finding(node, RULE, f"people read {field}: take words of a texts.yaml")


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


def _filled(node: ast.AST) -> str | None:
    """A field that people read and that code fills with words of its own."""
    match node:
        case ast.Call(func=ast.Name(), keywords=keywords):
            filled = ((one.arg, one.value) for one in keywords if one.arg in WRITTEN)
            return next((name for name, value in filled if _has_words(value)), None)
        case ast.AnnAssign(target=ast.Name(id=name), annotation=ast.Name(id="str")):
            return name if _has_words(node.value) else None
        case _:
            return None


def _has_words(value: ast.expr | None) -> bool:
    """Whether it is a sentence, or part of one: codes have no blanks."""
    return isinstance(value, ast.Constant) and " " in str(value.value)


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
