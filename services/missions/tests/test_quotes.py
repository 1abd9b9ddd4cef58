"""A driver's quote for a trip."""

from dataclasses import replace
from datetime import date, datetime, timedelta

import pytest

from contracts.common_v1 import Money
from contracts.missions.trip_v1 import ExpenseKind, QuotedExpense, QuoteExpired
from contracts.timers import SetTimer
from infra.testing.spec import Spec
from services.missions import trip
from services.missions.terms import (
    CurrencyNotAccepted,
    DayNotPossible,
    ExpensesAbovePrice,
    ExpenseTwice,
    NotPositive,
    QualificationsMissing,
    TextTooLong,
    TripIsPast,
)
from services.missions.tests.make import (
    DAY,
    FROM,
    LATER,
    MIDDLE,
    PRICE,
    UNTIL,
    accepted,
    assign,
    assigned,
    award,
    eur,
    modified,
    modify,
    offer_counter,
    published,
    refuse,
    refused,
    seen,
    submit,
    submitted,
    withdraw,
    withdrawn,
)
from services.missions.trip import Command, quotes
from services.missions.trip.quotes import (
    AlreadyQuoted,
    NoSuchQuote,
    QuoteIsExpired,
    QuoteIsRefused,
    QuoteIsWithdrawn,
    ReasonMissing,
)

given = Spec(trip.decide, trip.evolve, trip.initial).given

END = LATER + timedelta(hours=6)
TICK = timedelta(microseconds=1)
HOLDING = (published(), submitted(valid_until=END))
TOLL = QuotedExpense(ExpenseKind.TOLL, eur(3_480))
REST = QuotedExpense(ExpenseKind.OTHER, eur(PRICE.amount_minor - 3_480))


def over(at: datetime = END) -> QuoteExpired:
    return QuoteExpired(trip_id="t-1", driver_id="ada", expired_at=at)


def ring(at: datetime = END) -> trip.Command:
    return trip.on_timer("quote:ada", "t-1", at)


class TestSubmit:
    @pytest.mark.requirement("HIF-18", "G-12", "SM-03", "M-01")
    def test_a_driver_offers_a_price(self) -> None:
        given(published()).when(submit()).records(submitted())

    def test_the_same_quote_sent_again_is_no_news(self) -> None:
        given(published(), submitted()).when(submit()).records_nothing()

    @pytest.mark.requirement("G-12")
    def test_a_driver_has_one_live_quote_a_trip(self) -> None:
        given(published(), submitted(price=eur(9_000))).when(submit()).is_rejected(
            AlreadyQuoted(eur(9_000))
        )

    @pytest.mark.requirement("G-12")
    @pytest.mark.parametrize(
        "other", [submit(comment="soon"), submit(pickup_on=FROM), submit(delivery_on=UNTIL)]
    )
    def test_other_terms_are_another_quote(self, other: Command) -> None:
        given(published(), submitted()).when(other).is_rejected(AlreadyQuoted(eur()))

    @pytest.mark.requirement("HIF-18", "M-01")
    def test_drivers_compete(self) -> None:
        given(published(), submitted("ada")).when(submit("bob")).records(submitted("bob"))

    @pytest.mark.requirement("G-13")
    def test_after_a_refusal_the_driver_may_try_again(self) -> None:
        given(published(), submitted(), refused()).when(submit()).records(submitted())

    @pytest.mark.requirement("G-13")
    def test_after_a_withdrawal_the_driver_may_try_again(self) -> None:
        given(published(), submitted(), withdrawn()).when(submit()).records(submitted())

    @pytest.mark.requirement("G-12")
    def test_the_last_day_is_early_enough(self) -> None:
        given(published()).when(submit(today=UNTIL)).records(submitted())

    @pytest.mark.requirement("G-12")
    def test_the_day_after_is_too_late(self) -> None:
        given(published()).when(submit(today=UNTIL + DAY)).is_rejected(TripIsPast(UNTIL))


class TestGate:
    @pytest.mark.requirement("HIF-17", "HIF-33", "HIF-35", "G-12")
    def test_a_qualified_driver_may_quote(self) -> None:
        held = frozenset({("client_process", "atlas"), ("additional_service", "wash")})
        gated = published(client_process="atlas", services=("wash",))
        given(gated).when(submit(held=held)).records(submitted())
        given(gated).when(assign(held=held)).records(assigned(price=None, direct=True))

    @pytest.mark.requirement("HIF-17", "HIF-33", "HIF-35", "G-12", "G-19")
    def test_others_learn_what_they_lack(self) -> None:
        given(published(client_process="atlas", services=("wash", "handover"))).when(
            submit(held=frozenset({("additional_service", "wash")}))
        ).is_rejected(
            QualificationsMissing((("additional_service", "handover"), ("client_process", "atlas")))
        )

    @pytest.mark.requirement("HIF-17")
    def test_a_client_process_is_not_a_service_of_the_same_name(self) -> None:
        given(published(client_process="atlas")).when(
            submit(held=frozenset({("additional_service", "atlas")}))
        ).is_rejected(QualificationsMissing((("client_process", "atlas"),)))

    @pytest.mark.requirement("HIF-17", "G-17")
    def test_holds_for_logistics_too(self) -> None:
        given(published(services=("wash",))).when(assign()).is_rejected(
            QualificationsMissing((("additional_service", "wash"),))
        )


class TestTerms:
    @pytest.mark.requirement("G-12")
    def test_a_cent_is_a_price(self) -> None:
        given(published()).when(submit(price=eur(1))).records(submitted(price=eur(1)))

    @pytest.mark.requirement("G-12")
    def test_nothing_is_no_price(self) -> None:
        given(published()).when(submit(price=eur(0))).is_rejected(NotPositive("price", 0))

    @pytest.mark.requirement("G-12")
    def test_prices_are_in_one_currency(self) -> None:
        given(published()).when(submit(price=Money(12_500, "CHF"))).is_rejected(
            CurrencyNotAccepted(field="price", currency="CHF", accepted="EUR")
        )

    @pytest.mark.requirement("G-12")
    def test_a_comment_may_fill_a_page(self) -> None:
        given(published()).when(submit(comment="x" * 1_000)).records(submitted(comment="x" * 1_000))

    @pytest.mark.requirement("G-12")
    def test_a_comment_may_not_fill_two(self) -> None:
        given(published()).when(submit(comment="x" * 1_001)).is_rejected(
            TextTooLong(field="comment", length=1_001, limit=1_000)
        )

    @pytest.mark.requirement("G-12", "T-01")
    @pytest.mark.parametrize(("pickup", "delivery"), [(FROM, UNTIL), (MIDDLE, MIDDLE)])
    def test_days_lie_inside_the_window(self, pickup: date, delivery: date) -> None:
        given(published()).when(submit(pickup_on=pickup, delivery_on=delivery)).records(
            submitted(pickup_on=pickup, delivery_on=delivery)
        )

    @pytest.mark.requirement("G-12", "T-01")
    @pytest.mark.parametrize("day", [FROM - DAY, UNTIL + DAY])
    def test_days_do_not_lie_outside_the_window(self, day: date) -> None:
        given(published()).when(submit(pickup_on=day)).is_rejected(
            DayNotPossible(field="pickup_on", day=day, first=FROM, last=UNTIL)
        )
        given(published()).when(submit(delivery_on=day)).is_rejected(
            DayNotPossible(field="delivery_on", day=day, first=FROM, last=UNTIL)
        )

    @pytest.mark.requirement("G-12")
    def test_a_vehicle_is_not_delivered_before_it_is_picked_up(self) -> None:
        given(published()).when(submit(pickup_on=MIDDLE, delivery_on=MIDDLE - DAY)).is_rejected(
            DayNotPossible(field="delivery_on", day=MIDDLE - DAY, first=MIDDLE, last=UNTIL)
        )

    @pytest.mark.requirement("HIF-13", "G-12", "T-01")
    def test_fixed_slots_are_met(self) -> None:
        fixed = published(from_fixed=True, until_fixed=True)
        given(fixed).when(submit(pickup_on=FROM, delivery_on=UNTIL)).records(
            submitted(pickup_on=FROM, delivery_on=UNTIL)
        )

    @pytest.mark.requirement("HIF-13", "G-12", "T-01")
    def test_a_fixed_slot_is_no_other_day(self) -> None:
        given(published(from_fixed=True)).when(submit(pickup_on=FROM + DAY)).is_rejected(
            DayNotPossible(field="pickup_on", day=FROM + DAY, first=FROM, last=FROM)
        )
        given(published(until_fixed=True)).when(submit(delivery_on=UNTIL - DAY)).is_rejected(
            DayNotPossible(field="delivery_on", day=UNTIL - DAY, first=UNTIL, last=UNTIL)
        )


class TestModify:
    @pytest.mark.requirement("HIF-21", "G-13", "SM-03")
    def test_a_driver_changes_the_price(self) -> None:
        given(published(), submitted()).when(modify()).records(modified())

    @pytest.mark.requirement("HIF-21", "G-13")
    def test_a_driver_changes_the_price_again(self) -> None:
        given(published(), submitted(), modified()).when(modify(price=eur(9_900))).records(
            modified(price=eur(9_900))
        )

    def test_the_same_price_is_no_news(self) -> None:
        given(published(), submitted()).when(modify(price=eur())).records_nothing()

    def test_a_quote_comes_first(self) -> None:
        given(published(), submitted("bob")).when(modify()).is_rejected(NoSuchQuote())

    @pytest.mark.requirement("HIF-21", "G-13")
    def test_a_refused_quote_stays_as_it_was(self) -> None:
        given(published(), submitted(), refused()).when(modify()).is_rejected(
            QuoteIsRefused("too dear")
        )

    @pytest.mark.requirement("HIF-21", "G-13")
    def test_a_withdrawn_quote_stays_withdrawn(self) -> None:
        given(published(), submitted(), withdrawn()).when(modify()).is_rejected(QuoteIsWithdrawn())

    def test_the_last_day_is_early_enough(self) -> None:
        given(published(), submitted()).when(modify(today=UNTIL)).records(modified())

    def test_the_day_after_is_too_late(self) -> None:
        given(published(), submitted()).when(modify(today=UNTIL + DAY)).is_rejected(
            TripIsPast(UNTIL)
        )

    def test_the_new_terms_are_checked(self) -> None:
        given(published(), submitted()).when(modify(pickup_on=UNTIL + DAY)).is_rejected(
            DayNotPossible(field="pickup_on", day=UNTIL + DAY, first=FROM, last=UNTIL)
        )


class TestWithdraw:
    @pytest.mark.requirement("HIF-21", "G-13", "SM-03")
    def test_a_driver_takes_the_quote_back(self) -> None:
        given(published(), submitted()).when(withdraw()).records(withdrawn())

    @pytest.mark.requirement("HIF-21", "G-13")
    def test_a_modified_quote_is_taken_back_as_well(self) -> None:
        given(published(), submitted(), modified()).when(withdraw()).records(withdrawn())

    def test_a_quote_comes_first(self) -> None:
        given(published()).when(withdraw()).is_rejected(NoSuchQuote())

    @pytest.mark.requirement("HIF-21", "G-13")
    def test_a_refused_quote_stays_refused(self) -> None:
        given(published(), submitted(), refused()).when(withdraw()).is_rejected(
            QuoteIsRefused("too dear")
        )


class TestRefuse:
    @pytest.mark.requirement("HIF-20", "G-17", "SM-03")
    def test_logistics_says_why(self) -> None:
        given(published(), submitted()).when(refuse()).records(refused())

    def test_another_reason_comes_too_late(self) -> None:
        given(published(), submitted(), refused()).when(refuse(reason="too far")).is_rejected(
            QuoteIsRefused("too dear")
        )

    @pytest.mark.requirement("HIF-20", "G-17")
    @pytest.mark.parametrize("reason", ["", " \n"])
    def test_a_refusal_has_a_reason(self, reason: str) -> None:
        given(published(), submitted()).when(refuse(reason=reason)).is_rejected(ReasonMissing())

    def test_a_reason_may_be_long(self) -> None:
        given(published(), submitted()).when(refuse(reason="x" * 500)).records(
            refused(reason="x" * 500)
        )

    def test_a_reason_may_not_be_longer(self) -> None:
        given(published(), submitted()).when(refuse(reason="x" * 501)).is_rejected(
            TextTooLong(field="reason", length=501, limit=500)
        )

    def test_a_quote_comes_first(self) -> None:
        given(published()).when(refuse()).is_rejected(NoSuchQuote())

    def test_a_withdrawn_quote_needs_no_refusal(self) -> None:
        given(published(), submitted(), withdrawn()).when(refuse()).is_rejected(QuoteIsWithdrawn())


class TestQuotedExpenses:
    def test_a_quote_says_what_of_its_price_is_for_expenses(self) -> None:
        whole = (TOLL, REST)
        given(published()).when(submit(expenses=whole)).records(submitted(expenses=whole))

    def test_expenses_are_no_more_than_the_price(self) -> None:
        more = replace(REST, amount=eur(REST.amount.amount_minor + 1))
        given(published()).when(submit(expenses=(TOLL, more))).is_rejected(
            ExpensesAbovePrice(PRICE.amount_minor + 1, PRICE)
        )

    def test_a_kind_of_expense_stands_there_once(self) -> None:
        given(published()).when(submit(expenses=(TOLL, TOLL))).is_rejected(ExpenseTwice("toll"))

    def test_an_expense_costs_something(self) -> None:
        free = replace(TOLL, amount=eur(0))
        given(published()).when(submit(expenses=(free,))).is_rejected(NotPositive("expenses", 0))

    def test_expenses_are_frozen_at_the_award(self) -> None:
        given(published(), submitted(expenses=(TOLL,))).when(
            award(quote=seen(expenses=(TOLL,)))
        ).records(accepted(), assigned(expenses=(TOLL,)))

    def test_expenses_are_the_same_in_any_order(self) -> None:
        whole, other_way = (TOLL, REST), (REST, TOLL)
        given(published(), submitted(expenses=whole)).when(
            award(quote=seen(expenses=other_way))
        ).records(accepted(), assigned(expenses=whole))


class TestValidity:
    def test_a_quote_says_until_when_it_holds(self) -> None:
        end = LATER + TICK
        given(published()).when(submit(valid_until=end)).records(submitted(valid_until=end))

    def test_it_does_not_end_before_it_begins(self) -> None:
        given(published()).when(submit(valid_until=LATER)).is_rejected(quotes.ValidityIsOver(LATER))

    def test_it_is_awarded_to_the_last_moment(self) -> None:
        last = END - TICK
        given(*HOLDING).when(award(at=last)).records(
            replace(accepted(), accepted_at=last), replace(assigned(), assigned_at=last)
        )

    def test_and_not_from_its_end_on(self) -> None:
        given(*HOLDING).when(award(at=END)).is_rejected(QuoteIsExpired(END))

    def test_its_timer_ends_it_once(self) -> None:
        [timer] = trip.timers(HOLDING[1])
        assert timer == SetTimer("quote:ada", END)
        given(*HOLDING).when(ring()).records(over())
        given(*HOLDING, over()).when(ring()).records()

    @pytest.mark.parametrize("later", [modified(), replace(modified(), valid_until=END + TICK)])
    def test_the_timer_of_an_earlier_word_does_nothing(self, later: quotes.Live) -> None:
        given(*HOLDING, later).when(ring()).records()

    def test_without_an_end_there_is_no_timer(self) -> None:
        assert trip.timers(submitted()) == ()

    def test_after_its_end_there_may_be_another(self) -> None:
        given(*HOLDING, over()).when(submit()).records(submitted())

    def test_an_expired_quote_is_neither_changed_nor_taken_back(self) -> None:
        for command in (modify(), withdraw(), offer_counter(), award(at=LATER)):
            given(*HOLDING, over()).when(command).is_rejected(QuoteIsExpired(END))
