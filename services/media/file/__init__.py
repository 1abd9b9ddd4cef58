"""A file: announced, arrived piece by piece, checked, kept or turned away, removed (G-08)."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import ClassVar, Literal, assert_never

from contracts.media.file_v1 import (
    FileEvent,
    FileHeld,
    FileRefused,
    FileReleased,
    FileRemoved,
    FileStored,
    FileUnshared,
    PublicCopyMade,
    Purpose,
    RefusalReason,
    UploadAbandoned,
    UploadStarted,
    Visibility,
)
from contracts.timers import CancelTimer, SetTimer
from services.media.file import types
from services.media.file.types import Limits

SHARED = frozenset({Purpose.MISSION, Purpose.OTHER})
"""The purposes of files that are read by those whom the fact names that holds them."""
READ_ELSEWHERE = frozenset({Purpose.OTHER})
"""Those that people of other organisations read as well: support, and whom it answers."""
LIFETIME = timedelta(hours=24)
"""How long an upload may take, pauses included."""
ABANDON = "abandon"

# --- Commands ---------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class StartUpload:
    file_id: str
    organisation_id: str
    user_id: str
    name: str
    declared_type: str
    size_bytes: int
    declared_sha256: str
    """Empty when it comes with the last piece."""
    visibility: Visibility
    purpose: Purpose
    limits: Limits
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """The findings about the content. `media_type` is None when nobody knows it.

    `too_large` is an image of more pixels than a copy can be made of.
    """

    sha256: str
    size_bytes: int
    media_type: str | None
    infected: bool = False
    too_large: bool = False
    length_milliseconds: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PublicCopy:
    sha256: str
    media_type: str
    size_bytes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class FinishUpload:
    """All of it arrived and was looked at. `copy` is None when none could or had to be made.

    `digest` is the SHA-256 it has to have, where the announcement named none.
    """

    organisation_id: str
    digest: str = ""
    found: Found
    copy: PublicCopy | None
    limits: Limits
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class RemoveFile:
    """`forgetting` removes what is held, too: a person goes with all their files."""

    organisation_id: str
    by: str
    at: datetime
    forgetting: bool = False


@dataclass(frozen=True, slots=True)
class AbandonUpload:
    """Comes from the timer."""

    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Hold:
    """Follows from a fact that names the file: the stream `by` relies on it.

    `organisation_id` is None when the fact does not tell. `reader_id` may read it as well, if it
    was sent for a mission: naming the id of a paper opens it to nobody.
    """

    file_id: str
    organisation_id: str | None
    by: str
    reader_id: str | None
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Unshare:
    """Follows from the removal of an attachment, and from another reader in place of one."""

    file_id: str
    by: str
    reader_id: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Release:
    """Follows from the end of what held the file: the stream `by` relies on it no more."""

    file_id: str
    organisation_id: str
    by: str
    at: datetime


Following = Hold | Unshare | Release
Command = StartUpload | FinishUpload | RemoveFile | AbandonUpload | Following

# --- Rejections -------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class NoSuchFile:
    pass


@dataclass(frozen=True, slots=True)
class TypeNotTaken:
    field: ClassVar[str] = "media_type"
    media_type: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SizeNotPossible:
    field: ClassVar[str] = "size_bytes"
    size_bytes: int
    limit: int


@dataclass(frozen=True, slots=True)
class OnlyImagesArePublic:
    field: ClassVar[str] = "visibility"
    media_type: str


@dataclass(frozen=True, slots=True)
class UploadIsOver:
    """The upload was stored, refused or abandoned."""

    status: Literal["stored", "refused", "abandoned", "removed"]


@dataclass(frozen=True, slots=True, kw_only=True)
class NotComplete:
    """Fewer bytes arrived than were announced."""

    offset: int
    size_bytes: int


@dataclass(frozen=True, slots=True)
class NoDigest:
    """Neither the announcement nor the last piece said which SHA-256 the content has."""


@dataclass(frozen=True, slots=True)
class WrongOffset:
    """The next byte that is expected is another one."""

    expected: int


@dataclass(frozen=True, slots=True)
class PieceTooLong:
    """The piece would go beyond the announced size."""

    size_bytes: int


@dataclass(frozen=True, slots=True)
class PieceTooShort:
    """A piece that is not the last one has fewer bytes than a piece may."""

    least: int


@dataclass(frozen=True, slots=True, kw_only=True)
class QuotaIsFull:
    """With one more file, somebody would have more files or bytes than they may."""

    whose: Literal["person", "organisation"]
    unit: Literal["files", "bytes"]
    most: int


@dataclass(frozen=True, slots=True)
class FileIsHeld:
    """Some stream relies on the file."""

    by: str


Rejection = (
    NoSuchFile
    | TypeNotTaken
    | SizeNotPossible
    | OnlyImagesArePublic
    | UploadIsOver
    | NotComplete
    | NoDigest
    | WrongOffset
    | PieceTooLong
    | PieceTooShort
    | QuotaIsFull
    | FileIsHeld
)

# --- State ------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Unknown:
    pass


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """By which stream, and who may read the file because of it."""

    by: str
    reader_id: str | None


@dataclass(frozen=True, slots=True)
class Uploading:
    upload: UploadStarted
    held: tuple[Held, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Stored:
    upload: UploadStarted
    stored: FileStored
    public: PublicCopyMade | None = None
    held: tuple[Held, ...] = ()


@dataclass(frozen=True, slots=True)
class Gone:
    """Nothing is kept of it. `why` is the event that ended it."""

    upload: UploadStarted
    why: FileRefused | UploadAbandoned | FileRemoved

    @property
    def status(self) -> Literal["refused", "abandoned", "removed"]:
        """How it went."""
        match self.why:
            case FileRefused():
                return "refused"
            case UploadAbandoned():
                return "abandoned"
            case FileRemoved():
                return "removed"
            case unhandled:
                assert_never(unhandled)


Announced = Uploading | Stored | Gone
File = Unknown | Announced

initial: File = Unknown()


def evolve(file: File, event: FileEvent) -> File:
    """Take history as recorded: a rule added today must not break yesterday's events."""
    if isinstance(event, UploadStarted):
        return Uploading(event)
    if isinstance(file, Unknown):
        return file
    match event:
        case FileStored():
            held = () if isinstance(file, Gone) else file.held
            return Stored(upload=file.upload, stored=event, held=held)
        case PublicCopyMade():
            return replace(file, public=event) if isinstance(file, Stored) else file
        case FileRefused() | UploadAbandoned() | FileRemoved():
            return Gone(file.upload, event)
        case FileHeld() | FileUnshared():
            reader = event.reader_id if isinstance(event, FileHeld) else None
            if isinstance(file, Gone):
                return file
            others = tuple(one for one in file.held if one.by != event.held_by)
            return replace(file, held=(*others, Held(by=event.held_by, reader_id=reader)))
        case FileReleased():
            if isinstance(file, Gone):
                return file
            return replace(file, held=tuple(one for one in file.held if one.by != event.held_by))
        case unhandled:
            assert_never(unhandled)


def readers(file: File) -> frozenset[str]:
    """The users who may read it although it is not theirs and they are no staff."""
    if not isinstance(file, Uploading | Stored):
        return frozenset()
    return frozenset(one.reader_id for one in file.held if one.reader_id is not None)


# --- Decisions --------------------------------------------------------------

Decision = list[FileEvent] | Rejection


def decide(command: Command, file: File) -> Decision:
    """New facts, an empty list when they are already recorded, or the rule that says no."""
    if isinstance(command, Hold | Unshare | Release):
        return follow(command, file)
    if isinstance(file, Unknown):
        return start(command) if isinstance(command, StartUpload) else NoSuchFile()
    match command:
        case StartUpload():
            return [] if announced(command, file.upload.started_at) == file.upload else NoSuchFile()
        case AbandonUpload():
            return abandon(command, file)
        case _ if command.organisation_id != file.upload.organisation_id:
            return NoSuchFile()
        case FinishUpload():
            return finish(command, file)
        case RemoveFile():
            return remove(command, file)
        case unhandled:
            assert_never(unhandled)


def start(command: StartUpload) -> Decision:
    if command.declared_type not in types.TAKEN:
        return TypeNotTaken(command.declared_type)
    limit = command.limits.of(command.declared_type)
    if not 1 <= command.size_bytes <= limit:
        return SizeNotPossible(size_bytes=command.size_bytes, limit=limit)
    if command.visibility is Visibility.PUBLIC and command.declared_type not in types.IMAGES:
        return OnlyImagesArePublic(command.declared_type)
    return [announced(command, command.at)]


def finish(command: FinishUpload, file: Announced) -> Decision:
    upload, found = file.upload, command.found
    if isinstance(file, Stored):
        return [] if file.stored.sha256 == found.sha256 else UploadIsOver("stored")
    if isinstance(file, Gone):
        reason = turned_away(command, upload)
        known = isinstance(file.why, FileRefused) and file.why.reason is reason
        return [] if known else UploadIsOver(file.status)
    if (reason := turned_away(command, upload)) is not None:
        return [
            FileRefused(
                file_id=upload.file_id,
                organisation_id=upload.organisation_id,
                user_id=upload.user_id,
                reason=reason,
                refused_at=command.at,
            )
        ]
    return kept(command, upload)


def kept(command: FinishUpload, upload: UploadStarted) -> list[FileEvent]:
    stored = FileStored(
        file_id=upload.file_id,
        organisation_id=upload.organisation_id,
        user_id=upload.user_id,
        sha256=command.found.sha256,
        media_type=upload.declared_type,
        size_bytes=command.found.size_bytes,
        visibility=upload.visibility,
        purpose=upload.purpose,
        stored_at=command.at,
        length_milliseconds=command.found.length_milliseconds,
    )
    if (copy := command.copy) is None:
        return [stored]
    made = PublicCopyMade(
        file_id=upload.file_id,
        organisation_id=upload.organisation_id,
        user_id=upload.user_id,
        sha256=copy.sha256,
        media_type=copy.media_type,
        size_bytes=copy.size_bytes,
        made_at=command.at,
    )
    return [stored, made]


def turned_away(command: FinishUpload, upload: UploadStarted) -> RefusalReason | None:
    """Why the content is not kept, None when it is."""
    found, digest = command.found, upload.declared_sha256 or command.digest
    if found.sha256 != digest or found.size_bytes != upload.size_bytes:
        return RefusalReason.HASH
    if found.infected:
        return RefusalReason.VIRUS
    if found.media_type != upload.declared_type:
        return RefusalReason.TYPE
    if found.too_large or found.size_bytes > command.limits.of(upload.declared_type):
        return RefusalReason.SIZE
    # An image that cannot be cleaned is none.
    if upload.visibility is Visibility.PUBLIC and command.copy is None:
        return RefusalReason.TYPE
    return None


def remove(command: RemoveFile, file: Announced) -> Decision:
    if isinstance(file, Gone):
        return []
    if file.held and not command.forgetting:
        return FileIsHeld(file.held[0].by)
    upload = file.upload
    return [
        FileRemoved(
            file_id=upload.file_id,
            organisation_id=upload.organisation_id,
            user_id=upload.user_id,
            removed_by=command.by,
            removed_at=command.at,
        )
    ]


def follow(command: Following, file: File) -> Decision:
    """A file that nobody announced, that is gone or somebody else's is not held."""
    if not isinstance(file, Uploading | Stored):
        return []
    match command:
        case Hold():
            return hold(command, file)
        case Unshare():
            return unshare(command, file)
        case Release():
            return release(command, file)
        case unhandled:
            assert_never(unhandled)


def hold(command: Hold, file: Uploading | Stored) -> list[FileEvent]:
    upload = file.upload
    if command.organisation_id not in (None, upload.organisation_id):
        return []
    reader = command.reader_id if upload.purpose in SHARED else None
    known = {one.reader_id for one in file.held if one.by == command.by}
    if reader in known or (known and reader is None):
        return []
    return [
        FileHeld(
            file_id=upload.file_id,
            organisation_id=upload.organisation_id,
            user_id=upload.user_id,
            held_by=command.by,
            reader_id=reader,
            held_at=command.at,
        )
    ]


def unshare(command: Unshare, file: Uploading | Stored) -> list[FileEvent]:
    upload = file.upload
    if Held(by=command.by, reader_id=command.reader_id) not in file.held:
        return []
    return [
        FileUnshared(
            file_id=upload.file_id,
            organisation_id=upload.organisation_id,
            user_id=upload.user_id,
            held_by=command.by,
            reader_id=command.reader_id,
            unshared_at=command.at,
        )
    ]


def release(command: Release, file: Uploading | Stored) -> list[FileEvent]:
    """Nothing is kept that nothing relies on any more: whoever let go of it will not ask again."""
    upload = file.upload
    if command.organisation_id != upload.organisation_id:
        return []
    if command.by not in {one.by for one in file.held}:
        return []
    released = FileReleased(
        file_id=upload.file_id,
        organisation_id=upload.organisation_id,
        user_id=upload.user_id,
        held_by=command.by,
        released_at=command.at,
    )
    if any(one.by != command.by for one in file.held):
        return [released]
    removed = FileRemoved(
        file_id=upload.file_id,
        organisation_id=upload.organisation_id,
        user_id=upload.user_id,
        removed_by=command.by,
        removed_at=command.at,
    )
    return [released, removed]


def abandon(command: AbandonUpload, file: Announced) -> Decision:
    if not isinstance(file, Uploading) or command.at < file.upload.expires_at:
        return []
    upload = file.upload
    return [
        UploadAbandoned(
            file_id=upload.file_id,
            organisation_id=upload.organisation_id,
            user_id=upload.user_id,
            abandoned_at=command.at,
        )
    ]


def announced(command: StartUpload, at: datetime) -> UploadStarted:
    return UploadStarted(
        file_id=command.file_id,
        organisation_id=command.organisation_id,
        user_id=command.user_id,
        name=command.name,
        declared_type=command.declared_type,
        size_bytes=command.size_bytes,
        declared_sha256=command.declared_sha256,
        visibility=command.visibility,
        purpose=command.purpose,
        started_at=at,
        expires_at=at + LIFETIME,
    )


# --- Timers -----------------------------------------------------------------


def timers(event: FileEvent) -> tuple[SetTimer | CancelTimer, ...]:
    """An upload that is not complete in time is given up."""
    match event:
        case UploadStarted():
            return (SetTimer(ABANDON, event.expires_at),)
        case FileStored() | FileRefused() | FileRemoved():
            return (CancelTimer(ABANDON),)
        case PublicCopyMade() | UploadAbandoned() | FileHeld() | FileUnshared() | FileReleased():
            return ()
        case unhandled:
            assert_never(unhandled)


def on_timer(name: str, _: str, due: datetime) -> Command:
    """The command of a timer that came due. LookupError when no timer has that name."""
    if name != ABANDON:
        raise LookupError(name)
    return AbandonUpload(due)
