from datetime import timedelta

import pytest
from hypothesis import given as any_of
from hypothesis import strategies as st

from contracts.cash import CashNotPossible, WrongCurrency
from contracts.common_v1 import Money
from contracts.depot_tours.order_v1 import MissingReason
from infra.testing.spec import Spec
from services.depot_tours import order
from services.depot_tours.order import (
    Command,
    NoSuchOrder,
    Order,
    ParcelCodeRepeated,
    RecipientIsForgotten,
    TrackingNumberTaken,
)
from services.depot_tours.order.preparation import (
    OrderIsNotAssigned,
    OrderIsNotValidated,
    OrderIsPrepared,
    OrderIsSomebodyElses,
    ParcelOfAnotherOrder,
)
from services.depot_tours.terms import (
    MOST_CASH_MINOR,
    UNDONE_WITHIN,
    OrderWasOut,
    ParcelIsScanned,
    ParcelNamedTwice,
    ParcelsNotScanned,
    ParcelUnknown,
    TooLateToUndo,
)
from services.depot_tours.tests.make import (
    BADR,
    FIRST,
    LATER,
    NADIA,
    NOON,
    OMAR,
    SECOND,
    assign,
    assigned,
    forget,
    forgotten,
    missing,
    prepare,
    prepared,
    register,
    registered,
    scan,
    scanned,
    undo,
    undone,
)

given = Spec(order.decide, order.evolve, order.initial).given
BOTH = (registered(), assigned(), scanned(), scanned(SECOND, "s-2"))


class TestRegistering:
    def test_a_depot_learns_of_an_order(self) -> None:
        given().when(register()).records(registered())

    def test_the_same_order_again_is_no_news(self) -> None:
        given(registered(), assigned()).when(register(at=LATER)).records_nothing()

    def test_a_tracking_number_is_one_orders(self) -> None:
        taken = TrackingNumberTaken("CASA-2041")
        given(registered()).when(register(city="Rabat")).is_rejected(taken)

    def test_each_parcel_has_a_code_of_its_own(self) -> None:
        given().when(register(codes=(FIRST, FIRST))).is_rejected(ParcelCodeRepeated(FIRST))

    @pytest.mark.requirement("G-02")
    def test_cash_on_delivery_is_in_dirhams(self) -> None:
        given().when(register(cash=None)).records(registered(cash=None))
        euros = WrongCurrency("cash_on_delivery", "EUR", "MAD")
        given().when(register(cash=Money(100, "EUR"))).is_rejected(euros)

    @pytest.mark.parametrize(("least", "beyond"), [(1, 0), (MOST_CASH_MINOR, MOST_CASH_MINOR + 1)])
    def test_cash_on_delivery_has_bounds(self, least: int, beyond: int) -> None:
        within, without = Money(least, "MAD"), Money(beyond, "MAD")
        given().when(register(cash=within)).records(registered(cash=within))
        lowest, highest = Money(1, "MAD"), Money(MOST_CASH_MINOR, "MAD")
        refused = CashNotPossible("cash_on_delivery", without, lowest, highest)
        given().when(register(cash=without)).is_rejected(refused)

    def test_parcels_are_called_by_their_order_or_by_their_sscc(self) -> None:
        sscc = "340123450000000000"
        assert order.parcel_codes("CASA-1", (None,)) == ("CASA-1",)
        assert order.parcel_codes("CASA-1", (sscc,)) == (sscc,)
        assert order.parcel_codes("CASA-1", (None, sscc, None)) == ("CASA-1/1", sscc, "CASA-1/3")


@pytest.mark.requirement("G-22")
class TestAssigning:
    def test_somebody_is_asked_to_prepare_an_order(self) -> None:
        given(registered()).when(assign()).records(assigned())

    def test_the_last_one_asked_is_to_do_it(self) -> None:
        given(registered(), assigned(), scanned()).when(assign("badr")).records(assigned("badr"))
        history = (registered(), assigned(), scanned(), assigned("badr"))
        given(*history).when(scan(SECOND, "s-2", OMAR)).is_rejected(OrderIsSomebodyElses("badr"))
        given(*history).when(scan(FIRST, "s-2", BADR)).is_rejected(ParcelIsScanned(FIRST))

    def test_a_prepared_order_is_given_to_nobody(self) -> None:
        given(*BOTH, prepared()).when(assign("badr")).is_rejected(OrderIsPrepared())


class TestScanning:
    def test_who_was_asked_scans_a_parcel(self) -> None:
        given(registered(), assigned()).when(scan()).records(scanned())
        given(registered(), assigned()).when(scan(worker=BADR)).is_rejected(
            OrderIsSomebodyElses("omar")
        )
        given(registered()).when(scan()).is_rejected(OrderIsNotAssigned())

    def test_a_manager_scans_in_their_place(self) -> None:
        given(registered(), assigned()).when(scan(worker=NADIA)).records(scanned(by="nadia"))

    def test_a_parcel_is_scanned_once(self) -> None:
        again = scan(id="s-2")
        given(registered(), assigned(), scanned()).when(scan()).records_nothing()
        given(registered(), assigned(), scanned()).when(again).is_rejected(ParcelIsScanned(FIRST))

    def test_a_parcel_of_another_order_is_refused(self) -> None:
        other = scan("CASA-7", other_order="CASA-7")
        refused = ParcelOfAnotherOrder("CASA-7", "CASA-7")
        given(registered(), assigned()).when(other).is_rejected(refused)

    def test_an_unknown_parcel_is_refused(self) -> None:
        given(registered(), assigned()).when(scan("CASA-7")).is_rejected(ParcelUnknown("CASA-7"))

    def test_a_prepared_order_takes_no_scans(self) -> None:
        history = (registered(), assigned(), scanned(), prepared(missing()))
        given(*history).when(scan(SECOND, "s-2")).is_rejected(OrderIsPrepared())


@pytest.mark.requirement("EXX-08", "G-22", "SM-08")
class TestPreparing:
    def test_an_order_is_ready_when_each_parcel_was_scanned(self) -> None:
        given(*BOTH).when(prepare()).records(prepared())
        given(*BOTH[:-1]).when(prepare()).is_rejected(ParcelsNotScanned((SECOND,)))

    def test_a_parcel_may_be_missing_for_a_reason(self) -> None:
        given(*BOTH[:-1]).when(prepare(missing())).records(prepared(missing()))

    def test_what_is_missing_is_named_once_and_was_not_scanned(self) -> None:
        given(*BOTH[:-1]).when(prepare(missing(FIRST))).is_rejected(ParcelIsScanned(FIRST))
        twice = prepare(missing(), missing())
        given(*BOTH[:-1]).when(twice).is_rejected(ParcelNamedTwice(SECOND))
        given(*BOTH).when(prepare(missing("CASA-7"))).is_rejected(ParcelUnknown("CASA-7"))

    def test_only_who_was_asked_validates_or_a_manager(self) -> None:
        given(*BOTH).when(prepare(worker=NADIA)).records(prepared(by="nadia"))
        given(*BOTH).when(prepare(worker=BADR)).is_rejected(OrderIsSomebodyElses("omar"))
        given(registered()).when(prepare()).is_rejected(OrderIsNotAssigned())

    def test_an_order_is_validated_once(self) -> None:
        given(*BOTH, prepared()).when(prepare(at=LATER)).records_nothing()
        other = prepare(missing(reason=MissingReason.NOT_FOUND))
        history = (*BOTH[:-1], prepared(missing()))
        given(*history).when(other).is_rejected(OrderIsPrepared())


@pytest.mark.requirement("G-01")
@pytest.mark.parametrize(
    "command",
    [
        assign(organisation="rival"),
        scan(organisation="rival"),
        prepare(organisation="rival"),
    ],
    ids=["assign", "scan", "prepare"],
)
def test_another_organisation_finds_no_order(command: Command) -> None:
    given(*BOTH).when(command).is_rejected(NoSuchOrder())
    given().when(command).is_rejected(NoSuchOrder())


class TestForgetting:
    def test_a_recipient_is_forgotten_once(self) -> None:
        given(registered()).when(forget()).records(forgotten())
        given(registered(), forgotten()).when(forget(LATER)).records_nothing()
        given().when(forget()).is_rejected(NoSuchOrder())
        given(registered()).when(forget(organisation="rival")).is_rejected(NoSuchOrder())

    def test_an_order_goes_on_without_its_recipient(self) -> None:
        given(registered(), forgotten()).when(assign()).records(assigned())
        given(registered(), forgotten()).when(register()).is_rejected(RecipientIsForgotten())


commands: st.SearchStrategy[Command] = st.one_of(
    st.builds(register),
    st.builds(assign, st.sampled_from(["omar", "badr"])),
    st.builds(
        scan,
        st.sampled_from([FIRST, SECOND]),
        st.sampled_from(["s-1", "s-2", "s-3"]),
        st.sampled_from([OMAR, BADR, NADIA]),
    ),
    st.builds(prepare),
    st.builds(forget),
)


@any_of(st.lists(commands, max_size=10))
def test_a_redelivered_command_records_nothing_new(sequence: list[Command]) -> None:
    state: Order = order.initial
    for command in sequence:
        answer = order.decide(command, state)
        if isinstance(answer, list):
            for event in answer:
                state = order.evolve(state, event)
            if answer:
                again = order.decide(command, state)
                assert again == [] or isinstance(again, RecipientIsForgotten)


class TestUndoing:
    """A validation that was wrong is taken back, and both facts stay (D5)."""

    def test_who_prepared_it_may_for_a_while_and_a_manager_later(self) -> None:
        ready, late = given(*BOTH, prepared()), NOON + UNDONE_WITHIN
        in_time = late - timedelta(seconds=1)
        ready.when(undo(at=in_time)).records(undone(at=in_time))
        ready.when(undo(at=late)).is_rejected(TooLateToUndo(late))
        ready.when(undo(NADIA, at=late)).records(undone("nadia", late))
        ready.when(undo(BADR)).is_rejected(OrderIsSomebodyElses("omar"))

    def test_there_is_something_to_undo(self) -> None:
        given(registered()).when(undo()).is_rejected(OrderIsNotAssigned())
        given(*BOTH).when(undo()).is_rejected(OrderIsNotValidated())
        given(*BOTH, prepared()).when(undo(organisation="rival")).is_rejected(NoSuchOrder())

    def test_what_was_out_is_not_prepared_again(self) -> None:
        ready = given(*BOTH, prepared())
        ready.when(undo(was_out=True)).is_rejected(OrderWasOut("CASA-2041"))

    def test_its_parcels_are_scanned_anew(self) -> None:
        again = given(*BOTH, prepared(), undone())
        again.when(prepare()).is_rejected(ParcelsNotScanned((FIRST, SECOND)))
        again.when(scan(id="s-9")).records(scanned(id="s-9"))
        fresh = scanned(id="s-9"), scanned(SECOND, "s-10")
        given(*BOTH, prepared(), undone(), *fresh).when(prepare()).records(prepared())
