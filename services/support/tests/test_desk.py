"""When the desk of support is open, and how soon it wants to answer."""

from dataclasses import replace

import pytest

from contracts.support.desk_v1 import Opening
from infra.testing.spec import Spec
from services.support import desk
from services.support.desk import (
    DeskIsHardlyOpen,
    NoSuchTimeZone,
    OpeningNotPossible,
    OpeningsOverlap,
    Rejection,
    ResolvedBeforeAnswered,
    TargetNamedTwice,
)
from services.support.tests.make import LATER, PROBLEM, WORKDAYS, arrange, arranged

given = Spec(desk.decide, desk.evolve, desk.initial).given


def part(begins: int, ends: int, weekday: int = 1) -> Opening:
    return Opening(weekday=weekday, from_minute=begins, until_minute=ends)


def test_the_administration_arranges_the_desk() -> None:
    given().when(arrange()).records(arranged())
    given(arranged()).when(replace(arrange(), at=LATER, by="lea")).records_nothing()
    given(arranged()).when(arrange(targets=())).records(arranged(targets=()))


@pytest.mark.parametrize(
    ("openings", "refused"),
    [
        ((part(0, 60),), None),
        ((part(0, 59),), DeskIsHardlyOpen(59, 60)),
        ((), DeskIsHardlyOpen(0, 60)),
        ((part(1380, 1440),), None),
        ((part(1380, 1441),), OpeningNotPossible(1, 1380, 1441)),
        ((*WORKDAYS, part(60, 60)), OpeningNotPossible(1, 60, 60)),
        ((part(-1, 60),), OpeningNotPossible(1, -1, 60)),
        ((part(780, 840), part(720, 780)), None),
        ((part(779, 840), part(720, 780)), OpeningsOverlap(1)),
        ((part(720, 780), part(720, 780, weekday=2)), None),
    ],
)
def test_opening_hours_are_possible(
    openings: tuple[Opening, ...], refused: Rejection | None
) -> None:
    asked = given().when(arrange(openings))
    if refused is None:
        asked.records(arranged(openings))
    else:
        asked.is_rejected(refused)


def test_targets_are_possible() -> None:
    at_once = replace(PROBLEM, resolution_minutes=100)
    given().when(arrange(targets=(at_once,))).records(arranged(targets=(at_once,)))
    before = replace(PROBLEM, resolution_minutes=99)
    refused = ResolvedBeforeAnswered(PROBLEM.type, PROBLEM.priority)
    given().when(arrange(targets=(before,))).is_rejected(refused)
    twice = TargetNamedTwice(PROBLEM.type, PROBLEM.priority)
    given().when(arrange(targets=(PROBLEM, at_once))).is_rejected(twice)


def test_the_desk_is_somewhere() -> None:
    refused = NoSuchTimeZone("Africa/Lutetia")
    given().when(arrange(time_zone="Africa/Lutetia")).is_rejected(refused)
