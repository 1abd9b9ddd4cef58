"""Reaction: the photos, videos and documents of a case are held, and by its copies as well."""

from contracts.interventions.case_v1 import MediaPlaced
from services.media.file import Hold

Reads = MediaPlaced


def react(event: Reads) -> list[Hold]:
    return [
        Hold(
            file_id=event.file_id,
            organisation_id=event.organisation_id,
            by=f"case-{event.case_id}",
            reader_id=None,
            at=event.placed_at,
        )
    ]


def target(command: Hold) -> str:
    """The file whose stream takes the command."""
    return command.file_id
