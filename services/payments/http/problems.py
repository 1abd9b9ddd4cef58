"""The one table that turns a rule that says no into an HTTP answer."""

from typing import assert_never

from contracts.decisions import Changed
from services.payments import payee, payout
from services.payments.payee import bank_details, questions

Rejection = payee.Rejection | payout.Rejection


def problem(rejection: Rejection) -> tuple[int, str]:
    """The status and the sentence of a rejection.

    404 says that there is no such thing, 409 that it is not possible now.
    """
    match rejection:
        case Changed():
            return 412, "Somebody changed this meanwhile."
        # Payees
        case payee.NoSuchPayee():
            return 404, "There is no such payee."
        case bank_details.NoSuchChange():
            return 404, "No such change of bank details is waiting."
        case bank_details.AuthenticationTooOld():
            return 403, "Sign in again: bank details are changed right after that only."
        case bank_details.ChangeIsWaiting(until=until):
            return 409, f"Other bank details wait until {until:%Y-%m-%d %H:%M} UTC."
        case questions.QuestionIdTaken(question_id=taken):
            return 409, f"Another question has the id {taken}."
        case questions.NoSuchQuestion():
            return 404, "There is no such question."
        case questions.QuestionIsAnswered(at=at):
            return 409, f"The question was answered at {at:%Y-%m-%d %H:%M} UTC."
        # Payouts
        case payout.NoSuchAccount() | payout.NoSuchPayout():
            return 404, "There is no such payout."
        case payout.NothingOwed(currency=currency):
            return 409, f"Nothing new is owed in {currency}."
        case payout.NothingToPay():
            return 409, "The statement was carried over, so there is nothing to pay."
        case payout.PayoutIsPaid(reference=reference):
            return 409, f"The payout is paid, with the reference {reference}."
        case payout.PayoutsHeld(until=until):
            return 409, f"Bank details are changing; payouts wait until {until:%Y-%m-%d %H:%M} UTC."
        case payout.BankDetailsMissing():
            return 409, "The driver has not given bank details."
        case payout.OwnPayout():
            return 403, "Nobody pays out to themselves."
        case unhandled:
            assert_never(unhandled)
