"""A reminder goes to its customer: on its day, or because somebody says so; then once more another
way, or politely, and at last somebody calls (FLB-151, FLB-155, FLB-158, G-55, R6)."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime
from zoneinfo import ZoneInfo

from contracts.common_v1 import Money
from contracts.decisions import Changed, changed
from contracts.reminders.reminder_v1 import (
    CallAsked,
    CustomerInvited,
    InvitationFollowed,
    InvitationOutcome,
    PlanningReason,
    ReminderAnswered,
    ReminderChannel,
    ReminderClosed,
    ReminderCreated,
    ReminderEvent,
    ReminderHeld,
    ReminderMessage,
    ReminderReleased,
    ReminderSent,
    ReminderStopped,
    SendingDue,
    SendingFailed,
    SendingFailure,
    SendingPlanned,
    StopReason,
)
from contracts.timers import CancelTimer, SetTimer
from services.reminders.reminder.content import SendDayIsPast, planned
from services.reminders.reminder.ending import stopped
from services.reminders.reminder.matter import Matter, total

SEND, LADDER = "send", "ladder"

# --- Commands ---------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """How the customer may be written to now, and what is said then; of channels that are blocked
    or not agreed to there is no address. `lawful_at` is now, or when it is day where the customer
    is (R3); `follow_up_at` is when they are written to next (R6)."""

    automatic: bool
    """The dealership lets reminders go out by themselves (T-07)."""
    stop: StopReason | None
    customer_id: str
    name: str
    email: str | None
    phone: str | None
    language: str
    link: str
    dealership: str
    today: date
    now: datetime
    lawful_at: datetime
    follow_up_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class FallDue:
    """Comes from the timer."""

    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ClimbLadder:
    """Comes from the timer: time has passed since the last message."""

    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class SendDue:
    """Follows from a sending whose time has come; the terms are looked up."""

    reminder_id: str
    brand: str
    dealership_id: str
    customer_id: str
    case_id: str | None
    kind: ReminderMessage
    due_at: datetime
    terms: Terms | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """The works as whoever sends them saw them."""

    works: int
    proposed: Money


@dataclass(frozen=True, slots=True, kw_only=True)
class SendNow:
    """`sending_id` tells a repetition from another sending."""

    organisation_id: str
    sending_id: str
    seen: Seen
    terms: Terms
    by: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class HoldReminder:
    organisation_id: str
    by: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ReleaseReminder:
    """`send_on` and `send_at` are the day on which it goes out then, where the time of the message
    that was held is over."""

    organisation_id: str
    send_on: date
    send_at: datetime
    by: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanFollowUp:
    """Another day for the message that follows one that was sent (R4)."""

    organisation_id: str
    send_on: date
    send_at: datetime
    today: date
    by: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class FollowInvitation:
    """Follows from a message: what became of it."""

    reminder_id: str
    invitation_id: str
    message_id: str
    outcome: InvitationOutcome
    at: datetime


OfTimers = FallDue | ClimbLadder

# --- Rejections -------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class CustomerNotWrittenTo:
    """They want no reminders, or have no address that may be used."""

    reason: StopReason | None


@dataclass(frozen=True, slots=True)
class OutsideHours:
    """It is night where the customer is (R3)."""

    lawful_at: datetime


@dataclass(frozen=True, slots=True)
class NoFurtherMessage:
    """Nothing more goes out by itself: each kind did, or somebody calls."""


Rejection = CustomerNotWrittenTo | OutsideHours | NoFurtherMessage | SendDayIsPast | Changed

# --- Decisions --------------------------------------------------------------

Decision = list[ReminderEvent] | Rejection


def fall_due(command: FallDue, matter: Matter) -> list[ReminderEvent]:
    """The day of a reminder that was not sent has come, once for each time it was planned for."""
    if matter.held or command.at < matter.send_at or matter.send_at in matter.due:
        return []
    return [due(matter, ReminderMessage.REMINDER, matter.send_at)]


def climb(
    command: ClimbLadder, matter: Matter, sent: ReminderSent, kind: ReminderMessage
) -> list[ReminderEvent]:
    """The next step of a reminder that has no answer: a message of this kind if there was none,
    else a call, and nothing more by itself."""
    if matter.held or matter.called is not None or command.at in matter.due:
        return []
    if command.at < further_at(matter, sent):
        return []
    if kind in matter.kinds:
        return [call_asked(matter, command.at)]
    return [due(matter, kind, command.at)]


def further_at(matter: Matter, sent: ReminderSent) -> datetime:
    """When the next step after a sending comes, unless somebody chose another day for it."""
    last = matter.planned
    if last is None or last.kind is ReminderMessage.REMINDER or last.planned_at < sent.sent_at:
        return sent.follow_up_at
    return last.send_at


def is_to_come(matter: Matter, kind: ReminderMessage) -> bool:
    """Whether a message of this kind goes out by itself, once its time comes."""
    return kind not in matter.kinds and matter.called is None and matter.contact is None


def send_due(command: SendDue, matter: Matter) -> list[ReminderEvent]:
    """Decide by what is known now, once the time has come. The state fits the kind."""
    terms = command.terms
    further = command.kind is not ReminderMessage.REMINDER
    if terms is None or not terms.automatic or (further and command.kind in matter.kinds):
        return []
    if terms.stop is not None:
        return [stopped(matter, terms.stop, terms.now)]
    if terms.lawful_at > terms.now:
        said = postponed(command, matter, terms)
        known = matter.planned
        return [] if known and same_time(known, said) else [said]
    channels = channels_for(command.kind, matter, terms)
    if not channels and further:
        return [] if matter.called else [call_asked(matter, terms.now)]
    if not channels:
        return [failed(matter, SendingFailure.NO_CHANNEL, None, terms.now)]
    sending_id = f"due-{command.due_at:%Y%m%dT%H%M%S}"
    return [*sent(matter, command.kind, channels, terms, sending_id, None, terms.now)]


def same_time(known: SendingPlanned, said: SendingPlanned) -> bool:
    return (known.kind, known.send_at) == (said.kind, said.send_at)


def channels_for(
    kind: ReminderMessage, matter: Matter, terms: Terms
) -> tuple[ReminderChannel, ...]:
    """All that are open for a reminder; another one for whoever read nothing; the first of the
    former ones for a polite word."""
    channels, used = open_channels(terms), matter.used
    match kind:
        case ReminderMessage.OTHER_CHANNEL:
            return tuple(one for one in channels if one not in used)[:1]
        case ReminderMessage.FOLLOW_UP:
            return tuple(one for one in channels if one in used)[:1]
        case _:
            return channels


def send_now(command: SendNow, matter: Matter, *, again: bool) -> Decision:
    """By hand, also of one that was held, or sent and not read (FLB-155)."""
    begun = f"{command.sending_id}-"
    if any(own(one).startswith(begun) for one in matter.invitations):
        return []
    terms, works = command.terms, matter.open_works
    now = {"works": len(works), "proposed": total(works, matter.created.currency)}
    if stale := changed({"works": command.seen.works, "proposed": command.seen.proposed}, now):
        return stale
    channels = open_channels(terms)
    if terms.stop is not None or not channels:
        return CustomerNotWrittenTo(terms.stop)
    if terms.lawful_at > terms.now:
        return OutsideHours(terms.lawful_at)
    kind = ReminderMessage.AGAIN if again else ReminderMessage.REMINDER
    return [*sent(matter, kind, channels, terms, command.sending_id, command.by, command.at)]


def hold(command: HoldReminder, matter: Matter, kind: ReminderMessage) -> Decision:
    """Nothing goes out by itself, neither the reminder nor the message of this kind that follows
    it (R4)."""
    if matter.held:
        return []
    if not is_to_come(matter, kind):
        return NoFurtherMessage()
    created = matter.created
    return [
        ReminderHeld(
            reminder_id=created.reminder_id,
            organisation_id=created.organisation_id,
            dealership_id=created.dealership_id,
            held_by=command.by,
            held_at=command.at,
        )
    ]


def release(
    command: ReleaseReminder, matter: Matter, kind: ReminderMessage, due_at: datetime
) -> list[ReminderEvent]:
    """The message goes out when it was to, or today where that is over."""
    if not matter.held:
        return []
    created = matter.created
    released = ReminderReleased(
        reminder_id=created.reminder_id,
        organisation_id=created.organisation_id,
        dealership_id=created.dealership_id,
        released_by=command.by,
        released_at=command.at,
    )
    if kind is not ReminderMessage.REMINDER and (matter.called or matter.contact):
        return [released]
    days = command.send_on, command.send_at
    if kind is not ReminderMessage.REMINDER and due_at > command.at:
        days = due_at.astimezone(ZoneInfo(created.time_zone)).date(), due_at
    if days[1] in matter.due:
        # Its time had come before it was held, and comes again.
        days = days[0], command.at
    return [released, planned(matter, *days, PlanningReason.CHOSEN, command.by, command.at, kind)]


def plan_follow_up(
    command: PlanFollowUp, matter: Matter, kind: ReminderMessage, due_at: datetime
) -> Decision:
    if not is_to_come(matter, kind):
        return NoFurtherMessage()
    if command.send_on < command.today:
        return SendDayIsPast(command.send_on, command.today)
    if command.send_at == due_at:
        return []
    reason, days = PlanningReason.CHOSEN, (command.send_on, command.send_at)
    return [planned(matter, *days, reason, command.by, command.at, kind)]


def follow(
    command: FollowInvitation, matter: Matter, *, waiting: ReminderSent | None
) -> list[ReminderEvent]:
    """`waiting` is the sending of a reminder that nobody has read: once none of its messages can
    arrive any more, it was not sent. One success suffices."""
    known = matter.outcomes.get(command.invitation_id)
    if command.invitation_id not in matter.invitations:
        return []
    if known is not None and not later(command.outcome, known.outcome):
        return []
    created = matter.created
    followed = InvitationFollowed(
        reminder_id=created.reminder_id,
        organisation_id=created.organisation_id,
        dealership_id=created.dealership_id,
        invitation_id=command.invitation_id,
        message_id=command.message_id,
        outcome=command.outcome,
        followed_at=command.at,
    )
    after = replace(matter, outcomes={**matter.outcomes, followed.invitation_id: followed})
    if waiting is None or not all_failed(after):
        return [followed]
    reason = SendingFailure.NOT_DELIVERED
    return [followed, failed(matter, reason, waiting.sender_id, command.at)]


def later(outcome: InvitationOutcome, known: InvitationOutcome) -> bool:
    """A message that was sent is delivered or fails; then nothing more is told of it."""
    return known is InvitationOutcome.SENT and outcome is not InvitationOutcome.SENT


def all_failed(matter: Matter) -> bool:
    ends = [matter.outcomes.get(one) for one in matter.invitations]
    return all(one is not None and one.outcome is InvitationOutcome.FAILED for one in ends)


def open_channels(terms: Terms) -> tuple[ReminderChannel, ...]:
    """E-mail, and a text message besides (G-55)."""
    ways = ((ReminderChannel.EMAIL, terms.email), (ReminderChannel.SMS, terms.phone))
    return tuple(channel for channel, address in ways if address)


def invitation_id(matter: Matter, sending_id: str, channel: ReminderChannel) -> str:
    """The id of a message: of all reminders no two have the same."""
    return f"{matter.created.reminder_id}.{sending_id}-{channel.name.lower()}"


def own(invitation: str) -> str:
    """The part of the id of a message that follows that of the reminder."""
    return invitation.partition(".")[2]


# --- Events -----------------------------------------------------------------


def due(matter: Matter, kind: ReminderMessage, at: datetime) -> SendingDue:
    created = matter.created
    return SendingDue(
        reminder_id=created.reminder_id,
        organisation_id=created.organisation_id,
        dealership_id=created.dealership_id,
        brand=created.brand,
        customer_id=created.customer_id,
        case_id=created.case_id,
        kind=kind,
        due_at=at,
    )


def sent(
    matter: Matter,
    kind: ReminderMessage,
    channels: tuple[ReminderChannel, ...],
    terms: Terms,
    sending_id: str,
    by: str | None,
    at: datetime,
) -> Iterator[ReminderEvent]:
    created = matter.created
    yield ReminderSent(
        reminder_id=created.reminder_id,
        organisation_id=created.organisation_id,
        dealership_id=created.dealership_id,
        kind=kind,
        channels=channels,
        sent_on=terms.today,
        follow_up_at=terms.follow_up_at,
        sender_id=by,
        sent_at=at,
    )
    for channel in channels:
        yield CustomerInvited(
            reminder_id=created.reminder_id,
            organisation_id=created.organisation_id,
            dealership_id=created.dealership_id,
            customer_id=terms.customer_id,
            invitation_id=invitation_id(matter, sending_id, channel),
            kind=kind,
            channel=channel,
            email=terms.email if channel is ReminderChannel.EMAIL else None,
            phone=terms.phone if channel is ReminderChannel.SMS else None,
            language=terms.language,
            link=terms.link,
            dealership_called=terms.dealership,
            works_called="\n".join(one.label for one in matter.open_works),
            invited_at=at,
            recipient_name=terms.name,
        )


def postponed(command: SendDue, matter: Matter, terms: Terms) -> SendingPlanned:
    reason, kind = PlanningReason.HOURS, command.kind
    return planned(matter, terms.lawful_at.date(), terms.lawful_at, reason, None, terms.now, kind)


def failed(
    matter: Matter, reason: SendingFailure, sender_id: str | None, at: datetime
) -> SendingFailed:
    created = matter.created
    return SendingFailed(
        reminder_id=created.reminder_id,
        organisation_id=created.organisation_id,
        dealership_id=created.dealership_id,
        reason=reason,
        sender_id=sender_id or created.created_by,
        failed_at=at,
    )


def call_asked(matter: Matter, at: datetime) -> CallAsked:
    created = matter.created
    return CallAsked(
        reminder_id=created.reminder_id,
        organisation_id=created.organisation_id,
        dealership_id=created.dealership_id,
        advisor_id=created.created_by,
        asked_at=at,
    )


# --- Timers -----------------------------------------------------------------


def timers(event: ReminderEvent) -> tuple[SetTimer | CancelTimer, ...]:
    """One wakes the reminder on its day, the other one after each message; an end stops both."""
    match event:
        case ReminderCreated():
            return (SetTimer(SEND, event.send_at),)
        case SendingPlanned(kind=ReminderMessage.REMINDER):
            return (SetTimer(SEND, event.send_at),)
        case SendingPlanned():
            return (SetTimer(LADDER, event.send_at),)
        case ReminderHeld():
            return CancelTimer(SEND), CancelTimer(LADDER)
        case ReminderSent():
            return CancelTimer(SEND), SetTimer(LADDER, event.follow_up_at)
        case ReminderAnswered() | ReminderStopped() | ReminderClosed() | SendingFailed():
            return CancelTimer(SEND), CancelTimer(LADDER)
        case _:
            return ()


def on_timer(name: str, _: str, due: datetime) -> OfTimers:
    """The command of a timer that came due. LookupError when no timer has that name."""
    if name == SEND:
        return FallDue(at=due)
    if name == LADDER:
        return ClimbLadder(at=due)
    raise LookupError(name)
