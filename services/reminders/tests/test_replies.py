"""Replies of customers to text messages about reminders (R3)."""

import pytest

from contracts.messaging.message_v1 import MessageReplied, ReplyIntent
from contracts.reminders.reminder_v1 import (
    ContactRequested,
    CustomerReplied,
    ReminderMessage,
    RemindersDeclined,
)
from contracts.runtime import REDACTED
from infra.testing.spec import Spec
from services.reminders import reminder
from services.reminders.reactions import from_messaging_message
from services.reminders.tests.make import (
    ANSWERED,
    CLAIRE,
    GROUP,
    ID,
    LILLE,
    NOON,
    READ,
    SENT,
    WEEK,
    close,
    contact,
    decline,
    history,
    reply,
    state,
    stop,
)

pytestmark = pytest.mark.requirement("FLB-158")

REMINDER = Spec(reminder.decide, reminder.evolve, reminder.initial)
DECLINED = RemindersDeclined(
    reminder_id=ID,
    organisation_id=GROUP,
    dealership_id=LILLE,
    customer_id=CLAIRE,
    wording="STOP",
    declined_at=NOON,
    phone="+33612345678",
    language="fr",
    dealership_called="Lumen Lille",
)
QUESTION = CustomerReplied(
    reminder_id=ID,
    organisation_id=GROUP,
    dealership_id=LILLE,
    customer_id=CLAIRE,
    reply_id="in-1",
    text="Tuesday?",
    replied_at=NOON,
)
CALL = ContactRequested(
    reminder_id=ID,
    organisation_id=GROUP,
    dealership_id=LILLE,
    advisor_id="lea",
    requested_at=NOON,
)


@pytest.mark.parametrize(
    "before",
    [SENT, READ, ANSWERED, (*SENT, stop()), (*SENT, close())],
    ids=["sent", "read", "answered", "stopped", "deleted"],
)
def test_a_wish_to_stop_counts_once_whatever_became_of_the_reminder(
    before: tuple[reminder.Command, ...],
) -> None:
    given = REMINDER.given(*history(*before))
    given.when(reply()).records(DECLINED)
    REMINDER.given(*history(*before), DECLINED).when(reply(id="in-2")).records_nothing()


def test_whoever_said_so_on_the_page_is_not_asked_again() -> None:
    REMINDER.given(*history(*SENT, decline())).when(reply()).records_nothing()


def test_a_reply_to_a_message_of_another_reminder_says_nothing() -> None:
    for command in (reply(invitation="other-sms"), reply("Tuesday?", False, invitation="x")):
        REMINDER.given(*history(*SENT)).when(command).records_nothing()
    REMINDER.given().when(reply()).records_nothing()


@pytest.mark.parametrize("before", [SENT, READ, ANSWERED], ids=["sent", "read", "answered"])
def test_whoever_says_anything_else_is_to_be_called_and_it_is_kept_once(
    before: tuple[reminder.Command, ...],
) -> None:
    said = reply("Tuesday?", stops=False)
    REMINDER.given(*history(*before)).when(said).records(QUESTION, CALL)


def test_whoever_has_asked_for_a_call_asks_for_no_second_one() -> None:
    asked = REMINDER.given(*history(*READ, contact()))
    asked.when(reply("Tuesday?", stops=False)).records(QUESTION)


@pytest.mark.parametrize("end", [stop(), close()], ids=["stopped", "deleted"])
def test_a_reply_to_a_reminder_that_is_over_is_kept_and_asks_for_no_call(
    end: reminder.Command,
) -> None:
    REMINDER.given(*history(*SENT, end)).when(reply("Tuesday?", False)).records(QUESTION)


def test_whoever_replied_is_written_to_no_more_by_itself() -> None:
    answered = state(*SENT, reply("Tuesday?", stops=False))
    climb = reminder.on_timer("ladder", ID, NOON + WEEK)
    assert reminder.decide(climb, answered) == []
    [due] = history(*SENT, climb)[len(history(*SENT)) :]
    assert getattr(due, "kind", None) is ReminderMessage.OTHER_CHANNEL


def replied(
    intent: ReplyIntent = ReplyIntent.STOP, text: str = "STOP", about: str = "reminder_invitation/"
) -> MessageReplied:
    return MessageReplied(
        message_id="m-1",
        user_id=CLAIRE,
        reply_id="in-1",
        intent=intent,
        text=text,
        about=f"{about}{ID}.first-sms",
        replied_at=NOON,
        received_at=NOON + WEEK,
    )


def test_a_reply_becomes_a_command_on_the_reminder_of_its_message() -> None:
    assert from_messaging_message.react(replied()) == [reply()]
    [said] = from_messaging_message.react(replied(ReplyIntent.OTHER, "Tuesday?"))
    assert said == reply("Tuesday?", stops=False)
    assert from_messaging_message.target(said) == ID


def test_a_reply_about_something_else_and_one_of_somebody_forgotten_are_passed() -> None:
    assert from_messaging_message.react(replied(about="invitation/")) == []
    assert from_messaging_message.react(replied(text=REDACTED)) == []
