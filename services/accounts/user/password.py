"""The rules for a password."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import ClassVar

SHORTEST = 12
FEWEST_CHARACTERS = 5
SERVICE_WORDS = ("relais", "portal", "partner")
"""Words of this service, which everybody thinks of who makes a password for it."""


@dataclass(frozen=True, slots=True)
class PasswordTooShort:
    field: ClassVar[str] = "password"
    length: int
    shortest: int = SHORTEST


@dataclass(frozen=True, slots=True)
class PasswordTooSimple:
    field: ClassVar[str] = "password"


@dataclass(frozen=True, slots=True)
class PasswordTooCommon:
    """Many people have it, or one that differs by a number or by capitals."""

    field: ClassVar[str] = "password"


Weakness = PasswordTooShort | PasswordTooSimple | PasswordTooCommon


def weakness(password: str, *known: str, common: Collection[str] = ()) -> Weakness | None:
    """The reason why a password is too weak for somebody of whom these texts are known.

    Length counts, kinds of characters do not (NIST SP 800-63B). `common` are passwords that many
    people have, in lower case.
    """
    if len(password) < SHORTEST:
        return PasswordTooShort(len(password))
    folded = password.casefold()
    words = {word for text in known for word in text.casefold().replace("@", " ").split()}
    told = any(len(word) > 3 and word in folded for word in words)
    if told or len(set(folded)) < FEWEST_CHARACTERS:
        return PasswordTooSimple()
    return PasswordTooCommon() if folded in common or _is_common(_core(folded), common) else None


def _is_common(core: str, common: Collection[str]) -> bool:
    left = core
    for word in SERVICE_WORDS:
        left = left.replace(word, "")
    return _unit(core) in common or len(_core(left)) < FEWEST_CHARACTERS


def _core(text: str) -> str:
    """The text without the numbers and signs around it: what people add where they must."""
    inside = [at for at, character in enumerate(text) if character.isalpha()]
    return text[inside[0] : inside[-1] + 1] if inside else ""


def _unit(text: str) -> str:
    """The part that is repeated to make up the whole text; the text itself when none is."""
    return text[: (text + text).find(text, 1)] if text else text
