from dataclasses import replace
from datetime import timedelta
from functools import reduce

import pytest
from hypothesis import given as any_of
from hypothesis import strategies as st

from contracts.common_v1 import Money
from contracts.decisions import Changed
from contracts.depot_tours.tour_v1 import FailureReason, TourEvent
from infra.testing.spec import Spec
from services.depot_tours import order, returned, tour
from services.depot_tours.terms import (
    UNDONE_WITHIN,
    OrderNamedTwice,
    OrderWasOut,
    ParcelIsScanned,
    ParcelsNotScanned,
    ParcelUnknown,
    TooLateToUndo,
)
from services.depot_tours.tests import make, returns
from services.depot_tours.tests.make import CASH, FIRST, LATER, NOON, SECOND
from services.depot_tours.tests.tours import (
    ABSENT,
    DOOR,
    ONE,
    THIRD,
    TWO,
    begin,
    begun,
    behind,
    cancel,
    canceled,
    check_out,
    checked_out,
    code_refused,
    compose,
    composed,
    exit_undone,
    fail,
    failed,
    give_back,
    given_back,
    hand_over,
    handed_over,
    load,
    loaded,
    reassign,
    reassigned,
    refuse_code,
    undo_exit,
)
from services.depot_tours.tour import (
    Command,
    NoSuchTour,
    OrderIsNotPrepared,
    ReturnIsNotApproved,
    Tour,
    TourIdTaken,
    TourIsGiven,
    TourWithoutParcels,
)
from services.depot_tours.tour.deliveries import (
    AttemptIsNotNext,
    AttemptIsRecorded,
    AttemptIsUnproven,
    AttemptWithoutPlace,
    CashIsDue,
    NoCashIsDue,
    NothingWasTried,
    OrderIsGivenBack,
    OrderIsHandedOver,
    OrderIsNotOnTour,
    TourIsNotOut,
    TourIsUnderWay,
)
from services.depot_tours.tour.departure import (
    MOST_TRIES,
    CodeTriedTooOften,
    HandoverNotBegun,
    NothingIsLoaded,
    ParcelOfAnotherTour,
    TourIsCanceled,
    TourIsOut,
)
from services.depot_tours.tour.obligations import obligations

given = Spec(tour.decide, tour.evolve, tour.initial).given
ALL = (loaded(), loaded(SECOND, "s-2"), loaded(THIRD, "s-3"))
OUT: tuple[TourEvent, ...] = (composed(), *ALL, begun(), checked_out())
EMPTY = replace(ONE, parcel_codes=())


class TestComposing:
    def test_a_depot_puts_orders_together_for_a_courier(self) -> None:
        given().when(compose()).records(composed())
        given(composed()).when(compose(at=LATER)).records_nothing()
        given(composed()).when(compose(ONE)).is_rejected(TourIdTaken("t-1"))

    def test_a_tour_has_parcels(self) -> None:
        given().when(compose(TWO, EMPTY)).records(composed(TWO, EMPTY))
        given().when(compose(EMPTY)).is_rejected(TourWithoutParcels())

    def test_an_order_is_named_once(self) -> None:
        given().when(compose(ONE, TWO, ONE)).is_rejected(OrderNamedTwice(THIRD))

    def test_a_tour_takes_what_is_there_of_a_prepared_order(self) -> None:
        spec = Spec(order.decide, order.evolve, order.initial)
        waiting = order.evolve(spec.initial, make.registered())
        new = returned.initial
        early = tour.order_on_tour(waiting, new, "maarif")
        assert early == OrderIsNotPrepared("CASA-2041")
        assert tour.order_on_tour(waiting, new, "rival") is None
        assert tour.order_on_tour(order.initial, new, "maarif") is None
        state = waiting
        for event in (make.assigned(), make.scanned(), make.prepared(make.missing())):
            state = order.evolve(state, event)
        assert tour.order_on_tour(state, new, "maarif") == replace(TWO, parcel_codes=(FIRST,))

    def test_a_tour_takes_what_is_stored_of_an_order_that_came_back(self) -> None:
        ready: order.Order = order.initial
        for event in (make.registered(), make.assigned(), make.prepared()):
            ready = order.evolve(ready, event)
        back = returned.evolve(returned.initial, returns.returned())
        unchecked = tour.order_on_tour(ready, back, "maarif")
        assert unchecked == ReturnIsNotApproved("CASA-2041")
        stored = returned.evolve(back, returns.approved((SECOND,)))
        found = tour.order_on_tour(ready, stored, "maarif")
        assert found == replace(TWO, parcel_codes=(SECOND,))

    def test_a_tour_takes_what_had_stayed_in_the_depot_beside_what_came_back(self) -> None:
        ready: order.Order = order.initial
        for event in (make.registered(), make.assigned(), make.prepared()):
            ready = order.evolve(ready, event)
        back = returns.returned(codes=(FIRST,), stayed=(SECOND,))
        stored = returned.evolve(
            returned.evolve(returned.initial, back), returns.approved((FIRST,))
        )
        assert tour.order_on_tour(ready, stored, "maarif") == TWO


@pytest.mark.requirement("G-23")
class TestCanceling:
    def test_a_courier_cancels_a_tour_before_it_leaves(self) -> None:
        given(composed()).when(cancel()).records(canceled())
        given(composed(), begun()).when(cancel()).records(canceled())
        given(*OUT).when(cancel()).is_rejected(TourIsOut())

    def test_a_canceled_tour_is_given_to_another_courier(self) -> None:
        given(composed(), canceled()).when(reassign()).records(reassigned())
        given(composed()).when(reassign()).is_rejected(TourIsGiven("karim"))
        given(*OUT).when(reassign()).is_rejected(TourIsOut())

    def test_the_one_who_gave_the_tour_is_told(self) -> None:
        history = (composed(), canceled(), reassigned())
        given(*history).when(cancel("hassan")).records(canceled("hassan", given_by="omar"))

    def test_a_canceled_tour_waits(self) -> None:
        for command in (load(), begin(), check_out(), refuse_code()):
            given(composed(), canceled()).when(command).is_rejected(TourIsCanceled())


class TestLoading:
    def test_a_parcel_of_the_tour_is_scanned_once(self) -> None:
        given(composed()).when(load()).records(loaded())
        given(composed(), loaded()).when(load(id="s-2")).is_rejected(ParcelIsScanned(FIRST))

    def test_a_parcel_for_another_tour_or_for_none_is_refused(self) -> None:
        given(composed()).when(load("X-100")).is_rejected(ParcelUnknown("X-100"))
        elsewhere = ParcelOfAnotherTour("X-100", "t-2")
        given(composed()).when(load("X-100", other="t-2")).is_rejected(elsewhere)


@pytest.mark.requirement("EXX-13", "G-24", "SM-10")
class TestLeaving:
    def test_a_tour_leaves_with_the_code_of_its_courier(self) -> None:
        given(composed(), *ALL).when(begin(FIRST, SECOND, THIRD)).records(begun())
        given(composed(), *ALL, begun()).when(check_out()).records(checked_out())
        given(composed(), *ALL).when(check_out()).is_rejected(HandoverNotBegun())

    def test_a_tour_does_not_leave_before_its_courier_took_it(self) -> None:
        there = given(composed(), *ALL, begun())
        there.when(check_out(at=LATER)).records(checked_out(at=LATER))
        there.when(check_out(at=NOON - timedelta(days=400))).records(checked_out(at=NOON))

    def test_a_courier_takes_the_parcels_that_were_seen(self) -> None:
        now = sorted([FIRST, SECOND, THIRD])
        for seen in ([], [FIRST, SECOND], [*now, "X-100"]):
            stale = Changed({"loaded": sorted(seen)}, {"loaded": now})
            given(composed(), *ALL).when(begin(*seen)).is_rejected(stale)

    def test_a_parcel_that_is_scanned_afterwards_ends_the_handover(self) -> None:
        history: tuple[TourEvent, ...] = (composed(), *ALL[:2], begun(), ALL[2])
        given(*history).when(check_out()).is_rejected(HandoverNotBegun())
        again: tuple[TourEvent, ...] = (*history, begun("h-2"))
        given(*again).when(check_out(handover="h-2")).records(checked_out())

    def test_the_code_of_an_earlier_handover_does_not_count(self) -> None:
        history = (composed(), *ALL, begun(), begun("h-2"))
        given(*history).when(check_out()).is_rejected(HandoverNotBegun())
        given(*history).when(check_out(handover="h-2")).records(checked_out())

    def test_a_code_is_tried_a_few_times_in_a_handover(self) -> None:
        wrong = [code_refused(one) for one in range(1, MOST_TRIES)]
        history: tuple[TourEvent, ...] = (composed(), *ALL, begun(), *wrong)
        last = refuse_code(MOST_TRIES)
        given(*history).when(last).records(code_refused(MOST_TRIES))
        given(*history).when(check_out()).records(checked_out())
        full: tuple[TourEvent, ...] = (*history, code_refused(MOST_TRIES))
        for command in (refuse_code(MOST_TRIES + 1), check_out()):
            given(*full).when(command).is_rejected(CodeTriedTooOften(MOST_TRIES))
        again: tuple[TourEvent, ...] = (*full, begun("h-2"))
        given(*again).when(check_out(handover="h-2")).records(checked_out())

    def test_a_code_is_refused_in_a_handover_only(self) -> None:
        given(composed()).when(refuse_code()).is_rejected(HandoverNotBegun())
        given(composed(), begun("h-2")).when(refuse_code()).is_rejected(HandoverNotBegun())

    def test_what_was_not_scanned_stays_for_a_reason(self) -> None:
        history = (composed(), loaded(), loaded(THIRD, "s-3"), begun())
        given(*history).when(check_out(behind())).records(checked_out(behind()))
        given(*history).when(check_out()).is_rejected(ParcelsNotScanned((SECOND,)))
        given(composed(), begun()).when(check_out()).is_rejected(NothingIsLoaded())

    def test_an_exit_is_undone_for_a_while_and_later_by_a_manager(self) -> None:
        late = NOON + UNDONE_WITHIN
        intime = late - timedelta(seconds=1)
        given(*OUT).when(undo_exit(intime)).records(exit_undone(intime))
        given(*OUT).when(undo_exit(late)).is_rejected(TooLateToUndo(late))
        given(*OUT).when(undo_exit(late, manages=True)).records(exit_undone(late))

    def test_what_is_undone_is_out_and_has_not_been_at_a_door(self) -> None:
        given(composed()).when(undo_exit()).is_rejected(TourIsNotOut())
        given(composed(), canceled()).when(undo_exit()).is_rejected(TourIsCanceled())
        for event in (handed_over(), failed()):
            given(*OUT, event).when(undo_exit(manages=True)).is_rejected(TourIsUnderWay())
        returning = undo_exit(returning="CASA-2041")
        given(*OUT).when(returning).is_rejected(OrderWasOut("CASA-2041"))

    def test_a_tour_whose_exit_was_undone_is_scanned_and_taken_anew(self) -> None:
        back = (*OUT, exit_undone())
        given(*back).when(hand_over()).is_rejected(TourIsNotOut())
        given(*back).when(check_out()).is_rejected(HandoverNotBegun())
        given(*back).when(load(id="s-9")).records(loaded(id="s-9"))
        given(*back, *ALL, begun("h-2")).when(check_out(handover="h-2")).records(checked_out())
        given(*back).when(cancel()).records(canceled(given_by="omar"))

    def test_a_tour_leaves_once(self) -> None:
        given(*OUT).when(check_out()).records_nothing()
        for command in (check_out(behind()), load(), begin()):
            given(*OUT).when(command).is_rejected(TourIsOut())


class TestDelivering:
    def test_an_order_is_handed_over_for_what_is_due(self) -> None:
        given(*OUT).when(hand_over()).records(handed_over())
        given(*OUT).when(hand_over(cash=None)).is_rejected(CashIsDue(CASH))
        less = Money(CASH.amount_minor - 1, "MAD")
        given(*OUT).when(hand_over(cash=less)).is_rejected(CashIsDue(CASH))
        given(*OUT).when(hand_over("o-2", None)).records(handed_over("o-2", None))
        given(*OUT).when(hand_over("o-2", CASH)).is_rejected(NoCashIsDue())

    @pytest.mark.parametrize("reason", list(FailureReason))
    def test_an_attempt_fails_for_a_coded_reason(self, reason: FailureReason) -> None:
        given(*OUT).when(fail(reason=reason)).records(failed(reason=reason))

    def test_an_attempt_is_proven_by_a_photo_or_a_call(self) -> None:
        given(*OUT).when(fail(called=True)).records(failed(called=True))
        photo = failed(photo="f-1", called=False)
        given(*OUT).when(fail(photo="f-1", called=False)).records(photo)
        given(*OUT).when(fail(called=False)).is_rejected(AttemptIsUnproven())

    def test_an_attempt_names_the_place_where_the_courier_was(self) -> None:
        given(*OUT).when(fail(location=DOOR)).records(failed())
        given(*OUT).when(fail(location=None)).is_rejected(AttemptWithoutPlace())
        # One that was recorded before is no less known.
        before = replace(failed(), location=None)
        given(*OUT, before).when(fail(2)).records(failed(2))

    def test_attempts_are_counted(self) -> None:
        given(*OUT, failed()).when(fail(2)).records(failed(2))
        given(*OUT, failed()).when(fail(3)).is_rejected(AttemptIsNotNext(3, 2))
        other = fail(reason=FailureReason.REFUSED)
        given(*OUT, failed()).when(other).is_rejected(AttemptIsRecorded(1))

    def test_an_order_is_handed_over_once_also_after_an_attempt(self) -> None:
        given(*OUT, failed()).when(hand_over()).records(handed_over())
        given(*OUT, handed_over()).when(fail()).is_rejected(OrderIsHandedOver())
        given(*OUT, handed_over()).when(hand_over(cash=None)).is_rejected(OrderIsHandedOver())

    @pytest.mark.requirement("M-04")
    def test_nothing_is_delivered_before_the_tour_left(self) -> None:
        early, late = NOON - timedelta(days=1), NOON + timedelta(days=1)
        given(*OUT).when(replace(hand_over(), at=early)).records(handed_over())
        given(*OUT).when(replace(fail(), at=early)).records(failed())
        given(*OUT, failed()).when(replace(give_back(), at=early)).records(given_back())
        then = replace(handed_over(), handed_over_at=late)
        given(*OUT).when(replace(hand_over(), at=late)).records(then)

    def test_only_what_left_the_depot_is_delivered(self) -> None:
        given(composed()).when(hand_over()).is_rejected(TourIsNotOut())
        without = checked_out(behind(THIRD), orders=("o-1",))
        given(composed(), *ALL[:2], begun()).when(check_out(behind(THIRD))).records(without)
        history = (composed(), *ALL[:2], begun(), without)
        given(*history).when(hand_over("o-2", None)).is_rejected(OrderIsNotOnTour())
        given(*OUT).when(fail(order="o-9")).is_rejected(OrderIsNotOnTour())


@pytest.mark.parametrize(
    ("events", "waiting"),
    [
        ((), set()),
        ((composed(),), {"karim", "o-1", "o-2"}),
        ((composed(), canceled()), set()),
        (OUT, {"karim", "o-1", "o-2"}),
        ((*OUT, failed()), {"karim", "o-1", "o-2"}),
        ((*OUT, handed_over()), {"karim", "o-2"}),
        ((*OUT, failed(), given_back()), {"karim", "o-2"}),
        ((*OUT, handed_over(), handed_over("o-2", None)), set()),
    ],
)
def test_forgetting_waits_until_the_orders_are_handed_over(
    events: tuple[TourEvent, ...], waiting: set[str]
) -> None:
    state = reduce(tour.evolve, events, tour.initial)
    people = ("karim", "hassan", "o-1", "o-2", "o-9")
    assert {one for one in people if obligations(state, one).waits_for} == waiting


class TestGivingBack:
    def test_an_order_comes_back_after_an_attempt_that_failed(self) -> None:
        given(*OUT, failed()).when(give_back()).records(given_back())
        given(*OUT).when(give_back()).is_rejected(NothingWasTried())
        given(*OUT, failed(), handed_over()).when(give_back()).is_rejected(OrderIsHandedOver())

    def test_only_what_left_comes_back(self) -> None:
        history = (composed(), loaded(), loaded(THIRD, "s-3"), begun(), checked_out(behind()))
        given(*history, failed()).when(give_back()).records(given_back((FIRST,), (SECOND,)))

    def test_what_came_back_is_not_delivered_any_more(self) -> None:
        history: tuple[TourEvent, ...] = (*OUT, failed(), given_back())
        given(*history).when(hand_over()).is_rejected(OrderIsGivenBack())
        given(*history).when(fail(2)).is_rejected(OrderIsGivenBack())


@pytest.mark.requirement("G-01")
@pytest.mark.parametrize(
    "command",
    [
        reassign(organisation="rival"),
        cancel(organisation="rival"),
        cancel("hassan"),
        load(organisation="rival"),
        begin(courier="hassan"),
        check_out(organisation="rival"),
        hand_over(courier="hassan"),
        fail(courier="hassan"),
        give_back(courier="hassan"),
    ],
)
def test_strangers_and_other_couriers_find_no_tour(command: Command) -> None:
    given(composed()).when(command).is_rejected(NoSuchTour())
    given().when(command).is_rejected(NoSuchTour())


commands: st.SearchStrategy[Command] = st.one_of(
    st.builds(compose),
    st.builds(cancel),
    st.builds(reassign, st.sampled_from(["karim", "hassan"])),
    st.builds(load, st.sampled_from([FIRST, SECOND, THIRD]), st.sampled_from(["s-1", "s-2"])),
    st.builds(begin, id=st.sampled_from(["h-1", "h-2"])),
    st.builds(begin, st.just(FIRST), id=st.sampled_from(["h-1", "h-2"])),
    st.builds(refuse_code, st.integers(1, MOST_TRIES + 1)),
    st.builds(check_out, handover=st.sampled_from(["h-1", "h-2"])),
    st.builds(hand_over),
    st.builds(fail, st.integers(1, 3), st.just(ABSENT)),
    st.builds(give_back),
)


@any_of(st.lists(commands, max_size=14))
def test_a_redelivered_command_records_nothing_new(sequence: list[Command]) -> None:
    state: Tour = tour.initial
    for command in sequence:
        answer = tour.decide(command, state)
        if isinstance(answer, list):
            for event in answer:
                state = tour.evolve(state, event)
            if answer:
                assert tour.decide(command, state) == []
