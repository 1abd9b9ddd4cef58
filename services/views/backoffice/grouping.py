"""Rows of one table that belong to rows of another."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from typing import TypeVar

Row = TypeVar("Row")


def grouped(rows: Iterable[Row], owner: Callable[[Row], str]) -> Mapping[str, list[Row]]:
    """The rows by their owner; an owner without any has an empty list."""
    groups: defaultdict[str, list[Row]] = defaultdict(list)
    for row in rows:
        groups[owner(row)].append(row)
    return groups
