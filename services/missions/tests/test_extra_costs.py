"""Extra costs of a mission: what is asked for, accepted and refused."""

import pytest

from contracts.common_v1 import Money
from contracts.missions.trip_v1 import (
    ExpenseKind,
    ExtraCostAccepted,
    ExtraCostRefused,
    ExtraCostRequested,
)
from infra.testing.spec import Spec
from services.missions import trip
from services.missions.terms import CurrencyNotAccepted, NotPositive, TextTooLong
from services.missions.tests.make import LATER, assigned, confirmed, eur, published
from services.missions.trip import NoSuchMission
from services.missions.trip.extra_costs import (
    AcceptExtraCost,
    ExtraCostIsDecided,
    MoreThanAsked,
    NoSuchExtraCost,
    RefuseExtraCost,
    RequestExtraCost,
    TooLateForExtraCost,
)
from services.missions.trip.quotes import ReasonMissing

given = Spec(trip.decide, trip.evolve, trip.initial).given

ASKED = eur(4_200)
MISSION = (published(), assigned())


def ask(
    amount: Money = ASKED, driver: str = "ada", reason: str = "no bus", id: str = "x-1"
) -> RequestExtraCost:
    return RequestExtraCost(
        trip_id="t-1",
        driver_id=driver,
        organisation_id="hiflow",
        request_id=id,
        kind=ExpenseKind.TAXI,
        amount=amount,
        reason=reason,
        photo_file_id="f-1",
        at=LATER,
    )


def asked(amount: Money = ASKED) -> ExtraCostRequested:
    return ExtraCostRequested(
        trip_id="t-1",
        driver_id="ada",
        request_id="x-1",
        kind=ExpenseKind.TAXI,
        amount=amount,
        reason="no bus",
        photo_file_id="f-1",
        requested_at=LATER,
    )


def grant(amount: Money | None = None, id: str = "x-1") -> AcceptExtraCost:
    return AcceptExtraCost(
        trip_id="t-1", organisation_id="hiflow", request_id=id, amount=amount, at=LATER
    )


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
    return RefuseExtraCost(
        trip_id="t-1", organisation_id="hiflow", request_id=id, reason=reason, at=LATER
    )


def denied(reason: str = "quoted already") -> ExtraCostRefused:
    return ExtraCostRefused(
        trip_id="t-1", driver_id="ada", request_id="x-1", reason=reason, refused_at=LATER
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
        given(*MISSION).when(ask(reason="x" * 501)).is_rejected(
            TextTooLong(field="reason", length=501, limit=500)
        )

    def test_its_amount_is_in_the_currency_of_prices(self) -> None:
        given(*MISSION).when(ask(Money(1, "CHF"))).is_rejected(
            CurrencyNotAccepted(field="amount", currency="CHF", accepted="EUR")
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
