"""One's requests to support, and how far each is: one row a request (EXX-28, EXX-29)."""

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Annotated, assert_never

from fastapi import Query

from contracts.support.request_v1 import (
    AttachedObject,
    MessageWritten,
    ObjectKind,
    RequestAnswered,
    RequestChannel,
    RequestClosed,
    RequestOpened,
    RequestRated,
    RequestType,
    Side,
    contract,
)
from infra.consumers.views import OutOfOrder, View
from infra.http.answers import Answer, Answered, Listed, Router
from infra.http.models import Instant, Named
from infra.http.pages import Filters, Paging
from infra.http.request_context import Everybody
from infra.reading import Table

Reads = RequestOpened | MessageWritten | RequestAnswered | RequestClosed | RequestRated


class RequestStatus(StrEnum):
    """How far a request is; a closed one stays closed."""

    NEW = "new"
    ANSWERED = "answered"
    CLOSED = "closed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """`about` is one thing at most; `changed_at` is when somebody did something last."""

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


def key(event: Reads) -> tuple[str]:
    return (event.request_id,)


def project(row: Request | None, event: Reads) -> Request:
    if isinstance(event, RequestOpened):
        return _opened(event)
    if row is None:
        raise OutOfOrder(event)
    match event:
        case MessageWritten():
            return replace(row, status="new", changed_at=event.written_at)
        case RequestAnswered(answered_at=at):
            return replace(row, status="answered", answered_at=at, changed_at=at)
        case RequestClosed(closed_at=at, side=side):
            by = side.name.lower()
            return replace(row, status="closed", closed_at=at, closed_by=by, changed_at=at)
        case RequestRated():
            return replace(row, mark=event.mark, changed_at=event.rated_at)
        case unhandled:
            assert_never(unhandled)


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
    indexes=("(organisation_id, user_id, changed_at, request_id)",),
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
    )


router = Router("Requests to support")


@router.get("/requests")
async def my_requests(
    context: Everybody, page: Paging, filters: Annotated[RequestFilters, Query()]
) -> Answered[Listed[MyRequest]]:
    """One's requests to support: new, answered, closed, or all; the latest changed first."""
    who = context.principal
    mine = filters.narrow(requests.of(who.organisation_id, user_id=who.subject))
    return await page.show(mine, LATEST_CHANGED, request_shown)
