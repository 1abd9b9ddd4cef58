"""Works that are due about the same time are one reminder (FLB-153, G-54), and when it goes out
(FLB-152)."""

from collections.abc import Iterable, Sequence
from datetime import date, timedelta

from contracts.reminders.plan_v1 import MileageEstimate, OdometerReading, PlannedWork

Groups = tuple[tuple[PlannedWork, ...], ...]
LEAST_DAYS = 1
"""Between two readings of an odometer that tell how far a vehicle goes."""
LAST = date.max


def due_day(work: PlannedWork) -> date:
    """The day that counts: of the date and the mileage, what comes first (R5)."""
    if work.estimate is None:
        return work.due_on
    return min(work.due_on, work.estimate.reached_on)


def grouped(works: Iterable[PlannedWork], days: int) -> Groups:
    """The works in groups, the earliest first. A group has the first work that is in none before,
    and all that are due at most `days` days after that one; 0 groups equal days only."""
    groups: list[list[PlannedWork]] = []
    for work in sorted(works, key=lambda one: (due_day(one), one.work_id)):
        if groups and (due_day(work) - due_day(groups[-1][0])).days <= days:
            groups[-1].append(work)
        else:
            groups.append([work])
    return tuple(map(tuple, groups))


def send_day(due_on: date, lead_days: int, today: date) -> date:
    """The day on which works that are due then are reminded of: today where that is over."""
    return max(due_on - timedelta(days=lead_days), today)


def estimated(
    due_mileage_km: int | None, readings: Sequence[OdometerReading]
) -> MileageEstimate | None:
    """The day on which a mileage is reached, from the first and the last of the readings; None
    where no mileage is due, or the readings do not tell how far the vehicle goes: fewer than two
    days, no distance, or one that went back."""
    if due_mileage_km is None or not readings:
        return None
    ordered = sorted(readings, key=lambda one: (one.read_on, one.mileage_km))
    first, last = ordered[0], ordered[-1]
    days, gone = (last.read_on - first.read_on).days, last.mileage_km - first.mileage_km
    if days < LEAST_DAYS or gone <= 0:
        return None
    left = max(due_mileage_km - last.mileage_km, 0)
    ahead = min(left * days // gone, (LAST - last.read_on).days)
    return MileageEstimate(first=first, last=last, reached_on=last.read_on + timedelta(days=ahead))
