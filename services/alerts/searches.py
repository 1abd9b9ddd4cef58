"""What a driver looks for: saved searches, about which they are told of new trips (HIF-41)."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import ClassVar, assert_never

from contracts.alerts.searches_v1 import (
    SearchesEvent,
    SearchRemoved,
    SearchSaved,
    SubjectForgotten,
)

MOST = 20
"""Searches a driver may have at a time."""

# --- Commands ---------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class SaveSearch:
    """`fact` is what shall be recorded; under an id that is known it replaces what was saved."""

    fact: SearchSaved
    today: date


@dataclass(frozen=True, slots=True)
class RemoveSearch:
    fact: SearchRemoved
    organisation_id: str


@dataclass(frozen=True, slots=True)
class Forget:
    """Follows from an account and so speaks for no organisation."""

    driver_id: str
    at: datetime


Command = SaveSearch | RemoveSearch | Forget

# --- Rejections -------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class NoSuchSearch:
    pass


@dataclass(frozen=True, slots=True)
class TooManySearches:
    most: int


@dataclass(frozen=True, slots=True)
class SearchIsOver:
    field: ClassVar[str] = "until_day"
    until_day: date


@dataclass(frozen=True, slots=True)
class DaysCrossed:
    field: ClassVar[str] = "until_day"
    from_day: date
    until_day: date


@dataclass(frozen=True, slots=True)
class LengthsCrossed:
    field: ClassVar[str] = "longest_km"
    shortest_km: int
    longest_km: int


@dataclass(frozen=True, slots=True)
class DriverIsForgotten:
    pass


Contradiction = SearchIsOver | DaysCrossed | LengthsCrossed
Rejection = NoSuchSearch | TooManySearches | Contradiction | DriverIsForgotten

# --- State ------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Searches:
    """By id; a search that was removed is kept as its removal."""

    organisation_id: str | None = None
    known: Mapping[str, SearchSaved | SearchRemoved] = field(default_factory=dict)
    forgotten: bool = False

    @property
    def saved(self) -> list[SearchSaved]:
        """Those that are looked for, by id."""
        return [s for _, s in sorted(self.known.items()) if isinstance(s, SearchSaved)]


initial = Searches()


def evolve(searches: Searches, event: SearchesEvent) -> Searches:
    """Take history as recorded."""
    match event:
        case SearchSaved(organisation_id=owner):
            known = {**searches.known, event.search_id: event}
            return replace(searches, organisation_id=owner, known=known)
        case SearchRemoved():
            return replace(searches, known={**searches.known, event.search_id: event})
        case SubjectForgotten():
            return replace(searches, forgotten=True)
        case unhandled:
            assert_never(unhandled)


# --- Decisions --------------------------------------------------------------

Decision = list[SearchesEvent] | Rejection


def decide(command: Command, searches: Searches) -> Decision:
    """New facts, an empty list when they are already recorded, or the rule that says no."""
    match command:
        case SaveSearch():
            return save(command, searches)
        case RemoveSearch():
            return remove(command, searches)
        case Forget():
            return forget(command, searches)
        case unhandled:
            assert_never(unhandled)


def save(command: SaveSearch, searches: Searches) -> Decision:
    asked = command.fact
    if searches.forgotten:
        return DriverIsForgotten()
    if searches.organisation_id not in (None, asked.organisation_id):
        return NoSuchSearch()
    if (contradiction := _contradiction(asked, command.today)) is not None:
        return contradiction
    before = searches.known.get(asked.search_id)
    if isinstance(before, SearchSaved):
        return [] if replace(before, saved_at=asked.saved_at) == asked else [asked]
    return TooManySearches(MOST) if len(searches.saved) >= MOST else [asked]


def _contradiction(asked: SearchSaved, today: date) -> Contradiction | None:
    if asked.until_day is not None:
        if asked.until_day < today:
            return SearchIsOver(asked.until_day)
        if asked.from_day is not None and asked.until_day < asked.from_day:
            return DaysCrossed(asked.from_day, asked.until_day)
    shortest, longest = asked.shortest_km, asked.longest_km
    if shortest is not None and longest is not None and longest < shortest:
        return LengthsCrossed(shortest, longest)
    return None


def remove(command: RemoveSearch, searches: Searches) -> Decision:
    known = searches.known.get(command.fact.search_id)
    if known is None or searches.organisation_id != command.organisation_id:
        return NoSuchSearch()
    return [command.fact] if isinstance(known, SearchSaved) else []


def forget(command: Forget, searches: Searches) -> Decision:
    """Never refuses; who saved nothing has nothing to forget."""
    if searches.forgotten or not searches.known:
        return []
    who, at = command.driver_id, command.at
    gone = [
        SearchRemoved(driver_id=who, search_id=search.search_id, removed_at=at)
        for search in searches.saved
    ]
    return [*gone, SubjectForgotten(driver_id=who, forgotten_at=at)]
