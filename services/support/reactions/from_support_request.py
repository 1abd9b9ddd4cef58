"""Reaction: a bad mark makes a supervisor look; the closed request stays closed (G-28)."""

from contracts.runtime import REDACTED
from contracts.support.request_v1 import RequestChannel, RequestRated, RequestType
from services.support.request import OpenRequest, id_of_follow_up

Reads = RequestRated
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
