"""Extra costs of a mission and the documents put to it: what is accepted, what is refused."""

from dataclasses import replace

import pytest

from contracts.common_v1 import Money
from contracts.missions.trip_v1 import (
    AttachmentAdded,
    AttachmentRemoved,
    ExpenseKind,
    ExtraCostAccepted,
    ExtraCostRefused,
    ExtraCostRequested,
    QuotedExpense,
)
from infra.testing.spec import Spec
from services.missions import trip
from services.missions.carrying import (
    AcceptExtraCost,
    AddAttachment,
    ExtraCostIsDecided,
    MoreThanAsked,
    NoSuchExtraCost,
    RefuseExtraCost,
    RemoveAttachment,
    RequestExtraCost,
    TooLateForExtraCost,
)
from services.missions.quoting import ExpensesAbovePrice, ExpenseTwice, ReasonMissing
from services.missions.terms import CurrencyNotAccepted, NotPositive, TextTooLong
from services.missions.tests.make import (
    LATER,
    PRICE,
    accepted,
    assigned,
    award,
    confirmed,
    eur,
    published,
    submit,
    submitted,
)
from services.missions.trip import NoSuchMission

given = Spec(trip.decide, trip.evolve, trip.initial).given

ASKED = eur(4_200)
MISSION = (published(), assigned())
TOLL = QuotedExpense(ExpenseKind.TOLL, eur(3_480))
REST = QuotedExpense(ExpenseKind.OTHER, eur(PRICE.amount_minor - 3_480))


def ask(
    amount: Money = ASKED, driver: str = "ada", reason: str = "no bus", id: str = "x-1"
) -> RequestExtraCost:
    fact = replace(asked(amount), driver_id=driver, request_id=id, reason=reason)
    return RequestExtraCost(fact, "hiflow")


def asked(amount: Money = ASKED) -> ExtraCostRequested:
    taxi = ExpenseKind.TAXI
    return ExtraCostRequested(
        trip_id="t-1",
        driver_id="ada",
        request_id="x-1",
        kind=taxi,
        amount=amount,
        reason="no bus",
        photo_file_id="f-1",
        requested_at=LATER,
    )


def grant(amount: Money | None = None, id: str = "x-1") -> AcceptExtraCost:
    return AcceptExtraCost("t-1", "hiflow", id, amount, LATER)


def granted(amount: Money = ASKED) -> ExtraCostAccepted:
    return ExtraCostAccepted(
        trip_id="t-1",
        driver_id="ada",
        request_id="x-1",
        kind=ExpenseKind.TAXI,
        amount=amount,
        accepted_at=LATER,
    )


def deny(reason: str = "quoted already", id: str = "x-1") -> RefuseExtraCost:
    return RefuseExtraCost("t-1", "hiflow", id, reason, LATER)


def denied(reason: str = "quoted already") -> ExtraCostRefused:
    return ExtraCostRefused(
        trip_id="t-1", driver_id="ada", request_id="x-1", reason=reason, refused_at=LATER
    )


def attach(driver: str | None = "ada", label: str = "Report") -> AddAttachment:
    return AddAttachment("t-1", "hiflow", driver, "f-2", label, LATER)


def attached(label: str = "Report") -> AttachmentAdded:
    return AttachmentAdded(
        trip_id="t-1", driver_id="ada", file_id="f-2", label=label, added_at=LATER
    )


def detach(driver: str | None = "ada") -> RemoveAttachment:
    return RemoveAttachment("t-1", "hiflow", driver, "f-2", LATER)


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
        given(published(), submitted(expenses=(TOLL,))).when(award()).records(
            accepted(), assigned(expenses=(TOLL,))
        )


class TestExtraCosts:
    def test_the_driver_of_a_mission_asks_for_one(self) -> None:
        given(*MISSION).when(ask()).records(asked())

    def test_nobody_else_does(self) -> None:
        given(*MISSION).when(ask(driver="bob")).is_rejected(NoSuchMission())

    def test_not_before_there_is_a_mission(self) -> None:
        given(published()).when(ask()).is_rejected(NoSuchMission())

    def test_not_after_the_delivery(self) -> None:
        given(*MISSION, confirmed()).when(ask()).is_rejected(TooLateForExtraCost())

    def test_it_has_a_reason(self) -> None:
        given(*MISSION).when(ask(reason=" ")).is_rejected(ReasonMissing())

    def test_its_reason_has_a_limit(self) -> None:
        given(*MISSION).when(ask(reason="x" * 501)).is_rejected(TextTooLong("reason", 501, 500))

    def test_its_amount_is_in_the_currency_of_prices(self) -> None:
        given(*MISSION).when(ask(Money(1, "CHF"))).is_rejected(
            CurrencyNotAccepted("amount", "CHF", "EUR")
        )

    def test_all_of_it_may_be_granted(self) -> None:
        given(*MISSION, asked()).when(grant()).records(granted())

    def test_it_may_be_capped(self) -> None:
        given(*MISSION, asked()).when(grant(eur(1))).records(granted(eur(1)))

    def test_no_more_than_was_asked_for_is_granted(self) -> None:
        given(*MISSION, asked()).when(grant(eur(4_201))).is_rejected(MoreThanAsked(ASKED))

    def test_nothing_is_not_granted(self) -> None:
        given(*MISSION, asked()).when(grant(eur(0))).is_rejected(NotPositive("amount", 0))

    def test_it_may_be_refused_with_a_reason(self) -> None:
        given(*MISSION, asked()).when(deny()).records(denied())

    def test_it_is_not_refused_without_one(self) -> None:
        given(*MISSION, asked()).when(deny(" ")).is_rejected(ReasonMissing())

    def test_it_is_decided_once(self) -> None:
        given(*MISSION, asked(), granted()).when(deny()).is_rejected(ExtraCostIsDecided(ASKED))
        given(*MISSION, asked(), denied()).when(grant()).is_rejected(ExtraCostIsDecided(None))

    def test_a_delivery_does_not_end_the_thread(self) -> None:
        given(*MISSION, asked(), confirmed()).when(grant()).records(granted())

    @pytest.mark.parametrize("answer", [grant(id="x-9"), deny(id="x-9")])
    def test_what_nobody_asked_for_is_not_answered(
        self, answer: AcceptExtraCost | RefuseExtraCost
    ) -> None:
        given(*MISSION, asked()).when(answer).is_rejected(NoSuchExtraCost())


@pytest.mark.requirement("HIF-26", "HIF-27")
class TestAttachments:
    def test_the_driver_adds_one_before_the_mission_is_carried_out(self) -> None:
        given(*MISSION).when(attach()).records(attached())

    def test_and_after_it(self) -> None:
        given(*MISSION, confirmed()).when(attach()).records(attached())

    def test_logistics_adds_one(self) -> None:
        given(*MISSION).when(attach(driver=None)).records(attached())

    def test_another_driver_does_not(self) -> None:
        given(*MISSION).when(attach(driver="bob")).is_rejected(NoSuchMission())

    def test_a_trip_without_a_driver_takes_none(self) -> None:
        given(published()).when(attach()).is_rejected(NoSuchMission())

    def test_its_label_has_a_limit(self) -> None:
        given(*MISSION).when(attach(label="x" * 201)).is_rejected(TextTooLong("label", 201, 200))

    def test_it_can_be_taken_away(self) -> None:
        removed = AttachmentRemoved(trip_id="t-1", driver_id="ada", file_id="f-2", removed_at=LATER)
        given(*MISSION, attached()).when(detach()).records(removed)

    def test_another_driver_cannot_take_it_away(self) -> None:
        given(*MISSION, attached()).when(detach(driver="bob")).is_rejected(NoSuchMission())
