"""Reaction: a paper that was accepted is held; one that waits or was refused may go."""

from contracts.papers.paper_v1 import PaperAccepted
from services.media.file import Hold

Reads = PaperAccepted


def react(event: Reads) -> list[Hold]:
    return [
        Hold(
            file_id=event.file_id,
            organisation_id=event.organisation_id,
            by=f"paper-{event.paper_id}",
            reader_id=None,
            at=event.accepted_at,
        )
    ]


def target(command: Hold) -> str:
    """The file whose stream takes the command."""
    return command.file_id
