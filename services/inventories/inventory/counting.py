"""The counts of an inventory: parcels are scanned by people who do not see which are expected."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import Enum
from typing import assert_never

from contracts.decisions import Changed, changed
from contracts.inventories.inventory_v1 import (
    CountEnded,
    Difference,
    DifferenceKind,
    InventoryEvent,
    InventoryOpened,
    ParcelsCounted,
)

MOST_COUNTS = 2
"""The second one is made where the first one differs, by others."""
MOST_DIFFERENCES = 2_000
"""With more of them a count is not over: whole shelves were not scanned."""

# --- What the depot knows ---------------------------------------------------


class Whereabouts(Enum):
    """Where the depot knows a parcel to be."""

    HERE = "here"
    UNSURE = "unsure"
    """It may be here: a courier says so and nobody checked it, or it stayed behind a tour."""
    AWAY = "away"


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a parcel is since when, and who had it last, as far as the depot knows."""

    order_id: str
    where: Whereabouts
    since: datetime
    shelf: str | None = None
    custodian_id: str | None = None


Places = Mapping[str, Place]
"""By the code of the parcel."""

# --- Commands ---------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class CountParcels:
    """Parcels of one shelf, or of none; `manages`: whether the counter sees what is expected."""

    organisation_id: str
    count: int
    shelf: str | None
    parcel_codes: tuple[str, ...]
    by: str
    manages: bool
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class EndCount:
    """`parcels` is how many were scanned in this count, as it was seen; `places` has every parcel
    that is in the depot, and all that was scanned and is known."""

    organisation_id: str
    count: int
    parcels: int
    places: Places
    by: str
    at: datetime


Command = CountParcels | EndCount

# --- Rejections -------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class CountIsOver:
    count: int


@dataclass(frozen=True, slots=True)
class InventoryIsNotBlind:
    """The manager of a depot sees what is expected, and so does not count."""


@dataclass(frozen=True, slots=True)
class CountedBefore:
    """Others make the second count."""


@dataclass(frozen=True, slots=True)
class ShelfIsNotCounted:
    """The inventory is of other shelves."""

    shelves: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class TooManyDifferences:
    differences: int
    most: int


Rejection = (
    CountIsOver
    | InventoryIsNotBlind
    | CountedBefore
    | ShelfIsNotCounted
    | TooManyDifferences
    | Changed
)

# --- State ------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Scan:
    """Where a parcel was scanned last in a count, by whom and when."""

    shelf: str | None
    by: str
    at: datetime


Scans = Mapping[int, Mapping[str, Scan]]
"""By the number of the count, and the code of the parcel."""


@dataclass(frozen=True, slots=True)
class Counting:
    """`first` is the end of the first count while the second one is made."""

    opened: InventoryOpened
    count: int = 1
    scans: Scans = field(default_factory=dict)
    counters: Mapping[int, frozenset[str]] = field(default_factory=dict)
    """All who counted, by the number of the count; `scans` has who scanned a parcel last."""
    first: CountEnded | None = None


def evolve(state: Counting, event: ParcelsCounted) -> Counting:
    scan = Scan(event.shelf, event.counted_by, event.counted_at)
    scanned = {**state.scans.get(event.count, {}), **dict.fromkeys(event.parcel_codes, scan)}
    by = state.counters.get(event.count, frozenset()) | {event.counted_by}
    return replace(
        state,
        scans={**state.scans, event.count: scanned},
        counters={**state.counters, event.count: by},
    )


# --- Decisions --------------------------------------------------------------

Decision = list[InventoryEvent] | Rejection


def decide(command: Command, state: Counting) -> Decision:
    """As in every aggregate, while parcels are counted."""
    match command:
        case CountParcels():
            return count_parcels(command, state)
        case EndCount():
            return end(command, state)
        case unhandled:
            assert_never(unhandled)


def count_parcels(command: CountParcels, state: Counting) -> Decision:
    """The latest scan of a parcel holds: one that a phone reports late moves nothing back."""
    if command.manages:
        return InventoryIsNotBlind()
    known = state.scans.get(command.count, {})
    new = tuple(
        code
        for code in dict.fromkeys(command.parcel_codes)
        if code not in known
        or (known[code].shelf != command.shelf and known[code].at <= command.at)
    )
    if not new:
        return []
    if command.count != state.count:
        return CountIsOver(command.count)
    if command.count > 1 and command.by in state.counters.get(1, ()):
        return CountedBefore()
    shelves = state.opened.shelves
    if shelves and command.shelf not in shelves:
        return ShelfIsNotCounted(shelves)
    return [
        ParcelsCounted(
            inventory_id=state.opened.inventory_id,
            organisation_id=state.opened.organisation_id,
            count=command.count,
            shelf=command.shelf,
            parcel_codes=new,
            counted_by=command.by,
            counted_at=command.at,
        )
    ]


def end(command: EndCount, state: Counting) -> Decision:
    """A parcel that somebody found in either count is there; what nobody found is missing."""
    if command.count < state.count:
        return []
    if command.count > state.count:
        return CountIsOver(command.count)
    scanned = len(state.scans.get(state.count, {}))
    if stale := changed({"parcels": command.parcels}, {"parcels": scanned}):
        return stale
    found = {
        code: scan for count in sorted(state.scans) for code, scan in state.scans[count].items()
    }
    expected = expected_of(state.opened, command.places)
    differences = tuple(differing(state.opened, found, expected, command.places))
    if len(differences) > MOST_DIFFERENCES:
        return TooManyDifferences(len(differences), MOST_DIFFERENCES)
    return [
        CountEnded(
            inventory_id=state.opened.inventory_id,
            organisation_id=state.opened.organisation_id,
            count=state.count,
            expected_parcels=len(expected),
            found_parcels=len(found),
            differences=differences,
            ended_by=command.by,
            ended_at=command.at,
            recount=bool(differences) and state.count < MOST_COUNTS,
        )
    ]


# --- What differs -----------------------------------------------------------


def expected_of(opened: InventoryOpened, places: Places) -> frozenset[str]:
    """The parcels that were at their place from the opening to the end of the count.

    What came, left or was moved meanwhile may have been missed or found, and says nothing.
    """
    return frozenset(
        code
        for code, place in places.items()
        if place.where is Whereabouts.HERE
        and place.since <= opened.opened_at
        and (not opened.shelves or place.shelf in opened.shelves)
    )


def differing(
    opened: InventoryOpened, found: Mapping[str, Scan], expected: frozenset[str], places: Places
) -> Iterator[Difference]:
    """The parcels that are not as the depot knows them, by their code."""
    for code in sorted(expected | found.keys()):
        kind = kind_of(opened, found.get(code), places.get(code))
        if kind is not None:
            yield difference(code, kind, found.get(code), places.get(code))


def kind_of(
    opened: InventoryOpened, scan: Scan | None, place: Place | None
) -> DifferenceKind | None:
    """How a parcel that was expected, or scanned, differs; None when it does not."""
    if scan is None:
        return DifferenceKind.MISSING
    if place is None:
        return DifferenceKind.SURPLUS
    if place.since > opened.opened_at:
        return None
    match place.where:
        case Whereabouts.AWAY:
            return DifferenceKind.SURPLUS
        case Whereabouts.HERE:
            apart = None not in (scan.shelf, place.shelf) and scan.shelf != place.shelf
            return DifferenceKind.MISPLACED if apart else None
        case Whereabouts.UNSURE:
            return None
        case unhandled:
            assert_never(unhandled)


def difference(
    code: str, kind: DifferenceKind, scan: Scan | None, place: Place | None
) -> Difference:
    return Difference(
        parcel_code=code,
        kind=kind,
        order_id=place.order_id if place else None,
        expected_on=place.shelf if place else None,
        found_on=scan.shelf if scan else None,
        custodian_id=place.custodian_id if place else None,
    )
