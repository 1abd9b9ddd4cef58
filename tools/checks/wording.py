"""Docstrings are sentences, and a code leads to a line of the requirements."""

import ast
import re
from collections.abc import Iterator
from pathlib import PurePosixPath

from tools.checks.source import Finding, Module, Tree

REQUIREMENTS = PurePosixPath("docs/requirements.md")
ELSEWHERE = frozenset({"C3", "C62", "S1", "S2", "S3"})
"""Words of others that look like codes: of Citroën, UN/ECE, the VAT rules, Amazon."""
BAD_FILES = ("tools/checks/tests", "tests/contract/test_openapi.py")
_CODE = re.compile(
    r"(?<![\w.#/%-])(?:[CPSN]\d{1,2}|(?:HIF|EXX|FLB|OGU|GLO|SM|[GTMN])-\d{2,3})(?![\w:-]|\.\d)"
)
_ADDITION = re.compile(r"(?<![\w.#/%-])[DIMR]\d{1,2}(?![\w:-]|\.\d)")
"""In texts alone: in code, such words name people and things of tests."""
_PHRASES = ("Who ", "Whom ", "Whose ", "What ", "Of ", "Whoever ", "Whatever ")
_DECLARED = ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef


def codes(tree: Tree) -> Iterator[Finding]:
    """A code like HIF-21 stands in docs/requirements.md."""
    listed = tree.files.get(REQUIREMENTS, "")
    known = {*_CODE.findall(listed), *_ADDITION.findall(listed), *ELSEWHERE}
    for path, text in tree.files.items():
        bad_file = any(path.is_relative_to(place) for place in BAD_FILES)
        if path.suffix not in {".py", ".md"} or bad_file:
            continue
        for number, line in enumerate(text.splitlines(), start=1):
            additions = _ADDITION.findall(line) if path.suffix == ".md" else []
            for code in (*_CODE.findall(line), *additions):
                if code not in known:
                    yield Finding(path, number, "codes", f"{code} is no code of {REQUIREMENTS}")


def sentences(tree: Tree) -> Iterator[Finding]:
    """A docstring begins with what the thing is or does, not with a question word."""
    for module in tree.modules:
        for node, text in _docstrings(module):
            if text.startswith(_PHRASES):
                first = text.partition("\n")[0]
                yield module.finding(node, "sentences", f"begins with a question word: {first}")


def _docstrings(module: Module) -> Iterator[tuple[ast.AST, str]]:
    for node in ast.walk(module.tree):
        if isinstance(node, _DECLARED) and (text := ast.get_docstring(node)):
            yield node.body[0], text


def splats(tree: Tree) -> Iterator[Finding]:
    """No class of a contract is made from a tuple or a dictionary: its fields are named."""
    for module in tree.modules:
        made = {
            alias.asname or alias.name
            for node in ast.walk(module.tree)
            if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("contracts.")
            for alias in node.names
            if alias.name[:1].isupper()
        }
        for node in ast.walk(module.tree):
            if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Name):
                continue
            starred = any(isinstance(argument, ast.Starred) for argument in node.args)
            if node.func.id in made and (starred or any(k.arg is None for k in node.keywords)):
                message = f"{node.func.id} is made from a tuple or a dictionary; name its fields"
                yield module.finding(node, "splats", message)
