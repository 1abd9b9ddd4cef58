"""A request, as its requester and as support see it."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated, assert_never

from contracts.support import request_v1
from contracts.support.request_v1 import (
    AnswersRead,
    ClocksSet,
    Due,
    MessageWritten,
    ObjectKind,
    ObjectStatus,
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
    Side,
    Target,
    TargetMissed,
    TargetNear,
)
from infra.http.answers import Answer, RuleShown
from infra.http.history import History
from infra.http.models import Instant, Named
from services.support.request import Answered, Closed, Merged, New, Opened
from services.support.request.thread import Message


class RequestStatus(StrEnum):
    NEW = "new"
    ANSWERED = "answered"
    MERGED = "merged"
    CLOSED = "closed"


class AttachedShown(Answer):
    """The thing that a request is about, as it stood when the request was made."""

    kind: Annotated[ObjectKind, Named()]
    object_id: str
    called: str
    status: Annotated[ObjectStatus, Named()]


class AttachedForSupport(AttachedShown):
    version: int | None
    """Of its stream: its history tells what came before, and since."""
    carrier_id: str | None


class MessageShown(Answer):
    message_id: str
    side: Annotated[Side, Named()]
    message: str
    file_ids: tuple[str, ...]
    written_at: Instant


class MessageForSupport(MessageShown):
    written_by: str


class DueShown(Answer):
    """A target whose clock runs."""

    target: Annotated[Target, Named()]
    warned_at: Instant
    due_at: Instant
    minutes: int
    """The opening time that it allows."""


class Request(Answer):
    """A request, as its requester sees it."""

    request_id: str
    status: RequestStatus
    type: Annotated[RequestType, Named()]
    channel: Annotated[RequestChannel, Named()]
    subject: str | None
    """Null, as is the message, where nobody wrote anything."""
    message: str | None
    file_ids: tuple[str, ...]
    about: AttachedShown | None
    follows: str | None
    """The closed request that this one goes on from."""
    split_from: str | None
    """The request that had this matter too."""
    merged_into: str | None
    """The request in which this one goes on."""
    merged: tuple[str, ...]
    """The requests that go on in this one."""
    messages: tuple[MessageShown, ...]
    read: int
    """How many of the messages its requester has read."""
    opened_at: Instant
    closed_at: Instant | None
    closed_by: Annotated[Side, Named()] | None
    mark: int | None
    """1 (bad) to 5 (good), once the requester said so."""


class RequestForSupport(Answer):
    """A request, as support works on it."""

    request_id: str
    status: RequestStatus
    type: Annotated[RequestType, Named()]
    channel: Annotated[RequestChannel, Named()]
    organisation_id: str
    user_id: str
    language: str | None
    """In which it was asked."""
    escalated: bool
    """Only supervisors answer it."""
    assignee_id: str | None
    subject: str | None
    message: str | None
    file_ids: tuple[str, ...]
    about: AttachedForSupport | None
    claim_id: str | None
    follows: str | None
    split_from: str | None
    """The request that had this matter too."""
    merged_into: str | None
    """The request in which this one goes on."""
    merged: tuple[str, ...]
    """The requests that go on in this one."""
    priority: Annotated[Priority, Named()]
    dues: tuple[DueShown, ...]
    """The targets that are neither reached nor missed, while the request waits for support."""
    missed: tuple[Annotated[Target, Named()], ...]
    messages: tuple[MessageForSupport, ...]
    opened_at: Instant
    closed_at: Instant | None
    closed_by: Annotated[Side, Named()] | None
    mark: int | None
    mark_reason: str | None


class ClocksFact(Answer):
    """The clocks of the request were set anew."""

    request_id: str
    organisation_id: str
    user_id: str
    dues: tuple[DueShown, ...]
    supervisor_id: str
    rule: RuleShown
    set_at: Instant


class RequestHistory(
    History,
    of=request_v1.contract,
    shows={
        RequestOpened: (
            *("request_id", "organisation_id", "user_id", "type", "channel", "subject"),
            *("message", "file_ids", "claim_id", "follows", "escalated", "language", "opened_at"),
            "split_from",
        ),
        MessageWritten: (
            *("request_id", "organisation_id", "user_id", "message_id", "message", "file_ids"),
            *("assignee_id", "written_at"),
        ),
        RequestAssigned: (
            *("request_id", "organisation_id", "user_id", "assignee_id", "former_assignee_id"),
            *("file_ids", "assigned_by", "assigned_at"),
        ),
        RequestAnswered: (
            *("request_id", "organisation_id", "user_id", "message_id", "message", "file_ids"),
            *("answered_by", "answered_at"),
        ),
        RequestClosed: (
            *("request_id", "organisation_id", "user_id", "side", "closed_by", "closed_at"),
        ),
        RequestRated: ("request_id", "organisation_id", "user_id", "mark", "reason", "rated_at"),
        RequestMerged: (
            *("request_id", "organisation_id", "user_id", "into", "merged_by", "merged_at"),
        ),
        RequestUnmerged: (
            *("request_id", "organisation_id", "user_id", "was_in", "unmerged_by", "unmerged_at"),
        ),
        PriorityChanged: (
            *("request_id", "organisation_id", "user_id", "priority", "changed_by", "changed_at"),
        ),
        ClocksSet: ClocksFact,
        TargetNear: (
            *("request_id", "organisation_id", "user_id", "target", "due_at", "warned_id"),
            "warned_at",
        ),
        TargetMissed: (
            *("request_id", "organisation_id", "user_id", "target", "supervisor_id", "missed_at"),
        ),
        AnswersRead: ("request_id", "organisation_id", "user_id", "messages", "read_at"),
    },
):
    """Every fact about a request, oldest first."""


def status_of(state: Opened) -> RequestStatus:
    match state:
        case New():
            return RequestStatus.NEW
        case Answered():
            return RequestStatus.ANSWERED
        case Merged():
            return RequestStatus.MERGED
        case Closed():
            return RequestStatus.CLOSED
        case unhandled:
            assert_never(unhandled)


def shown(state: Opened, merged: tuple[str, ...] = ()) -> Request:
    """The request to its requester, with those that go on in it."""
    opened = state.thread.opened
    closed = state if isinstance(state, Closed) else None
    return Request(
        request_id=opened.request_id,
        status=status_of(state),
        type=opened.type,
        channel=opened.channel,
        subject=opened.subject,
        message=opened.message,
        file_ids=opened.file_ids,
        about=AttachedShown.of(opened.about) if opened.about else None,
        follows=opened.follows,
        split_from=opened.split_from,
        merged_into=state.merged.into if isinstance(state, Merged) else None,
        merged=merged,
        messages=tuple(map(message_shown, state.thread.messages)),
        read=state.thread.read,
        opened_at=opened.opened_at,
        closed_at=closed.closed.closed_at if closed else None,
        closed_by=closed.closed.side if closed else None,
        mark=closed.rated.mark if closed and closed.rated else None,
    )


def for_support(state: Opened, merged: tuple[str, ...] = ()) -> RequestForSupport:
    """The request to support, with those that go on in it."""
    thread, opened = state.thread, state.thread.opened
    closed = state if isinstance(state, Closed) else None
    rated = closed.rated if closed else None
    return RequestForSupport(
        request_id=opened.request_id,
        status=status_of(state),
        type=opened.type,
        channel=opened.channel,
        organisation_id=opened.organisation_id,
        user_id=opened.user_id,
        language=opened.language,
        escalated=opened.escalated,
        assignee_id=thread.assignee_id,
        subject=opened.subject,
        message=opened.message,
        file_ids=opened.file_ids,
        about=AttachedForSupport.of(opened.about) if opened.about else None,
        claim_id=opened.claim_id,
        follows=opened.follows,
        split_from=opened.split_from,
        merged_into=state.merged.into if isinstance(state, Merged) else None,
        merged=merged,
        priority=thread.priority,
        dues=tuple(map(DueShown.of, sorted(thread.clocks.dues.values(), key=due))),
        missed=tuple(sorted(thread.missed)),
        messages=tuple(map(message_for_support, thread.messages)),
        opened_at=opened.opened_at,
        closed_at=closed.closed.closed_at if closed else None,
        closed_by=closed.closed.side if closed else None,
        mark=rated.mark if rated else None,
        mark_reason=rated.reason if rated else None,
    )


def due(one: Due) -> datetime:
    return one.due_at


def message_shown(one: Message) -> MessageShown:
    """A message, without who of support wrote it."""
    match one:
        case MessageWritten():
            side, at = Side.REQUESTER, one.written_at
        case RequestAnswered():
            side, at = Side.SUPPORT, one.answered_at
        case unhandled:
            assert_never(unhandled)
    return MessageShown(
        message_id=one.message_id,
        side=side,
        message=one.message,
        file_ids=one.file_ids,
        written_at=at,
    )


def message_for_support(one: Message) -> MessageForSupport:
    told = message_shown(one)
    return MessageForSupport(
        message_id=told.message_id,
        side=told.side,
        message=told.message,
        file_ids=told.file_ids,
        written_at=told.written_at,
        written_by=one.user_id if isinstance(one, MessageWritten) else one.answered_by,
    )
