"""Searches lists by text as people type it, and by how far away something is.

A row has its `words` in a column, and its table keeps them taken apart in another one (`KEPT`),
with an index (`INDEX`). `sought` is what somebody typed: each word of it is the beginning of a word
that is kept, in any order.
"""

import math
import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import NewType

EARTH_KM = 6371.0

LATEST = datetime.max.replace(tzinfo=UTC)
"""After every time there is: where a list that shows the newest first begins."""


Words = NewType("Words", str)
"""The words of a row in one line; a field of this type has the column and index of `KEPT`."""
NO_WORDS = Words("")

KEPT = (
    "{column}_words tsvector not null"
    " generated always as (array_to_tsvector(string_to_array({column}, ' '))) stored"
)
"""The column that keeps those of another one taken apart, so that no question has to."""
INDEX = "using gin ({column}_words)"

MOST_WORDS = 20
"""How many words of a question count."""
SHORT = 2
"""Letters of a word that does not tell much."""
LONG = 100
"""Letters of a word that count: PostgreSQL takes one of 2 046 bytes at most."""

# NFKD takes these for letters of their own.
_LETTERS = str.maketrans({"œ": "oe", "æ": "ae", "ø": "o", "ł": "l", "đ": "d"})
_SHORT = {"st": "saint", "ste": "sainte"}
_WORD = re.compile(r"[^\W_]+")
# Within a name: e-208, L'Isle-d'Abeau; the apostrophe as it is typed and as it is printed.
_NAME = re.compile(r"[^\W_]+(?:['\u2019\u02bc\u2010\u2011-][^\W_]+)*")


def words(*texts: str) -> Words:
    """The words of the texts in one line, each once, as they are kept to be searched.

    Without accents and capitals, ligatures as two letters, "st" as "saint". A name that is written
    with a hyphen or an apostrophe is kept in one word too.
    """
    found: dict[str, None] = {}
    for name in _NAME.findall(_folded(" ".join(texts))):
        parts = _WORD.findall(name)
        for part in parts:
            found[_SHORT.get(part, part[:LONG])] = None
        found["".join(parts)[:LONG]] = None
    return Words(" ".join(found))


def filed_under(text: str) -> str:
    """The text that a name is put in order by: É stands with E, and capitals change nothing."""
    return " ".join(_WORD.findall(_folded(text)))


def question(text: str) -> str:
    """The typed text as a `tsquery`; empty when there is no word in it."""
    return " & ".join(map(_beginning, _typed(text)))


def telling(text: str) -> str:
    """The same without its short words, as far as there are longer ones."""
    typed = _typed(text)
    return " & ".join(map(_beginning, [one for one in typed if len(one) > SHORT] or typed))


@dataclass(frozen=True, slots=True)
class Sought:
    """The condition of a query, with its values, for what somebody typed; false without a word.

    It may be typed in several forms, one of which has to be met.
    """

    forms: Mapping[str, str]
    """Each as a `tsquery`, with its telling words alone."""

    def __bool__(self) -> bool:
        return bool(self.forms)

    def met_by(self, column: str) -> str:
        """SQL: the words of the column, which are kept taken apart too, meet one of the forms.

        The index is asked for the telling words: very many words begin as a short one does, and an
        index reads what it knows of each of them.
        """
        return f"({' or '.join(self._met(column, n, form) for n, form in enumerate(self.forms))})"

    def _met(self, column: str, n: int, form: str) -> str:
        kept = f"{column}_words"
        asked = f"{kept} @@ %(telling_{n})s::tsquery"
        if self.forms[form] == form:
            return asked
        # Concatenated with nothing, the words are not what the index is over.
        return f"({asked} and ({kept} || ''::tsvector) @@ %(form_{n})s::tsquery)"

    @property
    def values(self) -> dict[str, object]:
        """The values of the condition, of whatever column."""
        found: dict[str, object] = {}
        for n, (form, telling_words) in enumerate(self.forms.items()):
            found[f"telling_{n}"] = telling_words
            if form != telling_words:
                found[f"form_{n}"] = form
        return found


def sought(*typed: str) -> Sought:
    """The search for a typed text, in each of these forms of it."""
    asked = {question(form): telling(form) for form in typed}
    return Sought({form: words for form, words in asked.items() if form})


def _typed(text: str) -> list[str]:
    found = (word[:LONG] for word in _WORD.findall(_folded(text)))
    return list(dict.fromkeys(found))[:MOST_WORDS]


def _beginning(word: str) -> str:
    # A word has letters and digits only, so nothing in it has a meaning for the database.
    whole = f"'{word}':*"
    return f"('{_SHORT[word]}':* | {whole})" if word in _SHORT else whole


def _folded(text: str) -> str:
    if text.isascii():
        return text.lower()
    decomposed = unicodedata.normalize("NFKD", text.casefold().translate(_LETTERS))
    return "".join(c for c in decomposed if not unicodedata.combining(c)).casefold()


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
