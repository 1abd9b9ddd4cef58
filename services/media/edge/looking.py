"""What is in a file, whatever it is called; and the copy of an image that tells nothing more."""

import mmap
import warnings
import zipfile
from pathlib import Path

import puremagic
from PIL import Image, ImageOps

from services.media import types

HEAD = 4096
MOST_PIXELS = 50_000_000
QUALITY = 90
KEPT = ("transparency",)
_OLE = bytes.fromhex("d0cf11e0a1b11ae1")
_ZIP = b"PK\x03\x04"
_OFFICE = {"word/document.xml": types.WORD, "xl/workbook.xml": types.EXCEL}
_FORMATS = {"image/jpeg": "JPEG", "image/png": "PNG"}
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
        with warnings.catch_warnings(), Image.open(content, formats=[_FORMATS[media]]) as image:
            warnings.simplefilter("ignore")
            if image.width * image.height > MOST_PIXELS:
                return False
            turned = ImageOps.exif_transpose(image)
            turned.info = {key: turned.info[key] for key in KEPT if key in turned.info}
            turned.save(target, _FORMATS[media], quality=QUALITY)
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError):
        return False
    return True
