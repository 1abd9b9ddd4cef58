"""A reminder of works that are due: planned, sent, read, answered; or it ends before (SM-17)."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import assert_never

from contracts.decisions import changed
from contracts.reminders.reminder_v1 import (
    ReminderAnswered,
    ReminderClosed,
    ReminderCreated,
    ReminderEvent,
    ReminderMessage,
    ReminderRead,
    ReminderSent,
    ReminderStopped,
    SendingFailed,
    StopReason,
)
from services.reminders.reminder import (
    answering,
    booking,
    content,
    ending,
    matter,
    replying,
    sending,
)
from services.reminders.reminder.matter import Matter

# --- Commands ---------------------------------------------------------------

OfFurther = sending.HoldReminder | sending.ReleaseReminder | sending.PlanFollowUp
"""They concern what goes out by itself, also after the reminder (R4)."""
OfSent = (
    content.OfContent
    | content.PlanSending
    | sending.SendNow
    | ending.MergeReminder
    | ending.CloseReminder
)
OfUnread = OfSent | OfFurther
OfStaff = OfUnread | answering.TakeDownChoice | answering.HandleContact
OfItself = (
    content.ArrangeReminder
    | content.AbsorbWorks
    | sending.OfTimers
    | sending.SendDue
    | sending.FollowInvitation
    | replying.FollowReply
    | booking.FollowPlace
    | booking.FollowCancellation
    | ending.StopReminder
    | ending.EndWork
)
Command = content.CreateReminder | OfStaff | OfItself | answering.OfCustomer

# --- Rejections -------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class NoSuchReminder:
    pass


@dataclass(frozen=True, slots=True)
class ReminderIdTaken:
    reminder_id: str


@dataclass(frozen=True, slots=True)
class ReminderIsSent:
    """Its day is chosen before (FLB-155)."""


@dataclass(frozen=True, slots=True)
class ReminderIsNotSent:
    pass


@dataclass(frozen=True, slots=True)
class ReminderIsRead:
    """Nothing is changed or sent any more (FLB-154)."""


@dataclass(frozen=True, slots=True)
class ReminderIsNotRead:
    """The page is opened before a choice is made."""


@dataclass(frozen=True, slots=True)
class ReminderIsAnswered:
    """The choice is final (FLB-161)."""


@dataclass(frozen=True, slots=True)
class ReminderIsStopped:
    reason: StopReason


Rejection = (
    NoSuchReminder
    | ReminderIdTaken
    | ReminderIsSent
    | ReminderIsNotSent
    | ReminderIsRead
    | ReminderIsNotRead
    | ReminderIsAnswered
    | ReminderIsStopped
    | content.Rejection
    | sending.Rejection
    | ending.ReminderMergedIntoItself
    | answering.Rejection
)

# --- State ------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Uncreated:
    pass


@dataclass(frozen=True, slots=True)
class Pending:
    """It waits to be sent; `failed` is a sending that reached nobody."""

    matter: Matter
    failed: SendingFailed | None = None


@dataclass(frozen=True, slots=True)
class Sent:
    matter: Matter
    sent: ReminderSent


@dataclass(frozen=True, slots=True)
class Read:
    """`sent` is the last sending; None where none of its messages arrived, and it was read."""

    matter: Matter
    sent: ReminderSent | None
    read: ReminderRead


@dataclass(frozen=True, slots=True)
class Answered:
    matter: Matter
    sent: ReminderSent | None
    answered: ReminderAnswered


@dataclass(frozen=True, slots=True)
class Stopped:
    matter: Matter
    stopped: ReminderStopped


@dataclass(frozen=True, slots=True)
class Closed:
    matter: Matter


Live = Pending | Sent | Read
Created = Live | Answered | Stopped | Closed
Reminder = Uncreated | Created

initial: Reminder = Uncreated()


def evolve(reminder: Reminder, event: ReminderEvent) -> Reminder:
    """Take history as recorded: a rule added today must not break yesterday's events."""
    if isinstance(event, ReminderCreated):
        return Pending(matter.begun(event))
    if isinstance(reminder, Uncreated):
        return reminder
    held = reminder.matter
    match event:
        case ReminderSent():
            return sent_again(reminder, event)
        case SendingFailed():
            return Pending(held, event)
        case ReminderRead():
            return Read(held, sent_of(reminder), event)
        case ReminderAnswered():
            return Answered(held, sent_of(reminder), event)
        case ReminderStopped():
            return Stopped(held, event)
        case ReminderClosed():
            return Closed(held)
        case _:
            return replace(reminder, matter=matter.evolve(held, event))


def sent_again(reminder: Created, event: ReminderSent) -> Created:
    """A reminder that was read stays read. The day of a sending is its send date (FLB-155)."""
    held = replace(reminder.matter, send_on=event.sent_on)
    if isinstance(reminder, Read):
        return replace(reminder, matter=held, sent=event)
    return Sent(held, event)


def sent_of(reminder: Created) -> ReminderSent | None:
    """The last sending, None where there was none."""
    return reminder.sent if isinstance(reminder, Sent | Read | Answered) else None


# --- Decisions --------------------------------------------------------------

Decision = list[ReminderEvent] | Rejection


def decide(command: Command, reminder: Reminder) -> Decision:
    """New facts, an empty list when they are already recorded, or the rule that says no."""
    if isinstance(command, content.CreateReminder):
        return create(command, reminder)
    if isinstance(command, content.ArrangeReminder):
        return arrange(command, reminder)
    if isinstance(reminder, Uncreated):
        return [] if isinstance(command, OfItself) else NoSuchReminder()
    if isinstance(command, OfItself):
        return decide_of_itself(command, reminder)
    if isinstance(command, answering.OfCustomer):
        return decide_of_customer(command, reminder)
    if command.organisation_id != reminder.matter.created.organisation_id:
        return NoSuchReminder()
    if isinstance(reminder, Closed):
        return [] if isinstance(command, ending.CloseReminder) else NoSuchReminder()
    return decide_of_staff(command, reminder)


def create(command: content.CreateReminder, reminder: Reminder) -> Decision:
    if isinstance(reminder, Uncreated):
        return content.create(command)
    known = reminder.matter.created
    # The settings of the dealership, and its clock, may be others when the same comes again.
    again = replace(
        content.created(command),
        currency=known.currency,
        time_zone=known.time_zone,
        send_at=known.send_at,
        created_by=known.created_by,
        created_at=known.created_at,
    )
    return [] if again == known else ReminderIdTaken(command.reminder_id)


def arrange(command: content.ArrangeReminder, reminder: Reminder) -> list[ReminderEvent]:
    """A plan says nothing new of a reminder that was read, or is over."""
    match reminder:
        case Uncreated():
            return [content.arranged(command)]
        case Pending():
            return content.arrange(command, reminder.matter, pending=True)
        case Sent():
            return content.arrange(command, reminder.matter, pending=False)
        case Read() | Answered() | Stopped() | Closed():
            return []
        case unhandled:
            assert_never(unhandled)


def decide_of_itself(
    command: content.AbsorbWorks
    | sending.OfTimers
    | sending.SendDue
    | sending.FollowInvitation
    | replying.FollowReply
    | booking.FollowPlace
    | booking.FollowCancellation
    | ending.StopReminder
    | ending.EndWork,
    reminder: Created,
) -> Decision:
    match command:
        case content.AbsorbWorks():
            return absorb(command, reminder)
        case sending.FallDue():
            return sending.fall_due(command, reminder.matter) if is_pending(reminder) else []
        case sending.ClimbLadder():
            return climb(command, reminder)
        case sending.SendDue():
            return send_due(command, reminder)
        case sending.FollowInvitation():
            return follow(command, reminder)
        case replying.FollowReply():
            live = isinstance(reminder, Live | Answered)
            return replying.follow_reply(command, reminder.matter, sent_of(reminder), live=live)
        case booking.FollowPlace():
            return book_place(command, reminder)
        case booking.FollowCancellation():
            return booking.cancel(command, reminder.matter)
        case ending.StopReminder():
            return stop(command, reminder)
        case ending.EndWork():
            return end_work(command, reminder)
        case unhandled:
            assert_never(unhandled)


def is_pending(reminder: Created) -> bool:
    return isinstance(reminder, Pending)


def absorb(command: content.AbsorbWorks, reminder: Created) -> Decision:
    """A reminder that was read meanwhile takes nothing in: somebody has to see to it."""
    match reminder:
        case Pending() | Sent():
            return content.absorb(command, reminder.matter)
        case Read() | Answered():
            return ReminderIsRead()
        case Stopped(stopped=stopped):
            return ReminderIsStopped(stopped.reason)
        case Closed():
            return NoSuchReminder()
        case unhandled:
            assert_never(unhandled)


def climb(command: sending.ClimbLadder, reminder: Created) -> list[ReminderEvent]:
    """Customers who asked to be called are called, and not written to."""
    if not isinstance(reminder, Sent | Read) or reminder.matter.contact is not None:
        return []
    if reminder.sent is None:
        return []
    unread = isinstance(reminder, Sent)
    kind = ReminderMessage.OTHER_CHANNEL if unread else ReminderMessage.FOLLOW_UP
    return sending.climb(command, reminder.matter, reminder.sent, kind)


def send_due(command: sending.SendDue, reminder: Created) -> list[ReminderEvent]:
    """Much may have happened since the time came: then nothing goes out."""
    match command.kind, reminder:
        case ReminderMessage.REMINDER, Pending(matter=held, failed=failed):
            tried = failed is not None and failed.failed_at >= command.due_at
            if held.held or held.send_at != command.due_at or tried:
                return []
        case ReminderMessage.OTHER_CHANNEL, Sent(matter=held) if not held.held:
            pass
        case ReminderMessage.FOLLOW_UP, Read(matter=held) if not held.held:
            pass
        case _:
            return []
    return sending.send_due(command, held)


def follow(command: sending.FollowInvitation, reminder: Created) -> list[ReminderEvent]:
    waiting = reminder.sent if isinstance(reminder, Sent) else None
    return sending.follow(command, reminder.matter, waiting=waiting)


def book_place(command: booking.FollowPlace, reminder: Created) -> list[ReminderEvent]:
    """The answer, where the request that took the place did not come to it. A place that leads to
    none is unused: the reminder is over, or has another answer, or its works are others now."""
    if booking.is_made(command.appointment, reminder.matter):
        return []
    if not isinstance(reminder, Read):
        return booking.unused(command, reminder.matter)
    decided = answering.choose(
        answering.BookWorks(
            accepted=command.accepted,
            bookable=True,
            appointment=command.appointment,
            at=command.at,
        ),
        reminder.matter,
    )
    return decided if isinstance(decided, list) else booking.unused(command, reminder.matter)


def stop(command: ending.StopReminder, reminder: Created) -> list[ReminderEvent]:
    """A reminder with an answer, or an end, is not stopped."""
    if not isinstance(reminder, Live):
        return []
    if command.organisation_id != reminder.matter.created.organisation_id:
        return []
    return [ending.stopped(reminder.matter, command.reason, command.at)]


def end_work(command: ending.EndWork, reminder: Created) -> list[ReminderEvent]:
    match reminder:
        case Pending() | Sent() | Read():
            return ending.end_work(command, reminder.matter, live=True)
        case Answered():
            return ending.end_work(command, reminder.matter, live=False)
        case Stopped(stopped=stopped):
            events = ending.end_work(command, reminder.matter, live=False)
            into = stopped.into_reminder_id
            return [ending.work_ended(command, reminder.matter, into)] if events else []
        case Closed():
            return []
        case unhandled:
            assert_never(unhandled)


def decide_of_customer(command: answering.OfCustomer, reminder: Created) -> Decision:
    """Somebody with the link asks. One that is deleted shows nothing any more; its messages are
    still where they arrived, so that whoever has one can want no more (R3)."""
    if not reminder.matter.invitations:
        return NoSuchReminder() if isinstance(reminder, Closed) else ReminderIsNotSent()
    if isinstance(command, answering.DeclineReminders):
        return answering.decline(command, reminder.matter)
    match reminder:
        case Closed():
            return NoSuchReminder()
        case Stopped(stopped=stopped):
            return ReminderIsStopped(stopped.reason)
        case Answered():
            return decide_answered(command, reminder)
        case Pending() | Sent():
            if isinstance(command, answering.OpenPage):
                return [answering.read(command, reminder.matter)]
            return ReminderIsNotRead()
        case Read(matter=held, sent=sent):
            if isinstance(command, answering.OpenPage):
                return []
            if isinstance(command, answering.RequestContact):
                return answering.request_contact(command, held, sent)
            return answering.choose(command, held)
        case unhandled:
            assert_never(unhandled)


def decide_answered(
    command: answering.OpenPage | answering.Choosing | answering.RequestContact,
    reminder: Answered,
) -> Decision:
    """The page may still be read, and a call be asked for; the choice stands (FLB-161)."""
    match command:
        case answering.OpenPage():
            return []
        case answering.RequestContact():
            return answering.request_contact(command, reminder.matter, reminder.sent)
        case answering.BookWorks() | answering.RefuseAll():
            same = answering.is_answer(command, reminder.answered, reminder.matter)
            return [] if same else ReminderIsAnswered()
        case unhandled:
            assert_never(unhandled)


def decide_of_staff(command: OfStaff, reminder: Live | Answered | Stopped) -> Decision:
    if isinstance(command, answering.HandleContact):
        return answering.handle_contact(command, reminder.matter)
    if isinstance(reminder, Stopped):
        same = isinstance(command, ending.MergeReminder) and is_merged_so(command, reminder)
        return [] if same else ReminderIsStopped(reminder.stopped.reason)
    if isinstance(command, answering.TakeDownChoice):
        return take_down(command, reminder)
    match reminder:
        case Pending(matter=held):
            return decide_of_pending(command, held)
        case Sent(matter=held, sent=sent):
            if isinstance(command, OfFurther):
                return decide_of_further(command, held, ReminderMessage.OTHER_CHANNEL, sent)
            return decide_of_sent(command, held)
        case Read(matter=held, sent=sent):
            if isinstance(command, OfFurther):
                return decide_of_further(command, held, ReminderMessage.FOLLOW_UP, sent)
            return ReminderIsRead()
        case Answered():
            return ReminderIsRead()
        case unhandled:
            assert_never(unhandled)


def decide_of_pending(command: OfUnread, held: Matter) -> Decision:
    match command:
        case content.PlanSending():
            return content.plan_sending(command, held)
        case sending.SendNow():
            return sending.send_now(command, held, again=False)
        case sending.HoldReminder():
            return sending.hold(command, held, ReminderMessage.REMINDER)
        case sending.ReleaseReminder():
            return sending.release(command, held, ReminderMessage.REMINDER, held.send_at)
        case sending.PlanFollowUp():
            return ReminderIsNotSent()
        case ending.MergeReminder():
            return merge(command, held)
        case ending.CloseReminder():
            return [ending.closed(command, held)]
        case content.ChangeWorks() | content.ComposeMessage() | content.ChangeAttachments():
            return content.decide(command, held)
        case unhandled:
            assert_never(unhandled)


def decide_of_further(
    command: OfFurther, held: Matter, kind: ReminderMessage, sent: ReminderSent | None
) -> Decision:
    """`kind` is that of the message which follows `sent`."""
    if sent is None:
        return sending.NoFurtherMessage()
    due_at = sending.further_at(held, sent)
    match command:
        case sending.HoldReminder():
            return sending.hold(command, held, kind)
        case sending.ReleaseReminder():
            return sending.release(command, held, kind, due_at)
        case sending.PlanFollowUp():
            return sending.plan_follow_up(command, held, kind, due_at)
        case unhandled:
            assert_never(unhandled)


def decide_of_sent(command: OfSent, held: Matter) -> Decision:
    match command:
        case sending.SendNow():
            return sending.send_now(command, held, again=True)
        case ending.CloseReminder():
            return [ending.closed(command, held)]
        case content.ChangeWorks() | content.ComposeMessage() | content.ChangeAttachments():
            return content.decide(command, held)
        case content.PlanSending() | ending.MergeReminder():
            return ReminderIsSent()
        case unhandled:
            assert_never(unhandled)


def merge(command: ending.MergeReminder, held: Matter) -> Decision:
    if command.into_reminder_id == held.created.reminder_id:
        return ending.ReminderMergedIntoItself()
    if stale := changed({"works": command.seen}, {"works": len(held.open_works)}):
        return stale
    return [
        ending.stopped(
            held,
            StopReason.REGROUPED,
            command.at,
            into=command.into_reminder_id,
            by=command.by,
            works=held.open_works,
        )
    ]


def is_merged_so(command: ending.MergeReminder, reminder: Stopped) -> bool:
    return reminder.stopped.into_reminder_id == command.into_reminder_id


def take_down(command: answering.TakeDownChoice, reminder: Live | Answered) -> Decision:
    match reminder:
        case Pending():
            return ReminderIsNotSent()
        case Answered(matter=held, answered=known):
            return [] if answering.is_answer(command, known, held) else ReminderIsAnswered()
        case Sent(matter=held) | Read(matter=held):
            seen, now = {"works": command.seen}, {"works": len(held.open_works)}
            return changed(seen, now) or answering.take_down(command, held)
        case unhandled:
            assert_never(unhandled)


# --- Timers -----------------------------------------------------------------


def on_timer(name: str, id: str, due: datetime) -> Command:
    """The command of a timer that came due. LookupError when no timer has that name."""
    return sending.on_timer(name, id, due)
