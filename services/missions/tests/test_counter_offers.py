"""The one counter-offer that a quote may meet with."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from contracts.missions.trip_v1 import (
    CounterAccepted,
    CounterDeclined,
    CounterOffered,
    ExpenseKind,
    QuotedExpense,
)
from infra.testing.spec import Spec
from services.missions import trip
from services.missions.terms import NotPositive
from services.missions.tests.make import (
    COUNTER_PRICE,
    LATER,
    accepted,
    assigned,
    award,
    counter_offered,
    eur,
    modified,
    modify,
    offer_counter,
    published,
    submitted,
    withdrawn,
)
from services.missions.trip.counter_offers import (
    AcceptCounter,
    AlreadyCountered,
    DeclineCounter,
    NoCounterOffer,
)
from services.missions.trip.quotes import ExpensesAbovePrice, NoSuchQuote, QuoteIsExpired

given = Spec(trip.decide, trip.evolve, trip.initial).given

END = LATER + timedelta(hours=6)
QUOTED = (published(), submitted())
HOLDING = (published(), submitted(valid_until=END))


def accept(at: datetime = LATER) -> AcceptCounter:
    return AcceptCounter(trip_id="t-1", driver_id="ada", organisation_id="hiflow", at=at)


def taken(at: datetime = LATER) -> CounterAccepted:
    return CounterAccepted(
        trip_id="t-1", driver_id="ada", accepted_at=at, offered_by="lea", price=COUNTER_PRICE
    )


def decline() -> DeclineCounter:
    return DeclineCounter(trip_id="t-1", driver_id="ada", organisation_id="hiflow", at=LATER)


def declined() -> CounterDeclined:
    return CounterDeclined(
        trip_id="t-1", driver_id="ada", declined_at=LATER, offered_by="lea", price=COUNTER_PRICE
    )


class TestCounterOffers:
    def test_logistics_names_its_price_once(self) -> None:
        given(*QUOTED).when(offer_counter()).records(counter_offered())
        given(*QUOTED, counter_offered()).when(offer_counter()).records()

    @pytest.mark.parametrize("before", [counter_offered(), taken(), declined()])
    def test_and_not_another_one(self, before: CounterOffered) -> None:
        given(*QUOTED, before).when(offer_counter(eur(8_000))).is_rejected(AlreadyCountered())

    def test_a_new_quote_may_meet_with_a_new_one(self) -> None:
        again = (counter_offered(), declined(), withdrawn(), submitted())
        given(*QUOTED, *again).when(offer_counter()).records(counter_offered())

    def test_a_price_is_more_than_nothing(self) -> None:
        given(*QUOTED).when(offer_counter(eur(0))).is_rejected(NotPositive("price", 0))

    def test_the_quoted_expenses_are_part_of_it(self) -> None:
        toll = submitted(expenses=(QuotedExpense(ExpenseKind.TOLL, COUNTER_PRICE),))
        given(published(), toll).when(offer_counter()).records(counter_offered())
        low = eur(COUNTER_PRICE.amount_minor - 1)
        given(published(), toll).when(offer_counter(low)).is_rejected(
            ExpensesAbovePrice(COUNTER_PRICE.amount_minor, low)
        )

    def test_there_is_a_quote(self) -> None:
        given(published()).when(offer_counter()).is_rejected(NoSuchQuote())
        given(*QUOTED).when(offer_counter(driver="bob")).is_rejected(NoSuchQuote())

    def test_that_still_holds(self) -> None:
        given(*HOLDING).when(offer_counter(at=END)).is_rejected(QuoteIsExpired(END))


class TestAnswers:
    def test_accepted_it_is_the_price_of_the_quote(self) -> None:
        now = replace(modified(price=COUNTER_PRICE), valid_until=END)
        given(*HOLDING, counter_offered()).when(accept()).records(taken(), now)
        given(*HOLDING, counter_offered(), taken(), now).when(accept()).records()

    def test_the_award_is_at_that_price(self) -> None:
        history = (*QUOTED, counter_offered(), taken(), modified(price=COUNTER_PRICE))
        given(*history).when(award()).records(accepted(), assigned(price=COUNTER_PRICE))

    def test_it_is_accepted_while_the_quote_holds(self) -> None:
        given(*HOLDING, counter_offered()).when(accept(END)).is_rejected(QuoteIsExpired(END))

    def test_declined_the_quote_stays_as_it_is(self) -> None:
        given(*QUOTED, counter_offered()).when(decline()).records(declined())
        given(*QUOTED, counter_offered(), declined()).when(decline()).records()
        given(*QUOTED, counter_offered(), declined()).when(award()).records(accepted(), assigned())

    def test_a_changed_quote_is_an_answer_too(self) -> None:
        given(*QUOTED, counter_offered()).when(modify()).records(declined(), modified())
        given(*QUOTED, counter_offered(), declined()).when(modify()).records(modified())

    def test_there_is_something_to_answer(self) -> None:
        given(*QUOTED).when(accept()).is_rejected(NoCounterOffer())
        given(*QUOTED).when(decline()).is_rejected(NoCounterOffer())

    def test_an_answer_is_not_changed(self) -> None:
        given(*QUOTED, counter_offered(), declined()).when(accept()).is_rejected(NoCounterOffer())
        given(*QUOTED, counter_offered(), taken()).when(decline()).is_rejected(NoCounterOffer())
