"""Makes copies of images that tell nothing more and cost little; runs as a process of its own.

    python pictures.py CONTENT MEDIA_TYPE TARGET SECONDS SIDE

It imports nothing of ours: each picture pays for the start of the process.
"""

import io
import signal
import struct
import sys
import warnings
from collections.abc import Mapping, Sequence
from pathlib import Path

import pillow_heif
from PIL import ExifTags, Image, ImageCms

pillow_heif.register_heif_opener()

MADE, UNREADABLE, TOO_LARGE = 0, 3, 4
"""How the process ends; it is killed by SIGPROF when its seconds of processor are over."""
HEIC = "image/heic"
MOST_PIXELS: Mapping[str, int] = {
    "image/jpeg": 50_000_000,
    "image/png": 25_000_000,
    HEIC: 25_000_000,
}
"""More cannot be decoded in a second."""
MOST_SIDE = 2_048
"""Pixels of the longer side of a public copy at most."""
QUALITY = 90
FASTEST = 1
"""How hard zlib tries: a PNG is a tenth larger, and written three times as fast."""
KEPT = ("transparency",)
_FORMATS = {"image/jpeg": "JPEG", "image/png": "PNG", HEIC: "HEIF"}
_COPIES = {HEIC: "image/jpeg"}
_CONVERTED = frozenset({"RGB", "RGBA", "L", "CMYK"})
"""Modes of images whose colours can be converted by their profile."""
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


class TooLarge(Exception):
    """The image has more pixels than one of its type may have."""


def type_of_copy(media: str) -> str:
    """The type of the copy of an image: one that every browser shows."""
    return _COPIES.get(media, media)


def cleaned(content: Path, media: str, target: Path, side: int = MOST_SIDE) -> bool:
    """Write a copy of the image without EXIF and comments, in sRGB, turned as EXIF had it, and
    smaller when its longer side has more than `side` pixels.

    False when it cannot be read. Raises `TooLarge` before anything is decoded.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            _copy(content, media, target, side)
    except Image.DecompressionBombError as error:
        raise TooLarge from error
    # What Pillow and libheif raise for images that are damaged, or made to damage.
    except (OSError, ValueError, SyntaxError, struct.error, EOFError, RuntimeError):
        return False
    return True


def _copy(content: Path, media: str, target: Path, side: int) -> None:
    made = _FORMATS[type_of_copy(media)]
    with Image.open(content, formats=[_FORMATS[media]]) as image:
        if image.width * image.height > MOST_PIXELS[media]:
            raise TooLarge
        profile = image.info.get("icc_profile")
        # Not `exif_transpose`: it writes the EXIF anew, which fails in many ways when that is odd.
        turn = _TURNS.get(image.getexif().get(ExifTags.Base.Orientation))
        # Does nothing to a small one; of a large JPEG only a part is decoded.
        image.thumbnail((side, side), Image.Resampling.BOX, reducing_gap=1.0)
        turned = image.copy() if turn is None else image.transpose(turn)
        copy = _in_srgb(turned, profile)
        if (copy.mode, made) == ("RGBA", "JPEG"):
            copy = copy.convert("RGB")
        copy.info = {key: turned.info[key] for key in KEPT if key in turned.info}
        copy.save(target, made, quality=QUALITY, compress_level=FASTEST)


def _in_srgb(image: Image.Image, profile: bytes | None) -> Image.Image:
    """The image with the colours that its profile means: the copy has none, so it is sRGB.

    A profile that cannot be read changes nothing.
    """
    if not profile or image.mode not in _CONVERTED:
        return image
    mode = "RGBA" if image.mode == "RGBA" else "RGB"
    try:
        meant = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        standard = ImageCms.createProfile("sRGB")
        return ImageCms.profileToProfile(image, meant, standard, outputMode=mode) or image
    except (ImageCms.PyCMSError, OSError, ValueError):
        return image


def main(arguments: Sequence[str]) -> int:
    """Make one copy of that size, within so many seconds of processor."""
    content, media, target, seconds, side = arguments
    signal.setitimer(signal.ITIMER_PROF, float(seconds))
    try:
        made = cleaned(Path(content), media, Path(target), int(side))
    except TooLarge:
        return TOO_LARGE
    return MADE if made else UNREADABLE


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
