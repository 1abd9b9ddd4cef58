"""A driver as somebody to be paid: bank details whose change is guarded, and questions."""

from dataclasses import dataclass
from datetime import datetime
from typing import assert_never

from contracts.payments.payee_v1 import PayeeEvent
from services.payments.payee import bank_details, questions
from services.payments.payee.bank_details import (
    ApplyBankChange,
    CancelBankChange,
    ChangeBankDetails,
    timers,
)
from services.payments.payee.profile import Payee, State, evolve, initial
from services.payments.payee.questions import AnswerQuestion, AskQuestion

__all__ = ["Command", "Rejection", "State", "decide", "evolve", "initial", "on_timer", "timers"]


@dataclass(frozen=True, slots=True)
class NoSuchPayee:
    pass


Command = ChangeBankDetails | CancelBankChange | ApplyBankChange | AskQuestion | AnswerQuestion
Rejection = NoSuchPayee | bank_details.Rejection | questions.Rejection
Decision = list[PayeeEvent] | Rejection


def decide(command: Command, state: State) -> Decision:
    """New facts, an empty list when they are already recorded, or the rule that says no."""
    if isinstance(command, ApplyBankChange):
        return bank_details.apply(command, state)
    if isinstance(state, Payee) and state.organisation_id != command.organisation_id:
        return NoSuchPayee()
    payee = state if isinstance(state, Payee) else Payee(command.organisation_id)
    match command:
        case ChangeBankDetails():
            return bank_details.change(command, payee)
        case CancelBankChange():
            return bank_details.cancel(command, payee)
        case AskQuestion():
            return questions.ask(command, payee)
        case AnswerQuestion():
            return questions.answer(command, payee)
        case unhandled:
            assert_never(unhandled)


def on_timer(name: str, driver_id: str, due: datetime) -> Command:
    """The command of a timer that came due. LookupError when no timer has that name."""
    if name != bank_details.TIMER:
        raise LookupError(name)
    return ApplyBankChange(driver_id=driver_id, at=due)
