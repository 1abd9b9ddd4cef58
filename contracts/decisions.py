"""A decision names what the decider saw; here is the answer when that is not so any more."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Changed:
    """Somebody changed what the decision is about, so nothing is decided.

    Both have the same names: the fields of the request that are no longer as they were seen. A
    field in a part of the request is called by its way there, `quote/price`.
    """

    seen: Mapping[str, object]
    now: Mapping[str, object]


def changed(seen: Mapping[str, object], now: Mapping[str, object]) -> Changed | None:
    """The fields that are no longer as they were seen; None when all of them are."""
    names = [name for name in seen if seen[name] != now[name]]
    if not names:
        return None
    return Changed({name: seen[name] for name in names}, {name: now[name] for name in names})
