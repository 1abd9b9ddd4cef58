"""Rules that orders and tours share: of orders, and of scanned parcels."""

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import ClassVar

MOST_CASH_MINOR = 10_000_000
"""No courier carries more for one order: 100,000 dirhams."""


# --- What is undone ---------------------------------------------------------

UNDONE_WITHIN = timedelta(minutes=15)
"""A manager may undo a check, a validation or an exit later, too (D5)."""


@dataclass(frozen=True, slots=True)
class TooLateToUndo:
    until: datetime


@dataclass(frozen=True, slots=True)
class OrderWasOut:
    """It left the depot before, and is no more what was prepared then."""

    tracking_number: str


def too_late(done_at: datetime, at: datetime, manages: bool) -> TooLateToUndo | None:
    """Why somebody may not undo what was done then, if they may not."""
    until = done_at + UNDONE_WITHIN
    return TooLateToUndo(until) if at >= until and not manages else None


# --- Tours ------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class OrderNamedTwice:
    field: ClassVar[str] = "order_ids"
    tracking_number: str


@dataclass(frozen=True, slots=True)
class OrderIsOnAnotherTour:
    """An order is on one tour, inbound or outbound."""

    tracking_number: str
    tour_id: str


# --- Scans ------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class ParcelUnknown:
    parcel_code: str


@dataclass(frozen=True, slots=True)
class ParcelIsScanned:
    parcel_code: str


@dataclass(frozen=True, slots=True)
class ParcelNamedTwice:
    parcel_code: str


@dataclass(frozen=True, slots=True)
class ParcelsNotScanned:
    parcel_codes: tuple[str, ...]


BadRest = ParcelUnknown | ParcelIsScanned | ParcelNamedTwice | ParcelsNotScanned


def bad_rest(
    missing: Sequence[str], parcel_codes: Sequence[str], scanned: Collection[str]
) -> BadRest | None:
    """Why these are not all the parcels that were not scanned, if they are not (D1)."""
    known, named = frozenset(parcel_codes), Counter(missing)
    for code in missing:
        if code not in known:
            return ParcelUnknown(code)
        if code in scanned:
            return ParcelIsScanned(code)
        if named[code] > 1:
            return ParcelNamedTwice(code)
    left = tuple(one for one in parcel_codes if one not in scanned and one not in named)
    return ParcelsNotScanned(left) if left else None
