"""One message: queued, scheduled, sent, delivered or failed; and sent again (G-06).

Attempts that fail for now are rows of the sender; only what becomes of a channel is recorded.
"""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import TypeGuard, assert_never

from contracts.messaging.message_v1 import (
    AttemptFailed,
    Channel,
    ChannelFailed,
    Fact,
    MessageDelivered,
    MessageDue,
    MessageEvent,
    MessageFailed,
    MessageQueued,
    MessageRead,
    MessageReplied,
    MessageRequeued,
    MessageScheduled,
    MessageSent,
    Reason,
    Topic,
)
from contracts.timers import CancelTimer, SetTimer
from services.messaging.message import replies
from services.messaging.message.routing import Plan

DUE = "due"
RECEIPT = "receipt"

# --- Commands ---------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Queue:
    """Somebody is to be told something. `private` is a JSON object of facts about them."""

    message_id: str
    user_id: str
    topic: Topic
    template: str
    facts: tuple[Fact, ...]
    private: str | None
    only: Channel | None
    former_addresses: bool
    about: str
    expires_at: datetime
    address: str | None
    language: str | None = None
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Schedule:
    """The recipient's preferences were looked up: a plan, or why there is none."""

    message_id: str
    organisation_id: str
    language: str
    template_version: int
    plan: Plan
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class GiveUp:
    """Nothing more can be done for the message."""

    message_id: str
    reason: Reason
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class MakeDue:
    """Comes from the timer."""

    message_id: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class NoteSent:
    """The provider took it at the attempt of that number."""

    message_id: str
    channel: Channel
    attempt: int
    reference: str
    receipt_by: datetime | None
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class NoteUnreachable:
    """The last attempt of a channel failed as those before it."""

    message_id: str
    channel: Channel
    detail: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class NoteRefused:
    """The provider said no for good, at once or by a receipt."""

    message_id: str
    channel: Channel
    detail: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class NoteDelivered:
    """The provider's receipt."""

    message_id: str
    channel: Channel
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class MissReceipt:
    """Comes from the timer: no receipt came in time."""

    message_id: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Requeue:
    """Somebody of the staff wants a message that failed to be sent again, by any channel."""

    message_id: str
    by: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Read:
    """The recipient read it in the product."""

    message_id: str
    user_id: str
    at: datetime


Command = (
    Queue
    | Schedule
    | GiveUp
    | MakeDue
    | NoteSent
    | NoteUnreachable
    | NoteRefused
    | NoteDelivered
    | MissReceipt
    | Requeue
    | Read
    | replies.NoteReply
)

# --- Rejections -------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class NoSuchMessage:
    pass


@dataclass(frozen=True, slots=True)
class MessageWasSent:
    pass


@dataclass(frozen=True, slots=True)
class MessageIsOutOfDate:
    pass


Rejection = NoSuchMessage | MessageWasSent | MessageIsOutOfDate

# --- State ------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Unknown:
    pass


@dataclass(frozen=True, slots=True)
class Waiting:
    """Needs a channel. `tried` came to nothing; `taken` were accepted by a provider.

    `repeats` counts how often it was sent again after it had failed; `replies` are the ids of what
    came back.
    """

    queued: MessageQueued
    tried: frozenset[Channel] = frozenset()
    taken: frozenset[Channel] = frozenset()
    attempts: int = 0
    last_reason: Reason | None = None
    ready: bool = True
    repeats: int = 0
    read: bool = False
    replies: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Scheduled:
    """Has a channel; `ready` when it may be sent. `attempts` of this channel failed."""

    queued: MessageQueued
    plan: MessageScheduled
    tried: frozenset[Channel]
    taken: frozenset[Channel]
    attempts: int
    ready: bool
    repeats: int = 0
    read: bool = False
    replies: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    queued: MessageQueued
    plan: MessageScheduled
    tried: frozenset[Channel]
    taken: frozenset[Channel]
    repeats: int = 0
    read: bool = False
    replies: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Delivered:
    queued: MessageQueued
    plan: MessageScheduled | None
    read: bool = False
    replies: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Failed:
    """A late receipt may still say better."""

    queued: MessageQueued
    taken: frozenset[Channel]
    reason: Reason
    repeats: int = 0
    read: bool = False
    replies: frozenset[str] = frozenset()


Living = Waiting | Scheduled | Sent | Failed
OnItsWay = (
    MessageScheduled
    | MessageDue
    | AttemptFailed
    | MessageSent
    | ChannelFailed
    | MessageDelivered
    | MessageFailed
    | MessageRequeued
)
Repeatable = Waiting | Scheduled | Sent


def sending_id(message: Repeatable) -> str:
    """By what a provider tells a message that is sent again from a repeated attempt."""
    id = message.queued.message_id
    return f"{id}.{message.repeats}" if message.repeats else id


Message = Unknown | Living | Delivered

initial: Message = Unknown()


def evolve(message: Message, event: MessageEvent) -> Message:
    """Take history as recorded."""
    if isinstance(event, MessageQueued):
        return Waiting(event)
    if isinstance(message, Unknown):
        return message
    if isinstance(event, MessageRead):
        return replace(message, read=True)
    if isinstance(event, MessageReplied):
        return replace(message, replies=message.replies | {event.reply_id})
    if isinstance(message, Delivered):
        return message
    return replace(_moved(message, event), read=message.read, replies=message.replies)


def _moved(message: Living, event: OnItsWay) -> Living | Delivered:
    match event:
        case MessageScheduled():
            if not isinstance(message, Waiting):
                return message
            ready = event.due_at <= event.scheduled_at
            return Scheduled(
                queued=message.queued,
                plan=event,
                tried=message.tried,
                taken=message.taken,
                attempts=0,
                ready=ready,
                repeats=message.repeats,
            )
        case MessageDue():
            return _again(message, message.attempts, ready=True) if _waits(message) else message
        case AttemptFailed():
            return _again(message, event.attempt, ready=False) if _waits(message) else message
        case MessageSent():
            if not isinstance(message, Scheduled):
                return message
            return Sent(
                queued=message.queued,
                plan=message.plan,
                tried=message.tried,
                taken=message.taken | {event.channel},
                repeats=message.repeats,
            )
        case ChannelFailed():
            return _without(message, event)
        case MessageDelivered():
            plan = message.plan if isinstance(message, Scheduled | Sent) else None
            return Delivered(message.queued, plan)
        case MessageFailed():
            return Failed(message.queued, message.taken, event.reason, message.repeats)
        case MessageRequeued():
            if not isinstance(message, Failed):
                return message
            repeats = message.repeats + 1
            return Waiting(message.queued, taken=message.taken, repeats=repeats)
        case unhandled:
            assert_never(unhandled)


def _waits(message: Living) -> TypeGuard[Waiting | Scheduled]:
    return isinstance(message, Waiting | Scheduled)


def _again(message: Waiting | Scheduled, attempts: int, ready: bool) -> Waiting | Scheduled:
    return replace(message, attempts=attempts, ready=ready)


def _without(message: Living, event: ChannelFailed) -> Living:
    if isinstance(message, Failed):
        return message
    return Waiting(
        queued=message.queued,
        tried=message.tried | {event.channel},
        taken=message.taken,
        last_reason=event.reason,
        repeats=message.repeats,
    )


# --- Decisions --------------------------------------------------------------

Decision = list[MessageEvent] | Rejection


def decide(command: Command, message: Message) -> Decision:
    """New facts, or an empty list when they are recorded, or come too late to matter."""
    if isinstance(command, Queue):
        return queue(command) if isinstance(message, Unknown) else []
    if isinstance(message, Unknown):
        return NoSuchMessage()
    match command:
        case Schedule():
            return schedule(command, message)
        case GiveUp():
            return give_up(command, message)
        case MakeDue():
            if isinstance(message, Waiting | Scheduled) and not message.ready:
                return [MessageDue(message_id=command.message_id, due_at=command.at)]
            return []
        case NoteSent():
            return note_sent(command, message)
        case NoteUnreachable() | NoteRefused() | MissReceipt():
            return note_failure(command, message)
        case Requeue():
            return requeue(command, message)
        case NoteDelivered():
            return note_delivered(command, message)
        case Read():
            return read(command, message)
        case replies.NoteReply():
            known = command.reply_id in message.replies
            return [] if known else [replies.replied(command, message.queued)]
        case unhandled:
            assert_never(unhandled)


def read(command: Read, message: Living | Delivered) -> Decision:
    """Its recipient alone reads it, once."""
    if message.queued.user_id != command.user_id:
        return NoSuchMessage()
    if message.read:
        return []
    return [MessageRead(message_id=command.message_id, user_id=command.user_id, read_at=command.at)]


def queue(command: Queue) -> list[MessageEvent]:
    return [
        MessageQueued(
            message_id=command.message_id,
            user_id=command.user_id,
            topic=command.topic,
            template=command.template,
            facts=command.facts,
            private=command.private,
            only=command.only,
            former_addresses=command.former_addresses,
            about=command.about,
            expires_at=command.expires_at,
            queued_at=command.at,
            address=command.address,
            language=command.language,
        )
    ]


def give_up(command: GiveUp, message: Living | Delivered) -> Decision:
    if not isinstance(message, Waiting | Scheduled):
        return []
    return [
        MessageFailed(
            message_id=command.message_id,
            user_id=message.queued.user_id,
            reason=command.reason,
            failed_at=command.at,
            about=message.queued.about,
        )
    ]


def schedule(command: Schedule, message: Living | Delivered) -> Decision:
    if not isinstance(message, Waiting):
        return []
    return [
        MessageScheduled(
            message_id=command.message_id,
            user_id=message.queued.user_id,
            organisation_id=command.organisation_id,
            channel=Channel(command.plan.channel),
            language=command.language,
            template_version=command.template_version,
            parcel_id=command.plan.parcel_id,
            due_at=command.plan.due_at,
            rule=command.plan.rule,
            scheduled_at=command.at,
        )
    ]


def note_sent(command: NoteSent, message: Living | Delivered) -> Decision:
    if not isinstance(message, Scheduled) or message.plan.channel != command.channel:
        return []
    return [
        MessageSent(
            message_id=command.message_id,
            user_id=message.queued.user_id,
            channel=command.channel,
            attempt=message.attempts + command.attempt,
            reference=command.reference,
            receipt_by=command.receipt_by,
            sent_at=command.at,
            about=message.queued.about,
        )
    ]


def note_failure(
    command: NoteUnreachable | NoteRefused | MissReceipt, message: Living | Delivered
) -> Decision:
    """The channel came to nothing; what was sent by another one meanwhile is not touched."""
    match command, message:
        case NoteUnreachable(channel=channel), Scheduled() if channel == message.plan.channel:
            return [_channel_failed(message.queued, channel, Reason.UNREACHABLE, command)]
        case NoteRefused(channel=channel), Scheduled() | Sent() if channel == message.plan.channel:
            return [_channel_failed(message.queued, channel, Reason.REFUSED, command)]
        case MissReceipt(), Sent():
            channel = message.plan.channel
            return [_channel_failed(message.queued, channel, Reason.NOT_CONFIRMED, command)]
        case _:
            return []


def note_delivered(command: NoteDelivered, message: Living | Delivered) -> Decision:
    if isinstance(message, Delivered) or command.channel not in message.taken:
        return []
    user_id = message.queued.user_id
    return [
        MessageDelivered(
            message_id=command.message_id,
            user_id=user_id,
            channel=command.channel,
            delivered_at=command.at,
            about=message.queued.about,
        )
    ]


def requeue(command: Requeue, message: Living | Delivered) -> Decision:
    """One that is under way is sent anyway; one that says what is no longer so is not sent."""
    if isinstance(message, Waiting | Scheduled):
        return []
    if not isinstance(message, Failed):
        return MessageWasSent()
    if command.at >= message.queued.expires_at:
        return MessageIsOutOfDate()
    return [
        MessageRequeued(
            message_id=command.message_id,
            user_id=message.queued.user_id,
            by=command.by,
            requeued_at=command.at,
        )
    ]


def _channel_failed(
    queued: MessageQueued,
    channel: Channel,
    reason: Reason,
    command: NoteUnreachable | NoteRefused | MissReceipt,
) -> ChannelFailed:
    return ChannelFailed(
        message_id=queued.message_id,
        user_id=queued.user_id,
        channel=channel,
        reason=reason,
        detail=None if isinstance(command, MissReceipt) else command.detail,
        failed_at=command.at,
    )


def reason_to_stop(message: Waiting, found: Reason) -> Reason:
    """Why a message without a further channel failed: the reason of its last channel, if any."""
    if found in (Reason.NO_ADDRESS, Reason.MUTED) and message.last_reason is not None:
        return message.last_reason
    return found


# --- Timers -----------------------------------------------------------------


def timers(event: MessageEvent) -> tuple[SetTimer | CancelTimer, ...]:
    """One to be sent, or tried again, at its time; one for the receipt that has to come."""
    match event:
        case MessageScheduled():
            later = event.due_at > event.scheduled_at
            return (SetTimer(DUE, event.due_at),) if later else ()
        case AttemptFailed():
            return (SetTimer(DUE, event.retry_at),)
        case MessageSent():
            return (SetTimer(RECEIPT, event.receipt_by),) if event.receipt_by else ()
        case MessageDelivered() | MessageFailed() | ChannelFailed():
            return (CancelTimer(DUE), CancelTimer(RECEIPT))
        case MessageQueued() | MessageDue() | MessageRequeued() | MessageRead() | MessageReplied():
            return ()
        case unhandled:
            assert_never(unhandled)


def on_timer(name: str, message_id: str, due: datetime) -> Command:
    """The command of a timer that came due. LookupError when no timer has that name."""
    if name == DUE:
        return MakeDue(message_id=message_id, at=due)
    if name == RECEIPT:
        return MissReceipt(message_id=message_id, at=due)
    raise LookupError(name)
