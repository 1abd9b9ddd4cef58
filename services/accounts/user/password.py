"""The rules for a password."""

from dataclasses import dataclass
from typing import ClassVar

SHORTEST = 12
FEWEST_CHARACTERS = 5


@dataclass(frozen=True, slots=True)
class PasswordTooShort:
    field: ClassVar[str] = "password"
    length: int
    shortest: int = SHORTEST


@dataclass(frozen=True, slots=True)
class PasswordTooSimple:
    field: ClassVar[str] = "password"


Weakness = PasswordTooShort | PasswordTooSimple


def weakness(password: str, *known: str) -> Weakness | None:
    """The reason why a password is too weak for somebody of whom these texts are known.

    Length counts, kinds of characters do not (NIST SP 800-63B).
    """
    if len(password) < SHORTEST:
        return PasswordTooShort(len(password))
    folded = password.casefold()
    words = {word for text in known for word in text.casefold().replace("@", " ").split()}
    told = any(len(word) > 3 and word in folded for word in words)
    return PasswordTooSimple() if told or len(set(folded)) < FEWEST_CHARACTERS else None
