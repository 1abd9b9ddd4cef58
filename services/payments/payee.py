"""A driver as somebody to be paid: bank details whose change is guarded (P8), and questions."""

from dataclasses import dataclass, replace
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

HOLD = timedelta(hours=48)
"""How long other bank details wait, and every payout with them."""
FRESH = timedelta(minutes=10)
"""How long ago, at most, who changes bank details showed a secret."""
TIMER = "bank-change"

# --- Commands ---------------------------------------------------------------


@dataclass(frozen=True, slots=True)
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


@dataclass(frozen=True, slots=True)
class CancelBankChange:
    driver_id: str
    organisation_id: str
    change_id: str
    at: datetime


@dataclass(frozen=True, slots=True)
class ApplyBankChange:
    """Comes from the timer and so speaks for no organisation."""

    driver_id: str
    at: datetime


@dataclass(frozen=True, slots=True)
class AskQuestion:
    driver_id: str
    organisation_id: str
    question_id: str
    invoice_id: str | None
    question: str
    at: datetime


@dataclass(frozen=True, slots=True)
class AnswerQuestion:
    driver_id: str
    organisation_id: str
    by: str
    question_id: str
    answer: str
    at: datetime


Asked = ChangeBankDetails | CancelBankChange | AskQuestion | AnswerQuestion
Command = Asked | ApplyBankChange

# --- Rejections -------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class NoSuchPayee:
    pass


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


@dataclass(frozen=True, slots=True)
class QuestionIdTaken:
    question_id: str


@dataclass(frozen=True, slots=True)
class NoSuchQuestion:
    pass


@dataclass(frozen=True, slots=True)
class QuestionIsAnswered:
    """Whoever has more to ask asks anew."""

    at: datetime


Rejection = (
    NoSuchPayee
    | NoSuchChange
    | AuthenticationTooOld
    | ChangeIsWaiting
    | QuestionIdTaken
    | NoSuchQuestion
    | QuestionIsAnswered
)

# --- State ------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Stranger:
    """Nothing is known of the driver yet."""


@dataclass(frozen=True, slots=True)
class Payee:
    """`pending` is the change that waits; `bank` is where money goes meanwhile, though none does.

    `ended` are the changes that were stopped or took effect; a question has at most one answer.
    """

    organisation_id: str
    version: int = 0
    bank: BankDetailsGiven | BankChangeRequested | None = None
    pending: BankChangeRequested | None = None
    ended: frozenset[str] = frozenset()
    questions: tuple[QuestionAsked, ...] = ()
    answers: tuple[QuestionAnswered, ...] = ()

    def answer(self, question_id: str) -> QuestionAnswered | None:
        """What billing answered, if it did."""
        return next((one for one in self.answers if one.question_id == question_id), None)


State = Stranger | Payee
initial: State = Stranger()


def evolve(state: State, event: PayeeEvent) -> State:
    """Take history as recorded: a rule added today must not break yesterday's events."""
    known = state if isinstance(state, Payee) else Payee(event.organisation_id)
    found = replace(known, version=known.version + 1)
    match event:
        case BankDetailsGiven():
            return replace(found, bank=event)
        case BankChangeRequested():
            return replace(found, pending=event)
        case BankChangeCancelled():
            return replace(found, pending=None, ended=found.ended | {event.change_id})
        case BankChangeTookEffect():
            ended = found.ended | {event.change_id}
            return replace(found, bank=found.pending, pending=None, ended=ended)
        case QuestionAsked():
            return replace(found, questions=(*found.questions, event))
        case QuestionAnswered():
            return replace(found, answers=(*found.answers, event))
        case unhandled:
            assert_never(unhandled)


# --- Decisions --------------------------------------------------------------

Decision = list[PayeeEvent] | Rejection


def decide(command: Command, state: State) -> Decision:
    """New facts, an empty list when they are already recorded, or the rule that says no."""
    if isinstance(command, ApplyBankChange):
        return _apply(command, state)
    if isinstance(state, Payee) and state.organisation_id != command.organisation_id:
        return NoSuchPayee()
    found = state if isinstance(state, Payee) else Payee(command.organisation_id)
    match command:
        case ChangeBankDetails():
            return _change(command, found)
        case CancelBankChange():
            return _cancel(command, found)
        case AskQuestion():
            return _ask(command, found)
        case AnswerQuestion():
            return _answer(command, found)
        case unhandled:
            assert_never(unhandled)


def _change(command: ChangeBankDetails, found: Payee) -> Decision:
    wanted = (command.iban, command.bic, command.holder)
    waiting = found.pending
    if waiting is not None:
        repeated = (waiting.iban, waiting.bic, waiting.holder) == wanted
        return [] if repeated else ChangeIsWaiting(waiting.effective_at)
    bank = found.bank
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


def _cancel(command: CancelBankChange, found: Payee) -> Decision:
    if command.change_id in found.ended:
        return []
    if found.pending is None or found.pending.change_id != command.change_id:
        return NoSuchChange()
    return [
        BankChangeCancelled(
            driver_id=command.driver_id,
            organisation_id=command.organisation_id,
            change_id=command.change_id,
            cancelled_at=command.at,
        )
    ]


def _apply(command: ApplyBankChange, state: State) -> Decision:
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


def _ask(command: AskQuestion, found: Payee) -> Decision:
    event = QuestionAsked(
        driver_id=command.driver_id,
        organisation_id=command.organisation_id,
        question_id=command.question_id,
        invoice_id=command.invoice_id,
        question=command.question,
        asked_at=command.at,
    )
    for one in found.questions:
        if one.question_id == command.question_id:
            repeated = replace(one, asked_at=command.at) == event
            return [] if repeated else QuestionIdTaken(command.question_id)
    return [event]


def _answer(command: AnswerQuestion, found: Payee) -> Decision:
    if all(one.question_id != command.question_id for one in found.questions):
        return NoSuchQuestion()
    known = found.answer(command.question_id)
    if known is not None:
        return [] if known.answer == command.answer else QuestionIsAnswered(known.answered_at)
    return [
        QuestionAnswered(
            driver_id=command.driver_id,
            organisation_id=command.organisation_id,
            question_id=command.question_id,
            answer=command.answer,
            answered_by=command.by,
            answered_at=command.at,
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


def on_timer(name: str, driver_id: str, due: datetime) -> Command:
    """The command of a timer that came due. LookupError when no timer has that name."""
    if name != TIMER:
        raise LookupError(name)
    return ApplyBankChange(driver_id, due)
