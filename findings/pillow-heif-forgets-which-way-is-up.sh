#!/usr/bin/env bash
# One expects: a photo of a phone that lies on its side and says so in EXIF still says so after
#   `image.save(target, "HEIF", exif=image.getexif())`. pillow-heif documents that `exif` may be bytes
#   or Pillow's own `Image.Exif`; other formats of Pillow keep the turn with either.
# What happens: given bytes, the HEIC is turned. Given `Image.Exif` it is not: the tag is written into
#   the EXIF block, where a reader of HEIC has to ignore it, and nothing into the file's own rotation.
#   pillow-heif itself then reads the photo as upright. Without `exif` it is turned as well.
# Versions: pillow-heif 1.8.1 (libheif 1.23.6), pillow 13.0.0.
# Where it matters to us: our files of people come as HEIC and go out as JPEG, so we write none; a
#   test photo with a turn, or a copy in HEIC, has to be saved with the bytes.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
env PIP_DISABLE_PIP_VERSION_CHECK=1 venv/bin/pip install --quiet pillow-heif==1.8.1 pillow==13.0.0
venv/bin/python - <<'PY'
import io
from importlib.metadata import version

import pillow_heif
from PIL import ExifTags, Image, ImageOps

pillow_heif.register_heif_opener()
print(f"pillow-heif {version('pillow-heif')}, pillow {version('pillow')}")
QUARTER_TURN = 6


def photo() -> Image.Image:
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation] = QUARTER_TURN
    file = io.BytesIO()
    Image.new("RGB", (80, 40)).save(file, "JPEG", exif=exif)
    return Image.open(file)


def shown(form: str, **given: object) -> str:
    """How a viewer that heeds every turn shows what was saved."""
    file = io.BytesIO()
    photo().save(file, form, **given)
    wide, high = ImageOps.exif_transpose(Image.open(file)).size
    return "upright" if high > wide else "on its side"


seen = {}
for form in ("JPEG", "PNG", "WEBP", "HEIF"):
    by_bytes = shown(form, exif=photo().info["exif"])
    by_object = shown(form, exif=photo().getexif())
    seen[form] = by_bytes, by_object
    print(f"{form}: saved with exif as bytes {by_bytes}, as Image.Exif {by_object}")
assert seen.pop("HEIF") == ("upright", "on its side")
assert set(seen.values()) == {("upright", "upright")}
assert shown("HEIF") == "upright"
print("seen: the same EXIF turns the photo as bytes and not as an object")
PY
