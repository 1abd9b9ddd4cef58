from datetime import date
from typing import get_args

import pytest

from contracts.common_v1 import Money
from contracts.decisions import Changed
from infra.testing.problems import said_everywhere, told
from services.payments import account, payee, payout, settlement
from services.payments.account import periods, reconciling
from services.payments.charge import dunning, elsewhere, papers, paying, refunding
from services.payments.http.problems import WORDING, Rejection
from services.payments.payee import bank_details, questions
from services.payments.tests.make import UNTIL

REJECTIONS: list[Rejection] = [
    Changed({"iban": "FR1"}, {"iban": "FR2"}),
    payee.NoSuchPayee(),
    bank_details.NoSuchChange(),
    bank_details.AuthenticationTooOld(None),
    bank_details.ChangeIsWaiting(UNTIL),
    questions.QuestionIdTaken("q-1"),
    questions.NoSuchQuestion(),
    questions.QuestionIsAnswered(UNTIL),
    payout.NoSuchAccount(),
    payout.NoSuchPayout(),
    payout.NothingOwed("EUR"),
    payout.NothingToPay(),
    payout.PayoutIsPaid("SEPA-1"),
    payout.PayoutsHeld(UNTIL),
    payout.BankDetailsMissing(),
    payout.DriverOwesMore(Money(1, "EUR")),
    payout.OwnPayout(),
    settlement.NoSuchSettlement(),
    settlement.ProviderAccountMissing(),
    settlement.TransferIsRecorded("SEPA-1"),
    settlement.NoSuchCommissionInvoice(),
    account.NoSuchCardAccount(),
    account.AccountIsConnected(),
    account.KeyIsLive(),
    account.KeyIsForTests(),
    account.KeysOfTwoModes(),
    account.KeyRefused(),
    account.ScopesMissing("refunds"),
    account.ScopesTooWide("payouts"),
    account.CurrencyNotTaken("TND"),
    reconciling.DayIsNotOver(UNTIL),
    reconciling.NoSuchDifference(),
    reconciling.DifferenceIsResolved(UNTIL),
    reconciling.ReferenceMissing(),
    periods.PeriodIsOpen(UNTIL),
    periods.PeriodsInOrder(date(2030, 6, 1)),
    periods.DifferencesAreOpen(2),
    periods.DaysNotCompared(date(2030, 6, 1), date(2030, 6, 30)),
    periods.DocumentsWithoutNumber(2),
    paying.NoSuchCharge(),
    paying.NoSuchIntent(),
    paying.NothingToCharge(),
    paying.CardsNotTaken(),
    paying.CurrencyNotCharged("TND"),
    paying.ChargeIsPaid(),
    paying.ChargeIsParked(),
    paying.PaymentIsOpen(),
    refunding.ChargeIsNotPaid(),
    refunding.WorkNotPaid("w-1"),
    refunding.LineNamedTwice("w-1"),
    refunding.AmountNotOfCharge("EUR"),
    refunding.RefundAboveRest(Money(1, "EUR")),
    refunding.BalanceTooLow(Money(1, "EUR")),
    elsewhere.AmountNotOwed(Money(1, "EUR")),
    elsewhere.PaidInFuture(date(2030, 6, 1)),
    dunning.CustomerIsNoCompany(),
    dunning.CompanyIsOnHold("F-118"),
    dunning.PaymentIsDeferred(date(2030, 6, 1)),
    dunning.InvoicedInFuture(date(2030, 6, 1)),
    dunning.DueInPast(date(2030, 6, 1)),
    dunning.DueTooLate(date(2030, 6, 1)),
    dunning.NothingDeferred(),
    dunning.DebtIsDisputed(UNTIL),
    dunning.NoSuchDispute(),
    papers.NoSuchRefund(),
    papers.RefundHolds(),
    papers.NumberIsAnother("LYON-000001"),
]


def test_every_rejection_has_its_sentence() -> None:
    assert {type(rejection) for rejection in REJECTIONS} == set(get_args(Rejection))
    assert all(told(rejection, WORDING)[0] in {403, 404, 409, 412, 422} for rejection in REJECTIONS)


def test_what_exists_elsewhere_looks_like_what_does_not() -> None:
    assert told(payout.NoSuchAccount(), WORDING) == told(payout.NoSuchPayout(), WORDING)


def test_a_sentence_names_the_facts() -> None:
    assert told(payout.PayoutsHeld(UNTIL), WORDING)[1].endswith(
        "wait until May 3, 2030, 12:00\u202fPM UTC."
    )


@pytest.mark.parametrize("rejection", REJECTIONS, ids=lambda each: type(each).__name__)
def test_a_rejection_is_told_in_every_language(rejection: Rejection) -> None:
    assert said_everywhere(rejection, WORDING)
