"""The messages and how each stands: the list that people see and that the sender works off."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import assert_never

from psycopg.rows import class_row

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
    contract,
)
from infra.consumers.views import OutOfOrder, View
from infra.database import Pool
from infra.reading import Table
from services.messaging.adapters.outbound import attempts

PLAN = "plan"
SEND = "send"
NOTHING = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One message. `needs` is what the sender has to do: plan it, send it, nothing (now)."""

    message_id: str
    user_id: str
    organisation_id: str
    topic: str
    template: str
    about: str
    status: str
    needs: str
    attempts: int
    queued_at: datetime
    expires_at: datetime
    changed_at: datetime
    channel: str | None = None
    language: str | None = None
    template_version: int | None = None
    parcel_id: str | None = None
    due_at: datetime | None = None
    reference: str | None = None
    reason: str | None = None
    read_at: datetime | None = None


def key(event: MessageEvent) -> tuple[str]:
    return (event.message_id,)


def project(line: Line | None, event: MessageEvent) -> Line | None:
    if isinstance(event, MessageQueued):
        return line or _queued(event)
    if line is None:
        raise OutOfOrder(event)
    match event:
        case MessageScheduled():
            return _scheduled(line, event)
        case MessageDue(due_at=at):
            return replace(line, needs=SEND if line.channel else PLAN, changed_at=at)
        case AttemptFailed(attempt=n, retry_at=later, failed_at=at):
            return replace(line, needs=NOTHING, attempts=n, due_at=later, changed_at=at)
        case MessageSent(attempt=n, reference=reference, sent_at=at):
            sent = replace(line, status="sent", needs=NOTHING, attempts=n)
            return replace(sent, reference=reference, changed_at=at)
        case MessageDelivered(channel=channel, delivered_at=at):
            arrived = replace(line, status="delivered", needs=NOTHING, reason=None)
            return replace(arrived, channel=channel.name.lower(), changed_at=at)
        case ChannelFailed(reason=reason, failed_at=at):
            unplanned = replace(line, status="queued", needs=PLAN, attempts=0)
            without = replace(unplanned, channel=None, parcel_id=None, due_at=None)
            return replace(without, reason=reason.name.lower(), changed_at=at)
        case MessageFailed(reason=reason, failed_at=at):
            failed = replace(line, status="failed", needs=NOTHING)
            return replace(failed, reason=reason.name.lower(), changed_at=at)
        case MessageRequeued(requeued_at=at):
            again = replace(line, status="queued", needs=PLAN, attempts=0, reason=None)
            return replace(again, channel=None, parcel_id=None, due_at=None, changed_at=at)
        case MessageRead(read_at=at):
            return replace(line, read_at=at)
        case MessageReplied():
            return line
        case unhandled:
            assert_never(unhandled)


def _queued(event: MessageQueued) -> Line:
    return Line(
        message_id=event.message_id,
        user_id=event.user_id,
        # Known once the recipient was looked up.
        organisation_id="",
        topic=event.topic.name.lower(),
        template=event.template,
        about=event.about,
        status="queued",
        needs=PLAN,
        attempts=0,
        queued_at=event.queued_at,
        expires_at=event.expires_at,
        changed_at=event.queued_at,
    )


def _scheduled(line: Line, event: MessageScheduled) -> Line:
    return replace(
        line,
        organisation_id=event.organisation_id,
        needs=SEND if event.due_at <= event.scheduled_at else NOTHING,
        channel=event.channel.name.lower(),
        language=event.language,
        template_version=event.template_version,
        parcel_id=event.parcel_id,
        due_at=event.due_at,
        attempts=0,
        reason=None,
        changed_at=event.scheduled_at,
    )


view = View(
    name="message",
    contract=contract,
    row=Line,
    primary_key=("message_id",),
    key=key,
    project=project,
    indexes=(
        "(needs, changed_at) where needs <> ''",
        "(organisation_id, queued_at desc, message_id)",
        "(user_id, queued_at desc, message_id)",
        "(user_id, organisation_id) where read_at is null",
    ),
    reads=MessageEvent,
)

table = Table(view, "message")
OLDEST = table.order("oldest", "queued_at", "message_id")
NEWEST = table.order("newest", "queued_at", "message_id", descending=True)
LONGEST_WAITING = table.order("longest-waiting", "changed_at", "message_id")


async def unread(pool: Pool, organisation_id: str, user_id: str) -> int:
    """How many messages to somebody they have not read, whatever way these took."""
    async with pool.connection() as connection:
        cursor = await connection.execute(
            "select count(*) from message"
            " where organisation_id = %s and user_id = %s and read_at is null",
            (organisation_id, user_id),
        )
        row = await cursor.fetchone()
    assert row is not None
    return int(row[0])


KNOWN = "exists (select from recipient r where r.user_id = message.user_id)"
"""SQL: somebody has said where the recipient of a row is reached."""


async def to_plan(pool: Pool, most: int) -> list[Line]:
    """Messages that need a channel, those that wait longest first.

    One whose recipient nobody knows waits without being looked at, until it expires.
    """
    rows = table.of_every_organisation(needs=PLAN).where(
        f"({KNOWN} or message.expires_at <= clock_timestamp()) and not {attempts.WAITS}"
    )
    return await rows.page(pool, LONGEST_WAITING, after=None, limit=most)


async def to_send(pool: Pool, most: int) -> list[Line]:
    """Messages to be handed over now, those that wait longest first."""
    rows = table.of_every_organisation(needs=SEND).where(f"not {attempts.WAITS}")
    return await rows.page(pool, LONGEST_WAITING, after=None, limit=most)


async def failed(pool: Pool, reason: str | None, since: datetime | None) -> list[Line]:
    """Messages that failed, for that reason and since that time if given; the newest first."""
    rows = table.of_every_organisation(status="failed").filtered({"reason": reason})
    if since is not None:
        rows = rows.where("message.changed_at >= %(since)s", since=since)
    return await rows.many(pool, NEWEST)


@dataclass(frozen=True, slots=True)
class Backlog:
    """Messages that wait for one thing: how many, and the seconds that the oldest has waited."""

    waits_for: str
    messages: int
    oldest: float


async def backlog(pool: Pool) -> list[Backlog]:
    """The messages that no provider has yet, by the thing they wait for.

    Messages that wait for an hour that their recipient chose are not among them.
    """
    query = f"""
    select waits_for, count(*) as messages,
           extract(epoch from clock_timestamp() - min(changed_at))::float as oldest
      from (select changed_at, case when {attempts.WAITS} then 'retry'
                                    when needs = 'send' then 'provider'
                                    when {KNOWN} then 'plan' else 'contact' end as waits_for
              from message where needs <> '') as waiting
     group by waits_for
    """
    async with pool.connection() as connection:
        cursor = connection.cursor(row_factory=class_row(Backlog))
        await cursor.execute(query.encode())
        return await cursor.fetchall()
