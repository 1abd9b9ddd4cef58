"""The history of an entity, as an API tells it: of each event the fields that were chosen.

    class TripHistory(
        History,
        of=trip_v1.contract,
        shows={TripPublished: TripPublishedShown, QuoteWithdrawn: ("driver_id",)},
    ):
        \"\"\"Every fact about a trip, oldest first.\"\"\"

An event that is not named is told with nothing in `what`, and so is every new field (ADR 18).

A route takes `part: HistoryPart` and hands it on: long histories are told in parts.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import IntEnum
from functools import reduce
from operator import or_
from types import NoneType, UnionType
from typing import Annotated, Any, ClassVar, Literal, Self, get_args, get_origin, get_type_hints

from fastapi import Depends, Query
from pydantic import Field, create_model
from starlette.requests import Request

from contracts.common_v1 import AmendmentKind, EventAmended, Money, Point, Rule
from contracts.runtime import Contract, EventType
from infra import commands, reading
from infra.http.answers import Answer, MoneyShown, PointShown, RuleShown
from infra.http.models import Day, Instant, Named
from infra.http.problems import malformed

MOST = 200
"""Facts a part, where no fewer are asked for."""
ORDER = "history"
"""Names the order in cursors."""

AsOf = Annotated[Instant | None, Query(description="Show it as it was known at this time.")]
"""A parameter of routes that show an entity as it was."""

_IDS = re.compile(r"\s*\([A-Z]+-\d+(, [A-Z]+-\d+)*\)")
"""Ids of requirements, which the comments of contracts name and nobody outside knows."""

_MADE: dict[str, Any] = {"use_attribute_docstrings": False}
"""Answers made here have no source to read; looking for it takes most of the start of an API."""

Shows = Mapping[type[Any], type[Answer] | tuple[str, ...]]
"""The form in which each event is shown: an answer, or the names of its plain fields."""


class AmendmentShown(Answer):
    """The words of an operator about a fact that was recorded wrongly."""

    version: Annotated[int, Field(description="The version of the fact that it speaks of.")]
    said_at_version: Annotated[int, Field(description="The version at which it was said.")]
    kind: Annotated[AmendmentKind, Named()]
    reason: str


class HistoryEntry(Answer):
    """One fact: what, who, when it happened and when it became known."""

    version: int
    type: str
    what: Answer
    actor: str
    occurred_at: Instant
    recorded_at: Instant
    correlation_id: str
    causation_id: str
    amended: Annotated[
        AmendmentShown | None, Field(description="What was said of this fact later, if anything.")
    ]


@dataclass(frozen=True, slots=True)
class Part:
    """The part of a history that is asked for: facts after a version, `limit` at most."""

    after: int
    limit: int
    path: str

    def link(self, following: str | None) -> dict[str, str]:
        """The header that says where the next part is."""
        if following is None:
            return {}
        return {"Link": f'<{self.path}?limit={self.limit}&cursor={following}>; rel="next"'}


async def _part(
    request: Request,
    limit: Annotated[int, Query(ge=1, le=MOST, description="Facts a part.")] = MOST,
    cursor: Annotated[
        str | None, Query(max_length=64, description="`next` of the part before.")
    ] = None,
) -> Part:
    return Part(_version(cursor) if cursor is not None else 0, limit, request.url.path)


def _version(cursor: str) -> int:
    try:
        [version] = reading.unpack(ORDER, (int,), cursor)
    except reading.BadCursor as error:
        raise malformed("query:cursor", "cursor") from error
    # No stream is longer, and no version more than the store can compare.
    return min(max(int(str(version)), 0), 2**31 - 1 - MOST)


HistoryPart = Annotated[Part, Depends(_part)]
"""A route's parameter that gives it a `Part`."""


class FactAmended(HistoryEntry):
    """An earlier fact was wrong, or cannot be read: what an operator said of it.

    Where nothing else is left of that fact, this is told in its place too.
    """

    type: Literal["relais.common.v1.event_amended"]
    what: AmendmentShown


class NothingShown(Answer):
    """A fact that is told without its details."""


class History(Answer):
    """The facts about an entity, oldest first.

    A subclass names the contract (`of`) and the allow-list (`shows`).
    """

    items: list[HistoryEntry]
    next: Annotated[
        str | None, Field(description="The `cursor` of the next part; null in the last one.")
    ]

    told: ClassVar[Mapping[str, tuple[type[HistoryEntry], type[Answer]]]] = {}
    """How each type of event is told."""

    def __init_subclass__(cls, *, of: Contract[Any], shows: Shows, **options: Any) -> None:
        super().__init_subclass__(**options)
        known = {kind.cls for kind in of.types}
        if strange := [event.__name__ for event in shows if event not in known]:
            raise TypeError(f"{cls.__name__}: {', '.join(strange)} is not of {of.topic}")
        name = cls.__name__
        cls.told = {kind.type: _told(name, kind, shows.get(kind.cls, ())) for kind in of.types}
        told = [entry for entry, _ in cls.told.values()]
        entry: Any = reduce(or_, [*told, FactAmended])
        entry = Annotated[entry, Field(discriminator="type")]
        cls.__annotations__ = {**cls.__annotations__, "items": list[entry]}

    @classmethod
    def telling(
        cls, facts: Sequence[commands.HistoryEntry[Any]], following: str | None = None
    ) -> Self:
        """These facts, and the cursor of those that follow."""
        return cls(items=[cls._entry(fact) for fact in facts], next=following)

    @classmethod
    def _entry(cls, fact: commands.HistoryEntry[Any]) -> HistoryEntry:
        amended = None if fact.amendment is None else _shown(fact.amendment)
        if isinstance(fact.event, EventAmended):
            said = commands.Amendment(fact.version, fact.event)
            what: Answer = _shown(fact.amendment or said)
            entry: type[HistoryEntry] = FactAmended
            more = {}
        else:
            entry, form = cls.told[fact.type]
            what = form.of(fact.event)
            more = {"instead": None if fact.instead is None else form.of(fact.instead)}
        return entry(
            **more,
            version=fact.version,
            type=fact.type,
            what=what,
            amended=amended,
            actor=fact.actor,
            occurred_at=fact.occurred_at,
            recorded_at=fact.recorded_at,
            correlation_id=fact.correlation_id,
            causation_id=fact.causation_id,
        )


def _shown(amendment: commands.Amendment) -> AmendmentShown:
    said = amendment.said
    return AmendmentShown(
        version=said.version,
        said_at_version=amendment.version,
        kind=said.kind,
        reason=said.reason,
    )


def _told(
    history: str, kind: EventType[Any], shown: type[Answer] | tuple[str, ...]
) -> tuple[type[HistoryEntry], type[Answer]]:
    """The entry for an event, and the answer that is its `what`."""
    name = f"{history}{kind.cls.__name__}"
    what = _plainly(f"{name}Fact", kind.cls, shown) if isinstance(shown, tuple) else shown
    # Literal of a value: each entry is for one type, so that clients can tell them apart.
    instead = Field(description="What holds in the place of `what`; null while that does.")
    fields: dict[str, Any] = {
        "type": (Literal[kind.type], ...),
        "what": (what, ...),
        "instead": (Annotated[what | None, instead], ...),
    }
    said = _IDS.sub("", kind.cls.__doc__ or "")
    entry = create_model(name, __base__=HistoryEntry, __doc__=said, __cls_kwargs__=_MADE, **fields)
    return entry, what


def _plainly(name: str, event: type[Any], shown: tuple[str, ...]) -> type[Answer]:
    if not shown:
        return NothingShown
    hints = get_type_hints(event)
    if unknown := [field for field in shown if field not in hints]:
        raise TypeError(f"{event.__name__} has no {', '.join(unknown)}")
    fields: dict[str, Any] = {field: (_type(hints[field], event, field), ...) for field in shown}
    return create_model(name, __base__=Answer, __cls_kwargs__=_MADE, **fields)


_TYPES: Mapping[Any, Any] = {
    **{plain: plain for plain in (str, int, float, bool, NoneType)},
    datetime: Instant,
    date: Day,
    Money: MoneyShown,
    Point: PointShown,
    Rule: RuleShown,
}


def _type(hint: Any, event: type[Any], field: str) -> Any:
    """The type of a field in an answer. Raises TypeError when it needs an answer of its own."""
    if hint in _TYPES:
        return _TYPES[hint]
    if isinstance(hint, UnionType):
        return reduce(or_, [_type(option, event, field) for option in get_args(hint)])
    if get_origin(hint) is tuple:
        item: Any = _type(get_args(hint)[0], event, field)
        return tuple[item, ...]
    if isinstance(hint, type) and issubclass(hint, IntEnum):
        return Annotated[hint, Named()]
    raise TypeError(f"{event.__name__}.{field} has parts: show the event by an Answer of its own")
