"""What lists are searched by: text as people type it, and how far away something is."""

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


def away_km(latitude: str, longitude: str, from_latitude: str, from_longitude: str) -> str:
    """SQL for the great-circle distance of two places in kilometres, from SQL for degrees."""
    return f"""
    (12742 * asin(sqrt(least(1, power(sin(radians({latitude} - {from_latitude}) / 2), 2)
     + cos(radians({from_latitude})) * cos(radians({latitude}))
     * power(sin(radians({longitude} - {from_longitude}) / 2), 2)))))
    """
