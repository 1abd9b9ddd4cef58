"""Subscriptions: a consumer reads of each topic the types of events it asks for, and no others."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from inspect import signature
from types import UnionType
from typing import Any, get_args

from contracts.runtime import Contract

Reads = type[Any] | UnionType
"""One event class of a contract, or a union of several."""


@dataclass(frozen=True, slots=True)
class Subscription:
    """A topic, and the types of the events that are read from it; the others are passed by."""

    contract: Contract[Any]
    types: frozenset[str]

    @property
    def topic(self) -> str:
        return self.contract.topic


def subscription(contract: Contract[Any], reads: Reads) -> Subscription:
    """The subscription to these events of a contract. Raises ValueError for others."""
    classes = event_classes(contract.topic, contract, reads)
    return Subscription(contract, contract.types_of(classes))


def merged(subscriptions: Iterable[Subscription]) -> tuple[Subscription, ...]:
    """One subscription a topic, to the events of all that name it."""
    found: dict[str, Subscription] = {}
    for one in subscriptions:
        known = found.get(one.topic, one)
        found[one.topic] = Subscription(one.contract, known.types | one.types)
    return tuple(found.values())


def event_classes(
    reader: str,
    contract: Contract[Any],
    reads: Reads,
    *functions: Callable[..., Any],
) -> frozenset[type[Any]]:
    """The classes in `reads`.

    The event is the last parameter of each function. Raises ValueError for a class that is no
    event of the contract, and TypeError where a function does not take exactly these classes;
    both name the reader.
    """
    known = frozenset(kind.cls for kind in contract.types)
    classes = _members(reads)
    if strangers := classes - known:
        raise ValueError(f"{reader} reads {_names(strangers)}, no event of {contract.package}")
    for function in functions:
        *_, event = signature(function, eval_str=True).parameters.values()
        if _members(event.annotation) != classes:
            raise TypeError(
                f"{function.__qualname__} of {reader} takes {_names(_members(event.annotation))};"
                f" it reads {_names(classes)}"
            )
    return classes


def _members(reads: Any) -> frozenset[Any]:
    return frozenset(get_args(reads) or (reads,))


def _names(classes: Iterable[Any]) -> str:
    return ", ".join(sorted(getattr(cls, "__name__", repr(cls)) for cls in classes))
