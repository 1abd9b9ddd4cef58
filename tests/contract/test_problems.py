"""Every problem that an API answers with is declared once: its status, its facts, its sentence."""

from collections.abc import Iterator
from datetime import date, datetime
from enum import IntEnum
from types import UnionType
from typing import Any, get_args, get_type_hints

import pytest

from contracts.common_v1 import Money
from contracts.decisions import Changed
from infra.catalogues import SaidOfProblem
from infra.http.problems import slug_of
from infra.wording import ALL, Wording
from services.registry import services

WORDINGS = {service.name: service.wording for service in services()}
RULES = [
    (name, rejection)
    for name, wording in WORDINGS.items()
    for rejection in wording.rejections
    if rejection is not Changed
]
TWO_MEANINGS = {"no-such-paper"}
"""Released so: papers answers it for a paper, missions for a kind of papers."""
KINDS: dict[Any, str] = {
    int: "number",
    float: "number",
    Money: "money",
    date: "day",
    datetime: "time",
}


def declared(wording: Wording, rejection: type) -> SaidOfProblem:
    return wording.problem(slug_of(rejection))


def types_of(rejection: type, name: str) -> set[Any]:
    """The types a fact may have; of a list, those of its items."""
    attribute = getattr(rejection, name, None)
    of = attribute.fget if isinstance(attribute, property) else rejection
    hint = get_type_hints(of)["return" if isinstance(attribute, property) else name]
    return set(_members(hint))


def _members(hint: Any) -> Iterator[Any]:
    if isinstance(hint, UnionType) or getattr(hint, "__origin__", None) is tuple:
        for one in get_args(hint):
            yield from _members(one)
    elif hint not in (type(None), Ellipsis):
        yield hint


@pytest.mark.parametrize("name", [name for name in WORDINGS if not name.startswith("views.")])
def test_each_service_says_what_its_rules_mean(name: str) -> None:
    wording = WORDINGS[name]
    assert len(wording.rejections) > 1
    for rejection in wording.rejections:
        assert declared(wording, rejection).status in {401, 403, 404, 409, 410, 412, 422}


@pytest.mark.parametrize(("name", "rejection"), RULES, ids=str)
def test_a_fact_is_of_the_kind_that_is_declared(name: str, rejection: type) -> None:
    said = declared(WORDINGS[name], rejection)
    for fact, kind in said.facts.items():
        for found in types_of(rejection, fact):
            is_enumeration = isinstance(found, type) and issubclass(found, IntEnum)
            if kind in KINDS.values() or (found in KINDS and kind != "text"):
                assert KINDS[found] == kind, fact
            elif is_enumeration and kind != "text":
                labels = WORDINGS[name].labels(kind)
                assert {one.name.lower() for one in found if one.value} <= labels, fact


@pytest.mark.parametrize(("name", "rejection"), RULES, ids=str)
def test_what_may_be_absent_has_a_sentence_without_it(name: str, rejection: type) -> None:
    said = declared(WORDINGS[name], rejection)
    for fact in said.facts:
        if not isinstance(getattr(rejection, fact, None), property):
            hint = get_type_hints(rejection)[fact]
            assert (type(None) not in get_args(hint)) or fact in said.without


def test_a_problem_has_one_status_and_the_same_facts_wherever_it_is_answered() -> None:
    found: dict[str, set[tuple[int, tuple[str, ...]]]] = {}
    for wording in WORDINGS.values():
        for slug, said in wording.problems.items():
            found.setdefault(slug, set()).add((said.status, tuple(sorted(said.facts))))
    assert {slug for slug, ways in found.items() if len(ways) > 1} == TWO_MEANINGS


def test_a_client_that_switches_on_a_type_is_never_surprised_by_an_unknown_one() -> None:
    for name, rejection in RULES:
        assert slug_of(rejection) in WORDINGS[name].problems
    assert ALL.problems.keys() <= WORDINGS["missions"].problems.keys()
