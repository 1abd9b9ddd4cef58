"""An answered case is paid for once, whatever comes late, twice or out of order."""

import pytest

from contracts.common_v1 import Money
from infra.testing.spec import Spec
from services.payments import charge
from services.payments.charge.papers import NoSuchRefund, NumberIsAnother
from services.payments.charge.paying import (
    CardsNotTaken,
    ChargeIsPaid,
    ChargeIsParked,
    CurrencyNotCharged,
    NoSuchCharge,
    NoSuchIntent,
    NothingToCharge,
    PaymentIsOpen,
)
from services.payments.charge.refunding import ChargeIsNotPaid
from services.payments.tests.make_cards import (
    LINES,
    PADS,
    TYRES,
    amounts,
    begun,
    chosen,
    confirm,
    differed,
    end,
    ended,
    fee_read,
    form,
    line,
    money,
    note_fee,
    note_form,
    note_number,
    numbered,
    offered,
    paid,
    part,
    pay,
    pay_there,
    refund_made,
)

given = Spec(charge.decide, charge.evolve, charge.initial).given
asked = given(offered(), begun())


@pytest.mark.requirement("SM-18")
def test_what_was_accepted_is_asked_for_once() -> None:
    given().when(pay()).records(offered(), begun())


@pytest.mark.requirement("G-59")
def test_an_answer_without_a_price_is_not_paid_for() -> None:
    free = (line("pads", "Plaquettes", 0, 0),)
    given().when(pay(lines=())).is_rejected(NothingToCharge())
    given().when(pay_there(lines=free)).is_rejected(NothingToCharge())


def test_an_unknown_outcome_blocks_a_second_attempt() -> None:
    asked.when(pay(intent="I2")).records_nothing()
    given(offered(), begun(), form()).when(pay(intent="I2")).records_nothing()
    given(offered(), begun(), ended()).when(pay(intent="I2")).records(begun("I2"))


def test_an_account_without_keys_or_without_the_currency_charges_nobody() -> None:
    given().when(pay(currencies=None)).is_rejected(CardsNotTaken())
    given().when(pay(currencies=("MAD",))).is_rejected(CurrencyNotCharged("EUR"))


@pytest.mark.requirement("FLB-175")
def test_a_work_report_that_was_sent_anew_is_paid_as_it_is_now() -> None:
    given(offered(), chosen()).when(pay(lines=(PADS,), version=3)).records(
        offered((PADS,), PADS.amounts, 3), begun(amount=PADS.amounts.including_vat)
    )


@pytest.mark.requirement("FLB-172")
def test_a_customer_pays_at_the_dealership_or_comes_back() -> None:
    given().when(pay_there()).records(offered(), chosen())
    given(offered(), chosen()).when(pay()).records(begun())
    asked.when(pay_there()).is_rejected(PaymentIsOpen())
    given(offered(), begun(), ended()).when(pay_there()).records(chosen())


def test_the_form_is_noted_once_and_never_after_the_end() -> None:
    asked.when(note_form()).records(form())
    given(offered(), begun(), ended()).when(note_form()).records_nothing()
    asked.when(note_form("I9")).is_rejected(NoSuchIntent())


def test_the_provider_confirms_the_amount_that_was_asked_for() -> None:
    asked.when(confirm()).records(paid())
    asked.when(confirm("I9")).is_rejected(NoSuchIntent())
    given().when(confirm()).is_rejected(NoSuchCharge())


@pytest.mark.parametrize("amount", [money(34_999), money(35_001), money(35_000, "GBP")])
def test_another_amount_is_parked(amount: Money) -> None:
    asked.when(confirm(amount=amount)).records(differed(amount))
    parked = given(offered(), begun(), differed(amount))
    parked.when(confirm()).is_rejected(ChargeIsParked())
    parked.when(pay(intent="I2")).is_rejected(ChargeIsParked())


def test_money_that_came_after_the_end_counts() -> None:
    given(offered(), begun(), ended()).when(confirm()).records(paid(version=4))
    given(offered(), begun(), ended(), begun("I2")).when(confirm()).records(paid(version=5))


def test_a_paid_charge_is_not_paid_again() -> None:
    done = given(offered(), begun(), paid())
    done.when(pay(intent="I2")).is_rejected(ChargeIsPaid())
    done.when(pay_there()).is_rejected(ChargeIsPaid())
    done.when(confirm("I2")).is_rejected(ChargeIsPaid())
    done.when(end()).records_nothing()


@pytest.mark.requirement("G-01")
def test_the_charge_of_another_organisation_is_none() -> None:
    asked.when(pay(organisation="grand")).is_rejected(NoSuchCharge())


def test_the_fee_is_noted_once_a_movement() -> None:
    given(offered(), begun(), paid()).when(note_fee()).records(fee_read())
    given(offered(), begun(), paid()).when(note_fee(provider_refund_id="re_9")).records_nothing()
    asked.when(note_fee()).is_rejected(ChargeIsNotPaid())


@pytest.mark.requirement("G-58")
def test_a_document_keeps_its_number() -> None:
    done = given(offered(), begun(), paid())
    done.when(note_number()).records(numbered())
    done.when(note_number(refund_id="R1")).is_rejected(NoSuchRefund())
    given(offered(), begun(), paid(), numbered()).when(note_number("LYON-000002")).is_rejected(
        NumberIsAnother("LYON-000001")
    )
    back = refund_made(part(TYRES, 20_000, 4_000), total=amounts(20_000, 4_000), version=4)
    given(offered(), begun(), paid(), back).when(note_number("LYON-000002", "R1")).records(
        numbered("LYON-000002", "R1")
    )


def test_lines_add_up_to_the_total() -> None:
    assert sum(one.amounts.including_vat.amount_minor for one in LINES) == 35_000
