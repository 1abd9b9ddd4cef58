"""Finds out the type of a content, whatever its name."""

import re
import struct
import zipfile
import zlib
from pathlib import Path

import olefile
import puremagic
from lxml import etree

from services.media.file import types

HEAD = 4096
_OLE = bytes.fromhex("d0cf11e0a1b11ae1")
_ZIP = b"PK\x03\x04"
_MATROSKA = bytes.fromhex("1a45dfa3")
_WEBM = bytes.fromhex("428284") + b"webm"
_PDF = re.compile(
    rb"(?:\xef\xbb\xbf)?(?:[A-Za-z][A-Za-z0-9-]*:[ \t][^\r\n<>]*\r?\n)*[\0\t\n\f\r ]*%PDF-"
)
"""The bytes programs put before a PDF: a mark, headers of a mail, blank space; never a page."""
PDF_WITHIN = 1024
"""The first bytes, among which readers look for a PDF to begin."""
_RELATIONSHIPS = "_rels/.rels"
_CONTENT_TYPES = "[content_types].xml"
MOST_PART_BYTES = 1024 * 1024
"""A part of a document that says what the others are is a few kilobytes."""
_MAIN_PART = frozenset(
    {
        "http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument",
        "http://purl.oclc.org/ooxml/officeDocument/relationships/officeDocument",
    }
)
_OFFICE = {
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml": types.WORD,
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml": types.EXCEL,
}
_HEIC_BRANDS = frozenset({b"heic", b"heix", b"heim", b"heis"})
_STARTS = {
    b"\xff\xd8\xff": "image/jpeg",
    b"\x89PNG\r\n\x1a\n": "image/png",
}


def media_type(content: Path) -> str | None:
    """The type the content has, if it is one that is taken. Blocks; run it in a thread."""
    with content.open("rb") as file:
        head = file.read(HEAD)
    if head.startswith(_ZIP):
        return _zipped(content)
    if head.startswith(_OLE):
        return _compound(content)
    for start, found in _STARTS.items():
        if head.startswith(start):
            return found
    if _PDF.match(head[: PDF_WITHIN + len(b"%PDF-")]):
        return "application/pdf"
    if head[4:8] == b"ftyp" and head[8:12] in _HEIC_BRANDS:
        return types.HEIC
    return _video(head)


def _video(head: bytes) -> str | None:
    if head.startswith(_MATROSKA) and _WEBM not in head:
        return None
    try:
        guessed = puremagic.from_string(head, mime=True)
    except (puremagic.PureError, ValueError):
        return None
    return guessed if guessed in types.VIDEOS else None


def _zipped(content: Path) -> str | None:
    """Word or Excel of today, whatever its parts are called; without macros."""
    try:
        with zipfile.ZipFile(content) as archive:
            return _office(archive)
    # What the standard library and the parser raise for archives that are damaged, or made to.
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError, RuntimeError):
        return None
    except (EOFError, KeyError, struct.error, zlib.error, etree.XMLSyntaxError):
        return None


def _office(archive: zipfile.ZipFile) -> str | None:
    """The type of the part that the package calls its document."""
    parts = {_part(info.filename): info for info in archive.infolist()}
    if any(name.endswith("vbaproject.bin") for name in parts):
        return None
    if _RELATIONSHIPS not in parts or _CONTENT_TYPES not in parts:
        return None
    relationships = _xml(archive, parts[_RELATIONSHIPS]).iter("{*}Relationship")
    targets = [one.get("Target", "") for one in relationships if one.get("Type") in _MAIN_PART]
    if len(targets) != 1 or (main := _part(targets[0])) not in parts:
        return None
    return _OFFICE.get(_type_of(main, _xml(archive, parts[_CONTENT_TYPES])))


def _type_of(part: str, declared: etree._Element) -> str:
    """The content type of a part: its own, else that of its ending."""
    for override in declared.iter("{*}Override"):
        if _part(override.get("PartName", "")) == part:
            return str(override.get("ContentType", ""))
    ending = part.rpartition(".")[2]
    endings = declared.iter("{*}Default")
    found = (one.get("ContentType", "") for one in endings if one.get("Extension", "") == ending)
    return str(next(found, ""))


def _part(name: str) -> str:
    """The name of a part as it is compared: without case, and some programs write it as a path."""
    return name.replace("\\", "/").lstrip("/").removeprefix("./").lower()


def _xml(archive: zipfile.ZipFile, part: zipfile.ZipInfo) -> etree._Element:
    """A small part, read without entities. Raises ValueError for one that is not small."""
    with archive.open(part) as opened:
        text = opened.read(MOST_PART_BYTES + 1)
    if len(text) > MOST_PART_BYTES:
        raise ValueError(f"{part.filename} is too large")
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False)
    return etree.fromstring(text, parser)


def _compound(content: Path) -> str | None:
    """Word or Excel of before 2007, told apart by the streams at its root: others are embedded."""
    try:
        with olefile.OleFileIO(content) as compound:
            names = {path[0].lower() for path in compound.listdir() if len(path) == 1}
    # What olefile raises for files that are damaged, or made to damage.
    except (OSError, ValueError, IndexError, TypeError, struct.error, RecursionError):
        return None
    word, excel = "worddocument" in names, bool(names & {"workbook", "book"})
    if word == excel:
        return None
    return types.OLD_WORD if word else types.OLD_EXCEL
