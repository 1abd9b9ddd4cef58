"""The provider's balance is compared with the books day by day; an accountant resolves the rest."""

from dataclasses import replace
from datetime import date, timedelta

import pytest

from contracts.decisions import Changed
from contracts.payments.account_v1 import DifferenceResolution
from infra.testing.spec import Spec
from services.payments import account
from services.payments.account import NoSuchCardAccount
from services.payments.account.periods import (
    DaysNotCompared,
    DifferencesAreOpen,
    DocumentsWithoutNumber,
    PeriodIsOpen,
    PeriodsInOrder,
)
from services.payments.account.reconciling import (
    DayIsNotOver,
    DifferenceIsResolved,
    NoSuchDifference,
    ReferenceMissing,
)
from services.payments.tests.make_account import (
    DAY,
    ENDS,
    NEXT,
    SETTLED,
    close,
    closed,
    difference,
    found,
    paid_out,
    payout,
    reconcile,
    reconciled,
    resolve,
    resolved,
)
from services.payments.tests.make_cards import connected

given = Spec(account.decide, account.evolve, account.initial).given
TOMORROW = DAY + timedelta(days=1)


def test_a_day_is_compared_once_it_is_over() -> None:
    given(connected()).when(reconcile(at=ENDS)).records(reconciled(at=ENDS))
    early = ENDS - timedelta(seconds=1)
    given(connected()).when(reconcile(at=early)).is_rejected(DayIsNotOver(ENDS))


def test_whoever_gave_the_keys_is_told_of_what_was_found() -> None:
    given(connected()).when(reconcile(difference())).records(
        found(), reconciled(1, responsible="gina")
    )


def test_a_difference_that_stays_is_told_once() -> None:
    history = (connected(), found(), reconciled(1, responsible="gina"))
    again = reconcile(difference(), difference("txn_10"), day=TOMORROW, at=NEXT + timedelta(1))
    given(*history).when(again).records(
        found("txn_10", at=NEXT + timedelta(1)),
        reconciled(1, TOMORROW, "gina", NEXT + timedelta(1)),
    )
    given(*history).when(reconcile(difference("txn_11"))).records_nothing()


@pytest.mark.requirement("FLB-177", "T-16", "M-12")
def test_what_reached_the_bank_is_booked_and_is_no_difference() -> None:
    given(connected()).when(reconcile(payouts=(payout(),))).records(paid_out(2), reconciled())
    later = reconcile(payouts=(payout(),), day=TOMORROW, at=NEXT + timedelta(1))
    given(connected(), paid_out(2), reconciled()).when(later).records(
        reconciled(day=TOMORROW, at=NEXT + timedelta(1))
    )


def test_a_difference_is_resolved_once() -> None:
    given(connected(), found()).when(resolve()).records(resolved())
    given(connected(), found()).when(resolve("txn_10")).is_rejected(NoSuchDifference())
    other = resolve(resolution=DifferenceResolution.ARRIVED_SINCE)
    given(connected(), found(), resolved()).when(other).is_rejected(DifferenceIsResolved(NEXT))


@pytest.mark.parametrize("name", ["BOOKED_ELSEWHERE", "CORRECTED"])
def test_whoever_says_that_another_entry_explains_it_says_which(name: str) -> None:
    resolution = DifferenceResolution[name]
    given(connected(), found()).when(resolve(resolution=resolution)).is_rejected(ReferenceMissing())
    given(connected(), found()).when(resolve(resolution=resolution, reference="BQ-114")).records(
        resolved(resolution=resolution, reference="BQ-114")
    )


def test_the_account_of_another_organisation_is_none() -> None:
    given(connected()).when(replace(reconcile(), organisation_id="other")).is_rejected(
        NoSuchCardAccount()
    )
    given(connected()).when(replace(close(), organisation_id="other")).is_rejected(
        NoSuchCardAccount()
    )


def test_a_month_is_closed_once_it_is_settled() -> None:
    given(connected()).when(close()).records(closed())
    early = close(at=SETTLED - timedelta(seconds=1))
    given(connected()).when(early).is_rejected(PeriodIsOpen(SETTLED))


def test_a_month_is_not_closed_while_days_of_it_were_not_compared() -> None:
    first, last = date(2030, 5, 6), date(2030, 5, 31)
    given(connected()).when(close(compared_from=first)).is_rejected(DaysNotCompared(first, last))
    but_one = (connected(), reconciled(day=date(2030, 5, 30)))
    given(*but_one).when(close(compared_from=first)).is_rejected(DaysNotCompared(last, last))
    given(connected(), reconciled(day=last)).when(close(compared_from=first)).records(closed())
    given(connected()).when(close(compared_from=date(2030, 6, 1))).records(closed())


def test_months_are_closed_one_after_the_other() -> None:
    june = close(date(2030, 6, 1), date(2030, 6, 30))
    given(connected(), closed()).when(june).records(closed(date(2030, 6, 1), date(2030, 6, 30)))
    july = close(date(2030, 7, 1), date(2030, 7, 31))
    given(connected(), closed()).when(july).is_rejected(PeriodsInOrder(date(2030, 6, 1)))
    april = close(date(2030, 4, 1), date(2030, 4, 30))
    given(connected(), closed()).when(april).is_rejected(PeriodsInOrder(date(2030, 6, 1)))


def test_the_first_month_to_be_closed_is_the_first_that_has_entries() -> None:
    june = close(date(2030, 6, 1), date(2030, 6, 30))
    given(connected()).when(june).is_rejected(PeriodsInOrder(date(2030, 5, 1)))
    empty = replace(june, first_on=None)
    given(connected()).when(empty).records(closed(date(2030, 6, 1), date(2030, 6, 30)))


def test_a_month_with_something_open_is_not_closed() -> None:
    given(connected(), found()).when(close()).is_rejected(DifferencesAreOpen(1))
    given(connected(), found(), resolved()).when(close()).records(closed())
    given(connected()).when(close(unnumbered=2)).is_rejected(DocumentsWithoutNumber(2))


def test_a_month_is_closed_as_it_was_seen() -> None:
    given(connected()).when(close(entries=42)).is_rejected(
        Changed({"entries": 41}, {"entries": 42})
    )
