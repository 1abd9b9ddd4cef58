"""Tests are short, say something, run, and meet the real thing."""

import ast
from collections.abc import Iterator

from tools.checks.source import ADR, Finding, Module, Tree, dotted, imports_of, names_of

MOST_LINES = 25
_SKIPS = frozenset(
    {"pytest.importorskip", "pytest.mark.skip", "pytest.mark.skipif"}
    | {"pytest.mark.xfail", "pytest.skip", "pytest.xfail"}
)
_EXPECTING = frozenset(
    {"hypothesis.stateful.run_state_machine_as_test", "infra.testing.eventually.eventually"}
    | {"pytest.raises", "pytest.warns"}
)
_OUTCOMES = frozenset({"is_rejected", "records", "records_nothing"})
_DOUBLES = frozenset({"mock", "pytest_mock", "unittest.mock"})
_PATCHING = frozenset({"mocker", "monkeypatch"})

Function = ast.FunctionDef | ast.AsyncFunctionDef


def short_tests(tree: Tree) -> Iterator[Finding]:
    """No test function is longer than 25 lines."""
    for module, test in _tests(tree):
        lines = (test.end_lineno or test.lineno) - test.lineno + 1
        if lines > MOST_LINES:
            message = f"{test.name} has {lines} lines; at most {MOST_LINES}"
            yield module.finding(test, "short-tests", message)


def telling_tests(tree: Tree) -> Iterator[Finding]:
    """Each test asserts, expects an exception, or ends a given/when/then sentence.

    A function of the tests that asserts counts where it is called.
    """
    asserting = {f.name for m in tree.modules if _checked(m) for f in _functions(m) if _tells(m, f)}
    for module, test in _tests(tree):
        called = {name.split(".")[-1] for name in _calls(module, test)}
        if not _tells(module, test) and not called & asserting:
            yield module.finding(test, "telling-tests", f"{test.name} asserts nothing")


def running_tests(tree: Tree) -> Iterator[Finding]:
    """Nothing is skipped unless a decision record says why: the reason names ADR-0000."""
    for module in filter(_checked, tree.modules):
        names = names_of(module)
        calls = [node for node in ast.walk(module.tree) if isinstance(node, ast.Call)]
        excused = {id(call.func) for call in calls if ADR.search(ast.unparse(call))}
        for node in ast.walk(module.tree):
            if isinstance(node, ast.Attribute | ast.Name) and id(node) not in excused:
                name = dotted(node, names)
                if name in _SKIPS:
                    message = f"{name} without an ADR in its reason"
                    yield module.finding(node, "running-tests", message)


def honest_tests(tree: Tree) -> Iterator[Finding]:
    """No mocks and no patching: tests use the real servers or fakes written by hand."""
    for module in filter(_checked, tree.modules):
        for node, name in imports_of(module):
            if any(f"{name}.".startswith(f"{double}.") for double in _DOUBLES):
                yield module.finding(node, "honest-tests", f"{name} is a mock")
        for function in _functions(module):
            for argument in function.args.args:
                if argument.arg in _PATCHING:
                    yield module.finding(argument, "honest-tests", f"{argument.arg} patches")


def _checked(module: Module) -> bool:
    return module.is_test or module.path.parts[:2] == ("infra", "testing")


def _functions(module: Module) -> Iterator[Function]:
    for node in ast.walk(module.tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node


def _tests(tree: Tree) -> Iterator[tuple[Module, Function]]:
    for module in tree.modules:
        if module.is_test and module.path.name.startswith("test_"):
            yield from ((module, f) for f in _functions(module) if f.name.startswith("test_"))


def _tells(module: Module, function: Function) -> bool:
    if any(isinstance(node, ast.Assert) for node in ast.walk(function)):
        return True
    called = set(_calls(module, function))
    return bool(called & _EXPECTING or {name.split(".")[-1] for name in called} & _OUTCOMES)


def _calls(module: Module, function: Function) -> Iterator[str]:
    names = names_of(module)
    for node in ast.walk(function):
        if isinstance(node, ast.Call):
            yield dotted(node.func, names) or _last(node.func)


def _last(called: ast.expr) -> str:
    """The method of a longer sentence: `given().when(x).records` gives `records`."""
    return called.attr if isinstance(called, ast.Attribute) else ""
