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
from services.media.types import Limits

NOON = datetime(2030, 5, 1, 12, 0, tzinfo=UTC)
LATER = NOON + timedelta(minutes=40)
SECOND = timedelta(seconds=1)
LIMITS = Limits(document=1000, video=5000)
SHA = "ab" * 32
WHOSE = ("f-1", "hiflow", "ada")
COPY = PublicCopy("cd" * 32, "image/jpeg", 600)


def start(
    media: str = "application/pdf",
    size: int = 700,
    visibility: Visibility = Visibility.PRIVATE,
    organisation: str = "hiflow",
    at: datetime = NOON,
) -> StartUpload:
    return StartUpload(
        "f-1", organisation, "ada", "a.pdf", media, size, SHA, visibility, Purpose.PAPER, LIMITS, at
    )


def started(
    media: str = "application/pdf",
    size: int = 700,
    visibility: Visibility = Visibility.PRIVATE,
    purpose: Purpose = Purpose.PAPER,
) -> UploadStarted:
    end = NOON + LIFETIME
    return UploadStarted(*WHOSE, "a.pdf", media, size, SHA, visibility, purpose, NOON, end)


def finish(
    found: Found | None = None,
    copy: PublicCopy | None = None,
    limits: Limits = LIMITS,
    organisation: str = "hiflow",
) -> FinishUpload:
    return FinishUpload(organisation, found or content(), copy, limits, LATER)


def content(
    sha256: str = SHA, size: int = 700, media: str | None = "application/pdf", virus: bool = False
) -> Found:
    return Found(sha256, size, media, virus)


def stored(
    media: str = "application/pdf", size: int = 700, visibility: Visibility = Visibility.PRIVATE
) -> FileStored:
    return FileStored(*WHOSE, SHA, media, size, visibility, Purpose.PAPER, LATER)


def refused(reason: RefusalReason) -> FileRefused:
    return FileRefused(*WHOSE, reason, LATER)


def copied() -> PublicCopyMade:
    return PublicCopyMade(*WHOSE, COPY.sha256, COPY.media_type, COPY.size_bytes, LATER)


def removed() -> FileRemoved:
    return FileRemoved(*WHOSE, "ada", LATER)


def hold(
    by: str = "trip-t-1", reader: str | None = None, organisation: str | None = "hiflow"
) -> Hold:
    return Hold("f-1", organisation, by, reader, LATER)


def held(by: str = "trip-t-1", reader: str | None = None) -> FileHeld:
    return FileHeld(*WHOSE, by, reader, LATER)


def unshare(reader: str = "bob") -> Unshare:
    return Unshare("f-1", "trip-t-1", reader, LATER)


def unshared() -> FileUnshared:
    return FileUnshared(*WHOSE, "trip-t-1", "bob", LATER)


def abandoned() -> UploadAbandoned:
    return UploadAbandoned(*WHOSE, NOON + LIFETIME)


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
