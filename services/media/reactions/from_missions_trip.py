"""Reaction: photos and attachments are held; the driver reads an attachment until it is removed."""

from typing import assert_never

from contracts.missions.trip_v1 import AttachmentAdded, AttachmentRemoved, ExtraCostRequested
from services.media.file import Following, Hold, Unshare

Reads = ExtraCostRequested | AttachmentAdded | AttachmentRemoved


def react(event: Reads) -> list[Following]:
    by = f"trip-{event.trip_id}"
    match event:
        case ExtraCostRequested():
            return [
                Hold(
                    file_id=event.photo_file_id,
                    organisation_id=None,
                    by=by,
                    reader_id=None,
                    at=event.requested_at,
                )
            ]
        case AttachmentAdded():
            return [
                Hold(
                    file_id=event.file_id,
                    organisation_id=None,
                    by=by,
                    reader_id=event.driver_id,
                    at=event.added_at,
                )
            ]
        case AttachmentRemoved():
            return [
                Unshare(
                    file_id=event.file_id,
                    by=by,
                    reader_id=event.driver_id,
                    at=event.removed_at,
                )
            ]
        case unhandled:
            assert_never(unhandled)


def target(command: Following) -> str:
    """The file whose stream takes the command."""
    return command.file_id
