"""Valid messages and contents with sensible defaults; a test names only what it is about."""

import hashlib
import io
import struct
import zipfile
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from types import MappingProxyType

import pillow_heif
from PIL import Image

from contracts.media.file_v1 import (
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
from services.media.file import (
    LIFETIME,
    FinishUpload,
    Found,
    Hold,
    PublicCopy,
    Release,
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
        length_milliseconds=None,
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


def release(by: str = "trip-t-1", organisation: str = "hiflow") -> Release:
    return Release(file_id="f-1", organisation_id=organisation, by=by, at=LATER)


def released(by: str = "trip-t-1") -> FileReleased:
    return FileReleased(
        file_id="f-1",
        organisation_id="hiflow",
        user_id="ada",
        held_by=by,
        released_at=LATER,
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


def zipped(*names: str) -> bytes:
    """A zip with entries of these names."""
    return archive(dict.fromkeys(names, "<x/>"))


def archive(entries: Mapping[str, str]) -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as opened:
        for name, text in entries.items():
            opened.writestr(name, text)
    return target.getvalue()


OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument"
STRICT = "http://purl.oclc.org/ooxml/officeDocument/relationships/officeDocument"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_MAIN = "application/vnd.openxmlformats-officedocument"
WORD_PART = f"{_MAIN}.wordprocessingml.document.main+xml"
EXCEL_PART = f"{_MAIN}.spreadsheetml.sheet.main+xml"


def office(
    kind: str = WORD_PART,
    part: str = "word/document.xml",
    *,
    entry: str | None = None,
    target: str | None = None,
    relationship: str = OFFICE,
    more: Mapping[str, str] = MappingProxyType({}),
    declared: str = "Override",
) -> bytes:
    """A document of an office program whose main part is of this kind and called so.

    `entry` is the name the part has in the zip, `target` that in the relationship.
    """
    own = f'<Override PartName="/{part}" ContentType="{kind}"/>'
    if declared == "Default":
        own = f'<Default Extension="xml" ContentType="{kind}"/>'
    types = f'<Types xmlns="{_PACKAGE}/content-types">{own}</Types>'
    leads = f'<Relationship Id="r1" Type="{relationship}" Target="{target or part}"/>'
    relationships = f'<Relationships xmlns="{_PACKAGE}/relationships">{leads}</Relationships>'
    known = {"[Content_Types].xml": types, "_rels/.rels": relationships, entry or part: "<x/>"}
    return archive({**known, **more})


_END, _NOBODY, _FREE = 0xFFFFFFFE, 0xFFFFFFFF, 0xFFFFFFFF


def compound(*paths: str) -> bytes:
    """A compound file of before 2007 with up to three empty streams and storages."""
    names = ["Root Entry", *(path.rpartition("/")[2] for path in paths)]
    inside = [""] + [path.rpartition("/")[0] for path in paths]
    rows = []
    for number, name in enumerate(names):
        own = "" if number == 0 else name
        children = [n for n in range(1, len(names)) if inside[n] == own and n != number]
        later = [n for n in range(number + 1, len(names)) if number and inside[n] == inside[number]]
        kind = 5 if number == 0 else 1 if children and own in inside else 2
        child = children[0] if kind != 2 and children else _NOBODY
        text = name.encode("utf-16-le") + b"\0\0"
        after = later[0] if later else _NOBODY
        start = 0 if kind == 1 else _END
        row = (text, len(text), kind, 1, _NOBODY, after, child, b"", 0, 0, 0, start, 0, 0)
        rows.append(struct.pack("<64sHBBIII16sIQQIII", *row))
    directory = b"".join(rows).ljust(512, b"\0")
    table = struct.pack("<128I", 0xFFFFFFFD, _END, *[_FREE] * 126)
    head = (bytes.fromhex("d0cf11e0a1b11ae1"), b"", 0x3E, 3, 0xFFFE, 9, 6, b"", 0, 1, 1, 0, 4096)
    begin = struct.pack("<8s16sHHHHH6sIIIII", *head)
    return begin + struct.pack("<IIII109I", _END, 0, _END, 0, 0, *[_FREE] * 108) + table + directory


def heic(mode: str = "RGB") -> bytes:
    """A photo as phones make them."""
    target = io.BytesIO()
    pillow_heif.from_pillow(Image.new(mode, (40, 20), "red")).save(target, quality=50)
    return target.getvalue()


DOCX = office()
XLSX = office(EXCEL_PART, "xl/workbook.xml")
DOC = compound("WordDocument")
XLS = compound("Workbook")
HEIC = heic()
