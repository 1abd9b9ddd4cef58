"""Answers that a process remembers, and the ETags that a caller names."""

import pytest

from infra.http.unchanged import Told, Unchanged, names

PLACE = ("o1", "d1", "driver", "/trips/T1?")
TOLD = Told("missions.trip/T1", 3)


class Clock:
    """A clock that stands still until it is moved."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.mark.parametrize("given", ['"3"', 'W/"3"', '"2", "3"', "*", ' "3" '])
def test_an_etag_is_named(given: str) -> None:
    assert names(given, '"3"')
    assert names(given, 'W/"3"')


@pytest.mark.parametrize("given", ["", '"33"', "3", '"2", "4"', '"3", *"'])
def test_another_one_is_not(given: str) -> None:
    assert not names(given, '"4444"')
    assert not names(given, 'W/"44"')


def test_an_answer_is_remembered_for_its_life_only() -> None:
    clock = Clock()
    answers = Unchanged(life_seconds=60, clock=clock)
    answers.keep(PLACE, TOLD)
    clock.now = 59.9
    assert answers.get(PLACE) == TOLD
    clock.now = 60
    assert answers.get(PLACE) is None


def test_who_asked_longest_ago_is_forgotten_first() -> None:
    answers = Unchanged(most=2)
    for who in ("d1", "d2"):
        answers.keep((who,), TOLD)
    answers.get(("d1",))
    answers.keep(("d3",), TOLD)
    assert [who for who in ("d1", "d2", "d3") if answers.get((who,))] == ["d1", "d3"]
