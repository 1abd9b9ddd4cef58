"""Reaction: the photos of a request to a marketplace are held until its customer is forgotten.
Whoever is offered the request is given links to them there."""

from typing import assert_never

from contracts.dispatch.request_v1 import PhotosAdded, SubjectForgotten
from services.media.file import Following, Hold, Release

Reads = PhotosAdded | SubjectForgotten


def react(event: Reads) -> list[Following]:
    by = f"service-request-{event.request_id}"
    match event:
        case PhotosAdded():
            return [
                Hold(
                    file_id=file_id,
                    organisation_id=event.organisation_id,
                    by=by,
                    reader_id=None,
                    at=event.added_at,
                )
                for file_id in event.file_ids
            ]
        case SubjectForgotten():
            return [
                Release(
                    file_id=file_id,
                    organisation_id=event.organisation_id,
                    by=by,
                    at=event.forgotten_at,
                )
                for file_id in event.file_ids
            ]
        case unhandled:
            assert_never(unhandled)


def target(command: Following) -> str:
    """The file whose stream takes the command."""
    return command.file_id
