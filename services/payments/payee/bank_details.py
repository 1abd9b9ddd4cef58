"""Bank details: the first are taken as they are, and the change of them is guarded.

Other bank details need a fresh sign-in and the bank's proof, and wait; every payout waits with
them.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import assert_never

from contracts.payments.payee_v1 import (
    BankChangeCancelled,
    BankChangeRequested,
    BankChangeTookEffect,
    BankDetailsGiven,
    PayeeEvent,
    QuestionAnswered,
    QuestionAsked,
)
from contracts.timers import CancelTimer, SetTimer
from services.payments.payee.profile import Payee, State

HOLD = timedelta(hours=48)
"""How long other bank details wait, and every payout with them."""
FRESH = timedelta(minutes=10)
"""The longest time since the sign-in of a driver who changes bank details."""
TIMER = "bank-change"

# --- Commands ---------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeBankDetails:
    """`at` is the time by our clock, whatever a phone says: the hold begins then."""

    driver_id: str
    organisation_id: str
    change_id: str
    iban: str
    bic: str | None
    holder: str
    proof_file_id: str
    authenticated_at: datetime | None
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class CancelBankChange:
    driver_id: str
    organisation_id: str
    change_id: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ApplyBankChange:
    """Comes from the timer and so speaks for no organisation."""

    driver_id: str
    at: datetime


# --- Rejections -------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class NoSuchChange:
    pass


@dataclass(frozen=True, slots=True)
class AuthenticationTooOld:
    """`at` is None when it is not known at all."""

    at: datetime | None


@dataclass(frozen=True, slots=True)
class ChangeIsWaiting:
    until: datetime


Rejection = NoSuchChange | AuthenticationTooOld | ChangeIsWaiting

# --- Decisions --------------------------------------------------------------

Decision = list[PayeeEvent] | Rejection


def change(command: ChangeBankDetails, payee: Payee) -> Decision:
    wanted = (command.iban, command.bic, command.holder)
    waiting = payee.pending
    if waiting is not None:
        repeated = (waiting.iban, waiting.bic, waiting.holder) == wanted
        return [] if repeated else ChangeIsWaiting(waiting.effective_at)
    bank = payee.bank
    if bank is not None and (bank.iban, bank.bic, bank.holder) == wanted:
        return []
    shown = command.authenticated_at
    if shown is None or command.at - shown > FRESH:
        return AuthenticationTooOld(shown)
    return [_given(command) if bank is None else _requested(command, shown)]


def _given(command: ChangeBankDetails) -> BankDetailsGiven:
    return BankDetailsGiven(
        driver_id=command.driver_id,
        organisation_id=command.organisation_id,
        iban=command.iban,
        bic=command.bic,
        holder=command.holder,
        proof_file_id=command.proof_file_id,
        given_at=command.at,
    )


def _requested(command: ChangeBankDetails, shown: datetime) -> BankChangeRequested:
    return BankChangeRequested(
        driver_id=command.driver_id,
        organisation_id=command.organisation_id,
        change_id=command.change_id,
        iban=command.iban,
        bic=command.bic,
        holder=command.holder,
        proof_file_id=command.proof_file_id,
        authenticated_at=shown,
        effective_at=command.at + HOLD,
        requested_at=command.at,
    )


def cancel(command: CancelBankChange, payee: Payee) -> Decision:
    if command.change_id in payee.ended:
        return []
    if payee.pending is None or payee.pending.change_id != command.change_id:
        return NoSuchChange()
    return [
        BankChangeCancelled(
            driver_id=command.driver_id,
            organisation_id=command.organisation_id,
            change_id=command.change_id,
            cancelled_at=command.at,
        )
    ]


def apply(command: ApplyBankChange, state: State) -> Decision:
    if not isinstance(state, Payee) or state.pending is None:
        # The timer came due while somebody stopped the change.
        return []
    waiting = state.pending
    if command.at < waiting.effective_at:
        return ChangeIsWaiting(waiting.effective_at)
    return [
        BankChangeTookEffect(
            driver_id=command.driver_id,
            organisation_id=state.organisation_id,
            change_id=waiting.change_id,
            took_effect_at=command.at,
        )
    ]


# --- Timers -----------------------------------------------------------------


def timers(event: PayeeEvent) -> tuple[SetTimer | CancelTimer, ...]:
    """A change of bank details takes effect when its hold is over."""
    match event:
        case BankChangeRequested():
            return (SetTimer(TIMER, event.effective_at),)
        case BankChangeCancelled():
            return (CancelTimer(TIMER),)
        case BankDetailsGiven() | BankChangeTookEffect() | QuestionAsked() | QuestionAnswered():
            return ()
        case unhandled:
            assert_never(unhandled)
