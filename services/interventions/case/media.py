"""The photos, videos and documents of a case, and how many it may have (FLB-059 to FLB-066)."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar, assert_never

from contracts.interventions.case_v1 import (
    CaseEvent,
    MediaKind,
    MediaPlaced,
    MediaTakenOut,
    Shape,
)
from services.interventions.case.dossier import Dossier, counts

MOST_DOCUMENTS = 50
MILLISECONDS = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """How much a case of the dealership holds."""

    photos: int = 50
    video_seconds: int = 300
    """One video has no more."""
    videos_seconds: int = 600
    """All videos together have no more."""


# --- Commands ---------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class PlaceMedia:
    """All that is said of a file in the case. `length_milliseconds` is that of a video, as it was
    measured."""

    organisation_id: str
    media_id: str
    file_id: str
    kind: MediaKind
    length_milliseconds: int | None
    private: bool
    work_id: str | None
    ordinal: int
    shapes: tuple[Shape, ...]
    limits: Limits
    by: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class TakeOutMedia:
    organisation_id: str
    media_id: str
    by: str
    at: datetime


Command = PlaceMedia | TakeOutMedia

# --- Rejections -------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class TooManyFiles:
    field: ClassVar[str] = "file_id"
    kind: MediaKind
    most: int


@dataclass(frozen=True, slots=True)
class VideoTooLong:
    field: ClassVar[str] = "file_id"
    seconds: int
    most: int


@dataclass(frozen=True, slots=True)
class VideosTooLong:
    """All videos of the case, with this one."""

    field: ClassVar[str] = "file_id"
    seconds: int
    most: int


@dataclass(frozen=True, slots=True)
class VideoNotMeasured:
    """Nobody knows how long it is: it is damaged, or older than measuring."""

    field: ClassVar[str] = "file_id"


@dataclass(frozen=True, slots=True)
class OnlyPhotosAreAnnotated:
    field: ClassVar[str] = "shapes"
    kind: MediaKind


@dataclass(frozen=True, slots=True)
class MediaIdTaken:
    """The id is that of another file of the case."""

    field: ClassVar[str] = "media_id"
    media_id: str


@dataclass(frozen=True, slots=True)
class NoSuchMedia:
    media_id: str


Rejection = (
    TooManyFiles
    | VideoTooLong
    | VideosTooLong
    | VideoNotMeasured
    | OnlyPhotosAreAnnotated
    | MediaIdTaken
    | NoSuchMedia
)

# --- Decisions --------------------------------------------------------------

Decision = list[CaseEvent] | Rejection


def decide(command: Command, dossier: Dossier) -> Decision:
    """As in every aggregate, while the case waits to be sent."""
    match command:
        case PlaceMedia():
            return place(command, dossier)
        case TakeOutMedia():
            return take_out(command, dossier)
        case unhandled:
            assert_never(unhandled)


def place(command: PlaceMedia, dossier: Dossier) -> Decision:
    known = dossier.media.get(command.media_id)
    if known is not None and known.file_id != command.file_id:
        return MediaIdTaken(command.media_id)
    if command.shapes and command.kind is not MediaKind.PHOTO:
        return OnlyPhotosAreAnnotated(command.kind)
    said = placed(command, dossier)
    if not counts(said, known):
        return []
    others = (one for one in dossier.placed if one.media_id != command.media_id)
    return above_limits(said, others, command.limits) or [said]


def above_limits(
    said: MediaPlaced, others: Iterable[MediaPlaced], limits: Limits
) -> TooManyFiles | VideoTooLong | VideosTooLong | VideoNotMeasured | None:
    """Private media count as well (G-41)."""
    same = [one for one in others if one.kind is said.kind]
    match said.kind:
        case MediaKind.PHOTO:
            full = len(same) >= limits.photos
            return TooManyFiles(said.kind, limits.photos) if full else None
        case MediaKind.DOCUMENT:
            full = len(same) >= MOST_DOCUMENTS
            return TooManyFiles(said.kind, MOST_DOCUMENTS) if full else None
        case MediaKind.VIDEO:
            if (length := said.length_milliseconds) is None:
                return VideoNotMeasured()
            if length > limits.video_seconds * MILLISECONDS:
                return VideoTooLong(seconds_of(length), limits.video_seconds)
            length += sum(one.length_milliseconds or 0 for one in same)
            if length > limits.videos_seconds * MILLISECONDS:
                return VideosTooLong(seconds_of(length), limits.videos_seconds)
            return None
        case unhandled:
            assert_never(unhandled)


def seconds_of(milliseconds: int) -> int:
    """Begun seconds: what is too long never reads as if it were not."""
    return -(-milliseconds // MILLISECONDS)


def take_out(command: TakeOutMedia, dossier: Dossier) -> Decision:
    if (known := dossier.media.get(command.media_id)) is None:
        return NoSuchMedia(command.media_id)
    created = dossier.created
    said = MediaTakenOut(
        case_id=created.case_id,
        organisation_id=created.organisation_id,
        dealership_id=created.dealership_id,
        media_id=command.media_id,
        file_id=known.file_id,
        taken_out_by=command.by,
        taken_out_at=command.at,
    )
    return [said] if counts(said, known) else []


def placed(command: PlaceMedia, dossier: Dossier) -> MediaPlaced:
    created = dossier.created
    return MediaPlaced(
        case_id=created.case_id,
        organisation_id=created.organisation_id,
        dealership_id=created.dealership_id,
        media_id=command.media_id,
        file_id=command.file_id,
        kind=command.kind,
        length_milliseconds=command.length_milliseconds,
        private=command.private,
        work_id=command.work_id,
        ordinal=command.ordinal,
        shapes=command.shapes,
        placed_by=command.by,
        placed_at=command.at,
    )
