"""Which requests wait for support, and who has them? One row a request, of every organisation."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Annotated, ClassVar, assert_never

from fastapi import Query

from contracts.support.request_v1 import (
    AttachedObject,
    MessageWritten,
    ObjectKind,
    RequestAnswered,
    RequestAssigned,
    RequestChannel,
    RequestClosed,
    RequestOpened,
    RequestRated,
    RequestType,
    contract,
)
from infra.consumers.views import OutOfOrder, View
from infra.http.answers import Answer, Answered, Listed, Router
from infra.http.models import Id, Instant, Named
from infra.http.pages import Filters, Paging
from infra.http.request_context import RequestContext, requires
from infra.reading import Rows, Table
from services.views.backoffice.organisations import BY_ID, is_operator, organisations
from services.views.backoffice.users import BY_NAME, users

Reads = (
    RequestOpened
    | MessageWritten
    | RequestAssigned
    | RequestAnswered
    | RequestClosed
    | RequestRated
)


class RequestStatus(StrEnum):
    """How far a request is; a closed one stays closed."""

    NEW = "new"
    ANSWERED = "answered"
    CLOSED = "closed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """`about` is one thing at most; `waits_since` is when the requester wrote what is not answered
    yet, or support did last."""

    request_id: str
    organisation_id: str
    user_id: str
    type: str
    channel: str
    subject: str | None
    language: str | None
    about: tuple[AttachedObject, ...]
    claim_id: str | None
    follows: str | None
    escalated: bool
    opened_at: datetime
    waits_since: datetime
    status: str = "new"
    assignee_id: str | None = None
    closed_at: datetime | None = None
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
            since = row.waits_since if row.status == "new" else event.written_at
            return replace(row, status="new", waits_since=since)
        case RequestAssigned():
            return replace(row, assignee_id=event.assignee_id)
        case RequestAnswered():
            return replace(row, status="answered", waits_since=event.answered_at)
        case RequestClosed():
            return replace(
                row, status="closed", closed_at=event.closed_at, waits_since=event.closed_at
            )
        case RequestRated():
            return replace(row, mark=event.mark)
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
        language=event.language,
        about=tuple(filter(None, (event.about,))),
        claim_id=event.claim_id,
        follows=event.follows,
        escalated=event.escalated,
        opened_at=event.opened_at,
        waits_since=event.opened_at,
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
        "(status, waits_since, request_id)",
        "(assignee_id, status, waits_since, request_id)",
        "(organisation_id, waits_since, request_id)",
        "(waits_since, request_id)",
    ),
    subject="user_id",
    personal=("subject",),
)

# --- The question -----------------------------------------------------------

requests = Table(view, "requests")
LONGEST_WAITING = requests.order("longest-waiting", "waits_since", "request_id")


class RequestFilters(Filters):
    """Which requests are wanted."""

    no_columns: ClassVar[frozenset[str]] = frozenset({"type", "assigned"})

    status: RequestStatus | None = None
    type: Annotated[RequestType, Named()] | None = None
    organisation_id: Id | None = None
    """Whose people asked."""
    assignee_id: Id | None = None
    """Who of support has them."""
    assigned: bool | None = None
    """Whether anybody has them."""
    escalated: bool | None = None
    """Whether only supervisors answer them."""


def found(filters: RequestFilters) -> Rows[Request]:
    """The requests that match, of every organisation."""
    rows = filters.narrow(requests.of_every_organisation())
    if filters.type is not None:
        rows = rows.only(type=filters.type.name.lower())
    if filters.assigned is not None:
        rows = rows.where("(assignee_id is not null) = %(assigned)s", assigned=filters.assigned)
    return rows


class AboutListed(Answer):
    """The thing that a request is about."""

    kind: Annotated[ObjectKind, Named()]
    object_id: str
    called: str


class RequestListed(Answer):
    """A request in the inbox of support; its messages are at support."""

    request_id: str
    status: RequestStatus
    type: Annotated[RequestType, Named()]
    channel: Annotated[RequestChannel, Named()]
    organisation_id: str
    organisation_name: str
    """Empty when the organisation is not known."""
    user_id: str
    user_name: str
    """Empty when the requester is not known, or forgotten."""
    subject: str | None
    language: str | None
    about: AboutListed | None
    claim_id: str | None
    follows: str | None
    escalated: bool
    assignee_id: str | None
    assignee_name: str
    opened_at: Instant
    waits_since: Instant
    closed_at: Instant | None
    mark: int | None


def request_listed(row: Request, organisation: str, user: str, assignee: str) -> RequestListed:
    return RequestListed(
        request_id=row.request_id,
        status=RequestStatus(row.status),
        type=RequestType[row.type.upper()],
        channel=RequestChannel[row.channel.upper()],
        organisation_id=row.organisation_id,
        organisation_name=organisation,
        user_id=row.user_id,
        user_name=user,
        subject=row.subject,
        language=row.language,
        about=next(map(AboutListed.of, row.about), None),
        claim_id=row.claim_id,
        follows=row.follows,
        escalated=row.escalated,
        assignee_id=row.assignee_id,
        assignee_name=assignee,
        opened_at=row.opened_at,
        waits_since=row.waits_since,
        closed_at=row.closed_at,
        mark=row.mark,
    )


async def with_names(context: RequestContext, rows: Sequence[Request]) -> list[RequestListed]:
    """The rows of a page, with the names of the people and organisations in them."""
    wanted = {one for row in rows for one in (row.user_id, row.assignee_id) if one is not None}
    people = await users.of_every_organisation(user_id=wanted).many(context.pool, BY_NAME)
    names = {one.user_id: one.name for one in people}
    owners = {row.organisation_id for row in rows}
    known = await organisations.of_every_organisation(organisation_id=owners).many(
        context.pool, BY_ID
    )
    organisation = {one.organisation_id: one.name for one in known}
    return [
        request_listed(
            row,
            organisation.get(row.organisation_id, ""),
            names.get(row.user_id, ""),
            names.get(row.assignee_id or "", ""),
        )
        for row in rows
    ]


router = Router("Support")
SupportContext = Annotated[RequestContext, requires("logistics", "administration")]


@router.get("/requests")
async def requests_found(
    context: SupportContext, page: Paging, filters: Annotated[RequestFilters, Query()]
) -> Answered[Listed[RequestListed]]:
    """Requests to support, the longest waiting first; for the platform's operator."""
    rows = found(filters)
    if not await is_operator(context):
        # Nobody asks them.
        rows = rows.where("false")

    async def present(found: Sequence[Request]) -> list[RequestListed]:
        return await with_names(context, found) if found else []

    return await page.show_together(rows, LONGEST_WAITING, present)
