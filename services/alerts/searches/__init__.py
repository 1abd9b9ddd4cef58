"""The searches a driver saved, to be told of new trips that match (HIF-41)."""

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


@dataclass(frozen=True, slots=True, kw_only=True)
class SaveSearch:
    """Saves a search; under an id that is known it replaces what was saved."""

    driver_id: str
    organisation_id: str
    search_id: str
    text: str | None
    within_km: int | None
    from_day: date | None
    until_day: date | None
    shortest_km: int | None
    longest_km: int | None
    today: date
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class RemoveSearch:
    driver_id: str
    organisation_id: str
    search_id: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
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
    if searches.forgotten:
        return DriverIsForgotten()
    if searches.organisation_id not in (None, command.organisation_id):
        return NoSuchSearch()
    if (contradiction := _contradiction(command)) is not None:
        return contradiction
    saved = SearchSaved(
        driver_id=command.driver_id,
        organisation_id=command.organisation_id,
        search_id=command.search_id,
        text=command.text,
        within_km=command.within_km,
        from_day=command.from_day,
        until_day=command.until_day,
        shortest_km=command.shortest_km,
        longest_km=command.longest_km,
        saved_at=command.at,
    )
    before = searches.known.get(command.search_id)
    if isinstance(before, SearchSaved):
        return [] if replace(before, saved_at=command.at) == saved else [saved]
    return TooManySearches(MOST) if len(searches.saved) >= MOST else [saved]


def _contradiction(command: SaveSearch) -> Contradiction | None:
    first, last = command.from_day, command.until_day
    if last is not None:
        if last < command.today:
            return SearchIsOver(last)
        if first is not None and last < first:
            return DaysCrossed(first, last)
    shortest, longest = command.shortest_km, command.longest_km
    if shortest is not None and longest is not None and longest < shortest:
        return LengthsCrossed(shortest, longest)
    return None


def remove(command: RemoveSearch, searches: Searches) -> Decision:
    known = searches.known.get(command.search_id)
    if known is None or searches.organisation_id != command.organisation_id:
        return NoSuchSearch()
    return [_removed(command, command.search_id)] if isinstance(known, SearchSaved) else []


def _removed(command: RemoveSearch | Forget, search_id: str) -> SearchRemoved:
    return SearchRemoved(driver_id=command.driver_id, search_id=search_id, removed_at=command.at)


def forget(command: Forget, searches: Searches) -> Decision:
    """Never refuses; a driver who saved nothing has nothing to forget."""
    if searches.forgotten or not searches.known:
        return []
    gone = [_removed(command, search.search_id) for search in searches.saved]
    return [*gone, SubjectForgotten(driver_id=command.driver_id, forgotten_at=command.at)]
