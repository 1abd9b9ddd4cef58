"""The words for the values that APIs and events have, in the languages of the product.

They stand in `contracts/words`, once for all services: of each enumeration by its name in the
documents of the APIs, and of codes that anybody may add to. They are written as within a sentence.
"""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cache
from importlib.resources import files
from typing import Any, NamedTuple

from babel import Locale

from infra.catalogues import OTHER, Texts, locale_of

FOLDER = files("contracts") / "words"
USED = "used.json"
"""Which words each API has; made of its document."""
WORDS = Texts(FOLDER)
FROM_CLDR: Mapping[str, Callable[[Locale], Mapping[str, str]]] = {
    "Country": lambda locale: locale.territories,
    "Language": lambda locale: locale.languages,
}
"""Enumerations whose words Unicode has."""


class Used(NamedTuple):
    """The values and codes that an API has words for."""

    enumerations: Mapping[str, Sequence[str]]
    """The values of each enumeration, in the order of the document."""
    codes: Sequence[str]
    """The names of lists of codes, in `x-codes` of a field."""


def word(language: str, kind: str, value: str) -> str:
    """The words for a value. A code that is not listed has those of `other`, or stands for itself.

    Raises KeyError for an unknown kind, and for a value that its enumeration has not.
    """
    if (names := FROM_CLDR.get(kind)) is not None:
        return names(locale_of(language))[value]
    known = {value, OTHER} & WORDS.content.labels[kind].keys()
    return WORDS.label(language, kind, value) if known or kind not in _codes() else value


def words(
    language: str, kind: str, values: Sequence[str] | None = None
) -> Iterator[tuple[str, str]]:
    """Each of the values with its words; all that are listed unless some are given."""
    for value in WORDS.content.labels[kind] if values is None else values:
        yield value, word(language, kind, value)


def told(language: str, rule: str | None, written: str | None) -> str | None:
    """Why something was decided: the words for the rule that did, or what a person wrote.

    What was recorded with a rule before rules had words is passed over.
    """
    return written if rule is None else word(language, "Rule", rule)


def of_api(service: str) -> Used:
    """The values and codes that the API of a service has words for."""
    return Used(**_used().get(service, {"enumerations": {}, "codes": []}))


@cache
def _codes() -> frozenset[str]:
    return frozenset(kind for one in _used().values() for kind in one["codes"])


@cache
def _used() -> Mapping[str, Any]:
    found: Mapping[str, Any] = json.loads((FOLDER / USED).read_text(encoding="utf-8"))
    return found
