from functools import reduce

import pytest
from hypothesis import given as any_of
from hypothesis import strategies as st

from contracts.depot_tours.pickup_v1 import PickupEvent
from infra.testing.spec import Spec
from services.depot_tours import order, pickup
from services.depot_tours.order.preparation import OrderIsPrepared
from services.depot_tours.pickup import (
    Command,
    NoSuchPickup,
    Pickup,
    PickupIdTaken,
    PickupIsGiven,
    PickupIsNotGiven,
    PickupIsVerified,
)
from services.depot_tours.pickup.obligations import obligations
from services.depot_tours.terms import (
    OrderNamedTwice,
    ParcelIsScanned,
    ParcelNamedTwice,
    ParcelsNotScanned,
    ParcelUnknown,
)
from services.depot_tours.tests import make
from services.depot_tours.tests.make import CODES, FIRST, LATER, SECOND
from services.depot_tours.tests.pickups import (
    DAY,
    ORDER,
    assign,
    assigned,
    cancel,
    canceled,
    not_brought,
    plan,
    planned,
    verified,
    verify,
)

given = Spec(pickup.decide, pickup.evolve, pickup.initial).given
SOME = (not_brought(),)


@pytest.mark.parametrize(
    ("events", "waiting"),
    [
        ((), set()),
        ((planned(),), set()),
        ((planned(), assigned()), {"karim", ORDER.order_id}),
        ((planned(), assigned(), canceled()), set()),
        ((planned(), assigned(), verified(*CODES)), set()),
    ],
    ids=["unplanned", "pending", "assigned", "canceled", "verified"],
)
def test_forgetting_waits_while_parcels_are_on_their_way_to_the_depot(
    events: tuple[PickupEvent, ...], waiting: set[str]
) -> None:
    state = reduce(pickup.evolve, events, pickup.initial)
    people = ("karim", "hassan", ORDER.order_id, "o-9")
    assert {one for one in people if obligations(state, one).waits_for} == waiting


class TestPlanning:
    def test_orders_wait_for_a_courier_to_pick_them_up(self) -> None:
        given().when(plan()).records(planned())
        given(planned()).when(plan(at=LATER)).records_nothing()
        other = plan(day=DAY.replace(day=3))
        given(planned()).when(other).is_rejected(PickupIdTaken("k-1"))

    def test_an_order_is_named_once(self) -> None:
        given().when(plan(ORDER, ORDER)).is_rejected(OrderNamedTwice("CASA-2041"))

    def test_an_order_is_picked_up_before_it_is_prepared(self) -> None:
        waiting = order.evolve(order.initial, make.registered())
        assert pickup.order_to_pick_up(waiting, "maarif") == ORDER
        assert pickup.order_to_pick_up(waiting, "rival") is None
        assert pickup.order_to_pick_up(order.initial, "maarif") is None
        for event in (make.assigned(), make.prepared()):
            waiting = order.evolve(waiting, event)
        assert pickup.order_to_pick_up(waiting, "maarif") == OrderIsPrepared()


@pytest.mark.requirement("EXX-11", "G-23", "SM-09")
class TestAssigning:
    def test_a_courier_is_asked_once(self) -> None:
        given(planned()).when(assign()).records(assigned())
        given(planned(), assigned()).when(assign()).records_nothing()
        given(planned(), assigned()).when(assign("hassan")).is_rejected(PickupIsGiven("karim"))

    def test_a_canceled_pickup_goes_to_another_courier(self) -> None:
        history = (planned(), assigned(), canceled())
        given(*history).when(assign("hassan")).records(assigned("hassan"))

    def test_a_verified_pickup_is_given_to_nobody(self) -> None:
        history = (planned(), assigned(), verified(*CODES))
        given(*history).when(assign("hassan")).is_rejected(PickupIsVerified())


@pytest.mark.requirement("EXX-11", "SM-09")
class TestCanceling:
    def test_only_the_courier_cancels_and_before_it_is_verified(self) -> None:
        given(planned(), assigned()).when(cancel()).records(canceled())
        given(planned(), assigned(), canceled()).when(cancel()).records_nothing()
        given(planned(), assigned()).when(cancel("hassan")).is_rejected(NoSuchPickup())
        given(planned()).when(cancel()).is_rejected(NoSuchPickup())
        history = (planned(), assigned(), verified(*CODES))
        given(*history).when(cancel()).is_rejected(PickupIsVerified())


@pytest.mark.requirement("EXX-11", "SM-09")
class TestVerifying:
    def test_each_parcel_is_scanned_or_was_not_brought_for_a_reason(self) -> None:
        given(planned(), assigned()).when(verify(*CODES)).records(verified(*CODES))
        part = verify(FIRST, lacking=SOME)
        given(planned(), assigned()).when(part).records(verified(FIRST, lacking=SOME))
        unsaid = verify(FIRST)
        given(planned(), assigned()).when(unsaid).is_rejected(ParcelsNotScanned((SECOND,)))

    def test_a_parcel_of_the_pickup_is_named_once(self) -> None:
        history = (planned(), assigned())
        given(*history).when(verify(*CODES, FIRST)).is_rejected(ParcelNamedTwice(FIRST))
        given(*history).when(verify(*CODES, "RABAT-7")).is_rejected(ParcelUnknown("RABAT-7"))
        both = verify(*CODES, lacking=SOME)
        given(*history).when(both).is_rejected(ParcelIsScanned(SECOND))

    def test_what_nobody_was_asked_to_bring_is_not_verified(self) -> None:
        given(planned()).when(verify(*CODES)).is_rejected(PickupIsNotGiven())
        history = (planned(), assigned(), canceled())
        given(*history).when(verify(*CODES)).is_rejected(PickupIsNotGiven())

    def test_a_pickup_is_verified_once(self) -> None:
        history = (planned(), assigned(), verified(*CODES))
        given(*history).when(verify(SECOND, FIRST, at=LATER)).records_nothing()
        given(*history).when(verify(FIRST, lacking=SOME)).is_rejected(PickupIsVerified())


@pytest.mark.requirement("G-01")
@pytest.mark.parametrize(
    "command",
    [
        assign(organisation="rival"),
        cancel(organisation="rival"),
        verify(*CODES, organisation="rival"),
    ],
)
def test_strangers_find_no_pickup(command: Command) -> None:
    given(planned(), assigned()).when(command).is_rejected(NoSuchPickup())
    given().when(command).is_rejected(NoSuchPickup())


commands: st.SearchStrategy[Command] = st.one_of(
    st.builds(plan),
    st.builds(assign, st.sampled_from(["karim", "hassan"])),
    st.builds(cancel, st.sampled_from(["karim", "hassan"])),
    st.builds(lambda: verify(*CODES)),
    st.builds(lambda: verify(FIRST, lacking=SOME)),
)


@any_of(st.lists(commands, max_size=8))
def test_a_redelivered_command_records_nothing_new(sequence: list[Command]) -> None:
    state: Pickup = pickup.initial
    for command in sequence:
        answer = pickup.decide(command, state)
        if isinstance(answer, list):
            for event in answer:
                state = pickup.evolve(state, event)
            if answer:
                assert pickup.decide(command, state) == []
