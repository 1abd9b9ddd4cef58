"""The plan of a case."""

from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.decisions import Changed
from contracts.reminders.plan_v1 import (
    PlannedWork,
    Settlement,
    WorkSettled,
    WorksPlanned,
    WorksRegrouped,
)
from services.reminders.plan import (
    CaseIsNotKnown,
    NoSuchPlan,
    PlannedDayIsPast,
    Terms,
    TooManyDueWorks,
    WorkIsNotPlanned,
    WorkNamedTwice,
    decide,
    evolve,
    initial,
)
from services.reminders.tests.make import (
    CASE,
    PLAN,
    TODAY,
    plan_terms,
    plan_works,
    planned_work,
    regroup,
    settle,
)

JUNE, JULY, WINTER = date(2030, 6, 30), date(2030, 7, 10), date(2030, 12, 1)
BELT, PADS = planned_work("belt", JUNE), planned_work("pads", JULY)
FILTER = planned_work("filter", WINTER)
R1, R2, R3 = (f"{CASE}-R{n}" for n in (1, 2, 3))


def planned(*works: PlannedWork) -> WorksPlanned:
    decided = decide(plan_works(*works), initial)
    assert isinstance(decided, list)
    [event] = decided
    assert isinstance(event, WorksPlanned)
    return event


def groups_of(event: WorksPlanned | WorksRegrouped) -> dict[str, tuple[str, ...]]:
    return {one.reminder_id: tuple(w.work_id for w in one.works) for one in event.groups}


class TestPlanWorks:
    @pytest.mark.requirement("FLB-146", "FLB-153", "G-84")
    def test_each_group_is_a_reminder_with_its_day(self) -> None:
        event = planned(PADS, FILTER, BELT)
        assert groups_of(event) == {R1: ("belt", "pads"), R2: ("filter",)}
        assert [(one.due_on, one.send_on) for one in event.groups] == [
            (JUNE, date(2030, 6, 20)),
            (WINTER, date(2030, 11, 21)),
        ]

    @pytest.mark.requirement("G-84")
    def test_a_case_is_planned_once_however_often_it_is_sent(self) -> None:
        PLAN.given().when(plan_works(BELT)).records(planned(BELT))
        again = plan_works(BELT, FILTER, terms=plan_terms(grouping=0))
        PLAN.given(planned(BELT)).when(again).records_nothing()

    def test_there_is_no_plan_without_works(self) -> None:
        PLAN.given().when(plan_works()).records_nothing()

    @pytest.mark.requirement("G-54")
    def test_a_day_that_is_over_is_reminded_of_today(self) -> None:
        event = planned(planned_work(due=TODAY - timedelta(days=1)))
        assert event.groups[0].send_on == TODAY

    def test_a_case_that_is_not_known_here_is_refused(self) -> None:
        unknown = replace(plan_works(), terms=None)
        PLAN.given().when(unknown).is_rejected(CaseIsNotKnown(CASE))


class TestRegroup:
    def test_a_day_that_moves_splits_a_reminder(self) -> None:
        moved = planned_work("pads", WINTER)
        command = regroup(BELT, moved, seen=(("belt",), ("pads",)))
        answer = PLAN.given(planned(BELT, PADS)).answer(command)
        assert isinstance(answer, list)
        [event] = answer
        assert isinstance(event, WorksRegrouped)
        assert groups_of(event) == {R1: ("belt",), R2: ("pads",)}
        assert event.dissolved_reminder_ids == ()
        PLAN.given(planned(BELT, PADS)).when(command).records(event)

    def test_a_day_that_moves_merges_reminders(self) -> None:
        nearer = planned_work("filter", JULY)
        command = regroup(BELT, nearer, seen=(("belt", "filter"),))
        answer = PLAN.given(planned(BELT, FILTER)).answer(command)
        assert isinstance(answer, list)
        [event] = answer
        assert isinstance(event, WorksRegrouped)
        assert groups_of(event) == {R1: ("belt", "filter")}
        assert event.dissolved_reminder_ids == (R2,)

    def test_an_id_is_never_given_twice(self) -> None:
        first = planned(BELT, FILTER)
        merged = PLAN.given(first).answer(
            regroup(BELT, planned_work("filter", JULY), seen=(("belt", "filter"),))
        )
        assert isinstance(merged, list)
        parted = PLAN.given(first, *merged).answer(
            regroup(BELT, FILTER, seen=(("belt",), ("filter",)))
        )
        assert isinstance(parted, list)
        [event] = parted
        assert isinstance(event, WorksRegrouped)
        assert groups_of(event) == {R1: ("belt",), R3: ("filter",)}

    def test_whoever_saves_other_groups_than_were_shown_is_told(self) -> None:
        command = regroup(BELT, planned_work("pads", WINTER), seen=(("belt", "pads"),))
        PLAN.given(planned(BELT, PADS)).when(command).is_rejected(
            Changed({"groups": (("belt", "pads"),)}, {"groups": (("belt",), ("pads",))})
        )

    def test_a_reminder_that_went_out_keeps_its_works(self) -> None:
        given, fixed = PLAN.given(planned(BELT, FILTER)), frozenset({R1})
        given.when(regroup(BELT, FILTER, fixed=fixed)).is_rejected(WorkIsNotPlanned("Belt"))
        moved = planned_work("filter", WINTER + timedelta(days=1))
        answer = given.answer(regroup(moved, seen=(("filter",),), fixed=fixed))
        assert isinstance(answer, list)
        [event] = answer
        assert isinstance(event, WorksRegrouped)
        assert groups_of(event) == {R1: ("belt",), R2: ("filter",)}

    @pytest.mark.requirement("FLB-116", "T-10")
    def test_a_day_that_is_over_is_no_due_date(self) -> None:
        given, past = PLAN.given(planned(BELT)), TODAY - timedelta(days=1)
        given.when(regroup(planned_work("belt", past))).is_rejected(
            PlannedDayIsPast("Belt", past, TODAY)
        )
        assert isinstance(
            given.answer(regroup(planned_work("belt", TODAY), seen=(("belt",),))), list
        )

    def test_a_day_that_was_planned_before_may_be_over(self) -> None:
        late = plan_terms(today=date(2030, 8, 1))
        PLAN.given(planned(BELT)).when(regroup(BELT, seen=(("belt",),), terms=late)).records(
            *_regrouped(late)
        )

    def test_a_work_is_named_once_and_there_are_not_too_many(self) -> None:
        given = PLAN.given(planned(BELT))
        given.when(regroup(BELT, BELT)).is_rejected(WorkNamedTwice("Belt"))
        many = [planned_work(f"w-{n}") for n in range(101)]
        given.when(regroup(*many)).is_rejected(TooManyDueWorks(100))
        assert not isinstance(given.answer(regroup(*many[:100])), TooManyDueWorks)

    def test_another_organisation_has_no_such_plan(self) -> None:
        given = PLAN.given(planned(BELT))
        given.when(regroup(BELT, organisation="other")).is_rejected(NoSuchPlan())
        PLAN.given().when(regroup(BELT)).is_rejected(NoSuchPlan())


def _regrouped(terms: Terms) -> list[WorksRegrouped]:
    answer = decide(regroup(BELT, seen=(("belt",),), terms=terms), evolve(initial, planned(BELT)))
    assert isinstance(answer, list)
    [event] = answer
    assert isinstance(event, WorksRegrouped)
    assert event.groups[0].send_on == date(2030, 8, 1)
    return [event]


class TestSettleWork:
    def test_a_work_of_a_later_case_is_planned_no_more(self) -> None:
        answer = PLAN.given(planned(BELT, FILTER)).answer(settle())
        assert isinstance(answer, list)
        [event] = answer
        assert isinstance(event, WorkSettled)
        assert (event.reminder_id, event.by_case_id, event.by_work_id) == (R1, "J2", "w-7")
        PLAN.given(planned(BELT, FILTER)).when(settle()).records(event)

    def test_what_was_taken_up_can_be_carried_out_and_nothing_follows(self) -> None:
        taken, done = settle(), settle(settlement=Settlement.CARRIED_OUT)
        first = PLAN.given(planned(BELT)).answer(taken)
        assert isinstance(first, list)
        second = PLAN.given(planned(BELT), *first).answer(done)
        assert isinstance(second, list)
        assert len(second) == 1
        PLAN.given(planned(BELT), *first, *second).when(taken).records_nothing()

    def test_a_work_that_is_not_planned_here_is_none_of_ours(self) -> None:
        PLAN.given().when(settle()).records_nothing()
        PLAN.given(planned(BELT)).when(settle("other")).records_nothing()
        PLAN.given(planned(BELT)).when(settle(organisation="other")).records_nothing()

    def test_a_settled_work_is_not_planned_again(self) -> None:
        settled = PLAN.given(planned(BELT, FILTER)).answer(settle())
        assert isinstance(settled, list)
        PLAN.given(planned(BELT, FILTER), *settled).when(regroup(BELT, FILTER)).is_rejected(
            WorkIsNotPlanned("Belt")
        )


DAYS = st.dates(TODAY, TODAY + timedelta(days=200))
LISTS = st.dictionaries(st.sampled_from("abcdef"), DAYS, min_size=1)


@given(LISTS, st.lists(st.tuples(LISTS, st.integers(0, 60)), max_size=5))
def test_each_work_is_in_one_reminder_however_often_it_is_regrouped(
    first: dict[str, date], changes: list[tuple[dict[str, date], int]]
) -> None:
    state = evolve(initial, planned(*(planned_work(*one) for one in first.items())))
    for works, days in changes:
        command = regroup(
            *(planned_work(*one) for one in works.items()), terms=plan_terms(grouping=days)
        )
        shown = decide(command, state)
        if isinstance(shown, Changed):
            seen = shown.now["groups"]
            assert isinstance(seen, tuple)
            shown = decide(regroup(*command.works, seen=seen, terms=command.terms), state)
        assert isinstance(shown, list)
        for event in shown:
            assert isinstance(event, WorksRegrouped)
            state = evolve(state, event)
            there = [one.work_id for group in event.groups for one in group.works]
            assert sorted(there) == sorted(works)
            ids = [one.reminder_id for one in event.groups]
            assert len({*ids}) == len(ids)
            assert {*ids}.isdisjoint(event.dissolved_reminder_ids)
