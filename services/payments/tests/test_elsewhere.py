"""A case that was paid at the dealership is paid, once and as a whole."""

from datetime import timedelta

import pytest

from contracts.payments.charge_v1 import PaymentMeans
from infra.testing.spec import Spec
from services.payments import charge
from services.payments.charge.elsewhere import AmountNotOwed, PaidInFuture
from services.payments.charge.paying import (
    ChargeIsPaid,
    ChargeIsParked,
    NoSuchCharge,
    NothingToCharge,
    PaymentIsOpen,
)
from services.payments.tests.make_cards import (
    TODAY,
    begun,
    chosen,
    confirm,
    differed,
    end,
    ended,
    money,
    offered,
    paid,
    pay,
    pay_there,
    revoke,
    revoked,
    settle,
    settled,
)

given = Spec(charge.decide, charge.evolve, charge.initial).given


@pytest.mark.requirement("FLB-172")
def test_staff_record_what_was_paid_at_the_dealership() -> None:
    given().when(settle()).records(offered(), settled())
    given(offered(), chosen()).when(settle()).records(settled())
    given(offered(), begun(), ended()).when(settle()).records(settled())


@pytest.mark.parametrize("amount", [34_999, 35_001, 39_000])
def test_a_case_is_paid_as_a_whole(amount: int) -> None:
    given(offered()).when(settle(amount)).is_rejected(AmountNotOwed(money(35_000)))


def test_nothing_was_paid_tomorrow() -> None:
    tomorrow = TODAY + timedelta(days=1)
    given(offered()).when(settle(paid_on=tomorrow)).is_rejected(PaidInFuture(TODAY))


def test_what_is_paid_is_not_paid_again() -> None:
    done = given(offered(), settled())
    done.when(settle(means=PaymentMeans.CASH)).is_rejected(ChargeIsPaid())
    done.when(pay()).is_rejected(ChargeIsPaid())
    done.when(pay_there()).is_rejected(ChargeIsPaid())
    given(offered(), begun(), paid()).when(settle()).is_rejected(ChargeIsPaid())


def test_nothing_is_recorded_while_a_card_may_be_charged() -> None:
    given(offered(), begun()).when(settle()).is_rejected(PaymentIsOpen())
    given(offered(), begun(), differed(money(1))).when(settle()).is_rejected(ChargeIsParked())


def test_money_of_a_card_that_comes_late_counts_beside_it() -> None:
    late = given(offered(), begun(), ended(), settled())
    late.when(confirm()).records(paid(version=5))
    late.when(end()).records_nothing()


def test_a_case_without_a_price_or_of_others_is_none() -> None:
    given().when(settle(lines=())).is_rejected(NothingToCharge())
    given(offered()).when(settle(organisation="grand")).is_rejected(NoSuchCharge())


# --- The form goes with the right to pay ------------------------------------


@pytest.mark.requirement("FLB-175")
def test_a_form_is_revoked_once_and_only_while_it_is_open() -> None:
    given(offered(), begun()).when(revoke()).records(revoked())
    given().when(revoke()).records_nothing()
    given(offered(), begun(), ended()).when(revoke()).records_nothing()
    given(offered(), begun(), paid()).when(revoke()).records_nothing()


def test_whoever_paid_by_a_revoked_form_has_paid() -> None:
    given(offered(), begun(), revoked()).when(confirm()).records(paid(version=4))
    given(offered(), begun(), revoked(), ended()).when(pay("I2")).records(begun("I2"))
