"""Finds the language of the product that a caller reads best, by `Accept-Language` (RFC 9110)."""

import re
from collections.abc import Iterator
from functools import lru_cache

from starlette.types import Scope

from infra.catalogues import ENGLISH, LANGUAGES, language_of

REMEMBERED = 512
MOST_BYTES = 512
"""Browsers send less than a hundred; what is longer is not read."""
_RANGE = re.compile(
    r"(\*|[A-Za-z]{1,8}(?:-[A-Za-z0-9]{1,8})*)"
    r"(?:[ \t]*;[ \t]*[qQ]=(0(?:\.\d{0,3})?|1(?:\.0{0,3})?))?"
)


def asked_for(scope: Scope) -> str:
    """The language of the answer to a request."""
    given = [value for name, value in scope["headers"] if name == b"accept-language"]
    return preferred(b",".join(given)) if given else ENGLISH


@lru_cache(REMEMBERED)
def preferred(header: bytes) -> str:
    """The language of the header with the highest weight, the first of several; else English.

    What is malformed or unknown counts for nothing. `*` is English, or the first that is not
    excluded.
    """
    if len(header) > MOST_BYTES:
        return ENGLISH
    weights: dict[str, float] = {}
    others: float | None = None
    for tag, weight in _ranges(header.decode("latin-1")):
        if tag == "*":
            others = weight
        elif (language := language_of(tag)) is not None:
            weights[language] = max(weight, weights.get(language, 0.0))
    best = max(weights, key=weights.__getitem__, default=None)
    left = next((one for one in LANGUAGES if one not in weights), None)
    if others and left is not None and (best is None or others > weights[best]):
        return left
    return best if best is not None and weights[best] > 0 else ENGLISH


def _ranges(header: str) -> Iterator[tuple[str, float]]:
    for part in header.split(","):
        if (found := _RANGE.fullmatch(part.strip())) is not None:
            yield found[1], 1.0 if found[2] is None else float(found[2])
