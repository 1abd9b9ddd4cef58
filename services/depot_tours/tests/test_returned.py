from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given as any_of
from hypothesis import strategies as st

from contracts.common_v1 import Money
from contracts.depot_tours.returned_v1 import Finding
from contracts.timers import CancelTimer, SetTimer
from infra.testing.spec import Spec
from services.depot_tours import returned as aggregate
from services.depot_tours.reactions.from_depot_tours_tour import react, target
from services.depot_tours.returned import (
    Command,
    NoSuchReturn,
    Returned,
    ReturnIsChecked,
    ReturnIsDisputed,
    ReturnIsGone,
    ReturnIsNotChecked,
    SendBack,
    Warn,
)
from services.depot_tours.returned.clock import KEPT_FOR, MOST_ATTEMPTS
from services.depot_tours.returned.counting import (
    ParcelCountedTwice,
    ParcelIsExtra,
    ParcelIsNotExtra,
    ParcelsNotCounted,
)
from services.depot_tours.terms import UNDONE_WITHIN, ParcelUnknown, TooLateToUndo
from services.depot_tours.tests.make import CASH, FIRST, LATER, NADIA, NOON, SECOND
from services.depot_tours.tests.returns import (
    ALL_THERE,
    ONE_LOST,
    approved,
    check,
    discrepancy,
    found,
    leave,
    left,
    receive,
    returned,
    sent_back,
    shelve,
    shelved,
    undo,
    undone,
    warned,
)
from services.depot_tours.tests.tours import checked_out, given_back

given = Spec(aggregate.decide, aggregate.evolve, aggregate.initial).given
EXTRA = found("RABAT-7", Finding.EXTRA)
MISSING = found(SECOND, Finding.MISSING)
DAY = timedelta(days=1)
SECONDS = timedelta(seconds=1)


@pytest.mark.requirement("EXX-16", "SM-11")
class TestComingBack:
    def test_what_a_courier_gives_back_waits_to_be_checked(self) -> None:
        assert react(given_back()) == [receive()]
        given().when(receive()).records(returned())

    def test_an_order_comes_back_once_from_each_tour_that_it_left_with(self) -> None:
        history = (returned(attempts=2), approved(), left())
        given(*history).when(receive("t-2")).records(returned("t-2", attempts=3))
        given(*history).when(receive("t-1")).records_nothing()
        given(*history, returned("t-2")).when(receive("t-1")).records_nothing()


@pytest.mark.requirement("EXX-20", "EXX-21", "G-26", "SM-11")
class TestChecking:
    def test_an_order_that_is_whole_is_approved(self) -> None:
        given(returned()).when(check(note="all fine")).records(approved())

    def test_what_differs_opens_a_claim_and_does_not_hold_up_the_rest(self) -> None:
        lost = (discrepancy(MISSING, note="it fell off"), approved((FIRST,)))
        given(returned()).when(check(*ONE_LOST, note="it fell off")).records(*lost)
        more = (discrepancy(EXTRA), approved())
        given(returned()).when(check(*ALL_THERE, EXTRA)).records(*more)

    def test_an_order_of_which_nothing_is_stored_is_disputed(self) -> None:
        nothing = (found(FIRST, Finding.DAMAGED), MISSING)
        given(returned()).when(check(*nothing)).records(discrepancy(*nothing))

    @pytest.mark.parametrize("stated", [None, Money(CASH.amount_minor + 1, "MAD")])
    def test_an_order_is_disputed_when_the_cash_is_not_what_was_due(
        self, stated: Money | None
    ) -> None:
        disputed = replace(discrepancy(), cash_differs=True, cash_stated=stated)
        given(returned()).when(check(cash=stated)).records(disputed)
        given(returned(), disputed).when(check(cash=CASH)).is_rejected(ReturnIsChecked())

    def test_each_parcel_that_left_is_counted_once(self) -> None:
        given(returned()).when(check(found(FIRST))).is_rejected(ParcelsNotCounted((SECOND,)))
        twice = check(*ALL_THERE, found(FIRST))
        given(returned()).when(twice).is_rejected(ParcelCountedTwice(FIRST))

    def test_extra_is_what_did_not_leave_with_the_order(self) -> None:
        unknown = check(*ALL_THERE, found("RABAT-7"))
        given(returned()).when(unknown).is_rejected(ParcelIsExtra("RABAT-7"))
        own = check(found(FIRST), found(SECOND, Finding.EXTRA))
        given(returned()).when(own).is_rejected(ParcelIsNotExtra(SECOND))

    def test_an_order_is_not_checked_before_it_came_back(self) -> None:
        given(returned()).when(check(at=NOON - 9 * DAY)).records(approved())
        early = check(*ONE_LOST, at=NOON - SECONDS)
        given(returned()).when(early).records(discrepancy(MISSING), approved((FIRST,)))

    def test_an_order_is_checked_once(self) -> None:
        given(returned(), approved()).when(check(at=LATER)).records_nothing()
        given(returned(), approved()).when(check(*ONE_LOST)).is_rejected(ReturnIsChecked())
        given(returned(), approved()).when(check(cash=None)).is_rejected(ReturnIsChecked())
        given(returned(), approved(), left()).when(check()).is_rejected(ReturnIsGone())


class TestUndoing:
    def test_a_check_is_undone_within_minutes_and_later_by_a_manager(self) -> None:
        last, late = NOON + UNDONE_WITHIN - SECONDS, NOON + UNDONE_WITHIN
        given(returned(), approved()).when(undo(last)).records(undone(last))
        given(returned(), approved()).when(undo(late)).is_rejected(TooLateToUndo(late))
        given(returned(), approved()).when(undo(late, NADIA)).records(undone(late, "nadia"))

    def test_what_was_undone_is_checked_anew(self) -> None:
        history = (returned(), discrepancy(MISSING), approved((FIRST,)), undone())
        given(*history).when(check()).records(approved())

    def test_only_a_check_is_undone_and_while_the_order_is_there(self) -> None:
        given(returned()).when(undo()).is_rejected(ReturnIsNotChecked())
        given(returned(), approved(), left()).when(undo()).is_rejected(ReturnIsGone())

    def test_a_manager_keeps_what_would_go_back_to_its_sender(self) -> None:
        history, late = (returned(), approved(), sent_back()), NOON + KEPT_FOR
        given(*history).when(undo(late, NADIA)).records(undone(late, "nadia"))


class TestShelving:
    def test_a_parcel_that_is_stored_is_put_on_a_shelf_and_moved(self) -> None:
        given(returned(), approved()).when(shelve()).records(shelved())
        moved = shelve(shelf="C-1")
        given(returned(), approved(), shelved()).when(moved).records(shelved(shelf="C-1"))
        given(returned(), approved(), shelved()).when(shelve()).records_nothing()

    def test_a_parcel_that_is_not_stored_has_no_shelf(self) -> None:
        part = (returned(), discrepancy(MISSING), approved((FIRST,)))
        given(*part).when(shelve(SECOND)).is_rejected(ParcelUnknown(SECOND))
        given(returned()).when(shelve()).is_rejected(ReturnIsNotChecked())
        given(returned(), discrepancy(MISSING)).when(shelve()).is_rejected(ReturnIsDisputed())
        given(returned(), approved(), left()).when(shelve()).is_rejected(ReturnIsGone())


@pytest.mark.requirement("EXX-22", "EXX-23", "SM-11")
class TestLeaving:
    def test_an_approved_order_leaves_with_its_next_tour(self) -> None:
        commands = react(checked_out())
        assert [target(one) for one in commands] == ["o-1", "o-2"]
        given(returned(), approved()).when(leave()).records(left())

    def test_what_never_came_back_or_is_not_approved_is_no_news(self) -> None:
        given().when(leave()).records_nothing()
        given(returned()).when(leave()).records_nothing()

    def test_the_tour_that_an_order_came_back_from_is_told_again_without_effect(self) -> None:
        given(returned(), approved()).when(leave(tour="t-1")).records_nothing()

    def test_an_order_that_was_loaded_leaves_although_its_time_was_over(self) -> None:
        given(returned(), approved(), sent_back()).when(leave()).records(left())


class TestReturnClock:
    @pytest.mark.parametrize("days", [2, 1])
    def test_a_warning_comes_in_time(self, days: int) -> None:
        at = NOON + KEPT_FOR - days * DAY
        given(returned(), approved()).when(Warn(days, at)).records(warned(days, at))
        given(returned(), approved()).when(Warn(days, at - SECONDS)).records_nothing()
        given(returned(), approved(), left()).when(Warn(days, at)).records_nothing()

    def test_an_order_that_stays_goes_back_to_its_sender(self) -> None:
        at = NOON + KEPT_FOR
        given(returned(), approved()).when(SendBack(at)).records(sent_back(at))
        given(returned(), approved()).when(SendBack(at - SECONDS)).records_nothing()
        given(returned(), approved(), undone()).when(SendBack(at)).records_nothing()

    def test_an_order_that_was_tried_too_often_waits_for_no_other_tour(self) -> None:
        soon = approved(sent_back_from=NOON + UNDONE_WITHIN)
        given(returned(attempts=MOST_ATTEMPTS)).when(check()).records(soon)
        given(returned(attempts=MOST_ATTEMPTS - 1)).when(check()).records(approved())
        assert aggregate.timers(soon) == (SetTimer("sending-back", NOON + UNDONE_WITHIN),)

    def test_the_clock_runs_from_the_check_until_the_order_leaves(self) -> None:
        assert aggregate.timers(approved()) == (
            SetTimer("sending-back", NOON + KEPT_FOR),
            SetTimer("warning-2", NOON + KEPT_FOR - 2 * DAY),
            SetTimer("warning-1", NOON + KEPT_FOR - DAY),
        )
        ends = tuple(CancelTimer(one) for one in ("sending-back", "warning-2", "warning-1"))
        assert aggregate.timers(left()) == aggregate.timers(undone()) == ends
        assert aggregate.timers(returned()) == aggregate.timers(shelved()) == ()

    def test_a_timer_that_came_due_is_a_command(self) -> None:
        assert aggregate.on_timer("sending-back", "o-1", NOON) == SendBack(NOON)
        assert aggregate.on_timer("warning-2", "o-1", NOON) == Warn(2, NOON)
        with pytest.raises(LookupError):
            aggregate.on_timer("warning-9", "o-1", NOON)


@pytest.mark.requirement("G-01")
@pytest.mark.parametrize(
    "command",
    [check(organisation="rival"), undo(organisation="rival"), shelve(organisation="rival")],
)
def test_strangers_find_no_return(command: Command) -> None:
    given(returned(), approved()).when(command).is_rejected(NoSuchReturn())
    given().when(command).is_rejected(NoSuchReturn())


commands: st.SearchStrategy[Command] = st.one_of(
    st.builds(receive, st.sampled_from(["t-1", "t-2"])),
    st.builds(lambda parcels: check(*parcels), st.sampled_from([ALL_THERE, ONE_LOST])),
    st.builds(check, cash=st.sampled_from([CASH, None])),
    st.builds(undo),
    st.builds(shelve, shelf=st.sampled_from(["B-12", "C-1"])),
    st.builds(leave),
    st.builds(Warn, st.sampled_from([2, 1]), st.just(NOON + KEPT_FOR)),
    st.builds(SendBack, st.just(NOON + KEPT_FOR)),
)


@any_of(st.lists(commands, max_size=10))
def test_a_redelivered_command_records_nothing_new(sequence: list[Command]) -> None:
    state: Returned = aggregate.initial
    for command in sequence:
        answer = aggregate.decide(command, state)
        if isinstance(answer, list):
            for event in answer:
                state = aggregate.evolve(state, event)
            if answer:
                assert aggregate.decide(command, state) == []
