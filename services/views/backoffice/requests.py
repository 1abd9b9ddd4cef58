"""Which requests wait for support, until when, and who has them? One row a request, of every
organisation."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from enum import StrEnum
from typing import Annotated, ClassVar, assert_never

from fastapi import Query

from contracts.support.request_v1 import (
    AttachedObject,
    ClocksSet,
    MessageWritten,
    ObjectKind,
    Priority,
    PriorityChanged,
    RequestAnswered,
    RequestAssigned,
    RequestChannel,
    RequestClosed,
    RequestMerged,
    RequestOpened,
    RequestRated,
    RequestType,
    RequestUnmerged,
    Target,
    TargetMissed,
    TargetNear,
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

Since = (
    MessageWritten
    | RequestAssigned
    | RequestAnswered
    | RequestClosed
    | RequestRated
    | RequestMerged
    | RequestUnmerged
    | PriorityChanged
    | ClocksSet
    | TargetNear
    | TargetMissed
)
Reads = RequestOpened | Since
NEVER = datetime(9000, 1, 1, tzinfo=UTC)
"""When a target of a request without one is missed."""


class RequestStatus(StrEnum):
    """How far a request is; a closed one stays closed."""

    NEW = "new"
    ANSWERED = "answered"
    MERGED = "merged"
    CLOSED = "closed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """`about` is one thing at most; `waits_since` is when the requester wrote what is not answered
    yet, or support did last. `breaches_at` is when the next target is missed, or was, while the
    request waits for support; `NEVER` otherwise."""

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
    split_from: str | None = None
    merged_into: str | None = None
    status_before: str = "new"
    priority: str = "normal"
    first_response_due: datetime | None = None
    resolution_due: datetime | None = None
    near: tuple[str, ...] = ()
    missed: tuple[str, ...] = ()
    breaches_at: datetime = NEVER


def key(event: Reads) -> tuple[str]:
    return (event.request_id,)


def project(row: Request | None, event: Reads) -> Request:
    if isinstance(event, RequestOpened):
        return _opened(event)
    if row is None:
        raise OutOfOrder(event)
    return _timed(_changed(row, event))


def _changed(row: Request, event: Since) -> Request:
    match event:
        case MessageWritten():
            since = row.waits_since if row.status == "new" else event.written_at
            return replace(row, status="new", waits_since=since)
        case RequestAssigned():
            return replace(row, assignee_id=event.assignee_id)
        case RequestAnswered(answered_at=at):
            return replace(_standing(row), status="answered", waits_since=at)
        case RequestClosed(closed_at=at):
            return replace(_standing(row), status="closed", closed_at=at, waits_since=at)
        case RequestRated():
            return replace(row, mark=event.mark)
        case RequestMerged(into=into):
            merged = replace(_standing(row), status="merged", merged_into=into)
            return replace(merged, status_before=row.status)
        case RequestUnmerged():
            return replace(row, status=row.status_before, merged_into=None)
        case PriorityChanged():
            return replace(row, priority=event.priority.name.lower())
        case ClocksSet():
            return _set(row, event)
        case TargetNear():
            return replace(row, near=_with(row.near, event.target))
        case TargetMissed():
            return replace(row, missed=_with(row.missed, event.target))
        case unhandled:
            assert_never(unhandled)


def _standing(row: Request) -> Request:
    """The request once it does not wait for support any more."""
    return replace(row, first_response_due=None, resolution_due=None, near=())


def _set(row: Request, event: ClocksSet) -> Request:
    """A target that was missed already stays due when it was."""
    dues = {one.target.name.lower(): one.due_at for one in event.dues}
    missed = {"first_response": row.first_response_due, "resolution": row.resolution_due}
    dues |= {name: at for name, at in missed.items() if at is not None and name in row.missed}
    return replace(
        row,
        first_response_due=dues.get("first_response"),
        resolution_due=dues.get("resolution"),
        near=(),
    )


def _with(names: tuple[str, ...], target: Target) -> tuple[str, ...]:
    return tuple(sorted({*names, target.name.lower()}))


def _timed(row: Request) -> Request:
    """The row with when its next target is missed."""
    if row.status != "new":
        return replace(row, breaches_at=NEVER)
    dues = [one for one in (row.first_response_due, row.resolution_due) if one is not None]
    # What was missed before it was answered is as late as it can be when it waits again.
    if not dues and "resolution" in row.missed:
        dues = [row.waits_since]
    return replace(row, breaches_at=min(dues, default=NEVER))


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
        split_from=event.split_from,
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
        "(status, breaches_at, waits_since, request_id)",
        "(assignee_id, status, breaches_at, waits_since, request_id)",
        "(organisation_id, breaches_at, waits_since, request_id)",
        "(breaches_at, waits_since, request_id)",
    ),
    subject="user_id",
    personal=("subject",),
)

# --- The question -----------------------------------------------------------

requests = Table(view, "requests")
BREACHES_FIRST = requests.order("breaches-first", "breaches_at", "waits_since", "request_id")


class RequestFilters(Filters):
    """Which requests are wanted."""

    no_columns: ClassVar[frozenset[str]] = frozenset({"type", "assigned", "priority", "missed"})

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
    priority: Annotated[Priority, Named()] | None = None
    missed: bool | None = None
    """Whether a target of theirs was missed."""


def found(filters: RequestFilters) -> Rows[Request]:
    """The requests that match, of every organisation."""
    rows = filters.narrow(requests.of_every_organisation())
    if filters.type is not None:
        rows = rows.only(type=filters.type.name.lower())
    if filters.priority is not None:
        rows = rows.only(priority=filters.priority.name.lower())
    if filters.missed is not None:
        rows = rows.where("(missed <> '{}') = %(missed)s", missed=filters.missed)
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
    split_from: str | None
    """The request that had this matter too."""
    merged_into: str | None
    """The request in which it goes on."""
    priority: Annotated[Priority, Named()]
    first_response_due: Instant | None
    """When the target is missed, or was, while the request waits for support."""
    resolution_due: Instant | None
    near: tuple[Annotated[Target, Named()], ...]
    """The targets that somebody was warned of."""
    missed: tuple[Annotated[Target, Named()], ...]


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
        split_from=row.split_from,
        merged_into=row.merged_into,
        priority=Priority[row.priority.upper()],
        first_response_due=row.first_response_due,
        resolution_due=row.resolution_due,
        near=tuple(Target[one.upper()] for one in row.near),
        missed=tuple(Target[one.upper()] for one in row.missed),
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
    """Requests to support, those first whose target is missed first, then the longest waiting; for
    the platform's operator."""
    rows = found(filters)
    if not await is_operator(context):
        # Nobody asks them.
        rows = rows.where("false")

    async def present(found: Sequence[Request]) -> list[RequestListed]:
        return await with_names(context, found) if found else []

    return await page.show_together(rows, BREACHES_FIRST, present)
