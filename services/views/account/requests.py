"""One's requests to support, and how far each is: one row a request (EXX-28, EXX-29)."""

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Annotated, assert_never

from fastapi import Query

from contracts.support.request_v1 import (
    AnswersRead,
    AttachedObject,
    MessageWritten,
    ObjectKind,
    RequestAnswered,
    RequestChannel,
    RequestClosed,
    RequestMerged,
    RequestOpened,
    RequestRated,
    RequestType,
    RequestUnmerged,
    Side,
    contract,
)
from infra.consumers.views import OutOfOrder, View
from infra.http.answers import Answer, Answered, Listed, Router
from infra.http.models import Instant, Named
from infra.http.pages import Filters, Paging
from infra.http.request_context import Everybody
from infra.reading import Table

Since = (
    MessageWritten
    | RequestAnswered
    | RequestClosed
    | RequestRated
    | RequestMerged
    | RequestUnmerged
    | AnswersRead
)
Reads = RequestOpened | Since


class RequestStatus(StrEnum):
    """How far a request is; a closed one stays closed."""

    NEW = "new"
    ANSWERED = "answered"
    MERGED = "merged"
    CLOSED = "closed"


@dataclass(frozen=True, slots=True)
class Written:
    """A message of the requester or of support."""

    message_id: str
    by_support: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """`about` is one thing at most; `changed_at` is when somebody did something last. `messages`
    are those after the first, with who wrote them; the requester has read so many of them."""

    request_id: str
    organisation_id: str
    user_id: str
    type: str
    channel: str
    subject: str | None
    about: tuple[AttachedObject, ...]
    follows: str | None
    opened_at: datetime
    changed_at: datetime
    status: str = "new"
    answered_at: datetime | None = None
    closed_at: datetime | None = None
    closed_by: str | None = None
    mark: int | None = None
    split_from: str | None = None
    merged_into: str | None = None
    status_before: str = "new"
    messages: tuple[Written, ...] = ()
    read: int = 0
    unread: int = 0
    """Answers of support that were not read."""


def key(event: Reads) -> tuple[str]:
    return (event.request_id,)


def project(row: Request | None, event: Reads) -> Request:
    if isinstance(event, RequestOpened):
        return _opened(event)
    if row is None:
        raise OutOfOrder(event)
    changed = _changed(row, event)
    unread = sum(one.by_support for one in changed.messages[changed.read :])
    return replace(changed, unread=unread)


def _changed(row: Request, event: Since) -> Request:
    match event:
        case MessageWritten(message_id=id, written_at=at):
            return replace(_longer(row, Written(id, False)), status="new", changed_at=at)
        case RequestAnswered(message_id=id, answered_at=at):
            longer = _longer(row, Written(id, True))
            return replace(longer, status="answered", answered_at=at, changed_at=at)
        case RequestClosed(closed_at=at, side=side):
            by = side.name.lower()
            return replace(row, status="closed", closed_at=at, closed_by=by, changed_at=at)
        case RequestRated():
            return replace(row, mark=event.mark, changed_at=event.rated_at)
        case RequestMerged(into=into, merged_at=at):
            merged = replace(row, status="merged", merged_into=into, changed_at=at)
            return replace(merged, status_before=row.status)
        case RequestUnmerged(unmerged_at=at):
            return replace(row, status=row.status_before, merged_into=None, changed_at=at)
        case AnswersRead():
            return replace(row, read=event.messages)
        case unhandled:
            assert_never(unhandled)


def _longer(row: Request, written: Written) -> Request:
    others = tuple(one for one in row.messages if one != written)
    return replace(row, messages=(*others, written))


def _opened(event: RequestOpened) -> Request:
    return Request(
        request_id=event.request_id,
        organisation_id=event.organisation_id,
        user_id=event.user_id,
        type=event.type.name.lower(),
        channel=event.channel.name.lower(),
        subject=event.subject,
        about=tuple(filter(None, (event.about,))),
        follows=event.follows,
        split_from=event.split_from,
        opened_at=event.opened_at,
        changed_at=event.opened_at,
    )


view = View(
    name="requests",
    contract=contract,
    reads=Reads,
    row=Request,
    primary_key=("request_id",),
    key=key,
    project=project,
    indexes=(
        "(organisation_id, user_id, changed_at, request_id)",
        "(organisation_id, user_id) where unread > 0",
    ),
    subject="user_id",
    personal=("subject",),
)

# --- The question -----------------------------------------------------------

requests = Table(view, "requests")
LATEST_CHANGED = requests.order("latest-changed", "changed_at", "request_id", descending=True)


class RequestFilters(Filters):
    """Which requests are wanted."""

    status: RequestStatus | None = None


class AboutShown(Answer):
    """The thing that a request is about."""

    kind: Annotated[ObjectKind, Named()]
    object_id: str
    called: str


class MyRequest(Answer):
    """A request in a list; its messages are at support."""

    request_id: str
    status: RequestStatus
    type: Annotated[RequestType, Named()]
    channel: Annotated[RequestChannel, Named()]
    subject: str | None
    """Null where nobody wrote anything."""
    about: AboutShown | None
    follows: str | None
    """The closed request that this one goes on from."""
    opened_at: Instant
    changed_at: Instant
    answered_at: Instant | None
    """When support answered last."""
    closed_at: Instant | None
    closed_by: Annotated[Side, Named()] | None
    mark: int | None
    """1 (bad) to 5 (good); null until one says so."""
    split_from: str | None
    """The request that had this matter too."""
    merged_into: str | None
    """The request in which it goes on."""
    unread: int
    """Answers of support that one has not read."""


def request_shown(row: Request) -> MyRequest:
    return MyRequest(
        request_id=row.request_id,
        status=RequestStatus(row.status),
        type=RequestType[row.type.upper()],
        channel=RequestChannel[row.channel.upper()],
        subject=row.subject,
        about=next(map(AboutShown.of, row.about), None),
        follows=row.follows,
        opened_at=row.opened_at,
        changed_at=row.changed_at,
        answered_at=row.answered_at,
        closed_at=row.closed_at,
        closed_by=Side[row.closed_by.upper()] if row.closed_by else None,
        mark=row.mark,
        split_from=row.split_from,
        merged_into=row.merged_into,
        unread=row.unread,
    )


class UnreadAnswers(Answer):
    """The answers of support that somebody has not read."""

    requests: int
    answers: int


UNREAD = """
select count(*) as requests, coalesce(sum(unread), 0)::bigint as answers from requests
where organisation_id = %(mine)s and user_id = %(asking)s and unread > 0
"""

router = Router("Requests to support")


@router.get("/requests")
async def my_requests(
    context: Everybody, page: Paging, filters: Annotated[RequestFilters, Query()]
) -> Answered[Listed[MyRequest]]:
    """One's requests to support: new, answered, closed, or all; the latest changed first."""
    who = context.principal
    mine = filters.narrow(requests.of(who.organisation_id, user_id=who.subject))
    return await page.show(mine, LATEST_CHANGED, request_shown)


@router.get("/requests/unread")
async def unread_answers(context: Everybody) -> Answered[UnreadAnswers]:
    """How many answers of support one has not read, and to how many requests."""
    who = context.principal
    asked = {"mine": who.organisation_id, "asking": who.subject}
    async with context.pool.connection() as connection:
        cursor = await connection.execute(UNREAD, asked)
        [(asked_about, answers)] = await cursor.fetchall()
    return Answered(UnreadAnswers(requests=asked_about, answers=answers))
