"""Two requests about one matter go on in one of them, until they are parted again.

Both are of one requester: a request is for support and for who made it. The other request is as it
was when it was looked up; that none is merged into itself by a detour, however many do so at once,
is kept by `adapters/merged.py`.
"""

from dataclasses import dataclass
from datetime import datetime

from contracts.decisions import Changed, changed
from contracts.support.request_v1 import RequestEvent, RequestMerged, RequestUnmerged
from services.support.request.thread import Thread

# --- Commands ---------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Other:
    """The request in which one is to go on."""

    request_id: str
    organisation_id: str
    user_id: str
    closed: bool
    merged_into: str | None
    escalated: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class MergeRequest:
    """`messages` is how many were seen of the one that is to go on in the other."""

    other: Other
    messages: int
    by: str
    supervises: bool
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class UnmergeRequest:
    """`was_in` is the request in which it was seen to go on."""

    was_in: str
    by: str
    supervises: bool
    at: datetime


Command = MergeRequest | UnmergeRequest

# --- Rejections -------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class RequestIsMerged:
    """It goes on in another one."""

    into: str


@dataclass(frozen=True, slots=True)
class MergedIntoItself:
    """Also by a detour: the other one goes on in this one."""


@dataclass(frozen=True, slots=True)
class RequestOfSomebodyElse:
    pass


@dataclass(frozen=True, slots=True)
class OtherRequestIsClosed:
    """Nothing goes on in what is closed for good."""


@dataclass(frozen=True, slots=True)
class OtherRequestIsMerged:
    """It goes on elsewhere itself."""

    into: str


Rejection = (
    RequestIsMerged
    | MergedIntoItself
    | RequestOfSomebodyElse
    | OtherRequestIsClosed
    | OtherRequestIsMerged
    | Changed
)

# --- Decisions --------------------------------------------------------------

Decision = list[RequestEvent] | Rejection


def bad_other(thread: Thread, other: Other) -> Rejection | None:
    """Why a request cannot go on in that one, if it cannot."""
    opened = thread.opened
    if opened.request_id in {other.request_id, other.merged_into}:
        return MergedIntoItself()
    if (other.organisation_id, other.user_id) != (opened.organisation_id, opened.user_id):
        return RequestOfSomebodyElse()
    if other.closed:
        return OtherRequestIsClosed()
    if other.merged_into is not None:
        return OtherRequestIsMerged(other.merged_into)
    return None


def merge(command: MergeRequest, thread: Thread) -> Decision:
    """It goes on in the other one. Who writes meanwhile is not overlooked."""
    if bad := bad_other(thread, command.other):
        return bad
    if stale := changed({"messages": command.messages}, {"messages": len(thread.messages)}):
        return stale
    opened = thread.opened
    return [
        RequestMerged(
            request_id=opened.request_id,
            organisation_id=opened.organisation_id,
            user_id=opened.user_id,
            into=command.other.request_id,
            merged_by=command.by,
            merged_at=command.at,
        )
    ]


def unmerge(command: UnmergeRequest, merged: RequestMerged) -> Decision:
    if stale := changed({"was_in": command.was_in}, {"was_in": merged.into}):
        return stale
    return [
        RequestUnmerged(
            request_id=merged.request_id,
            organisation_id=merged.organisation_id,
            user_id=merged.user_id,
            was_in=merged.into,
            unmerged_by=command.by,
            unmerged_at=command.at,
        )
    ]
