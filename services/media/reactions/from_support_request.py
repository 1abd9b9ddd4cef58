"""Reaction: what came with a request is held, and read by who of support has it; what came with an
answer is read by the requester."""

from typing import assert_never

from contracts.support.request_v1 import (
    MessageWritten,
    RequestAnswered,
    RequestAssigned,
    RequestOpened,
)
from services.media.file import Following, Hold, Unshare

Reads = RequestOpened | MessageWritten | RequestAssigned | RequestAnswered


def react(event: Reads) -> list[Following]:
    match event:
        case RequestOpened():
            reader_id, at = None, event.opened_at
        case MessageWritten():
            reader_id, at = event.assignee_id, event.written_at
        case RequestAssigned():
            reader_id, at = event.assignee_id, event.assigned_at
        case RequestAnswered():
            reader_id, at = event.user_id, event.answered_at
        case unhandled:
            assert_never(unhandled)
    by = f"request-{event.request_id}"
    held: list[Following] = [
        Hold(file_id=one, organisation_id=None, by=by, reader_id=reader_id, at=at)
        for one in event.file_ids
    ]
    former = event.former_assignee_id if isinstance(event, RequestAssigned) else None
    if former is None:
        return held
    return held + [Unshare(file_id=one, by=by, reader_id=former, at=at) for one in event.file_ids]


def target(command: Following) -> str:
    """The file whose stream takes the command."""
    return command.file_id
