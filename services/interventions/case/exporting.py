"""Photos of a sales case go to Planet VO: asked for, then handed over or failed (FLB-135)."""

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar, assert_never

from contracts.interventions.case_v1 import (
    CaseEvent,
    MediaKind,
    PhotoExportAsked,
    PhotoExportFailed,
    PhotoExportFailure,
    PhotosHandedOver,
)
from services.interventions.case.content import NotOfModule
from services.interventions.case.dossier import Dossier, PhotoExport

MOST_EXPORTS = 100

# --- Commands ---------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class AskPhotoExport:
    """`export_id` is what the client calls it: asked again after a failure, it is tried anew."""

    organisation_id: str
    export_id: str
    media_ids: tuple[str, ...]
    by: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class EndPhotoExport:
    """The export that was asked for at `asked_at` is over; `failure` is None where Planet VO has
    taken the photos."""

    case_id: str
    export_id: str
    asked_at: datetime
    failure: PhotoExportFailure | None
    at: datetime


# --- Rejections -------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class ExportIdTaken:
    """Other photos went, or are on their way, by this id."""

    export_id: str


@dataclass(frozen=True, slots=True)
class NotAPublicPhoto:
    """Not in the case, no photo, or for colleagues alone (FLB-060)."""

    field: ClassVar[str] = "media_ids"
    media_id: str


@dataclass(frozen=True, slots=True)
class TooManyExports:
    most: int


Rejection = ExportIdTaken | NotAPublicPhoto | TooManyExports | NotOfModule

# --- Decisions --------------------------------------------------------------

Decision = list[CaseEvent] | Rejection


def ask(command: AskPhotoExport, dossier: Dossier) -> Decision:
    """As long as the case is not closed, whether or not it was sent."""
    if not dossier.is_sales:
        return NotOfModule(dossier.created.module)
    known = dossier.photo_exports.get(command.export_id)
    if known is not None and not is_failed(known):
        same = known.asked.media_ids == command.media_ids
        return [] if same else ExportIdTaken(command.export_id)
    if known is None and len(dossier.photo_exports) >= MOST_EXPORTS:
        return TooManyExports(MOST_EXPORTS)
    photos = {one.media_id for one in dossier.public if one.kind is MediaKind.PHOTO}
    for media_id in command.media_ids:
        if media_id not in photos:
            return NotAPublicPhoto(media_id)
    created = dossier.created
    return [
        PhotoExportAsked(
            case_id=created.case_id,
            organisation_id=created.organisation_id,
            dealership_id=created.dealership_id,
            export_id=command.export_id,
            media_ids=command.media_ids,
            asked_by=command.by,
            asked_at=command.at,
        )
    ]


def end(command: EndPhotoExport, dossier: Dossier) -> list[CaseEvent]:
    """The first word about what was asked counts; of what was asked anew since, it is none."""
    known = dossier.photo_exports.get(command.export_id)
    if known is None or known.end is not None or known.asked.asked_at != command.asked_at:
        return []
    created = dossier.created
    if command.failure is not None:
        return [
            PhotoExportFailed(
                case_id=created.case_id,
                organisation_id=created.organisation_id,
                dealership_id=created.dealership_id,
                export_id=command.export_id,
                failure=command.failure,
                failed_at=command.at,
            )
        ]
    return [
        PhotosHandedOver(
            case_id=created.case_id,
            organisation_id=created.organisation_id,
            dealership_id=created.dealership_id,
            export_id=command.export_id,
            handed_over_at=command.at,
        )
    ]


def is_failed(export: PhotoExport) -> bool:
    match export.end:
        case None | PhotosHandedOver():
            return False
        case PhotoExportFailed():
            return True
        case unhandled:
            assert_never(unhandled)
