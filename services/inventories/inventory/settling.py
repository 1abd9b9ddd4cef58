"""The differences of an inventory: each is explained, or disputed with a claim (D4), and closed."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import assert_never

from contracts.decisions import Changed, changed
from contracts.inventories.inventory_v1 import (
    CountEnded,
    Counter,
    Difference,
    DifferenceExplained,
    DifferenceKind,
    DiscrepancyOpened,
    Explanation,
    InventoryClosed,
    InventoryEvent,
    InventoryOpened,
    Settled,
)
from services.inventories.inventory.counting import Scans

FITTING: Mapping[DifferenceKind, frozenset[Explanation]] = {
    DifferenceKind.MISSING: frozenset(
        {
            Explanation.FOUND_LATER,
            Explanation.LEFT_UNSCANNED,
            Explanation.TOLD_LATE,
            Explanation.WRONG_LABEL,
        }
    ),
    DifferenceKind.SURPLUS: frozenset(
        {Explanation.CAME_UNSCANNED, Explanation.TOLD_LATE, Explanation.WRONG_LABEL}
    ),
    DifferenceKind.MISPLACED: frozenset(
        {Explanation.MOVED_UNSCANNED, Explanation.TOLD_LATE, Explanation.WRONG_LABEL}
    ),
}
"""Which explanations there are for each kind of difference."""

# --- Commands ---------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class ExplainDifference:
    organisation_id: str
    parcel_code: str
    explanation: Explanation
    by: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenDiscrepancy:
    organisation_id: str
    parcel_code: str
    claim_id: str
    by: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class CloseInventory:
    """`settled`: every difference with what became of it, as it was seen."""

    organisation_id: str
    settled: tuple[Settled, ...]
    by: str
    at: datetime


Command = ExplainDifference | OpenDiscrepancy | CloseInventory

# --- Rejections -------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class ParcelDoesNotDiffer:
    parcel_code: str


@dataclass(frozen=True, slots=True)
class ExplanationDoesNotFit:
    parcel_code: str


@dataclass(frozen=True, slots=True)
class ParcelIsOnlyMisplaced:
    """It is there, so nobody lost it."""

    parcel_code: str


@dataclass(frozen=True, slots=True)
class ParcelIsDisputed:
    """A claim is open for it."""

    parcel_code: str


@dataclass(frozen=True, slots=True)
class DifferencesNotSettled:
    parcel_codes: tuple[str, ...]


Rejection = (
    ParcelDoesNotDiffer
    | ExplanationDoesNotFit
    | ParcelIsOnlyMisplaced
    | ParcelIsDisputed
    | DifferencesNotSettled
    | Changed
)

# --- State ------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Counted:
    """All counts are over; `settled` has what became of a difference, by the code of its parcel."""

    opened: InventoryOpened
    scans: Scans
    ended: CountEnded
    settled: Mapping[str, Settled] = field(default_factory=dict)


def evolve(state: Counted, event: DifferenceExplained | DiscrepancyOpened) -> Counted:
    code = event.parcel_code
    match event:
        case DifferenceExplained():
            what = Settled(parcel_code=code, explanation=event.explanation, claim_id=None)
        case DiscrepancyOpened():
            what = Settled(parcel_code=code, explanation=None, claim_id=event.claim_id)
        case unhandled:
            assert_never(unhandled)
    return replace(state, settled={**state.settled, code: what})


# --- Decisions --------------------------------------------------------------

Decision = list[InventoryEvent] | Rejection


def decide(command: Command, state: Counted) -> Decision:
    """As in every aggregate, once parcels were counted."""
    if isinstance(command, CloseInventory):
        return close(command, state)
    known = [one for one in state.ended.differences if one.parcel_code == command.parcel_code]
    if not known:
        return ParcelDoesNotDiffer(command.parcel_code)
    match command:
        case ExplainDifference():
            return explain(command, state, known[0])
        case OpenDiscrepancy():
            return dispute(command, state, known[0])
        case unhandled:
            assert_never(unhandled)


def explain(command: ExplainDifference, state: Counted, differs: Difference) -> Decision:
    if command.explanation not in FITTING[differs.kind]:
        return ExplanationDoesNotFit(command.parcel_code)
    settled = state.settled.get(command.parcel_code)
    if settled is not None and settled.claim_id is not None:
        return ParcelIsDisputed(command.parcel_code)
    if settled is not None and settled.explanation is command.explanation:
        return []
    return [
        DifferenceExplained(
            inventory_id=state.opened.inventory_id,
            organisation_id=state.opened.organisation_id,
            parcel_code=command.parcel_code,
            explanation=command.explanation,
            explained_by=command.by,
            explained_at=command.at,
        )
    ]


def dispute(command: OpenDiscrepancy, state: Counted, differs: Difference) -> Decision:
    """Once for a parcel, also where somebody had explained it before."""
    if differs.kind is DifferenceKind.MISPLACED:
        return ParcelIsOnlyMisplaced(command.parcel_code)
    settled = state.settled.get(command.parcel_code)
    if settled is not None and settled.claim_id is not None:
        return []
    return [
        DiscrepancyOpened(
            inventory_id=state.opened.inventory_id,
            organisation_id=state.opened.organisation_id,
            claim_id=command.claim_id,
            parcel_code=command.parcel_code,
            kind=differs.kind,
            order_id=differs.order_id,
            custodian_id=differs.custodian_id,
            opened_by=command.by,
            opened_at=command.at,
        )
    ]


def close(command: CloseInventory, state: Counted) -> Decision:
    """Each difference was seen as it was settled."""
    open_ones = tuple(
        one.parcel_code for one in state.ended.differences if one.parcel_code not in state.settled
    )
    if open_ones:
        return DifferencesNotSettled(open_ones)
    stands = tuple(state.settled[code] for code in sorted(state.settled))
    if stale := changed({"settled": command.settled}, {"settled": stands}):
        return stale
    return [
        InventoryClosed(
            inventory_id=state.opened.inventory_id,
            organisation_id=state.opened.organisation_id,
            settled=stands,
            counters=tuple(counters(state.scans)),
            closed_by=command.by,
            closed_at=command.at,
        )
    ]


def counters(scans: Scans) -> Iterator[Counter]:
    """The people who counted, by count and id, with the parcels that they were the last to scan."""
    for count in sorted(scans):
        by = [scan.by for scan in scans[count].values()]
        for user_id in sorted(set(by)):
            yield Counter(count=count, user_id=user_id, parcels=by.count(user_id))
