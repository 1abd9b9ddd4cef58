"""A thread, as those who take part see it."""

from datetime import datetime, timedelta
from enum import StrEnum
from typing import Annotated

from contracts.conversations.thread_v1 import (
    EndCustomerKnown,
    Matter,
    MatterKind,
    MessageWritten,
    ThreadEnd,
    ThreadKind,
)
from infra import file_links
from infra.http.answers import Answer
from infra.http.models import Instant, Named
from services.conversations import thread
from services.conversations.thread.sides import KnownCustomer

LINKS_OPEN = timedelta(hours=1)
"""So long the links to files open at least; those of one hour are the same."""
CUSTOMER = "customer"
"""The recipient that an end customer is: a job has no other one."""


class ThreadStatus(StrEnum):
    OPEN = "open"
    CLOSED = "closed"


class MatterShown(Answer):
    """The thing that a thread is about."""

    kind: Annotated[MatterKind, Named()]
    matter_id: str


class CustomerShown(Answer):
    """The customer on the other side."""

    recipient_id: str
    name: str
    language: str
    reachable: bool
    """Whether they are reminded of what they have not read."""


class FileShown(Answer):
    """A file of a message, and where it is for an hour or two."""

    file_id: str
    url: str


class MessageShown(Answer):
    message_id: str
    number: int
    """1 for the first one."""
    author_id: str | None
    """Null: the customer."""
    message: str
    files: tuple[FileShown, ...]
    written_at: Instant


class Thread(Answer):
    """A thread with all that was written."""

    thread_id: str
    kind: Annotated[ThreadKind, Named()]
    status: ThreadStatus
    matter: MatterShown | None
    dealership_id: str | None
    counterpart_id: str | None
    """The recipient of the case, the driver, or the provider on the other side; with an end
    customer, the provider that has the job."""
    title: str | None
    customer: CustomerShown | None
    member_ids: tuple[str, ...]
    messages: tuple[MessageShown, ...]
    read: int
    """How many messages the caller has read."""
    unread: int
    """How many of others the caller has not."""
    read_by_others: int
    """How many messages somebody of another side has read."""
    opened_by: str | None
    """Null: the customer."""
    opened_at: Instant
    closed_at: Instant | None
    end: Annotated[ThreadEnd, Named()] | None


def shown(found: thread.Opened, reader_id: str, side: str, links: "Links") -> Thread:
    """The thread for somebody of a side."""
    held, opened = found.thread, found.thread.opened
    closed = found.closed if isinstance(found, thread.Closed) else None
    read = held.read.get(reader_id, 0)
    return Thread(
        thread_id=opened.thread_id,
        kind=opened.kind,
        status=ThreadStatus.CLOSED if closed else ThreadStatus.OPEN,
        matter=matter_shown(opened.matter),
        dealership_id=opened.dealership_id,
        counterpart_id=opened.counterpart_id,
        title=opened.title,
        customer=customer_shown(held.customer),
        member_ids=tuple(one.user_id for one in held.members),
        messages=tuple(message_shown(one, links) for one in held.messages),
        read=read,
        unread=held.unread_by(reader_id, read),
        read_by_others=max((n for one, n in held.read_by_side.items() if one != side), default=0),
        opened_by=opened.opened_by,
        opened_at=opened.opened_at,
        closed_at=closed.closed_at if closed else None,
        end=closed.end if closed else None,
    )


def matter_shown(matter: Matter | None) -> MatterShown | None:
    return MatterShown.of(matter) if matter else None


def customer_shown(known: KnownCustomer | None) -> CustomerShown | None:
    if known is None:
        return None
    if isinstance(known, EndCustomerKnown):
        return CustomerShown(
            recipient_id=CUSTOMER,
            name=known.customer_name,
            language=known.language,
            reachable=True,
        )
    return CustomerShown(
        recipient_id=known.recipient_id,
        name=known.recipient_name,
        language=known.language,
        reachable=known.email is not None or known.phone is not None,
    )


def message_shown(one: MessageWritten, links: "Links") -> MessageShown:
    return MessageShown(
        message_id=one.message_id,
        number=one.ordinal,
        author_id=one.author_id,
        message=one.message,
        files=tuple(FileShown(file_id=id, url=links.to(id)) for id in one.file_ids),
        written_at=one.written_at,
    )


class Links:
    """The addresses of files for who looks now; within an hour they stay as they are, so that an
    answer that has not changed is known by its ETag."""

    def __init__(self, masters: dict[str, bytes], at: datetime) -> None:
        self._masters = masters
        begun = at.replace(minute=0, second=0, microsecond=0)
        self._end = begun + timedelta(hours=1) + LINKS_OPEN

    def to(self, file_id: str) -> str:
        return file_links.address(self._masters, file_id, self._end)
