"""Reactions: a bad mark makes a supervisor look, and the closed request stays closed (G-28); what
makes a request wait for support sets its clocks."""

from typing import assert_never

from contracts.runtime import REDACTED
from contracts.support.request_v1 import (
    MessageWritten,
    PriorityChanged,
    RequestChannel,
    RequestOpened,
    RequestRated,
    RequestType,
    RequestUnmerged,
)
from services.support.request import OpenRequest, id_of_follow_up
from services.support.request.clocks import SetClocks

Reads = RequestRated
Waits = RequestOpened | MessageWritten | PriorityChanged | RequestUnmerged
WORST_GOOD_MARK = 3


def react(event: Reads) -> list[OpenRequest]:
    """Another request, which goes on from the first and is for supervisors.

    Of somebody who was forgotten since, it says nothing: nothing of theirs is recorded any more.
    """
    if event.mark >= WORST_GOOD_MARK:
        return []
    return [
        OpenRequest(
            request_id=id_of_follow_up(event.request_id),
            organisation_id=event.organisation_id,
            user_id=event.user_id,
            type=RequestType.COMPLAINT,
            channel=RequestChannel.AUTOMATIC,
            message=None if event.reason == REDACTED else event.reason,
            follows=event.request_id,
            escalated=True,
            at=event.rated_at,
        )
    ]


def target(command: OpenRequest) -> str:
    """The request whose stream takes the command."""
    return command.request_id


def set_clocks(event: Waits) -> list[SetClocks]:
    """The clocks of a request are set by what counts now."""
    match event:
        case RequestOpened():
            at = event.opened_at
        case MessageWritten():
            at = event.written_at
        case PriorityChanged():
            at = event.changed_at
        case RequestUnmerged():
            at = event.unmerged_at
        case unhandled:
            assert_never(unhandled)
    return [SetClocks(request_id=event.request_id, at=at)]


def clocks_of(command: SetClocks) -> str:
    """The request whose stream takes the command."""
    return command.request_id
