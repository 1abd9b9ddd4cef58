"""Each message that goes out by itself can be held, released and moved (R4)."""

from datetime import timedelta

import pytest

from contracts.reminders.reminder_v1 import (
    PlanningReason,
    ReminderHeld,
    ReminderMessage,
    ReminderReleased,
    SendingDue,
    SendingPlanned,
)
from contracts.timers import CancelTimer, SetTimer
from infra.testing.spec import Spec
from services.reminders import reminder
from services.reminders.reminder import ReminderIsNotSent, ReminderIsRead
from services.reminders.reminder.content import SendDayIsPast
from services.reminders.reminder.sending import (
    ClimbLadder,
    FallDue,
    NoFurtherMessage,
    timers,
)
from services.reminders.tests.make import (
    ANSWERED,
    DAY,
    NINE,
    PENDING,
    WEEK,
    contact,
    history,
    hold,
    open_page,
    plan_follow_up,
    release,
    send_due,
    state,
    terms,
)

pytestmark = pytest.mark.requirement("FLB-158")

REMINDER = Spec(reminder.decide, reminder.evolve, reminder.initial)
DUE = FallDue(at=NINE)
LATER = NINE + WEEK
BY_MAIL = (*PENDING, DUE, send_due(terms(phone=None)))
READ = (*BY_MAIL, open_page(NINE))
KINDS = [(BY_MAIL, ReminderMessage.OTHER_CHANNEL), (READ, ReminderMessage.FOLLOW_UP)]
FURTHER = pytest.mark.parametrize(("before", "kind"), KINDS, ids=["unread", "read"])
A_WEEK_LATER = (LATER + timedelta(days=7)).date(), LATER + timedelta(days=7)


def after(before: tuple[reminder.Command, ...], *commands: reminder.Command) -> list[object]:
    """The facts that these commands add to those before."""
    return [*history(*before, *commands)[len(history(*before)) :]]


@FURTHER
def test_what_follows_a_reminder_is_held_and_released_on_its_day(
    before: tuple[reminder.Command, ...], kind: ReminderMessage
) -> None:
    [held] = after(before, hold())
    assert isinstance(held, ReminderHeld)
    assert timers(held) == (CancelTimer("send"), CancelTimer("ladder"))
    given = REMINDER.given(*history(*before, hold()))
    given.when(ClimbLadder(at=LATER)).records_nothing()
    given.when(hold()).records_nothing()
    released, planned = after((*before, hold()), release())
    assert isinstance(released, ReminderReleased)
    assert isinstance(planned, SendingPlanned)
    assert (planned.kind, planned.send_at, planned.reason) == (kind, LATER, PlanningReason.CHOSEN)
    given.when(release()).records(released, planned)
    [due] = after((*before, hold(), release()), ClimbLadder(at=LATER))
    assert isinstance(due, SendingDue)


@FURTHER
def test_what_was_held_when_its_time_had_come_does_not_go_out(
    before: tuple[reminder.Command, ...], kind: ReminderMessage
) -> None:
    due = (*before, ClimbLadder(at=LATER))
    late = send_due(terms(now=LATER), kind, LATER)
    assert after(due, late) != []
    REMINDER.given(*history(*due, hold())).when(late).records_nothing()


@FURTHER
def test_what_follows_is_moved_and_goes_out_then(
    before: tuple[reminder.Command, ...], kind: ReminderMessage
) -> None:
    day, at = A_WEEK_LATER
    [planned] = after(before, plan_follow_up(day, at))
    assert isinstance(planned, SendingPlanned)
    assert (planned.send_on, planned.kind, planned.planned_by) == (day, kind, "lea")
    assert timers(planned) == (SetTimer("ladder", at),)
    moved = (*before, plan_follow_up(day, at))
    REMINDER.given(*history(*before)).when(plan_follow_up(day, at)).records(planned)
    REMINDER.given(*history(*moved)).when(ClimbLadder(at=LATER)).records_nothing()
    [due] = after(moved, ClimbLadder(at=at))
    assert isinstance(due, SendingDue)


def test_it_is_moved_forward_too_and_never_to_a_day_that_is_over() -> None:
    today = LATER.date()
    early = plan_follow_up(today, LATER - timedelta(days=2), today)
    [due] = after((*BY_MAIL, early), ClimbLadder(at=LATER - timedelta(days=2)))
    assert isinstance(due, SendingDue)
    past = today - timedelta(days=1)
    given = REMINDER.given(*history(*BY_MAIL))
    given.when(plan_follow_up(past, NINE, today)).is_rejected(SendDayIsPast(past, today))


def test_where_nothing_goes_out_by_itself_nothing_is_held_or_moved() -> None:
    day, at = A_WEEK_LATER
    polite = send_due(terms(now=LATER), ReminderMessage.FOLLOW_UP, LATER)
    told = (*READ, ClimbLadder(at=LATER), polite)
    for before in (told, (*READ, contact())):
        for command in (hold(), plan_follow_up(day, at)):
            REMINDER.given(*history(*before)).when(command).is_rejected(NoFurtherMessage())
    over = REMINDER.given(*history(*ANSWERED))
    over.when(hold()).is_rejected(ReminderIsRead())
    over.when(release()).is_rejected(ReminderIsRead())


def test_the_message_that_follows_is_not_moved_before_the_reminder_is_sent() -> None:
    given = REMINDER.given(*history(*PENDING))
    given.when(plan_follow_up(*A_WEEK_LATER)).is_rejected(ReminderIsNotSent())


def test_a_reminder_whose_time_had_come_before_it_was_held_goes_out_when_it_is_released() -> None:
    [_, planned] = after((*PENDING, DUE, hold()), release(DAY, NINE))
    assert isinstance(planned, SendingPlanned)
    assert planned.send_at != NINE
    freed = (*PENDING, DUE, hold(), release(DAY, NINE))
    [due] = after(freed, FallDue(at=planned.send_at))
    assert isinstance(due, SendingDue)


def test_whoever_asked_for_a_call_while_it_was_held_is_not_written_to_after() -> None:
    [released] = after((*READ, hold(), contact()), release())
    assert isinstance(released, ReminderReleased)
    assert isinstance(state(*READ, hold(), contact(), release()), reminder.Read)
