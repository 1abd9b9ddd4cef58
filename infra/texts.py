"""Text that every part of the platform can hold: Unicode, without a NUL.

PostgreSQL takes no NUL: an event that held one could be recorded, as bytes, and shown in no view.
"""

from collections.abc import Iterable
from dataclasses import fields, is_dataclass
from typing import Any


class UnstorableText(ValueError):
    """A text of an event has a NUL, or half of a surrogate pair. `field` is its path, with `/`."""

    def __init__(self, field: str) -> None:
        super().__init__(f"/{field} has a character that no text may have")
        self.field = field


def refuse_unstorable(value: Any) -> None:
    """Raises `UnstorableText` for the first such text of a dataclass, however deep in it."""
    if (found := _unstorable(value)) is not None:
        raise UnstorableText(found)


def _unstorable(value: Any) -> str | None:
    """The path of the first such text; None when there is none."""
    if isinstance(value, str):
        return None if _is_storable(value) else ""
    if isinstance(value, tuple):
        return _first((str(n), one) for n, one in enumerate(value))
    if is_dataclass(value):
        return _first((one.name, getattr(value, one.name)) for one in fields(value))
    return None


def _first(members: Iterable[tuple[str, Any]]) -> str | None:
    for name, value in members:
        if (found := _unstorable(value)) is not None:
            return f"{name}/{found}" if found else name
    return None


def _is_storable(text: str) -> bool:
    if text.isascii():
        return "\0" not in text
    return "\0" not in text and not any("\ud800" <= letter <= "\udfff" for letter in text)
