"""A recurring service: which visits there are, when they take place, and what changes them."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from itertools import islice

import pytest

from contracts.dispatch.contract_v1 import ContractAgreed, ContractEvent, VisitPlanned
from contracts.recurrence import RuleNeverOccurs, RuleNotReadable, bad_rule, days, days_later
from contracts.runtime import REDACTED
from contracts.timers import CancelTimer, SetTimer
from infra.testing.spec import Spec
from services.dispatch import contract
from services.dispatch.contract import (
    ChangeRule,
    ContractIdTaken,
    ContractIsOver,
    EndContract,
    MoveVisit,
    NoSuchContract,
    NoSuchVisit,
    PauseContract,
    PauseNotPossible,
    PlanVisits,
    RequestedDayIsPast,
    SwapVisit,
    VisitIsPlanned,
)
from services.dispatch.contract.visits import Course, visits
from services.dispatch.reactions import from_dispatch_contract
from services.dispatch.terms import ProviderIsBarred
from services.dispatch.tests.make import DAY, HOUR, NOON, SECOND, agree, reassign

given = Spec(contract.decide, contract.evolve, contract.initial).given
TODAY = NOON.date()
JUNE_4 = date(2030, 6, 4)
NINE = datetime(2030, 6, 4, 7, 0, tzinfo=UTC)
"""Nine o'clock in Paris."""
WEEK = 7 * DAY


def recorded(command: contract.Command, *history: ContractEvent) -> tuple[ContractEvent, ...]:
    answer = given(*history).answer(command)
    assert isinstance(answer, list), answer
    return tuple(answer)


def agreed(rule: str = "FREQ=WEEKLY;BYDAY=TU", first: date = JUNE_4) -> ContractAgreed:
    [event] = recorded(agree(rule, first))
    assert isinstance(event, ContractAgreed)
    return event


def course(*history: ContractEvent) -> Course:
    state = contract.initial
    for event in history:
        state = contract.evolve(state, event)
    assert isinstance(state, Course)
    return state


def times(until: date, *history: ContractEvent) -> list[datetime]:
    return [one.arrives_from for one in visits(course(*history), TODAY, until)]


def plan(at: datetime) -> PlanVisits:
    return PlanVisits(contract_id="SC1", at=at)


def planned(*history: ContractEvent) -> VisitPlanned:
    """The first visit of a history, which is a job since the day it is due."""
    [event] = recorded(plan(NINE - WEEK), *history)
    assert isinstance(event, VisitPlanned)
    return event


class TestRules:
    @pytest.mark.parametrize(
        "rule",
        [
            "FREQ=DAILY;INTERVAL=3",
            "FREQ=WEEKLY;BYDAY=MO,TH;COUNT=6",
            "FREQ=MONTHLY;BYDAY=-1FR",
            "FREQ=MONTHLY;BYMONTHDAY=31",
            "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=29",
            "FREQ=WEEKLY;UNTIL=20300604",
        ],
    )
    def test_days_weeks_months_and_years_recur(self, rule: str) -> None:
        assert bad_rule(rule, JUNE_4) is None
        assert next(days(rule, JUNE_4, JUNE_4, JUNE_4.replace(year=2040))) >= JUNE_4

    @pytest.mark.parametrize(
        "rule",
        [
            "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30",
            "FREQ=MONTHLY;BYMONTH=2;BYMONTHDAY=30",
            "FREQ=DAILY;INTERVAL=7;BYDAY=MO",
            "FREQ=YEARLY;INTERVAL=2;BYMONTH=1;BYMONTHDAY=1;UNTIL=20310601",
            "FREQ=WEEKLY;UNTIL=20300603",
        ],
    )
    def test_a_rule_that_never_occurs_is_refused(self, rule: str) -> None:
        """The fourth of June 2030 is a Tuesday."""
        given().when(agree(rule)).is_rejected(RuleNeverOccurs(rule))

    @pytest.mark.parametrize(
        "rule",
        [
            "",
            "WEEKLY",
            "FREQ=HOURLY",
            "FREQ=WEEKLY;BYHOUR=9",
            "FREQ=WEEKLY;BYDAY=XX",
            "FREQ=WEEKLY;BYDAY=",
            "FREQ=WEEKLY;INTERVAL=0",
            "FREQ=WEEKLY;COUNT=2;UNTIL=20310101",
            "FREQ=WEEKLY;BYDAY=TU;" + "X" * 300,
            "FREQ=MONTHLY;BYMONTHDAY=0",
            "FREQ=MONTHLY;BYMONTH=13",
            "FREQ=MONTHLY;BYMONTH=1;BYMONTH=2",
            "FREQ=WEEKLY;BYMONTHDAY=1",
            "FREQ=WEEKLY;UNTIL=20301399",
        ],
    )
    def test_what_is_no_rule_of_days_is_refused(self, rule: str) -> None:
        assert isinstance(bad_rule(rule, JUNE_4), RuleNotReadable)

    def test_a_time_of_the_clock_that_is_skipped_comes_after_the_change(self) -> None:
        """In Paris half past two on 31 March 2030 is skipped, and on 27 October comes twice."""
        spring = datetime(2030, 3, 30, 1, 30, tzinfo=UTC)
        assert days_later(spring, 1, "Europe/Paris") == datetime(2030, 3, 31, 1, 30, tzinfo=UTC)
        autumn = datetime(2030, 10, 26, 0, 30, tzinfo=UTC)
        assert days_later(autumn, 1, "Europe/Paris") == datetime(2030, 10, 27, 0, 30, tzinfo=UTC)


class TestAgreeing:
    def test_a_contract_has_visits_at_the_same_time_of_the_clock(self) -> None:
        event = agreed()
        assert event.plan_at == NINE - WEEK
        given().when(agree()).records(event)
        assert contract.timers(event) == (SetTimer("plan", NINE - WEEK),)
        found = list(islice(visits(course(event), date(2030, 10, 20), date(2030, 11, 1)), 2))
        assert [one.arrives_from for one in found] == [
            datetime(2030, 10, 22, 7, 0, tzinfo=UTC),
            datetime(2030, 10, 29, 8, 0, tzinfo=UTC),
        ]

    def test_it_begins_today_or_later(self) -> None:
        assert recorded(agree(first=TODAY))
        yesterday = agree(first=TODAY - DAY)
        given().when(yesterday).is_rejected(RequestedDayIsPast("first_day", TODAY))

    def test_an_id_means_one_contract(self) -> None:
        given(agreed()).when(replace(agree(), minute=600)).is_rejected(ContractIdTaken("SC1"))
        given().when(plan(NINE)).is_rejected(NoSuchContract())


class TestPlanning:
    def test_a_visit_becomes_a_job_a_week_before(self) -> None:
        event = planned(agreed())
        assert (event.visit, event.arrives_from) == (JUNE_4, NINE)
        assert event.plan_at == NINE
        given(agreed()).when(plan(NINE - WEEK)).records(event)
        given(agreed()).when(plan(NINE - WEEK - SECOND)).records_nothing()
        [job] = from_dispatch_contract.react(event)
        assert (job.job_id, job.contract_id, job.visit) == (event.job_id, "SC1", JUNE_4)

    def test_the_last_visit_ends_the_timer(self) -> None:
        event = planned(agreed("FREQ=WEEKLY;COUNT=1"))
        assert event.plan_at is None
        assert contract.timers(event) == (CancelTimer("plan"),)

    def test_a_forgotten_customer_is_visited_no_more(self) -> None:
        gone = replace(agreed(), customer_email=REDACTED)
        given(gone).when(plan(NINE - WEEK)).records_nothing()

    def test_only_the_timer_plans(self) -> None:
        assert contract.on_timer("plan", "SC1", NINE) == plan(NINE)
        with pytest.raises(LookupError):
            contract.on_timer("lunch", "SC1", NINE)


class TestPausing:
    def test_a_pause_takes_visits_out_from_its_first_to_its_last_day(self) -> None:
        pause = PauseContract(from_day=JUNE_4, until_day=JUNE_4 + DAY, by="sophie", at=NOON)
        events = recorded(pause, agreed())
        given(agreed()).when(pause).records(*events)
        assert times(JUNE_4 + WEEK, agreed(), *events) == [NINE + WEEK]

    def test_no_pause_is_in_the_past_or_ends_before_it_begins(self) -> None:
        today = PauseContract(from_day=TODAY, until_day=TODAY, by="sophie", at=NOON)
        assert recorded(today, agreed())
        before = replace(today, from_day=TODAY - DAY)
        given(agreed()).when(before).is_rejected(RequestedDayIsPast("from_day", TODAY))
        turned = replace(today, until_day=TODAY - DAY)
        given(agreed()).when(turned).is_rejected(PauseNotPossible())

    def test_a_visit_that_is_a_job_already_stays_one(self) -> None:
        history = (agreed(), planned(agreed()))
        pause = PauseContract(from_day=JUNE_4, until_day=JUNE_4, by="sophie", at=NOON)
        assert times(JUNE_4, *history, *recorded(pause, *history)) == [NINE]


class TestOneVisit:
    def test_one_visit_is_moved_and_the_others_stay(self) -> None:
        move = MoveVisit(visit=JUNE_4, to_day=JUNE_4 + DAY, to_minute=600, by="sophie", at=NOON)
        events = recorded(move, agreed())
        given(agreed()).when(move).records(*events)
        at = NINE + DAY + HOUR
        assert times(JUNE_4 + WEEK, agreed(), *events) == [at, NINE + WEEK]
        [job] = recorded(plan(at - WEEK), agreed(), *events)
        assert isinstance(job, VisitPlanned)
        assert (job.visit, job.arrives_from, job.plan_at) == (JUNE_4, at, NINE)

    def test_a_visit_that_is_moved_ahead_is_planned_before_the_others(self) -> None:
        second = JUNE_4 + WEEK
        move = MoveVisit(visit=second, to_day=TODAY + DAY, to_minute=600, by="sophie", at=NOON)
        [event] = recorded(move, agreed())
        soon = datetime(2030, 5, 7, 8, 0, tzinfo=UTC)
        assert contract.timers(event) == (SetTimer("plan", soon - WEEK),)

    def test_another_provider_makes_one_visit(self) -> None:
        swap = SwapVisit(
            visit=JUNE_4,
            provider_id="vitrex",
            barred=False,
            manager_id="marc",
            commission_basis_points=1_500,
            by="sophie",
            at=NOON,
        )
        events = recorded(swap, agreed())
        given(agreed()).when(swap).records(*events)
        found = visits(course(agreed(), *events), TODAY, JUNE_4 + WEEK)
        assert [one.provider_id for one in found] == ["vitrex", "eclat"]
        assert planned(agreed(), *events).commission_basis_points == 1_500

    @pytest.mark.requirement("OGU-19")
    def test_another_provider_makes_the_visits_from_a_day_on(self) -> None:
        take = reassign(JUNE_4 + WEEK)
        events = recorded(take, agreed())
        given(agreed()).when(take).records(*events)
        found = visits(course(agreed(), *events), TODAY, JUNE_4 + 2 * WEEK)
        assert [one.provider_id for one in found] == ["eclat", "vitrex", "vitrex"]
        assert [contract.timers(one) for one in events] == [()]
        back = reassign(JUNE_4, "eclat")
        again = recorded(back, agreed(), *events)
        found = visits(course(agreed(), *events, *again), TODAY, JUNE_4 + WEEK)
        assert [one.provider_id for one in found] == ["eclat", "eclat"]

    def test_who_is_there_from_that_day_on_takes_nothing_over(self) -> None:
        given(agreed()).when(reassign(JUNE_4, "eclat")).records_nothing()

    @pytest.mark.requirement("G-65", "G-67")
    def test_who_may_have_no_job_then_gets_no_contract_and_no_visit(self) -> None:
        given().when(replace(agree(), barred=True)).is_rejected(ProviderIsBarred())
        barred = reassign(JUNE_4, barred=True)
        given(agreed()).when(barred).is_rejected(ProviderIsBarred())
        swap = SwapVisit(
            visit=JUNE_4,
            provider_id="vitrex",
            barred=True,
            manager_id="marc",
            commission_basis_points=1_500,
            by="sophie",
            at=NOON,
        )
        given(agreed()).when(swap).is_rejected(ProviderIsBarred())

    def test_a_contract_is_taken_over_from_today_until_its_end(self) -> None:
        given(agreed()).when(reassign(TODAY)).records(*recorded(reassign(TODAY), agreed()))
        past = RequestedDayIsPast("first_day", TODAY)
        given(agreed()).when(reassign(TODAY - DAY)).is_rejected(past)
        end = EndContract(last_day=JUNE_4, by="sophie", at=NOON)
        history = (agreed(), *recorded(end, agreed()))
        given(*history).when(reassign(JUNE_4)).records(*recorded(reassign(JUNE_4), *history))
        given(*history).when(reassign(JUNE_4 + DAY)).is_rejected(ContractIsOver(JUNE_4))

    def test_only_visits_to_come_that_are_no_jobs_are_changed(self) -> None:
        move = MoveVisit(visit=JUNE_4, to_day=JUNE_4, to_minute=600, by="sophie", at=NOON)
        job = planned(agreed())
        given(agreed(), job).when(move).is_rejected(VisitIsPlanned(job.job_id))
        given(agreed()).when(replace(move, visit=JUNE_4 + DAY)).is_rejected(NoSuchVisit())
        assert recorded(replace(move, at=NINE - SECOND), agreed())
        given(agreed()).when(replace(move, at=NINE)).is_rejected(NoSuchVisit())
        back = replace(move, to_day=TODAY, to_minute=0)
        given(agreed()).when(back).is_rejected(RequestedDayIsPast("to_day", TODAY))


class TestChanging:
    def test_another_rule_counts_from_its_first_day_and_the_past_stays(self) -> None:
        change = ChangeRule(
            rule="FREQ=WEEKLY;BYDAY=FR",
            first_day=JUNE_4 + timedelta(days=7),
            minute=600,
            by="sophie",
            at=NOON,
        )
        events = recorded(change, agreed())
        given(agreed()).when(change).records(*events)
        friday = datetime(2030, 6, 14, 8, 0, tzinfo=UTC)
        assert times(date(2030, 6, 20), agreed(), *events) == [NINE, friday]

    def test_a_rule_changes_today_or_later_and_before_the_end(self) -> None:
        change = ChangeRule(
            rule="FREQ=DAILY", first_day=TODAY - DAY, minute=600, by="sophie", at=NOON
        )
        given(agreed()).when(change).is_rejected(RequestedDayIsPast("first_day", TODAY))
        never = replace(change, rule="FREQ=MONTHLY;BYMONTH=2;BYMONTHDAY=30", first_day=JUNE_4)
        given(agreed()).when(never).is_rejected(RuleNeverOccurs(never.rule))
        [ended, _] = recorded(EndContract(last_day=JUNE_4, by="sophie", at=NOON), agreed())
        late = replace(change, first_day=JUNE_4 + DAY)
        given(agreed(), ended).when(late).is_rejected(ContractIsOver(JUNE_4))

    def test_an_end_leaves_the_visit_of_its_last_day(self) -> None:
        end = EndContract(last_day=JUNE_4, by="sophie", at=NOON)
        events = recorded(end, agreed())
        given(agreed()).when(end).records(*events)
        assert times(JUNE_4 + WEEK, agreed(), *events) == [NINE]
        early = replace(end, last_day=TODAY - DAY)
        given(agreed()).when(early).is_rejected(RequestedDayIsPast("last_day", TODAY))
        late = replace(end, last_day=JUNE_4 + WEEK, at=NINE + DAY)
        given(agreed(), *events).when(late).is_rejected(ContractIsOver(JUNE_4))
