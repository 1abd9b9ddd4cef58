"""Timers as the functions of the schema `es` take them: a list in JSON, each with its append."""

from collections.abc import Sequence
from json import JSONEncoder
from typing import Any

from infra.store.protocol import Append, Cancel, Fire, Schedule

_json = JSONEncoder(separators=(",", ":")).encode


def timers_of(group: Sequence[Append]) -> str | None:
    """All timers of these appends, each with the number of its append, the first being 1."""
    wanted = [
        {"append": number, **_timer(timer)}
        for number, append in enumerate(group, 1)
        for timer in append.timers
    ]
    return _json(wanted) if wanted else None


def _timer(timer: Schedule | Cancel | Fire) -> dict[str, Any]:
    match timer:
        case Schedule():
            return {"op": "set", "name": timer.name, "due": timer.due.isoformat()}
        case Cancel():
            return {"op": "cancel", "name": timer.name}
        case Fire():
            return {"op": "fire", "name": timer.name, "generation": timer.generation}
