"""A rule that templates and predefined messages share: one text a language."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar


@dataclass(frozen=True, slots=True)
class LanguageNamedTwice:
    field: ClassVar[str] = "texts"
    language: str


def named_twice(languages: Sequence[str]) -> LanguageNamedTwice | None:
    """The first language that has more than one text, if there is one."""
    repeated = (one for one in languages if languages.count(one) > 1)
    return next(map(LanguageNamedTwice, repeated), None)
