"""Reaction: the photos, videos and documents of a case are held as long as the case is there, and
those of a copy as long as the copy is."""

from datetime import datetime
from typing import assert_never

from contracts.interventions.case_v1 import CaseDeleted, MediaPlaced, SubjectForgotten
from services.media.file import Following, Hold, Release

Reads = MediaPlaced | CaseDeleted | SubjectForgotten


def react(event: Reads) -> list[Following]:
    match event:
        case MediaPlaced():
            return [
                Hold(
                    file_id=event.file_id,
                    organisation_id=event.organisation_id,
                    by=f"case-{event.case_id}",
                    reader_id=None,
                    at=event.placed_at,
                )
            ]
        case CaseDeleted():
            return _released(event, event.deleted_at)
        case SubjectForgotten():
            return _released(event, event.forgotten_at)
        case unhandled:
            assert_never(unhandled)


def _released(event: CaseDeleted | SubjectForgotten, at: datetime) -> list[Following]:
    return [
        Release(
            file_id=file_id,
            organisation_id=event.organisation_id,
            by=f"case-{event.case_id}",
            at=at,
        )
        for file_id in event.file_ids
    ]


def target(command: Following) -> str:
    """The file whose stream takes the command."""
    return command.file_id
