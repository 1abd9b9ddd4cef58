"""The close of a day: it names what was expected and counted, and why they differ (D2)."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime

from contracts.cash import dirhams
from contracts.common_v1 import Money
from contracts.decisions import Changed, changed
from contracts.tills.till_v1 import CourierCash, GapReason, GapRecorded, TillClosed, TillEvent
from services.tills.till.cash import Couriers

SETTLED_LATER = frozenset(
    {GapReason.STILL_WITH_COURIER, GapReason.FROM_EARLIER_DAY, GapReason.NOT_REPORTED_YET}
)
"""The reasons for which a gap is between depot and courier, and evened out on another day."""
ONLY_MISSING = frozenset(
    {GapReason.STILL_WITH_COURIER, GapReason.COUNTERFEIT, GapReason.LOST, GapReason.STOLEN}
)
"""The reasons for which there can only be less than was expected."""
ONLY_MORE = frozenset({GapReason.FROM_EARLIER_DAY, GapReason.NOT_REPORTED_YET})
"""The reasons for which there can only be more."""

# --- Commands ---------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class CourierSeen:
    """The cash of a courier as it was seen, and the reason for the gap where there is one."""

    cash: CourierCash
    reason: GapReason | None


@dataclass(frozen=True, slots=True, kw_only=True)
class CloseDay:
    till_id: str
    organisation_id: str
    day: date
    couriers: tuple[CourierSeen, ...]
    by: str
    at: datetime


# --- Rejections -------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class CashNotCounted:
    courier_ids: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class GapNotExplained:
    courier_id: str
    gap: Money


@dataclass(frozen=True, slots=True)
class NoGapToExplain:
    courier_id: str


@dataclass(frozen=True, slots=True)
class ReasonDoesNotFit:
    """It explains less than was expected and there is more, or the other way round."""

    courier_id: str
    gap: Money


Unexplained = GapNotExplained | NoGapToExplain | ReasonDoesNotFit
Rejection = CashNotCounted | Unexplained | Changed

# --- Decisions --------------------------------------------------------------

Decision = list[TillEvent] | Rejection


def close(command: CloseDay, couriers: Couriers) -> Decision:
    """The day is closed, and then each gap is recorded, by the id of the courier."""
    stands = []
    for courier_id, takings in sorted(couriers.items()):
        if takings.counted is None:
            return CashNotCounted(not_counted(couriers))
        cash = CourierCash(
            courier_id=courier_id, expected=takings.expected, counted=takings.counted
        )
        stands.append(cash)
    seen = sorted(command.couriers, key=lambda one: one.cash.courier_id)
    if stale := changed({"couriers": tuple(one.cash for one in seen)}, {"couriers": tuple(stands)}):
        return stale
    for one in seen:
        if bad := unexplained(one):
            return bad
    closed = TillClosed(
        till_id=command.till_id,
        organisation_id=command.organisation_id,
        day=command.day,
        couriers=tuple(stands),
        closed_by=command.by,
        closed_at=command.at,
    )
    gaps = [recorded(command, one.cash, one.reason) for one in seen if one.reason is not None]
    return [closed, *gaps]


def is_closed_so(command: CloseDay, closed: TillClosed, gaps: Mapping[str, GapRecorded]) -> bool:
    """Whether the day was closed with the same cash and the same reasons."""
    known = {
        CourierSeen(cash, gaps[cash.courier_id].reason if cash.courier_id in gaps else None)
        for cash in closed.couriers
    }
    return known == {*command.couriers}


def not_counted(couriers: Couriers) -> tuple[str, ...]:
    return tuple(sorted(id for id, takings in couriers.items() if takings.counted is None))


def gap(cash: CourierCash) -> Money:
    """The sum that was counted less the one that was expected: negative where cash is missing."""
    return dirhams(cash.counted.amount_minor - cash.expected.amount_minor)


def unexplained(seen: CourierSeen) -> Unexplained | None:
    """The fault of the reason given for a courier's gap, if it has one."""
    courier_id, difference = seen.cash.courier_id, gap(seen.cash)
    if difference.amount_minor == 0:
        return None if seen.reason is None else NoGapToExplain(courier_id)
    if seen.reason is None:
        return GapNotExplained(courier_id, difference)
    misfit = ONLY_MORE if difference.amount_minor < 0 else ONLY_MISSING
    return ReasonDoesNotFit(courier_id, difference) if seen.reason in misfit else None


def recorded(command: CloseDay, cash: CourierCash, reason: GapReason) -> GapRecorded:
    return GapRecorded(
        till_id=command.till_id,
        organisation_id=command.organisation_id,
        day=command.day,
        courier_id=cash.courier_id,
        gap=gap(cash),
        reason=reason,
        recorded_by=command.by,
        recorded_at=command.at,
    )
