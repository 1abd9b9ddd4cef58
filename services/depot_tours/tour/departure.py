"""A tour leaves the depot: its parcels are scanned, and the depot enters the code that the courier
was shown, so that both agree on what the courier has from then on (D1, D6, SM-10)."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import assert_never

from contracts.decisions import Changed, changed
from contracts.depot_tours.tour_v1 import (
    HandoverBegun,
    HandoverCodeRefused,
    LeftBehind,
    ParcelLoaded,
    TourCheckedOut,
    TourComposed,
    TourEvent,
)
from services.depot_tours import terms

MOST_TRIES = 5
"""Wrong codes in one handover; then the courier has to begin another one."""

# --- Commands ---------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadParcel:
    """`scan_id` tells that the same scan came again from one that was made again.

    `other_tour` is the tour that the parcel is on, when it is another one.
    """

    organisation_id: str
    scan_id: str
    parcel_code: str
    other_tour: str | None
    by: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class BeginHandover:
    """The courier takes the parcels that were seen, and is shown another code each time."""

    organisation_id: str
    courier_id: str
    handover_id: str
    loaded: frozenset[str]
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class RefuseCode:
    """The depot entered a code that is not that of the handover."""

    organisation_id: str
    handover_id: str
    attempt_id: str
    by: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckOut:
    """The depot entered the code of the handover; what was not loaded stays for a reason (G-24)."""

    organisation_id: str
    handover_id: str
    left_behind: tuple[LeftBehind, ...]
    by: str
    at: datetime


Command = LoadParcel | RefuseCode | CheckOut

# --- Rejections -------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class TourIsOut:
    pass


@dataclass(frozen=True, slots=True)
class TourIsCanceled:
    pass


@dataclass(frozen=True, slots=True)
class ParcelOfAnotherTour:
    parcel_code: str
    tour_id: str


@dataclass(frozen=True, slots=True)
class HandoverNotBegun:
    pass


@dataclass(frozen=True, slots=True)
class CodeIsWrong:
    left: int


@dataclass(frozen=True, slots=True)
class CodeTriedTooOften:
    most: int


@dataclass(frozen=True, slots=True)
class NothingIsLoaded:
    pass


Rejection = (
    TourIsOut
    | TourIsCanceled
    | ParcelOfAnotherTour
    | HandoverNotBegun
    | CodeIsWrong
    | CodeTriedTooOften
    | NothingIsLoaded
    | Changed
    | terms.BadRest
)

# --- State ------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Ready:
    """In the depot; `given_by` gave it to the courier, `loaded` has the scan by the parcel."""

    composed: TourComposed
    courier_id: str
    given_by: str
    loaded: Mapping[str, str] = field(default_factory=dict)
    undone: bool = field(default=False, kw_only=True)
    """Whether its exit was undone, and nothing was scanned since."""


@dataclass(frozen=True, slots=True)
class HandingOver(Ready):
    """The courier is there, and has been shown a code for the parcels that are loaded; `refused`
    are the attempts to enter it."""

    handover_id: str = field(kw_only=True)
    begun_at: datetime = field(kw_only=True)
    refused: frozenset[str] = frozenset()

    @property
    def tries_left(self) -> int:
        return MOST_TRIES - len(self.refused)


Event = ParcelLoaded | HandoverBegun | HandoverCodeRefused


def evolve(tour: Ready, event: Event) -> Ready:
    match event:
        case ParcelLoaded():
            # The courier did not see this one, so a code that was shown before is over.
            loaded = {**tour.loaded, event.parcel_code: event.scan_id}
            return Ready(tour.composed, tour.courier_id, tour.given_by, loaded)
        case HandoverBegun():
            return HandingOver(
                tour.composed,
                tour.courier_id,
                tour.given_by,
                tour.loaded,
                handover_id=event.handover_id,
                begun_at=event.begun_at,
            )
        case HandoverCodeRefused():
            if not isinstance(tour, HandingOver):
                return tour
            return replace(tour, refused=tour.refused | {event.attempt_id})
        case unhandled:
            assert_never(unhandled)


def parcels(composed: TourComposed) -> tuple[str, ...]:
    """Every parcel of the tour."""
    return tuple(code for one in composed.orders for code in one.parcel_codes)


def leaving(composed: TourComposed, left_behind: Iterable[LeftBehind]) -> tuple[str, ...]:
    """The orders of which a parcel leaves."""
    behind = {one.parcel_code for one in left_behind}
    return tuple(one.order_id for one in composed.orders if {*one.parcel_codes} - behind)


# --- Decisions --------------------------------------------------------------

Decision = list[TourEvent] | Rejection


def decide(command: Command, tour: Ready) -> Decision:
    """As in every aggregate, while the tour is in the depot."""
    match command:
        case LoadParcel():
            return load(command, tour)
        case RefuseCode():
            return refuse_code(command, tour)
        case CheckOut():
            return check_out(command, tour)
        case unhandled:
            assert_never(unhandled)


def decide_again(command: Command, checked_out: TourCheckedOut) -> Decision:
    """Once the tour has left, only what it left with is no news."""
    same = isinstance(command, CheckOut) and command.left_behind == checked_out.left_behind
    return [] if same else TourIsOut()


def load(command: LoadParcel, tour: Ready) -> Decision:
    code = command.parcel_code
    if command.other_tour is not None:
        return ParcelOfAnotherTour(code, command.other_tour)
    if code not in parcels(tour.composed):
        return terms.ParcelUnknown(code)
    if code in tour.loaded:
        return [] if tour.loaded[code] == command.scan_id else terms.ParcelIsScanned(code)
    return [
        ParcelLoaded(
            tour_id=tour.composed.tour_id,
            scan_id=command.scan_id,
            parcel_code=code,
            loaded_by=command.by,
            loaded_at=command.at,
        )
    ]


def begin(command: BeginHandover, tour: Ready) -> Decision:
    if isinstance(tour, HandingOver) and tour.handover_id == command.handover_id:
        return []
    seen, now = sorted(command.loaded), sorted(tour.loaded)
    if stale := changed({"loaded": seen}, {"loaded": now}):
        return stale
    return [
        HandoverBegun(
            tour_id=tour.composed.tour_id,
            handover_id=command.handover_id,
            courier_id=command.courier_id,
            begun_at=command.at,
        )
    ]


def refuse_code(command: RefuseCode, tour: Ready) -> Decision:
    if not isinstance(tour, HandingOver) or tour.handover_id != command.handover_id:
        return HandoverNotBegun()
    if command.attempt_id in tour.refused:
        return []
    if not tour.tries_left:
        return CodeTriedTooOften(MOST_TRIES)
    return [
        HandoverCodeRefused(
            tour_id=tour.composed.tour_id,
            handover_id=command.handover_id,
            attempt_id=command.attempt_id,
            entered_by=command.by,
            refused_at=command.at,
        )
    ]


def check_out(command: CheckOut, tour: Ready) -> Decision:
    if not isinstance(tour, HandingOver) or tour.handover_id != command.handover_id:
        return HandoverNotBegun()
    if not tour.tries_left:
        return CodeTriedTooOften(MOST_TRIES)
    if not tour.loaded:
        return NothingIsLoaded()
    left = [one.parcel_code for one in command.left_behind]
    if bad := terms.bad_rest(left, parcels(tour.composed), tour.loaded):
        return bad
    return [
        TourCheckedOut(
            tour_id=tour.composed.tour_id,
            organisation_id=tour.composed.organisation_id,
            courier_id=tour.courier_id,
            left_behind=command.left_behind,
            order_ids=leaving(tour.composed, command.left_behind),
            checked_out_by=command.by,
            # A slow clock is no reason to let a tour leave before its courier was there.
            checked_out_at=max(command.at, tour.begun_at),
        )
    ]
