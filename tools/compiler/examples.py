"""Example events: JSON a person can read, in the words of the contract."""

import json
import types
from dataclasses import fields, is_dataclass, replace
from datetime import date, datetime
from enum import IntEnum
from pathlib import Path
from typing import Any, TypeVar, get_args, get_origin, get_type_hints

E = TypeVar("E")


class BadExample(ValueError):
    """The JSON does not say exactly what the event says; the message says where."""


def load(path: Path, cls: type[E]) -> E:
    """The event in a file. Every field is there, absent ones as null, and no other.

    Raises BadExample, also for a file that is missing or is no JSON.
    """
    try:
        plain = json.loads(path.read_text())
    except FileNotFoundError:
        raise BadExample(f"{cls.__name__} needs an example") from None
    except ValueError as error:
        raise BadExample(f"{cls.__name__}: no JSON: {error}") from None
    return from_plain(cls, plain)


def from_plain(cls: type[E], plain: Any) -> E:
    """An event or value from JSON: times in RFC 3339, days as ISO dates, enums by member name, in
    capitals or not.

    Personal fields are plaintext. Raises BadExample.
    """
    built: E = _value(cls, plain, cls.__name__)
    return built


def changed(cls: type[E], before: E | None, plain: Any) -> E:
    """An event with the values that JSON gives to some of its fields; the others stay.

    Without an event before, it gives all of them. Raises BadExample.
    """
    given, hints = _of(dict, plain, cls.__name__), get_type_hints(cls)
    if unknown := sorted(given.keys() - hints.keys()):
        raise BadExample(f"{cls.__name__} has no {', '.join(unknown)}")
    if before is None:
        return from_plain(cls, given)
    values = {
        name: _value(hints[name], one, f"{cls.__name__}.{name}") for name, one in given.items()
    }
    return replace(before, **values)  # type: ignore[type-var]


def _value(annotation: Any, plain: Any, where: str) -> Any:
    origin = get_origin(annotation)
    if origin is types.UnionType:
        inner, _ = get_args(annotation)
        return None if plain is None else _value(inner, plain, where)
    if origin is tuple:
        items = _of(list, plain, where)
        return tuple(
            _value(get_args(annotation)[0], item, f"{where}[{index}]")
            for index, item in enumerate(items)
        )
    if is_dataclass(annotation):
        return _dataclass(annotation, _of(dict, plain, where), where)
    return _scalar(annotation, plain, where)


def _dataclass(cls: Any, plain: dict[str, Any], where: str) -> Any:
    names = {field.name for field in fields(cls)}
    if wrong := sorted(names ^ plain.keys()):
        raise BadExample(f"{where}: missing or unknown: {', '.join(wrong)}")
    hints = get_type_hints(cls)
    return cls(**{name: _value(hints[name], plain[name], f"{where}.{name}") for name in names})


def _scalar(annotation: type[Any], plain: Any, where: str) -> Any:
    try:
        if annotation is datetime:
            return _instant(_of(str, plain, where))
        if annotation is date:
            return date.fromisoformat(_of(str, plain, where))
        if issubclass(annotation, IntEnum):
            return annotation[_of(str, plain, where).upper()]
    except (ValueError, KeyError) as error:
        raise BadExample(f"{where}: {error}") from None
    return _of(annotation, plain, where)


def _instant(plain: str) -> datetime:
    instant = datetime.fromisoformat(plain)
    if instant.tzinfo is None:
        raise ValueError(f"{plain} has no zone")
    return instant


def _of(cls: type[E], plain: Any, where: str) -> E:
    # type() and not isinstance(): True is no number here.
    if type(plain) is not cls:
        raise BadExample(f"{where}: {plain!r} is no {cls.__name__}")
    return plain
