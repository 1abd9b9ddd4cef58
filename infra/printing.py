"""Documents are set with the fonts that come with the product, and with no others.

So a document has the same bytes on every machine, and what no font has is refused where it is
entered instead of making the document impossible.
"""

import json
from datetime import datetime
from functools import lru_cache
from typing import Final

import typst

STANDARD: Final = "a-3b"
MOST_NAMED = 3
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
