"""Answers that a process remembers, and the ETags that a caller names."""

import pytest

from infra.http.unchanged import Told, Unchanged, names

TOLD = Told("missions.trip/T1", 3, frozenset())


@pytest.mark.parametrize("given", ['"3"', 'W/"3"', '"2", "3"', "*", ' "3" '])
def test_an_etag_is_named(given: str) -> None:
    assert names(given, '"3"')
    assert names(given, 'W/"3"')


@pytest.mark.parametrize("given", ["", '"33"', "3", '"2", "4"', '"2", *'])
def test_another_one_is_not(given: str) -> None:
    assert not names(given, '"3"')
    assert not names(given, 'W/"3"')


def test_who_asked_longest_ago_is_forgotten_first() -> None:
    answers = Unchanged(most=2)
    for who in ("d1", "d2"):
        answers.keep((who,), TOLD)
    answers.get(("d1",))
    answers.keep(("d3",), TOLD)
    assert [who for who in ("d1", "d2", "d3") if answers.get((who,))] == ["d1", "d3"]
