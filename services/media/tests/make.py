"""Valid messages and contents with sensible defaults; a test names only what it is about."""

import hashlib
import io
import zipfile
from datetime import UTC, datetime, timedelta

from PIL import Image

from contracts.media.file_v1 import (
    FileHeld,
    FileRefused,
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
from services.media.file import (
    LIFETIME,
    FinishUpload,
    Found,
    Hold,
    PublicCopy,
    StartUpload,
    Unshare,
)
from services.media.file.types import Limits

NOON = datetime(2030, 5, 1, 12, 0, tzinfo=UTC)
LATER = NOON + timedelta(minutes=40)
SECOND = timedelta(seconds=1)
LIMITS = Limits(document=1000, video=5000)
SHA = "ab" * 32
COPY = PublicCopy(sha256="cd" * 32, media_type="image/jpeg", size_bytes=600)


def start(
    media: str = "application/pdf",
    size: int = 700,
    visibility: Visibility = Visibility.PRIVATE,
    organisation: str = "hiflow",
    at: datetime = NOON,
) -> StartUpload:
    return StartUpload(
        file_id="f-1",
        organisation_id=organisation,
        user_id="ada",
        name="a.pdf",
        declared_type=media,
        size_bytes=size,
        declared_sha256=SHA,
        visibility=visibility,
        purpose=Purpose.PAPER,
        limits=LIMITS,
        at=at,
    )


def started(
    media: str = "application/pdf",
    size: int = 700,
    visibility: Visibility = Visibility.PRIVATE,
    purpose: Purpose = Purpose.PAPER,
) -> UploadStarted:
    return UploadStarted(
        file_id="f-1",
        organisation_id="hiflow",
        user_id="ada",
        name="a.pdf",
        declared_type=media,
        size_bytes=size,
        declared_sha256=SHA,
        visibility=visibility,
        purpose=purpose,
        started_at=NOON,
        expires_at=NOON + LIFETIME,
    )


def finish(
    found: Found | None = None,
    copy: PublicCopy | None = None,
    limits: Limits = LIMITS,
    organisation: str = "hiflow",
) -> FinishUpload:
    return FinishUpload(
        organisation_id=organisation,
        found=found or content(),
        copy=copy,
        limits=limits,
        at=LATER,
    )


def content(
    sha256: str = SHA, size: int = 700, media: str | None = "application/pdf", virus: bool = False
) -> Found:
    return Found(sha256=sha256, size_bytes=size, media_type=media, infected=virus)


def stored(
    media: str = "application/pdf", size: int = 700, visibility: Visibility = Visibility.PRIVATE
) -> FileStored:
    return FileStored(
        file_id="f-1",
        organisation_id="hiflow",
        user_id="ada",
        sha256=SHA,
        media_type=media,
        size_bytes=size,
        visibility=visibility,
        purpose=Purpose.PAPER,
        stored_at=LATER,
    )


def refused(reason: RefusalReason) -> FileRefused:
    return FileRefused(
        file_id="f-1", organisation_id="hiflow", user_id="ada", reason=reason, refused_at=LATER
    )


def copied() -> PublicCopyMade:
    return PublicCopyMade(
        file_id="f-1",
        organisation_id="hiflow",
        user_id="ada",
        sha256=COPY.sha256,
        media_type=COPY.media_type,
        size_bytes=COPY.size_bytes,
        made_at=LATER,
    )


def removed() -> FileRemoved:
    return FileRemoved(
        file_id="f-1", organisation_id="hiflow", user_id="ada", removed_by="ada", removed_at=LATER
    )


def hold(
    by: str = "trip-t-1", reader: str | None = None, organisation: str | None = "hiflow"
) -> Hold:
    return Hold(file_id="f-1", organisation_id=organisation, by=by, reader_id=reader, at=LATER)


def held(by: str = "trip-t-1", reader: str | None = None) -> FileHeld:
    return FileHeld(
        file_id="f-1",
        organisation_id="hiflow",
        user_id="ada",
        held_by=by,
        reader_id=reader,
        held_at=LATER,
    )


def unshare(reader: str = "bob") -> Unshare:
    return Unshare(file_id="f-1", by="trip-t-1", reader_id=reader, at=LATER)


def unshared() -> FileUnshared:
    return FileUnshared(
        file_id="f-1",
        organisation_id="hiflow",
        user_id="ada",
        held_by="trip-t-1",
        reader_id="bob",
        unshared_at=LATER,
    )


def abandoned() -> UploadAbandoned:
    return UploadAbandoned(
        file_id="f-1",
        organisation_id="hiflow",
        user_id="ada",
        abandoned_at=NOON + LIFETIME,
    )


# --- Contents ---------------------------------------------------------------

PDF = b"%PDF-1.7\n" + bytes(range(256)) * 8 + b"\n%%EOF\n"
MP4 = b"\0\0\0\x18ftypmp42\0\0\0\0mp42isom" + bytes(64)
MOV = b"\0\0\0\x14ftypqt  \0\0\2\0qt  " + bytes(64)
WEBM = bytes.fromhex("1a45dfa39f4286810142f7810142f2810442f381084282847765626d") + bytes(64)
_OLE = bytes.fromhex("d0cf11e0a1b11ae1")
DOC = _OLE + bytes(1000) + "WordDocument".encode("utf-16-le")
XLS = _OLE + bytes(1000) + "Workbook".encode("utf-16-le")
HTML = b"<html><script>alert(1)</script></html>"
EXE = b"MZ" + bytes(600)


def sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def image(
    kind: str = "JPEG", where: str = "Rue de Rivoli", size: tuple[int, int] = (40, 20)
) -> bytes:
    """A photo that tells where it was taken and is to be turned a quarter."""
    exif = Image.Exif()
    exif[0x010E] = where
    exif[0x0112] = 6
    target = io.BytesIO()
    Image.new("RGB", size, "red").save(target, kind, exif=exif)
    return target.getvalue()


def office(*names: str) -> bytes:
    """A zip with entries of these names."""
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as archive:
        for name in names:
            archive.writestr(name, "<x/>")
    return target.getvalue()


DOCX = office("[Content_Types].xml", "word/document.xml")
XLSX = office("[Content_Types].xml", "xl/workbook.xml")
