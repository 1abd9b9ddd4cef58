"""Until when a quote holds, and the one counter-offer it may meet with (C8)."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from contracts.common_v1 import Money
from contracts.missions.trip_v1 import (
    CounterAccepted,
    CounterDeclined,
    CounterOffered,
    ExpenseKind,
    QuotedExpense,
    QuoteExpired,
)
from contracts.timers import SetTimer
from infra.testing.spec import Spec
from services.missions import quoting, trip
from services.missions.countering import (
    AcceptCounter,
    AlreadyCountered,
    DeclineCounter,
    NoCounterOffer,
    OfferCounter,
)
from services.missions.quoting import ExpensesAbovePrice, NoSuchQuote, QuoteIsExpired
from services.missions.terms import NotPositive
from services.missions.tests.make import (
    LATER,
    accepted,
    assigned,
    award,
    eur,
    modified,
    modify,
    published,
    submit,
    submitted,
    withdraw,
    withdrawn,
)

given = Spec(trip.decide, trip.evolve, trip.initial).given

PRICE = eur(9_000)
END = LATER + timedelta(hours=6)
TICK = timedelta(microseconds=1)
QUOTED = (published(), submitted())
HOLDING = (published(), submitted(valid_until=END))


def offer(price: Money = PRICE, at: datetime = LATER, driver: str = "ada") -> OfferCounter:
    return OfferCounter(
        CounterOffered(
            trip_id="t-1", driver_id=driver, price=price, offered_at=at, offered_by="lea"
        ),
        "hiflow",
    )


def offered(price: Money = PRICE) -> CounterOffered:
    return CounterOffered(
        trip_id="t-1", driver_id="ada", price=price, offered_at=LATER, offered_by="lea"
    )


def accept(at: datetime = LATER) -> AcceptCounter:
    return AcceptCounter("t-1", "ada", "hiflow", at)


def taken(at: datetime = LATER) -> CounterAccepted:
    return CounterAccepted(
        trip_id="t-1", driver_id="ada", accepted_at=at, offered_by="lea", price=PRICE
    )


def decline() -> DeclineCounter:
    return DeclineCounter("t-1", "ada", "hiflow", LATER)


def declined() -> CounterDeclined:
    return CounterDeclined(
        trip_id="t-1", driver_id="ada", declined_at=LATER, offered_by="lea", price=PRICE
    )


def over(at: datetime = END) -> QuoteExpired:
    return QuoteExpired(trip_id="t-1", driver_id="ada", expired_at=at)


def ring(at: datetime = END) -> trip.Command:
    return trip.on_timer("quote:ada", "t-1", at)


class TestValidity:
    def test_a_quote_says_until_when_it_holds(self) -> None:
        long = submitted(valid_until=LATER + TICK)
        given(published()).when(replace(submit(), fact=long)).records(long)

    def test_it_does_not_end_before_it_begins(self) -> None:
        short = submitted(valid_until=LATER)
        given(published()).when(replace(submit(), fact=short)).is_rejected(
            quoting.ValidityIsOver(LATER)
        )

    def test_it_is_awarded_to_the_last_moment(self) -> None:
        last = END - TICK
        given(*HOLDING).when(replace(award(), at=last)).records(
            replace(accepted(), accepted_at=last), replace(assigned(), assigned_at=last)
        )

    def test_and_not_from_its_end_on(self) -> None:
        given(*HOLDING).when(replace(award(), at=END)).is_rejected(QuoteIsExpired(END))

    def test_its_timer_ends_it_once(self) -> None:
        [timer] = trip.timers(HOLDING[1])
        assert timer == SetTimer("quote:ada", END)
        given(*HOLDING).when(ring()).records(over())
        given(*HOLDING, over()).when(ring()).records()

    @pytest.mark.parametrize("later", [modified(), replace(modified(), valid_until=END + TICK)])
    def test_the_timer_of_an_earlier_word_does_nothing(self, later: quoting.Live) -> None:
        given(*HOLDING, later).when(ring()).records()

    def test_without_an_end_there_is_no_timer(self) -> None:
        assert trip.timers(submitted()) == ()

    def test_after_its_end_there_may_be_another(self) -> None:
        given(*HOLDING, over()).when(submit()).records(submitted())

    def test_an_expired_quote_is_neither_changed_nor_taken_back(self) -> None:
        for command in (modify(), withdraw(), offer(), replace(award(), at=LATER)):
            given(*HOLDING, over()).when(command).is_rejected(QuoteIsExpired(END))


class TestCounterOffers:
    def test_logistics_names_its_price_once(self) -> None:
        given(*QUOTED).when(offer()).records(offered())
        given(*QUOTED, offered()).when(offer()).records()

    @pytest.mark.parametrize("before", [offered(), taken(), declined()])
    def test_and_not_another_one(self, before: CounterOffered) -> None:
        given(*QUOTED, before).when(offer(eur(8_000))).is_rejected(AlreadyCountered())

    def test_a_new_quote_may_meet_with_a_new_one(self) -> None:
        again = (offered(), declined(), withdrawn(), submitted())
        given(*QUOTED, *again).when(offer()).records(offered())

    def test_a_price_is_more_than_nothing(self) -> None:
        given(*QUOTED).when(offer(eur(0))).is_rejected(NotPositive("price", 0))

    def test_the_quoted_expenses_are_part_of_it(self) -> None:
        toll = submitted(expenses=(QuotedExpense(ExpenseKind.TOLL, PRICE),))
        given(published(), toll).when(offer()).records(offered())
        low = eur(PRICE.amount_minor - 1)
        given(published(), toll).when(offer(low)).is_rejected(
            ExpensesAbovePrice(PRICE.amount_minor, low)
        )

    def test_there_is_a_quote(self) -> None:
        given(published()).when(offer()).is_rejected(NoSuchQuote())
        given(*QUOTED).when(offer(driver="bob")).is_rejected(NoSuchQuote())

    def test_that_still_holds(self) -> None:
        given(*HOLDING).when(offer(at=END)).is_rejected(QuoteIsExpired(END))


class TestAnswers:
    def test_accepted_it_is_the_price_of_the_quote(self) -> None:
        now = replace(modified(price=PRICE), valid_until=END)
        given(*HOLDING, offered()).when(accept()).records(taken(), now)
        given(*HOLDING, offered(), taken(), now).when(accept()).records()

    def test_the_award_is_at_that_price(self) -> None:
        history = (*QUOTED, offered(), taken(), modified(price=PRICE))
        given(*history).when(award()).records(accepted(), assigned(price=PRICE))

    def test_it_is_accepted_while_the_quote_holds(self) -> None:
        given(*HOLDING, offered()).when(accept(END)).is_rejected(QuoteIsExpired(END))

    def test_declined_the_quote_stays_as_it_is(self) -> None:
        given(*QUOTED, offered()).when(decline()).records(declined())
        given(*QUOTED, offered(), declined()).when(decline()).records()
        given(*QUOTED, offered(), declined()).when(award()).records(accepted(), assigned())

    def test_a_changed_quote_is_an_answer_too(self) -> None:
        given(*QUOTED, offered()).when(modify()).records(declined(), modified())
        given(*QUOTED, offered(), declined()).when(modify()).records(modified())

    def test_there_is_something_to_answer(self) -> None:
        given(*QUOTED).when(accept()).is_rejected(NoCounterOffer())
        given(*QUOTED).when(decline()).is_rejected(NoCounterOffer())

    def test_an_answer_is_not_changed(self) -> None:
        given(*QUOTED, offered(), declined()).when(accept()).is_rejected(NoCounterOffer())
        given(*QUOTED, offered(), taken()).when(decline()).is_rejected(NoCounterOffer())
