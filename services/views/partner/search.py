"""Search as people type it: without accents, capitals or wildcards."""

import unicodedata
from datetime import UTC, datetime

LATEST = datetime.max.replace(tzinfo=UTC)
"""After every time there is: where a list that shows the newest first begins."""


def normalised(*texts: str) -> str:
    """The texts in one line, without accents and capitals."""
    decomposed = unicodedata.normalize("NFKD", " | ".join(texts))
    return "".join(c for c in decomposed if not unicodedata.combining(c)).casefold()


def pattern(text: str) -> str:
    """A LIKE pattern that finds `text` anywhere in a normalised line; empty text finds all."""
    escaped = normalised(text.strip())
    for special in ("\\", "%", "_"):
        escaped = escaped.replace(special, f"\\{special}")
    return f"%{escaped}%"
