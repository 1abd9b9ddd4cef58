"""Reaction: the pictures of a template are held, as customers see them."""

from contracts.dealerships.template_v1 import TemplateSaved
from services.media.file import Hold

Reads = TemplateSaved


def react(event: Reads) -> list[Hold]:
    pictures = {event.banner_file_id, event.advertising_file_id}
    return [
        Hold(
            file_id=file_id,
            organisation_id=event.organisation_id,
            by=f"template-{event.template_id}",
            reader_id=None,
            at=event.saved_at,
        )
        for file_id in sorted(filter(None, pictures))
    ]


def target(command: Hold) -> str:
    """The file whose stream takes the command."""
    return command.file_id
