"""Amounts are owed, closed into statements and paid, once each."""

from functools import reduce

import pytest

from contracts.common_v1 import Money
from contracts.decisions import Changed
from contracts.payments.payout_v1 import Fact, PayoutEvent
from infra.testing.spec import Spec
from services.payments import payout
from services.payments.payout import (
    BankDetailsMissing,
    Command,
    DriverOwesMore,
    NoSuchAccount,
    NoSuchPayout,
    NothingOwed,
    NothingToPay,
    OwnPayout,
    PayoutIsPaid,
    PayoutsHeld,
    total,
)
from services.payments.tests.make import (
    NEW,
    OLD,
    UNTIL,
    adjust,
    adjusted,
    close,
    closed,
    credit,
    credited,
    eur,
    less,
    lines,
    paid,
    record,
)

given = Spec(payout.decide, payout.evolve, payout.initial).given
OWING = closed(less(), (0, 0, -500, -100), 0, (0, -600), version=2)
"""A statement of a driver who owes 6.00."""


def test_an_invoice_and_an_adjustment_are_owed_once() -> None:
    given().when(credit()).records(credited())
    given(credited()).when(adjust()).records(adjusted())
    given(credited(), adjusted()).when(adjust(version=9)).records(adjusted(version=9))


def test_a_statement_sums_up_what_is_owed_and_names_each_fact() -> None:
    given(credited()).when(close()).records(closed())
    both = (*lines(), *less())
    sums = (30_000, 3_500, -500, 6_600)
    given(credited(), adjusted()).when(close(due=39_600)).records(
        closed(both, sums, 39_600, version=3)
    )
    assert {one.fact for one in both} == {Fact("invoice-inv-t-1", n) for n in (2, 4, 6, 8)}


@pytest.mark.parametrize(
    ("events", "waits_for"),
    [
        ((credited(),), "3 amounts are on no statement yet"),
        ((credited(), closed()), "payout p-1 is not paid"),
        ((credited(), closed(), paid()), None),
        ((adjusted(), OWING), None),
        ((), None),
    ],
)
def test_nobody_is_forgotten_while_they_are_owed_something(
    events: tuple[PayoutEvent, ...], waits_for: str | None
) -> None:
    account = reduce(payout.evolve, events, payout.initial)
    assert payout.obligations(account, "ada").waits_for == waits_for
    assert payout.obligations(account, "ad").waits_for is None


def test_a_statement_is_of_what_was_seen_to_be_owed() -> None:
    given(credited(), adjusted()).when(close()).is_rejected(
        Changed({"due": eur(40_200)}, {"due": eur(39_600)})
    )


def test_a_line_is_on_one_statement() -> None:
    given(credited(), closed()).when(close("p-2")).is_rejected(NothingOwed("EUR"))
    given(credited()).when(close(currency="MAD")).is_rejected(NothingOwed("MAD"))


def test_what_the_driver_owes_is_carried_over_and_set_off() -> None:
    given(adjusted()).when(close(due=-600)).records(OWING)
    given(adjusted(), OWING).when(record()).is_rejected(NothingToPay())
    following = closed(
        lines(),
        net=39_600,
        carried=(-600, 0),
        id="p-2",
        version=4,
        carried_from=Fact("payout-ada", 2),
    )
    given(adjusted(), OWING, credited()).when(close("p-2")).records(following)


def test_a_statement_that_comes_to_nothing_is_not_paid() -> None:
    even = closed((*lines(), *less(-33_500, -6_700)), (30_000, 3_500, -33_500, 0), 0, version=3)
    given(credited(), adjusted(-33_500, -6_700)).when(close(due=0)).records(even)


def test_a_payout_is_paid_once_with_the_banks_reference() -> None:
    given(credited(), closed()).when(record()).records(paid())
    history = (credited(), closed(), paid())
    given(*history).when(record("SEPA-2")).is_rejected(PayoutIsPaid("SEPA-1"))
    given(credited(), closed()).when(record(id="p-9")).is_rejected(NoSuchPayout())


def test_payouts_wait_while_bank_details_change_and_need_some() -> None:
    given(credited(), closed()).when(record(held_until=UNTIL)).is_rejected(PayoutsHeld(UNTIL))
    given(credited(), closed()).when(record(account=None)).is_rejected(BankDetailsMissing())


def test_a_payment_names_the_account_that_it_went_to() -> None:
    given(credited(), closed()).when(record(account=NEW)).is_rejected(
        Changed({"iban": OLD}, {"iban": NEW})
    )
    given(credited(), closed()).when(record(account=OLD)).records(paid())


def test_nothing_is_paid_to_a_driver_who_owes_more_than_the_statement() -> None:
    even, more = adjusted(-33_500, -6_700), adjusted(-33_501, -6_700)
    given(credited(), closed(), even).when(record()).records(paid(version=4))
    given(credited(), closed(), more).when(record()).is_rejected(DriverOwesMore(eur(1)))
    earned = credited("inv-t-2")
    given(credited(), closed(), more, earned).when(record()).records(paid(version=5))


@pytest.mark.parametrize("command", [close(by="ada"), record(by="ada")])
def test_nobody_pays_out_to_themselves(command: Command) -> None:
    given(credited(), closed()).when(command).is_rejected(OwnPayout())


@pytest.mark.parametrize("command", [close(organisation="x"), record(organisation="x")])
def test_a_stranger_s_organisation_finds_nothing(command: Command) -> None:
    given(credited(), closed()).when(command).is_rejected(NoSuchAccount())
    given().when(close()).is_rejected(NoSuchAccount())


@pytest.mark.requirement("G-02")
def test_currencies_are_never_added() -> None:
    assert total([eur(1), eur(2)], "EUR") == eur(3)
    with pytest.raises(ValueError, match="MAD cannot be added to EUR"):
        total([eur(1), Money(1, "MAD")], "EUR")
