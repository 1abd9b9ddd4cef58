"""Searches lists by text as people type it, and by how far away something is.

A table keeps the `words` of a row in a column; `matches` finds what was typed in them. Each word
that is typed is the beginning of a word that is kept, in any order. `INDEX` finds them fast.
"""

import math
import re
import unicodedata
from dataclasses import dataclass
from datetime import UTC, datetime

EARTH_KM = 6371.0

LATEST = datetime.max.replace(tzinfo=UTC)
"""After every time there is: where a list that shows the newest first begins."""


INDEX = "using gin (array_to_tsvector(string_to_array({column}, ' ')))"
"""An index of a view over a column of words: `INDEX.replace("{column}", "search")`."""

MOST_WORDS = 20
"""How many words of a question count."""

# NFKD takes these for letters of their own.
_LETTERS = str.maketrans({"œ": "oe", "æ": "ae", "ø": "o", "ł": "l", "đ": "d"})
_SHORT = {"st": "saint", "ste": "sainte"}
_WORD = re.compile(r"[^\W_]+")
# Within a name: e-208, L'Isle-d'Abeau; the apostrophe as it is typed and as it is printed.
_NAME = re.compile(r"[^\W_]+(?:['\u2019\u02bc\u2010\u2011-][^\W_]+)*")


def words(*texts: str) -> str:
    """The words of the texts in one line, each once, as they are kept to be searched.

    Without accents and capitals, ligatures as two letters, "st" as "saint". A name that is written
    with a hyphen or an apostrophe is kept in one word too.
    """
    found: dict[str, None] = {}
    for name in _NAME.findall(_folded(" ".join(texts))):
        parts = _WORD.findall(name)
        found |= dict.fromkeys(_SHORT.get(part, part) for part in parts)
        found["".join(parts)] = None
    return " ".join(found)


def filed_under(text: str) -> str:
    """The text that a name is put in order by: É stands with E, and capitals change nothing."""
    return " ".join(_WORD.findall(_folded(text)))


def question(text: str) -> str:
    """The typed text as a `tsquery`, for `matches`; empty when there is no word in it."""
    typed = list(dict.fromkeys(_WORD.findall(_folded(text))))[:MOST_WORDS]
    return " & ".join(map(_beginning, typed))


def _beginning(word: str) -> str:
    # A word has letters and digits only, so nothing in it has a meaning for the database.
    whole = f"'{word}':*"
    return f"('{_SHORT[word]}':* | {whole})" if word in _SHORT else whole


def _folded(text: str) -> str:
    decomposed = unicodedata.normalize("NFKD", text.casefold().translate(_LETTERS))
    return "".join(c for c in decomposed if not unicodedata.combining(c)).casefold()


def matches(column: str, parameter: str) -> str:
    """SQL: the words in a column meet the question in a parameter, which is not empty."""
    return f"array_to_tsvector(string_to_array({column}, ' ')) @@ %({parameter})s::tsquery"


@dataclass(frozen=True, slots=True)
class Box:
    """A part of the earth between two parallels and two meridians, in degrees."""

    south: float
    north: float
    west: float
    east: float


def box(latitude: float, longitude: float, radius_km: float) -> Box:
    """The smallest box with everything within a distance of a place in it.

    An index finds what is in the box; `away_km` then looks at each. At a pole and where the day
    begins, the box goes round the earth.
    """
    # A hundredth wider: what lies on the edge is not lost to rounding.
    angle = radius_km * 1.01 / EARTH_KM
    height = math.degrees(angle)
    south, north = latitude - height, latitude + height
    if south <= -90 or north >= 90:
        return Box(max(south, -90), min(north, 90), -180, 180)
    width = math.degrees(math.asin(math.sin(angle) / math.cos(math.radians(latitude))))
    west, east = longitude - width, longitude + width
    if west < -180 or east > 180:
        return Box(south, north, -180, 180)
    return Box(south, north, west, east)


def away_km(latitude: str, longitude: str, from_latitude: str, from_longitude: str) -> str:
    """SQL for the great-circle distance of two places in kilometres, from SQL for degrees."""
    return f"""
    (12742 * asin(sqrt(least(1, power(sin(radians({latitude} - {from_latitude}) / 2), 2)
     + cos(radians({from_latitude})) * cos(radians({latitude}))
     * power(sin(radians({longitude} - {from_longitude}) / 2), 2)))))
    """


def distance_km(place: tuple[float, float], other: tuple[float, float]) -> float:
    """The same distance of two places, each a latitude and a longitude in degrees."""
    (north, east), (other_north, other_east) = (map(math.radians, one) for one in (place, other))
    across = math.sin((north - other_north) / 2) ** 2
    across += math.cos(other_north) * math.cos(north) * math.sin((east - other_east) / 2) ** 2
    return 2 * EARTH_KM * math.asin(math.sqrt(min(1.0, across)))
