"""Bank details, and the guard before their change."""

from datetime import timedelta
from functools import reduce

import pytest

from contracts.payments.payee_v1 import PayeeEvent
from contracts.timers import CancelTimer, SetTimer
from infra.testing.spec import Spec
from services.payments import payee
from services.payments.payee import Command, NoSuchPayee, on_timer, timers
from services.payments.payee.bank_details import (
    FRESH,
    HOLD,
    TIMER,
    ApplyBankChange,
    AuthenticationTooOld,
    ChangeIsWaiting,
    NoSuchChange,
)
from services.payments.payee.profile import Payee
from services.payments.payee.questions import (
    NoSuchQuestion,
    QuestionIdTaken,
    QuestionIsAnswered,
)
from services.payments.tests.make import (
    NEW,
    NOON,
    OLD,
    UNTIL,
    apply,
    ask,
    asked,
    cancel,
    cancelled,
    change,
    given_details,
    replied,
    reply,
    requested,
    took_effect,
)

given = Spec(payee.decide, payee.evolve, payee.initial).given
MOMENT = timedelta(microseconds=1)


def bank_after(*events: PayeeEvent) -> str | None:
    state = reduce(payee.evolve, events, payee.initial)
    assert isinstance(state, Payee)
    return state.bank.iban if state.bank else None


@pytest.mark.requirement("HIF-43")
def test_the_first_bank_details_have_nothing_to_guard() -> None:
    given().when(change(OLD)).records(given_details())


@pytest.mark.requirement("HIF-43")
def test_other_details_wait_two_days() -> None:
    given(given_details()).when(change()).records(requested())
    assert requested().effective_at - NOON == timedelta(hours=48) == HOLD
    assert bank_after(given_details(), requested()) == OLD
    assert bank_after(given_details(), requested(), took_effect()) == NEW


def test_who_signed_in_ten_minutes_ago_may_and_a_moment_longer_may_not() -> None:
    start = (given_details(),)
    allowed = given(*start).answer(change(shown=NOON - FRESH))
    assert isinstance(allowed, list)
    late = NOON - FRESH - MOMENT
    given(*start).when(change(shown=late)).is_rejected(AuthenticationTooOld(late))
    given(*start).when(change(shown=None)).is_rejected(AuthenticationTooOld(None))
    given().when(change(OLD, shown=None)).is_rejected(AuthenticationTooOld(None))


def test_the_details_in_force_need_no_change() -> None:
    given(given_details()).when(change(OLD, shown=None)).records_nothing()


def test_one_change_waits_at_a_time() -> None:
    waiting = (given_details(), requested())
    given(*waiting).when(change(OLD)).is_rejected(ChangeIsWaiting(UNTIL))
    given(*waiting, cancelled()).when(change(id="b-2")).records(requested("b-2"))


def test_a_change_is_stopped_while_it_waits() -> None:
    given(given_details(), requested()).when(cancel()).records(cancelled())
    assert bank_after(given_details(), requested(), cancelled()) == OLD
    given(given_details()).when(cancel()).is_rejected(NoSuchChange())
    given(given_details(), requested()).when(cancel("b-9")).is_rejected(NoSuchChange())


def test_a_change_takes_effect_when_its_time_has_come_and_not_before() -> None:
    waiting = (given_details(), requested())
    given(*waiting).when(apply()).records(took_effect())
    given(*waiting).when(apply(UNTIL - MOMENT)).is_rejected(ChangeIsWaiting(UNTIL))


def test_a_timer_that_comes_late_changes_nothing() -> None:
    given(given_details(), requested(), cancelled()).when(apply()).records_nothing()
    given().when(apply()).records_nothing()


def test_the_timer_is_set_and_cancelled_with_the_change() -> None:
    assert timers(requested()) == (SetTimer(TIMER, UNTIL),)
    assert timers(cancelled()) == (CancelTimer(TIMER),)
    assert timers(took_effect()) == timers(asked()) == timers(given_details()) == ()
    assert timers(replied()) == ()
    assert on_timer(TIMER, "ada", UNTIL) == ApplyBankChange(driver_id="ada", at=UNTIL)
    with pytest.raises(LookupError):
        on_timer("another", "ada", UNTIL)


@pytest.mark.requirement("HIF-30")
def test_a_question_is_asked_once() -> None:
    given().when(ask()).records(asked())
    given(asked()).when(ask("Why?")).is_rejected(QuestionIdTaken("q-1"))


@pytest.mark.requirement("HIF-30")
def test_a_question_is_answered_once() -> None:
    given(asked()).when(reply()).records(replied())
    given(asked(), replied()).when(reply()).records_nothing()
    given(asked(), replied()).when(reply("Never")).is_rejected(QuestionIsAnswered(NOON))


def test_only_what_was_asked_is_answered() -> None:
    given().when(reply()).is_rejected(NoSuchQuestion())
    given(asked()).when(reply(id="q-2")).is_rejected(NoSuchQuestion())


@pytest.mark.parametrize(
    "command",
    [
        change(organisation="x"),
        cancel(organisation="x"),
        ask(organisation="x"),
        reply(organisation="x"),
    ],
)
def test_a_stranger_s_organisation_finds_nobody(command: Command) -> None:
    given(given_details(), requested()).when(command).is_rejected(NoSuchPayee())
