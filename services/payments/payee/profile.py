"""The state of a driver as somebody to be paid, and how events change it."""

from dataclasses import dataclass, replace
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

    def question(self, question_id: str) -> QuestionAsked | None:
        """The question of that id."""
        return next((one for one in self.questions if one.question_id == question_id), None)

    def answer(self, question_id: str) -> QuestionAnswered | None:
        """The answer of billing to that question, None until there is one."""
        return next((one for one in self.answers if one.question_id == question_id), None)


State = Stranger | Payee
initial: State = Stranger()


def evolve(state: State, event: PayeeEvent) -> State:
    """Take history as recorded: a rule added today must not break yesterday's events."""
    before = state if isinstance(state, Payee) else Payee(event.organisation_id)
    payee = replace(before, version=before.version + 1)
    match event:
        case BankDetailsGiven():
            return replace(payee, bank=event)
        case BankChangeRequested():
            return replace(payee, pending=event)
        case BankChangeCancelled():
            return replace(payee, pending=None, ended=payee.ended | {event.change_id})
        case BankChangeTookEffect():
            ended = payee.ended | {event.change_id}
            return replace(payee, bank=payee.pending, pending=None, ended=ended)
        case QuestionAsked():
            return replace(payee, questions=(*payee.questions, event))
        case QuestionAnswered():
            return replace(payee, answers=(*payee.answers, event))
        case unhandled:
            assert_never(unhandled)


def of_organisation(state: State, organisation_id: str) -> Payee | None:
    """The payee, if they drive for that organisation."""
    if isinstance(state, Payee) and state.organisation_id == organisation_id:
        return state
    return None
