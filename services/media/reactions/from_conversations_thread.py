"""Reaction: the files of a thread are held until what was written is erased (G-50). Whoever sees
the thread is given links to them there."""

from typing import assert_never

from contracts.conversations.thread_v1 import MessageWritten, ThreadErased
from services.media.file import Following, Hold, Release

Reads = MessageWritten | ThreadErased


def react(event: Reads) -> list[Following]:
    by = f"thread-{event.thread_id}"
    match event:
        case MessageWritten():
            return [
                Hold(
                    file_id=file_id,
                    organisation_id=None,
                    by=by,
                    reader_id=None,
                    at=event.written_at,
                )
                for file_id in event.file_ids
            ]
        case ThreadErased():
            return [
                Release(
                    file_id=file_id,
                    organisation_id=event.organisation_id,
                    by=by,
                    at=event.erased_at,
                )
                for file_id in event.file_ids
            ]
        case unhandled:
            assert_never(unhandled)


def target(command: Following) -> str:
    """The file whose stream takes the command."""
    return command.file_id
