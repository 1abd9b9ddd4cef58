#!/usr/bin/env bash
# One expects: text in a QR code comes out of a reader as it went in. ISO 8859-1 is what the standard
#   of QR codes takes where a code names no encoding, so text that fits in it needs no name.
# What happens: segno writes such text as ISO 8859-1 and names nothing. zxing-cpp guesses, takes some
#   of it for Japanese, and says nothing of that: the sign of "N° 12" becomes a katakana sound mark,
#   "100 £" and "àé" become other characters, while "Noël" is read. Text in UTF-8 with its encoding
#   named (`encoding="utf-8", eci=True`) is read as it was written.
# Versions: segno 1.6.6, zxing-cpp 3.1.1.
# Where it matters to us: the codes on the labels of parcels are drawn by segno and read by cameras.
#   They are tracking numbers and SSCCs, which are ASCII; any text that people write, such as an
#   address, would have to name its encoding.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
env PIP_DISABLE_PIP_VERSION_CHECK=1 venv/bin/pip install --quiet segno==1.6.6 zxing-cpp==3.1.1 pillow==13.0.0
venv/bin/python - <<'PY'
import io
from importlib.metadata import version

import segno
import zxingcpp
from PIL import Image

print(f"segno {version('segno')}, zxing-cpp {version('zxing-cpp')}")


def read(code: segno.QRCode) -> str:
    picture = io.BytesIO()
    code.save(picture, kind="png", scale=4)
    [found] = zxingcpp.read_barcodes(Image.open(picture))
    return found.text


EXPECTED = {"Noël": "Noël", "N° 12": "N\uff70 12", "100 £": "100 \uff63", "àé": "琺"}
for text, wrong in EXPECTED.items():
    plain = read(segno.make(text, micro=False))
    named = read(segno.make(text, micro=False, encoding="utf-8", eci=True))
    print(f"written {text!r}: read {plain!r}; with its encoding named {named!r}")
    assert (plain, named) == (wrong, text)
print("seen: what is read depends on the text, and nothing warns")
PY
