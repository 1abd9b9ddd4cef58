"""HTTP: messages and how they stand."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Annotated, ClassVar, Literal, assert_never

from fastapi import Query
from pydantic import Field

from contracts.common_v1 import EventAmended
from contracts.messaging import message_v1
from contracts.messaging.message_v1 import (
    AttemptFailed,
    ChannelFailed,
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
)
from infra.commands import HistoryEntry
from infra.host import Running
from infra.http.answers import Answer, Answered, Listed, Recorded, Router, RuleShown
from infra.http.models import Body, Called, Id, Instant, Named
from infra.http.pages import Filters, Paging
from infra.http.request_context import Everybody, RequestContext, requires
from services.messaging import message, preferences
from services.messaging.adapters import rendering
from services.messaging.adapters.outbound import RenderedMessage, attempts
from services.messaging.aggregates import MESSAGE, PREFERENCES
from services.messaging.read_models import outbox

Staff = Annotated[RequestContext, requires("logistics", "administration", "billing")]
STAFF = frozenset({"logistics", "administration", "billing"})
Status = Annotated[Literal["queued", "sent", "delivered", "failed"], Called("MessageStatus")]
Channel = Annotated[message_v1.Channel, Named()]
Reason = Annotated[message_v1.Reason, Named()]
ReplyIntent = Annotated[message_v1.ReplyIntent, Named()]
Topic = Annotated[message_v1.Topic, Named()]
MOST_READ = 200
"""Messages of one request; each is a fact of its own."""


# --- Answers ----------------------------------------------------------------


class MessageListed(Answer):
    """A message in a list."""

    message_id: str
    user_id: str
    """The recipient."""
    organisation_id: str
    topic: str
    template: str
    about: str
    """The thing that it speaks of, like `trip/T1`."""
    status: Status
    needs: str
    """The next step: `plan`, `send`, or nothing for now."""
    attempts: int
    queued_at: Instant
    changed_at: Instant
    channel: str | None
    language: str | None
    template_version: int | None
    parcel_id: str | None
    """Messages of one parcel go out as one."""
    due_at: Instant | None
    reference: str | None
    """The provider's id for it."""
    reason: str | None
    """Why it came to nothing."""
    read_at: Instant | None
    """When its recipient read it in the product."""


class FactShown(Answer):
    """A value that the message shows."""

    name: str
    value: str


class ScheduledShown(Answer):
    """The channel and the time were chosen, as the recipient wishes."""

    message_id: str
    user_id: str
    organisation_id: str
    channel: Channel
    language: str
    template_version: int
    parcel_id: str
    due_at: Instant
    rule: RuleShown
    scheduled_at: Instant


class DueShown(Answer):
    """Its time has come: it may be sent."""

    message_id: str
    due_at: Instant


class AttemptFailedShown(Answer):
    """An attempt failed for now; there will be another."""

    message_id: str
    user_id: str
    channel: Channel | None
    attempt: int
    detail: str
    """The answer of the provider."""
    retry_at: Instant
    failed_at: Instant


class SentShown(Answer):
    """The provider took the message."""

    message_id: str
    user_id: str
    channel: Channel
    attempt: int
    reference: str
    receipt_by: Instant | None
    sent_at: Instant


class DeliveredShown(Answer):
    """The message is with its recipient."""

    message_id: str
    user_id: str
    channel: Channel
    delivered_at: Instant


class ChannelFailedShown(Answer):
    """A channel came to nothing; another one may follow."""

    message_id: str
    user_id: str
    channel: Channel
    reason: Reason
    detail: str | None
    """The answer of the provider."""
    failed_at: Instant


class FailedShown(Answer):
    """The message does not reach its recipient, and nothing more is tried."""

    message_id: str
    user_id: str
    reason: Reason
    failed_at: Instant


class RequeuedShown(Answer):
    """Staff want the message to be sent again."""

    message_id: str
    user_id: str
    """The recipient."""
    by: str
    requeued_at: Instant


class ReplyShown(Answer):
    """The recipient's number replied to it."""

    reply_id: str
    intent: ReplyIntent
    text: str
    replied_at: Instant


What = (
    ScheduledShown
    | DueShown
    | AttemptFailedShown
    | SentShown
    | DeliveredShown
    | ChannelFailedShown
    | FailedShown
)


class EventShown(Answer):
    """Something that happened to the message."""

    type: str
    what: What
    recorded_at: Instant


class AttemptShown(Answer):
    """An attempt that failed for now."""

    channel: str
    """Empty while the message waited for its template."""
    number: int
    """1 for the first attempt of the channel."""
    why: str
    """The kind of failure, like `server`, `setup`, `policy`, `busy`."""
    said: str
    """The code that the provider answered with, or the kind of the error."""
    failed_at: Instant
    retry_at: Instant
    """The time of the next attempt."""


class WordsShown(Answer):
    """The words that a person reads."""

    language: str
    subject: str
    text: str
    html: str
    short: str
    """The text message."""


class MessageShown(Answer):
    """How a message stands."""

    message_id: str
    user_id: str
    """The recipient."""
    topic: Topic
    template: str
    facts: tuple[FactShown, ...]
    about: str
    """The thing that it speaks of, like `trip/T1`."""
    status: Status
    queued_at: Instant
    expires_at: Instant
    """It is not sent from then on."""
    reason: Reason | None
    """Why it, or its last channel, came to nothing."""
    plan: ScheduledShown | None
    attempts: int | None
    """Attempts of the planned channel that failed."""
    failed_attempts: list[AttemptShown]
    """All attempts that failed for now, oldest first."""
    sent_again: list[RequeuedShown]
    """The wishes of staff to send it again after it had failed, oldest first."""
    events: list[EventShown]
    letter: WordsShown | None
    """The words; for the recipient alone, once there is a plan."""
    read: bool
    """Whether its recipient has read it in the product."""
    replies: list[ReplyShown]
    """Text messages that came back, oldest first."""


class MessageFilters(Filters):
    """Which messages of a list are wanted."""

    status: Status | None = None


class MyMessageFilters(MessageFilters):
    """Which messages to oneself are wanted."""

    no_columns: ClassVar[frozenset[str]] = frozenset({"read"})

    read: bool | None = None
    """Whether one has read them."""


class Unread(Answer):
    """The messages that somebody has not read."""

    messages: int


class ReadingBody(Body):
    until: Instant
    """When the newest message was queued that one has seen."""


class ReadNow(Answer):
    """Messages that are read from now on."""

    messages: int
    more: bool
    """Whether there are others until that time."""


class MessageFiltersOfStaff(MessageFilters):
    """Which messages of a list staff want."""

    no_columns: ClassVar[frozenset[str]] = frozenset({"topic", "channel"})

    user_id: Id | None = None
    """The recipient."""
    topic: Topic | None = None
    channel: Channel | None = None
    """The one that was planned last."""
    about: Annotated[str | None, Field(max_length=128)] = None
    """The thing that they speak of, like `trip/T1`."""


# --- Routes -----------------------------------------------------------------


def router(running: Running) -> Router:
    """The routes of messages."""
    routes = Router("Messages")

    @routes.get("/messages")
    async def list_messages(
        context: Staff, page: Paging, filters: Annotated[MessageFiltersOfStaff, Query()]
    ) -> Answered[Listed[MessageListed]]:
        """Messages to the people of the organisation, newest first."""
        rows = filters.narrow(outbox.table.of(context.principal.organisation_id))
        if filters.topic is not None:
            rows = rows.only(topic=filters.topic.name.lower())
        if filters.channel is not None:
            rows = rows.only(channel=filters.channel.name.lower())
        return await page.show(rows, outbox.NEWEST, MessageListed.of)

    @routes.get("/messages/mine")
    async def my_messages(
        context: Everybody, page: Paging, filters: Annotated[MyMessageFilters, Query()]
    ) -> Answered[Listed[MessageListed]]:
        """Messages to oneself, newest first."""
        principal = context.principal
        mine = filters.narrow(outbox.table.of(principal.organisation_id, user_id=principal.subject))
        if filters.read is not None:
            mine = mine.where("(read_at is not null) = %(read)s", read=filters.read)
        return await page.show(mine, outbox.NEWEST, MessageListed.of)

    @routes.get("/messages/mine/unread")
    async def unread_messages(context: Everybody) -> Answered[Unread]:
        """How many messages to oneself one has not read."""
        who = context.principal
        count = await outbox.unread(context.pool, who.organisation_id, who.subject)
        return Answered(Unread(messages=count))

    @routes.put("/messages/mine/reading")
    async def read_messages(body: ReadingBody, context: Everybody) -> Answered[ReadNow]:
        """Say that one has read the messages to oneself until a time; 200 at once, oldest first.

        Those that came later, and that one has not seen, stay unread.
        """
        return Answered(await read_until(context, body.until))

    @routes.put("/messages/{message_id}/reading")
    async def read_message(message_id: Id, context: Everybody) -> Answered[Recorded]:
        """Say that one has read a message to oneself."""
        command = message.Read(
            message_id=message_id, user_id=context.principal.subject, at=context.at
        )
        await own(context, message_id)
        return await context.handle(MESSAGE, message_id, command)

    @routes.get("/messages/{message_id}")
    async def show_message(message_id: Id, context: Everybody) -> Answered[MessageShown]:
        """How a message stands, with each attempt; its words are for its recipient alone."""
        found = await context.load(MESSAGE, message_id)
        if isinstance(found.state, message.Unknown):
            raise context.refuse(message.NoSuchMessage())
        person = (await context.load(PREFERENCES, found.state.queued.user_id)).state
        if not isinstance(person, preferences.Recipient) or not may_see(context, person):
            raise context.refuse(message.NoSuchMessage())
        words = None
        if person.contact.user_id == context.principal.subject:
            words = _words(found.state, person, running.settings.portal)
        events = await running.commands.history(MESSAGE, message_id)
        tried = await attempts.of(running.pool, _parcels(message_id, events))
        return context.show(_shown(found.state, events, tried, words), found, beside=True)

    @routes.post("/messages/{message_id}/repetition")
    async def send_message_again(message_id: Id, context: Staff) -> Answered[Recorded]:
        """Send a message again that failed, by any channel, while what it says still holds."""
        found = (await context.load(MESSAGE, message_id)).state
        if isinstance(found, message.Unknown):
            raise context.refuse(message.NoSuchMessage())
        person = (await context.load(PREFERENCES, found.queued.user_id)).state
        if not isinstance(person, preferences.Recipient) or not may_see(context, person):
            raise context.refuse(message.NoSuchMessage())
        command = message.Requeue(
            message_id=message_id, by=context.principal.subject, at=context.occurred_at
        )
        return await context.handle(MESSAGE, message_id, command)

    return routes


async def read_until(context: RequestContext, until: datetime) -> ReadNow:
    """Each message is a fact of its own; what was read meanwhile is no news."""
    who = context.principal
    mine = outbox.table.of(who.organisation_id, user_id=who.subject)
    unread = mine.where("read_at is null and queued_at <= %(until)s", until=until)
    found = await unread.page(context.pool, outbox.OLDEST, None, MOST_READ + 1)
    for one in found[:MOST_READ]:
        command = message.Read(message_id=one.message_id, user_id=who.subject, at=context.at)
        key = f"{context.idempotency_key}/{one.message_id}"
        single = replace(context, idempotency_key=key, fingerprint="", if_match=None)
        await single.perform(MESSAGE, one.message_id, command)
    return ReadNow(messages=len(found[:MOST_READ]), more=len(found) > MOST_READ)


async def own(context: RequestContext, message_id: str) -> None:
    """Refuse who is not the recipient, in that organisation. Raises 404."""
    found = (await context.load(MESSAGE, message_id)).state
    who = context.principal
    if isinstance(found, message.Unknown) or found.queued.user_id != who.subject:
        raise context.refuse(message.NoSuchMessage())
    person = (await context.load(PREFERENCES, who.subject)).state
    if not isinstance(person, preferences.Recipient) or not may_see(context, person):
        raise context.refuse(message.NoSuchMessage())


def _parcels(message_id: str, events: Sequence[HistoryEntry[MessageEvent]]) -> list[str]:
    """The parcels that the message was ever part of."""
    planned = [one.holds.parcel_id for one in events if isinstance(one.holds, MessageScheduled)]
    return [message_id, *planned]


def may_see(context: RequestContext, person: preferences.Recipient) -> bool:
    """Whether the caller is this person, or staff of the same organisation."""
    if person.contact.organisation_id != context.principal.organisation_id:
        return False
    return person.contact.user_id == context.principal.subject or bool(
        STAFF & context.principal.roles
    )


def _words(
    found: message.Living | message.Delivered, person: preferences.Recipient, portal: str
) -> RenderedMessage | None:
    """The words as they were sent; the language and version are those of the time."""
    if (plan := _plan_of(found)) is None:
        return None
    try:
        return rendering.message(found.queued, plan, person, portal)
    except (rendering.NoSuchTemplate, rendering.NotFilled):
        return None


def _shown(
    found: message.Living | message.Delivered,
    events: Sequence[HistoryEntry[MessageEvent]],
    tried: Sequence[attempts.Attempt],
    words: RenderedMessage | None,
) -> MessageShown:
    # Without `private`: it may hold the link that sets a password.
    queued = found.queued
    plan = _plan_of(found)
    return MessageShown(
        message_id=queued.message_id,
        user_id=queued.user_id,
        topic=queued.topic,
        template=queued.template,
        facts=tuple(map(FactShown.of, queued.facts)),
        about=queued.about,
        status=_status(found),
        queued_at=queued.queued_at,
        expires_at=queued.expires_at,
        reason=_reason(found),
        plan=None if plan is None else ScheduledShown.of(plan),
        attempts=_failed(found, tried),
        failed_attempts=[AttemptShown.of(one) for one in tried],
        sent_again=[
            RequeuedShown.of(entry.holds)
            for entry in events
            if isinstance(entry.holds, MessageRequeued)
        ],
        events=[shown for entry in events if (shown := _event(entry)) is not None],
        letter=None if words is None else WordsShown.of(words),
        read=found.read,
        replies=[
            ReplyShown.of(entry.holds)
            for entry in events
            if isinstance(entry.holds, MessageReplied)
        ],
    )


def _failed(
    found: message.Living | message.Delivered, tried: Sequence[attempts.Attempt]
) -> int | None:
    if not isinstance(found, message.Scheduled):
        return None
    channel = found.plan.channel.name.lower()
    return found.attempts + sum(one.channel == channel for one in tried)


def _status(found: message.Living | message.Delivered) -> Status:
    match found:
        case message.Waiting() | message.Scheduled():
            return "queued"
        case message.Sent():
            return "sent"
        case message.Delivered():
            return "delivered"
        case message.Failed():
            return "failed"
        case unhandled:
            assert_never(unhandled)


def _reason(found: message.Living | message.Delivered) -> message_v1.Reason | None:
    match found:
        case message.Waiting():
            return found.last_reason
        case message.Failed():
            return found.reason
        case message.Scheduled() | message.Sent() | message.Delivered():
            return None
        case unhandled:
            assert_never(unhandled)


def _plan_of(found: message.Living | message.Delivered) -> MessageScheduled | None:
    match found:
        case message.Scheduled() | message.Sent() | message.Delivered():
            return found.plan
        case message.Waiting() | message.Failed():
            return None
        case unhandled:
            assert_never(unhandled)


def _event(entry: HistoryEntry[MessageEvent]) -> EventShown | None:
    """The event as it is shown among others.

    None for the first one of a message, which has private facts, for those shown by themselves, and
    for what an operator said of another one.
    """
    event = entry.holds
    shown: What
    match event:
        case (
            MessageQueued() | MessageRequeued() | MessageRead() | MessageReplied() | EventAmended()
        ):
            return None
        case MessageScheduled():
            shown = ScheduledShown.of(event)
        case MessageDue():
            shown = DueShown.of(event)
        case AttemptFailed():
            shown = AttemptFailedShown.of(event)
        case MessageSent():
            shown = SentShown.of(event)
        case MessageDelivered():
            shown = DeliveredShown.of(event)
        case ChannelFailed():
            shown = ChannelFailedShown.of(event)
        case MessageFailed():
            shown = FailedShown.of(event)
        case unhandled:
            assert_never(unhandled)
    return EventShown(type=entry.type, what=shown, recorded_at=entry.recorded_at)
