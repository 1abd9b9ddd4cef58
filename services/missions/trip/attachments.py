"""Documents put to a mission, before or after it is carried out."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import assert_never

from contracts.missions.trip_v1 import (
    AttachmentAdded,
    AttachmentRemoved,
    MissionAssigned,
    TripEvent,
)
from services.missions import terms

LABEL_LIMIT = 200

# --- Commands ---------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class AddAttachment:
    """The driver of the mission adds it, or logistics, which names no driver."""

    trip_id: str
    organisation_id: str
    driver_id: str | None
    file_id: str
    label: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class RemoveAttachment:
    trip_id: str
    organisation_id: str
    driver_id: str | None
    file_id: str
    at: datetime


Command = AddAttachment | RemoveAttachment

# --- State ------------------------------------------------------------------

Event = AttachmentAdded | AttachmentRemoved
Attachments = Mapping[str, AttachmentAdded]
"""By file."""


def evolve(attachments: Attachments, event: Event) -> Attachments:
    match event:
        case AttachmentAdded():
            return {**attachments, event.file_id: event}
        case AttachmentRemoved():
            return {id: kept for id, kept in attachments.items() if id != event.file_id}
        case unhandled:
            assert_never(unhandled)


# --- Decisions --------------------------------------------------------------

Decision = list[TripEvent] | terms.TextTooLong


def decide(command: Command, mission: MissionAssigned, attachments: Attachments) -> Decision:
    """As in every aggregate, for a trip that is a mission."""
    match command:
        case AddAttachment():
            return add(command, mission, attachments)
        case RemoveAttachment():
            return remove(command, mission, attachments)
        case unhandled:
            assert_never(unhandled)


def add(command: AddAttachment, mission: MissionAssigned, attachments: Attachments) -> Decision:
    if command.file_id in attachments:
        return []
    return terms.too_long("label", command.label, LABEL_LIMIT) or [
        AttachmentAdded(
            trip_id=command.trip_id,
            driver_id=mission.driver_id,
            file_id=command.file_id,
            label=command.label,
            added_at=command.at,
        )
    ]


def remove(
    command: RemoveAttachment, mission: MissionAssigned, attachments: Attachments
) -> Decision:
    if command.file_id not in attachments:
        return []
    return [
        AttachmentRemoved(
            trip_id=command.trip_id,
            driver_id=mission.driver_id,
            file_id=command.file_id,
            removed_at=command.at,
        )
    ]
