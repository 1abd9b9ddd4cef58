"""Finds out the type of a content, whatever its name; makes images that tell nothing more."""

import mmap
import struct
import warnings
import zipfile
from pathlib import Path

import puremagic
from PIL import ExifTags, Image

from services.media.file import types

HEAD = 4096
MOST_PIXELS = 50_000_000
QUALITY = 90
KEPT = ("transparency",)
_OLE = bytes.fromhex("d0cf11e0a1b11ae1")
_ZIP = b"PK\x03\x04"
_MATROSKA = bytes.fromhex("1a45dfa3")
_WEBM = bytes.fromhex("428284") + b"webm"
_OFFICE = {"word/document.xml": types.WORD, "xl/workbook.xml": types.EXCEL}
_FORMATS = {"image/jpeg": "JPEG", "image/png": "PNG"}
_TURNS: dict[object, Image.Transpose] = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
"""The transposition that undoes each orientation of EXIF."""
_STARTS = {
    b"%PDF-": "application/pdf",
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
    """Word or Excel of today; without macros, which have types of their own."""
    try:
        with zipfile.ZipFile(content) as archive:
            names = set(archive.namelist())
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError):
        return None
    if "[Content_Types].xml" not in names or any(name.endswith("vbaProject.bin") for name in names):
        return None
    found = [media for name, media in _OFFICE.items() if name in names]
    return found[0] if len(found) == 1 else None


def _compound(content: Path) -> str | None:
    """Word or Excel of before 2007, told apart by the streams in its directory."""
    with content.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as whole:
        word = whole.find("WordDocument".encode("utf-16-le")) >= 0
        excel = whole.find("Workbook".encode("utf-16-le")) >= 0
    if word == excel:
        return None
    return types.OLD_WORD if word else types.OLD_EXCEL


def cleaned(content: Path, media: str, target: Path) -> bool:
    """Write a copy of the image without EXIF, comments and profiles, turned as EXIF had it.

    False when it cannot be read or is too large to. Blocks; run it in a thread.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return _cleaned(content, _FORMATS[media], target)
    # What Pillow raises for images that are damaged, or made to damage.
    except (OSError, ValueError, SyntaxError, struct.error, Image.DecompressionBombError):
        return False


def _cleaned(content: Path, kind: str, target: Path) -> bool:
    with Image.open(content, formats=[kind]) as image:
        if image.width * image.height > MOST_PIXELS:
            return False
        # Not `exif_transpose`: it writes the EXIF anew, which fails in many ways when that is odd.
        turn = _TURNS.get(image.getexif().get(ExifTags.Base.Orientation))
        turned = image.copy() if turn is None else image.transpose(turn)
        turned.info = {key: turned.info[key] for key in KEPT if key in turned.info}
        turned.save(target, kind, quality=QUALITY)
    return True
