from datetime import UTC, date, datetime, timedelta
from functools import reduce

import pytest

from contracts.cash import CashNotPossible, WrongCurrency, dirhams
from contracts.common_v1 import Money
from contracts.decisions import Changed
from contracts.tills.till_v1 import GapReason, TillEvent
from infra.testing.spec import Spec
from services.tills import till
from services.tills.reactions.from_depot_tours_tour import react, target
from services.tills.tests.make import (
    LATER,
    NOON,
    TILL,
    cash,
    close,
    closed,
    collect,
    collected,
    count,
    counted,
    deposit,
    deposited,
    gap,
    handed_over,
    paid,
    pay,
    seen,
)
from services.tills.till import (
    CountIsNotBlind,
    DayIsClosed,
    DayIsNotClosed,
    NoSuchTill,
    OwnCash,
)
from services.tills.till.cash import MOST_COUNTED_MINOR
from services.tills.till.closing import (
    CashNotCounted,
    CourierSeen,
    GapNotExplained,
    NoGapToExplain,
    ReasonDoesNotFit,
)
from services.tills.till.custody import (
    BankReferenceTaken,
    NothingCollectedFor,
    OrderPaidTwice,
    SenderIsPaid,
    TillIsEmpty,
)

given = Spec(till.decide, till.evolve, till.initial).given
SECOND = timedelta(seconds=1)
CLOSED = (collected(), counted(), closed())
WRONG = GapReason.WRONG_CHANGE


@pytest.mark.requirement("M-04", "G-02")
class TestCollecting:
    def test_what_recipients_pay_is_expected_of_the_courier_once(self) -> None:
        given().when(collect()).records(collected())
        given(collected()).when(collect(at=LATER)).records_nothing()
        more = collected("o-2", 100, expected=35_000)
        given(collected()).when(collect("o-2", 100)).records(more)

    def test_each_courier_has_their_own_cash(self) -> None:
        other = collected("o-2", 100, courier="hassan")
        given(collected()).when(collect("o-2", 100, courier="hassan")).records(other)

    def test_what_is_learnt_after_the_close_is_recorded_as_such(self) -> None:
        late = collected("o-2", 100, expected=35_000, after_close=True)
        given(*CLOSED).when(collect("o-2", 100)).records(late)

    def test_a_handover_without_cash_changes_no_till(self) -> None:
        assert react(handed_over(cash=None)) == []
        assert react(handed_over()) == [collect()]
        assert target(collect()) == TILL

    @pytest.mark.parametrize(
        ("midnight", "day"),
        [
            # Morocco left UTC+1 on 20 September 2026.
            (datetime(2026, 9, 10, 23, tzinfo=UTC), date(2026, 9, 11)),
            (datetime(2026, 9, 25, 0, tzinfo=UTC), date(2026, 9, 25)),
        ],
    )
    def test_a_day_begins_by_the_clock_of_casablanca(self, midnight: datetime, day: date) -> None:
        [before] = react(handed_over(at=midnight - SECOND))
        [after] = react(handed_over(at=midnight))
        assert (before.day, after.day) == (day - timedelta(days=1), day)
        assert after.till_id == f"maarif:{day}"


@pytest.mark.requirement("M-04")
class TestCounting:
    def test_the_last_count_of_an_open_day_holds(self) -> None:
        given(collected()).when(count()).records(counted())
        given(collected(), counted()).when(count(at=LATER)).records_nothing()
        given(collected(), counted()).when(count(dirhams(1))).records(counted(1))

    def test_cash_of_a_courier_who_was_paid_nothing_is_counted_too(self) -> None:
        given().when(count()).records(counted())

    def test_another_day_than_today_is_counted_only_where_cash_is_known(self) -> None:
        tomorrow = NOON + timedelta(days=1)
        given().when(count(at=tomorrow)).is_rejected(NoSuchTill())
        given(collected()).when(count(at=tomorrow)).records(counted(at=tomorrow))

    @pytest.mark.parametrize("minor", [0, MOST_COUNTED_MINOR])
    def test_nothing_and_a_million_dirhams_can_be_counted(self, minor: int) -> None:
        given(collected()).when(count(dirhams(minor))).records(counted(minor))

    @pytest.mark.parametrize("minor", [-1, MOST_COUNTED_MINOR + 1])
    def test_less_and_more_cannot(self, minor: int) -> None:
        least, most = dirhams(0), dirhams(MOST_COUNTED_MINOR)
        bad = CashNotPossible("counted", dirhams(minor), least, most)
        given(collected()).when(count(dirhams(minor))).is_rejected(bad)

    @pytest.mark.requirement("G-02")
    def test_cash_is_counted_in_dirhams(self) -> None:
        bad = WrongCurrency("counted", "EUR", "MAD")
        given(collected()).when(count(Money(1, "EUR"))).is_rejected(bad)

    def test_who_sees_what_is_expected_does_not_count(self) -> None:
        given(collected()).when(count(manages=True)).is_rejected(CountIsNotBlind())

    def test_nobody_counts_their_own_cash(self) -> None:
        given(collected()).when(count(by="karim")).is_rejected(OwnCash())

    def test_nothing_is_counted_after_the_close(self) -> None:
        given(*CLOSED).when(count(dirhams(1))).is_rejected(DayIsClosed())
        given(*CLOSED).when(count()).records_nothing()


@pytest.mark.requirement("M-04")
class TestClosing:
    def test_a_day_closes_when_all_cash_is_counted(self) -> None:
        given(collected(), counted()).when(close()).records(closed())
        given(*CLOSED).when(close(at=LATER)).records_nothing()
        given().when(close()).is_rejected(NoSuchTill())
        history = (collected(), collected(courier="hassan"), counted())
        given(*history).when(close()).is_rejected(CashNotCounted(("hassan",)))

    def test_couriers_may_be_named_in_any_order(self) -> None:
        both = (collected(), counted(), collected(courier="ali"), counted(courier="ali"))
        ali = seen(courier="ali")
        ordered = closed(cash(courier="ali"), cash())
        given(*both).when(close(seen(), ali)).records(ordered)
        given(*both, ordered).when(close(ali, seen())).records_nothing()

    @pytest.mark.parametrize(
        "named",
        [(seen(counted=1),), (seen(expected=1),), (seen(), seen()), (seen(courier="ali"),)],
        ids=["another count", "another sum", "named twice", "another courier"],
    )
    def test_a_close_names_what_stands(self, named: tuple[CourierSeen, ...]) -> None:
        stands = {"couriers": (cash(),)}
        stale = Changed({"couriers": tuple(one.cash for one in named)}, stands)
        given(collected(), counted()).when(close(*named)).is_rejected(stale)

    def test_a_gap_has_a_reason(self) -> None:
        history = (collected(), counted(34_800))
        less = seen(counted=34_800)
        given(*history).when(close(less)).is_rejected(GapNotExplained("karim", dirhams(-100)))
        facts = (closed(cash(counted=34_800)), gap(-100, WRONG))
        given(*history).when(close(seen(counted=34_800, reason=WRONG))).records(*facts)
        other = seen(counted=34_800, reason=GapReason.LOST)
        given(*history, *facts).when(close(other)).is_rejected(DayIsClosed())

    def test_there_is_no_reason_for_a_gap_that_is_not_there(self) -> None:
        command = close(seen(reason=WRONG))
        given(collected(), counted()).when(command).is_rejected(NoGapToExplain("karim"))

    @pytest.mark.parametrize("reason", GapReason)
    def test_a_reason_fits_what_is_missing_or_too_much(self, reason: GapReason) -> None:
        both = {GapReason.WRONG_CHANGE, GapReason.UNEXPLAINED}
        more = {GapReason.FROM_EARLIER_DAY, GapReason.NOT_REPORTED_YET}
        for minor, fits in ((-1, reason not in more), (1, reason in more | both)):
            found = 34_900 + minor
            case = given(collected(), counted(found)).when(
                close(seen(counted=found, reason=reason))
            )
            if fits:
                case.records(closed(cash(counted=found)), gap(minor, reason))
            else:
                case.is_rejected(ReasonDoesNotFit("karim", dirhams(minor)))


@pytest.mark.requirement("M-04")
class TestCustody:
    def test_the_cash_of_a_closed_day_goes_to_the_bank_in_parts(self) -> None:
        given(collected(), counted()).when(deposit()).is_rejected(DayIsNotClosed())
        given().when(deposit()).is_rejected(NoSuchTill())
        given(*CLOSED).when(deposit(dirhams(1))).records(deposited(1))
        rest = deposited(34_899, "BMCE-9")
        first = (*CLOSED, deposited(1))
        given(*first).when(deposit(dirhams(34_899), "BMCE-9")).records(rest)
        given(*first, rest).when(deposit(dirhams(1), "BMCE-10")).is_rejected(TillIsEmpty())

    @pytest.mark.parametrize("minor", [0, 34_900])
    def test_no_more_is_brought_to_the_bank_than_is_in_the_till(self, minor: int) -> None:
        bad = CashNotPossible("amount", dirhams(minor), dirhams(1), dirhams(34_899))
        history = (*CLOSED, deposited(1))
        given(*history).when(deposit(dirhams(minor), "BMCE-9")).is_rejected(bad)

    def test_a_reference_of_the_bank_stands_for_one_deposit(self) -> None:
        taken = BankReferenceTaken("BMCE-1")
        given(*CLOSED, deposited(1)).when(deposit(dirhams(2))).is_rejected(taken)

    def test_a_sender_is_paid_once_what_the_recipient_paid(self) -> None:
        given(collected(), counted()).when(pay()).is_rejected(DayIsNotClosed())
        given(*CLOSED).when(pay()).records(paid())
        given(*CLOSED).when(pay("o-1", "o-1")).is_rejected(OrderPaidTwice("o-1"))
        again = pay(reference="BMCE-3")
        given(*CLOSED, paid()).when(again).is_rejected(SenderIsPaid("o-1", "BMCE-2"))
        given(*CLOSED).when(pay("o-2")).is_rejected(NothingCollectedFor("o-2"))

    def test_a_payment_has_a_reference_of_its_own(self) -> None:
        late = collected("o-2", 100, 35_000, after_close=True)
        history = (*CLOSED, paid(), late)
        given(*history).when(pay("o-2")).is_rejected(BankReferenceTaken("BMCE-2"))
        given(*history).when(pay("o-2", reference="BMCE-3")).records(paid("o-2", 100, "BMCE-3"))


@pytest.mark.parametrize(
    ("events", "waiting"),
    [((), set()), ((collected(),), {"karim"}), (CLOSED, set())],
    ids=["untouched", "open", "closed"],
)
def test_forgetting_a_courier_waits_for_the_close(
    events: tuple[TillEvent, ...], waiting: set[str]
) -> None:
    state = reduce(till.evolve, events, till.initial)
    assert {one for one in ("karim", "omar") if till.obligations(state, one).waits_for} == waiting
