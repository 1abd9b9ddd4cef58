"""The one counter-offer that a quote may meet with."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from contracts.common_v1 import Money
from contracts.decisions import Changed
from contracts.missions.trip_v1 import (
    CounterAccepted,
    CounterDeclined,
    CounterOffered,
    ExpenseKind,
    QuotedExpense,
    QuoteExpired,
    TripEvent,
)
from infra.testing.spec import Spec
from services.missions import trip
from services.missions.terms import AbovePriceAgreed, ExpensesAbovePrice, NotPositive
from services.missions.tests.make import (
    COUNTER_PRICE,
    LATER,
    LOWER_PRICE,
    PRICE,
    accepted,
    assigned,
    award,
    counter_offered,
    eur,
    modified,
    modify,
    offer_counter,
    published,
    refused,
    seen,
    submit,
    submitted,
    withdrawn,
)
from services.missions.trip.counter_offers import (
    AcceptCounter,
    AlreadyCountered,
    DeclineCounter,
    NoCounterOffer,
)
from services.missions.trip.quotes import (
    NoSuchQuote,
    QuoteIsExpired,
)

given = Spec(trip.decide, trip.evolve, trip.initial).given

END = LATER + timedelta(hours=6)
QUOTED = (published(), submitted())
HOLDING = (published(), submitted(valid_until=END))


def accept(at: datetime = LATER, price: Money = COUNTER_PRICE) -> AcceptCounter:
    return AcceptCounter(
        trip_id="t-1", driver_id="ada", organisation_id="hiflow", price=price, at=at
    )


def taken(at: datetime = LATER) -> CounterAccepted:
    return CounterAccepted(
        trip_id="t-1", driver_id="ada", accepted_at=at, offered_by="lea", price=COUNTER_PRICE
    )


def expired_quote() -> QuoteExpired:
    return QuoteExpired(trip_id="t-1", driver_id="ada", expired_at=LATER)


def decline(price: Money = COUNTER_PRICE) -> DeclineCounter:
    return DeclineCounter(
        trip_id="t-1", driver_id="ada", organisation_id="hiflow", price=price, at=LATER
    )


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
        quote = seen(expenses=toll.expenses)
        given(published(), toll).when(offer_counter(quote=quote)).records(counter_offered())
        low = eur(COUNTER_PRICE.amount_minor - 1)
        given(published(), toll).when(offer_counter(low, quote=quote)).is_rejected(
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
        given(*history).when(award(quote=seen(COUNTER_PRICE))).records(
            accepted(), assigned(price=COUNTER_PRICE)
        )

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

    def test_an_answer_is_to_the_price_that_was_read(self) -> None:
        again = (*QUOTED, counter_offered(), withdrawn(), submitted(), counter_offered(eur(8_000)))
        stale = Changed({"price": COUNTER_PRICE}, {"price": eur(8_000)})
        given(*again).when(accept()).is_rejected(stale)
        given(*again).when(decline()).is_rejected(stale)
        given(*again).when(decline(eur(8_000))).records(
            replace(declined(), price=eur(8_000)),
        )

    def test_a_counter_offer_is_to_the_quote_that_was_read(self) -> None:
        given(*QUOTED, modified()).when(offer_counter()).is_rejected(
            Changed({"quote/price": PRICE}, {"quote/price": LOWER_PRICE})
        )


AGREED = (*QUOTED, counter_offered(), taken(), modified(price=COUNTER_PRICE))
ABOVE = eur(COUNTER_PRICE.amount_minor + 1)


class TestPriceAgreed:
    def test_who_accepted_a_counter_offer_does_not_raise_the_price(self) -> None:
        given(*AGREED).when(modify(price=ABOVE)).is_rejected(AbovePriceAgreed(COUNTER_PRICE))
        below = eur(COUNTER_PRICE.amount_minor - 1)
        given(*AGREED).when(modify(price=below)).records(modified(price=below))

    def test_nor_by_another_quote(self) -> None:
        given(*AGREED, withdrawn()).when(submit(price=ABOVE)).is_rejected(
            AbovePriceAgreed(COUNTER_PRICE)
        )
        given(*AGREED, withdrawn()).when(submit(price=COUNTER_PRICE)).records(
            submitted(price=COUNTER_PRICE)
        )

    @pytest.mark.parametrize("end", [refused(), expired_quote()], ids=["refused", "expired"])
    def test_until_the_quote_is_decided_on(self, end: TripEvent) -> None:
        given(*AGREED, end).when(submit(price=ABOVE)).records(submitted(price=ABOVE))

    def test_it_binds_nobody_else(self) -> None:
        given(*AGREED).when(submit("bob", ABOVE)).records(submitted("bob", ABOVE))
