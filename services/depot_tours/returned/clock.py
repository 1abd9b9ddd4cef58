"""The return clock: an approved order that stays too long goes back to its sender (D7)."""

from datetime import datetime, timedelta

from contracts.depot_tours.returned_v1 import ReturnApproved
from contracts.timers import CancelTimer, SetTimer
from services.depot_tours.terms import UNDONE_WITHIN

KEPT_FOR = timedelta(days=7)
"""An approved order waits so long for another tour."""
MOST_ATTEMPTS = 3
"""On all tours; after them the order waits for no other."""
WARNING_DAYS = (2, 1)
SENDING_BACK = "sending-back"
WARNING = "warning-"


def sent_back_from(approved_at: datetime, attempts: int) -> datetime:
    """When an order goes back to its sender; not before whoever approved it could undo that."""
    return approved_at + (KEPT_FOR if attempts < MOST_ATTEMPTS else UNDONE_WITHIN)


def warned_from(approved: ReturnApproved, days: int) -> datetime:
    return approved.sent_back_from - timedelta(days=days)


def started(approved: ReturnApproved) -> tuple[SetTimer, ...]:
    """The timers of an approved order; it is not warned of what is nearer than that."""
    warnings = ((days, warned_from(approved, days)) for days in WARNING_DAYS)
    return (
        SetTimer(SENDING_BACK, approved.sent_back_from),
        *(SetTimer(warning(n), due) for n, due in warnings if due > approved.approved_at),
    )


def stopped() -> tuple[CancelTimer, ...]:
    return tuple(CancelTimer(name) for name in (SENDING_BACK, *map(warning, WARNING_DAYS)))


def warning(days: int) -> str:
    """The name of the timer that warns so many days before."""
    return f"{WARNING}{days}"
