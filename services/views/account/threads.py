"""The threads in which one takes part or may (FLB-124, OGU-28): one row a thread."""

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Annotated, ClassVar, assert_never

from fastapi import Query

from contracts.conversations.thread_v1 import (
    CustomerKnown,
    EndCustomerKnown,
    MatterKind,
    Member,
    MemberAdded,
    MemberRemoved,
    MessagesRead,
    MessageWritten,
    ThreadClosed,
    ThreadEnd,
    ThreadErased,
    ThreadKind,
    ThreadOpened,
    contract,
)
from contracts.runtime import REDACTED
from infra.consumers.views import OutOfOrder, View
from infra.http.answers import Answer, Answered, Listed, Router
from infra.http.models import Id, Instant, Named
from infra.http.pages import Filters, Paging, Typed
from infra.http.problems import Problem
from infra.http.request_context import MEMBERS, RequestContext, requires
from infra.reading import Rows, Table
from infra.searching import NO_WORDS, Words, words
from infra.tokens import Role

Since = (
    CustomerKnown
    | EndCustomerKnown
    | MemberAdded
    | MemberRemoved
    | MessageWritten
    | MessagesRead
    | ThreadClosed
    | ThreadErased
)
Reads = ThreadOpened | Since
ORGANISATION = "organisation"
OTHER = "other"
PROVIDER = "provider"


class ThreadStatus(StrEnum):
    """Whether something can still be written."""

    OPEN = "open"
    CLOSED = "closed"


@dataclass(frozen=True, slots=True)
class Reader:
    """Somebody who has read or written; `unread` are the messages of others that they have not."""

    reader_id: str
    unread: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Thread:
    """`user_id` is whose key seals the title and the name of the customer."""

    thread_id: str
    organisation_id: str
    kind: str
    matter_kind: str | None
    matter_id: str | None
    dealership_id: str | None
    sales: bool
    counterpart_id: str | None
    title: str | None
    user_id: str
    members: tuple[Member, ...]
    opened_at: datetime
    changed_at: datetime
    customer_name: str | None = None
    search: Words = NO_WORDS
    status: str = "open"
    closed_at: datetime | None = None
    messages: int = 0
    last_side: str | None = None
    """Of who wrote last."""
    passed_on: bool = False
    """Another provider has the job (M6)."""
    readers: tuple[Reader, ...] = ()


def key(event: Reads) -> tuple[str]:
    return (event.thread_id,)


def project(row: Thread | None, event: Reads) -> Thread | None:
    if isinstance(event, ThreadOpened):
        return _opened(event)
    if row is None:
        raise OutOfOrder(event)
    match event:
        case ThreadErased():
            return None
        case MemberAdded():
            return replace(_without(row, event.member.user_id), members=_with(row, event.member))
        case MemberRemoved():
            return _without(row, event.user_id)
        case CustomerKnown():
            return _named(row, event.recipient_name)
        case EndCustomerKnown():
            return _named(row, event.customer_name)
        case MessageWritten():
            return _longer(row, event)
        case MessagesRead():
            return replace(row, readers=_read(row.readers, event.reader_id, event.unread_messages))
        case ThreadClosed():
            at, passed_on = event.closed_at, event.end is ThreadEnd.PASSED_ON
            return replace(row, status="closed", closed_at=at, changed_at=at, passed_on=passed_on)
        case unhandled:
            assert_never(unhandled)


def _opened(event: ThreadOpened) -> Thread:
    matter = event.matter
    title = None if event.title == REDACTED else event.title
    return Thread(
        thread_id=event.thread_id,
        organisation_id=event.organisation_id,
        kind=event.kind.name.lower(),
        matter_kind=matter.kind.name.lower() if matter else None,
        matter_id=matter.matter_id if matter else None,
        dealership_id=event.dealership_id,
        sales=event.sales,
        counterpart_id=event.counterpart_id,
        title=title,
        search=words(title or ""),
        user_id=event.user_id,
        members=event.members,
        opened_at=event.opened_at,
        changed_at=event.opened_at,
    )


def _named(row: Thread, customer_name: str) -> Thread:
    name = None if customer_name == REDACTED else customer_name
    return replace(row, customer_name=name, search=words(name or ""))


def _with(row: Thread, member: Member) -> tuple[Member, ...]:
    return (*(one for one in row.members if one.user_id != member.user_id), member)


def _without(row: Thread, user_id: str) -> Thread:
    return replace(row, members=tuple(one for one in row.members if one.user_id != user_id))


def _longer(row: Thread, event: MessageWritten) -> Thread:
    """Every other reader has one more to read; seen again, it changes nothing."""
    if event.ordinal <= row.messages:
        return row
    others = tuple(
        replace(one, unread=one.unread + 1)
        for one in row.readers
        if one.reader_id != (event.author_id or "")
    )
    return replace(
        row,
        messages=event.ordinal,
        last_side=event.side,
        changed_at=event.written_at,
        readers=_read(others, event.author_id, event.unread_messages),
    )


def _read(readers: tuple[Reader, ...], reader_id: str | None, unread: int) -> tuple[Reader, ...]:
    """With how much somebody has not read; the customer is none of the readers here."""
    if reader_id is None:
        return readers
    others = tuple(one for one in readers if one.reader_id != reader_id)
    return (*others, Reader(reader_id, unread))


view = View(
    name="threads",
    contract=contract,
    reads=Reads,
    row=Thread,
    primary_key=("thread_id",),
    key=key,
    project=project,
    indexes=(
        "using gin (members jsonb_path_ops)",
        "(organisation_id, dealership_id, changed_at)",
    ),
    subject="user_id",
    personal=("title", "customer_name", "search"),
)

# --- The question -----------------------------------------------------------

threads = Table(view, "threads", key="thread_id")
LATEST_CHANGED = threads.order("latest-thread", "changed_at", "thread_id", descending=True)
MemberContext = Annotated[RequestContext, requires(*MEMBERS)]
AGENTS: tuple[Role, ...] = ("administrative_agent", "dealership_manager", "group_manager")
"""They see the threads with customers of their dealerships; sellers those of sales."""
OPERATOR: Role = "marketplace_manager"
STAFF: frozenset[Role] = frozenset({"logistics", "administration", OPERATOR})
_TAKES_PART = """
members @> jsonb_build_array(
  jsonb_build_object('user_id', %(me)s::text, 'organisation_id', %(mine)s::text)
)
"""
_MAY = f"""
kind = 'colleagues' and {_TAKES_PART}
or kind = 'partner' and (
  {_TAKES_PART} or counterpart_id = %(mine)s or organisation_id = %(mine)s and %(staff)s
)
or kind = 'end_customer' and (
  organisation_id = %(mine)s and %(operates)s
  or counterpart_id = %(mine)s and %(provides)s and not passed_on
)
or kind = 'customer' and organisation_id = %(mine)s and (
  %(everywhere)s or dealership_id = any(%(held)s) or sales and dealership_id = any(%(selling)s)
)
"""
_UNREAD_BY_ME = """
messages > 0 and coalesce(
  (select (one ->> 'unread')::int from jsonb_array_elements(readers) one
    where one ->> 'reader_id' = %(reader)s),
  messages
) > 0
"""


class ThreadFilters(Filters):
    """Which threads are wanted."""

    no_columns: ClassVar[frozenset[str]] = frozenset({"q", "unread", "mine", "kind", "matter_kind"})

    status: ThreadStatus | None = None
    kind: Annotated[ThreadKind, Named()] | None = None
    matter_kind: Annotated[MatterKind, Named()] | None = None
    matter_id: Id | None = None
    dealership_id: Id | None = None
    mine: bool = False
    """Only those in which one takes part, not all that one may read."""
    unread: bool = False
    """Only those with messages that one has not read."""
    q: Typed | None = None
    """Words of the title, or of the customer's name."""


class MyThread(Answer):
    """A thread in a list; its messages are at conversations."""

    thread_id: str
    kind: Annotated[ThreadKind, Named()]
    status: ThreadStatus
    matter_kind: Annotated[MatterKind, Named()] | None
    matter_id: str | None
    dealership_id: str | None
    counterpart_id: str | None
    """The recipient of the case, the driver, or the provider on the other side; with an end
    customer, the provider that has the job."""
    title: str | None
    customer_name: str | None
    takes_part: bool
    """Whether the caller is a member."""
    messages: int
    unread: int
    """Those of others that the caller has not read."""
    waits: bool
    """Another side wrote last, and the thread is open."""
    opened_at: Instant
    changed_at: Instant
    """When the last message was written, or the thread was closed."""
    closed_at: Instant | None


class UnreadMessages(Answer):
    """The messages that somebody has not read, of the threads in which they take part."""

    threads: int
    messages: int


def visible(context: RequestContext) -> Rows[Thread]:
    """The threads that the caller may read, as `conversations` would let them."""
    who = context.principal
    held, selling = context.dealerships(*AGENTS), context.dealerships("sales_representative")
    return threads.of_every_organisation().where(
        _MAY,
        me=who.subject,
        mine=who.organisation_id,
        staff=not STAFF.isdisjoint(who.roles),
        operates=OPERATOR in who.roles,
        provides="provider_manager" in who.roles,
        everywhere=held.everywhere,
        held=sorted(held.ids),
        selling=sorted(selling.ids),
    )


def taking_part(context: RequestContext) -> Rows[Thread]:
    """The threads in which the caller takes part and that they may read."""
    return visible(context).where(_TAKES_PART)


def unread_by(row: Thread, reader_id: str) -> int:
    """A reader who has never read has everything to read."""
    known = (one.unread for one in row.readers if one.reader_id == reader_id)
    return next(known, row.messages)


def thread_shown(row: Thread, context: RequestContext) -> MyThread:
    who = context.principal
    me = Member(user_id=who.subject, organisation_id=who.organisation_id)
    there = PROVIDER if row.kind == "end_customer" else OTHER
    side = there if row.counterpart_id in (who.subject, who.organisation_id) else ORGANISATION
    own_side = side if row.kind != "colleagues" else who.subject
    return MyThread(
        thread_id=row.thread_id,
        kind=ThreadKind[row.kind.upper()],
        status=ThreadStatus(row.status),
        matter_kind=MatterKind[row.matter_kind.upper()] if row.matter_kind else None,
        matter_id=row.matter_id,
        dealership_id=row.dealership_id,
        counterpart_id=row.counterpart_id,
        title=row.title,
        customer_name=row.customer_name,
        takes_part=me in row.members,
        messages=row.messages,
        unread=unread_by(row, who.subject),
        waits=row.status == "open" and row.last_side not in (None, own_side),
        opened_at=row.opened_at,
        changed_at=row.changed_at,
        closed_at=row.closed_at,
    )


router = Router("Threads")


@router.get("/threads")
async def my_threads(
    context: MemberContext, page: Paging, filters: Annotated[ThreadFilters, Query()]
) -> Answered[Listed[MyThread]]:
    """The threads that one may read, the latest changed first."""
    rows = filters.narrow(taking_part(context) if filters.mine else visible(context))
    if filters.kind is not None:
        rows = rows.only(kind=filters.kind.name.lower())
    if filters.matter_kind is not None:
        rows = rows.only(matter_kind=filters.matter_kind.name.lower())
    if filters.unread:
        rows = rows.where(_UNREAD_BY_ME, reader=context.principal.subject)
    if filters.q is not None:
        rows = rows.searched(filters.q)
    return await page.show(rows, LATEST_CHANGED, lambda row: thread_shown(row, context))


@router.get("/threads/unread")
async def unread_messages(context: MemberContext) -> Answered[UnreadMessages]:
    """How many messages one has not read, of how many threads in which one takes part."""
    me = context.principal.subject
    unread = taking_part(context).where(_UNREAD_BY_ME, reader=me)
    found = await unread.many(context.pool, LATEST_CHANGED)
    counted = sum(unread_by(row, me) for row in found)
    return Answered(UnreadMessages(threads=len(found), messages=counted))


@router.get("/threads/{thread_id}")
async def my_thread(thread_id: Id, context: MemberContext) -> Answered[MyThread]:
    """One of them, for a screen that says when it is another one."""
    row = await visible(context).only(thread_id=thread_id).one(context.pool)
    if row is None:
        raise Problem(404, "no-such-thread")
    return Answered(thread_shown(row, context))
