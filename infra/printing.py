"""Documents are set with the fonts that come with the product, and with no others.

So a document has the same bytes on every machine, and what no font has is refused where it is
entered instead of making the document impossible.
"""

import json
from datetime import datetime
from functools import lru_cache
from importlib.resources import files
from typing import Final
from unicodedata import bidirectional

import typst

STANDARD: Final = "a-3b"
ARABIC: Final = "fontpkg_noto_sans_arabic"
"""The package with the font that has the Arabic letters; those of typst have none."""
MOST_NAMED = 3
_STRONG = frozenset({"L", "R", "AL"})
_PLAIN = b"#json(bytes(sys.inputs.data))"


def compiled(template: bytes, shown: object, made_at: datetime | None = None) -> bytes:
    """A PDF/A-3 of the template, which finds `shown` as JSON under `sys.inputs.data`.

    Raises `typst.TypstError` for a character that no font has.
    """
    return typst.compile(
        template,
        format="pdf",
        pdf_standards=STANDARD,
        ignore_system_fonts=True,
        sys_inputs={"data": json.dumps(shown)},
        timestamp=made_at,
    )


def unprintable(text: str) -> str:
    """The first characters of the text that no font has, at most three, in the order they come.

    Takes half a second at most.
    """
    missing = ""
    left = [] if text.isascii() else [text]
    while left and len(missing) < MOST_NAMED:
        part = left.pop()
        if _printable(part):
            continue
        if len(part) == 1:
            missing += part
        else:
            middle = len(part) // 2
            left += [part[middle:], part[:middle]]
    return missing


@lru_cache(maxsize=4096)
def _printable(text: str) -> bool:
    try:
        compiled(_PLAIN, text)
    except typst.TypstError:
        return False
    return True


def printed(template: bytes, shown: object, made_at: datetime) -> bytes:
    """A PDF for paper, with Latin and Arabic letters; `shown` is found as in `compiled`.

    It is no archive, so a character that no font has is a box. The same of all three is the same
    bytes on every machine.
    """
    return typst.compile(
        template,
        format="pdf",
        font_paths=_fonts(),
        sys_inputs={"data": json.dumps(shown)},
        timestamp=made_at.replace(microsecond=0),
    )


def archived(template: bytes, shown: object, made_at: datetime) -> bytes:
    """As `printed`, and a PDF/A-3. Raises `typst.TypstError` for a character that no font has."""
    return typst.compile(
        template,
        format="pdf",
        pdf_standards=STANDARD,
        font_paths=_fonts(),
        sys_inputs={"data": json.dumps(shown)},
        timestamp=made_at.replace(microsecond=0),
    )


@lru_cache(maxsize=1)
def _fonts() -> typst.Fonts:
    """Those of typst, and the Arabic one."""
    return typst.Fonts(
        include_system_fonts=False,
        include_embedded_fonts=True,
        font_paths=[str(files(ARABIC) / "files")],
    )


def directed(text: str) -> dict[str, object]:
    """The text and whether it is written from right to left, as its first letter says (UAX 9)."""
    ways = (bidirectional(one) for one in text)
    return {"text": text, "rtl": next((way for way in ways if way in _STRONG), "L") != "L"}
