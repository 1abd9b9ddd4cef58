"""No English sentence for callers gets into code, and no name that no `texts.yaml` has."""

import pytest

from tools.checks.problems import problems
from tools.checks.source import Tree

TEXTS = {
    "contracts/words/texts.yaml": """
labels:
  Rule: {trip-assigned: the trip was given to another driver}
""",
    "infra/http/texts.yaml": """
problems:
  changed: {status: 409, detail: Changed.}
rules:
  shared: Shared.
""",
    "services/missions/http/texts.yaml": """
problems:
  no-such-trip: {status: 404, detail: No trip.}
rules:
  own: Own.
""",
    "services/views/depot/texts.yaml": """
problems:
  no-such-tour: {status: 404, detail: No tour.}
""",
}

# path, what must not pass, what must
CASES = [
    (
        "services/missions/http/trips.py",
        'Problem(404, "no-such-trip", "There is no such trip.")',
        'Problem(404, "no-such-trip")',
    ),
    ("infra/lookups/x.py", 'Problem(404, "no-such-trip")', 'Problem(409, "changed")'),
    (
        "services/missions/http/trips.py",
        'try_again(409, "no-such-trip")',
        'try_again(404, "no-such-trip", seconds=2)',
    ),
    (
        "services/views/depot/tours.py",
        'Problem(404, slug="no-such-trip")',
        'Problem(404, slug="no-such-tour")',
    ),
    (
        "services/missions/http/trips.py",
        'FieldError("/note", "It is too long.")',
        'FieldError("/note", "own", facts)',
    ),
    ("infra/http/x.py", 'malformed("/", f"No {x}")', 'malformed("/", rule)'),
    (
        "infra/http/x.py",
        'invalid("/", "shared", "own")',
        'invalid("/", "own", "shared")',
    ),
    ("infra/http/x.py", 'FieldError(f, "x", says="y")', 'FieldError(f, "x", says=y)'),
    ("infra/http/models.py", 'Unfit("no day")', 'Unfit("shared", day=1)'),
    ("infra/http/printed.py", 'ValueError("no line")', "ValueError(text)"),
    (
        "services/missions/adapters/checks.py",
        'ValueError(f"no number {x}")',
        'Unfit("own")',
    ),
    ("services/missions/trip/__init__.py", 'Rule("so-it-is", 1, ())', 'Rule("trip-assigned", 1)'),
    ("services/missions/trip/__init__.py", 'Rule(id="so", version=1)', "Rule(id=data.id)"),
    (
        "services/missions/trip/__init__.py",
        'QuoteRefused(reason="trip assigned", rule=rule)',
        'QuoteRefused(reason="", rule=rule)',
    ),
    ("services/views/depot/tours.py", 'NoHome(hint="Tell us.", x=1)', "NoHome(hint=told)"),
    ("services/views/depot/tours.py", 'mail: str = "sent to you"', 'mail: str = "sent"'),
]


@pytest.mark.parametrize(("path", "bad", "good"), CASES)
def test_a_bad_line_is_found_and_a_good_one_is_not(path: str, bad: str, good: str) -> None:
    [finding] = problems(Tree.of({**TEXTS, path: f"\n{bad}"}))
    assert (str(finding.path), finding.line, finding.rule) == (path, 2, "problems")
    assert list(problems(Tree.of({**TEXTS, path: good}))) == []


@pytest.mark.parametrize("path", ["tools/x.py", "services/missions/tests/test_trip.py"])
def test_what_no_caller_is_told_is_let_alone(path: str) -> None:
    assert list(problems(Tree.of({**TEXTS, path: 'Problem(404, "odd", "An odd one.")'}))) == []
