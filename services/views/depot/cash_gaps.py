"""The gaps between expected and counted cash: one row for a courier and a day of a till."""

from dataclasses import dataclass
from datetime import date, datetime

from contracts.tills.till_v1 import GapRecorded, contract
from infra.consumers.views import View
from infra.reading import Table

Reads = GapRecorded


@dataclass(frozen=True, slots=True, kw_only=True)
class CashGap:
    """Negative where cash is missing."""

    till_id: str
    courier_id: str
    organisation_id: str
    day: date
    gap_minor: int
    currency: str
    reason: str
    recorded_at: datetime


def key(event: Reads) -> tuple[str, str]:
    return event.till_id, event.courier_id


def project(_: CashGap | None, event: Reads) -> CashGap:
    return CashGap(
        till_id=event.till_id,
        courier_id=event.courier_id,
        organisation_id=event.organisation_id,
        day=event.day,
        gap_minor=event.gap.amount_minor,
        currency=event.gap.currency,
        reason=event.reason.name.lower(),
        recorded_at=event.recorded_at,
    )


view = View(
    name="cash_gaps",
    contract=contract,
    reads=Reads,
    row=CashGap,
    primary_key=("till_id", "courier_id"),
    key=key,
    project=project,
    indexes=("(organisation_id, day, courier_id)",),
)
cash_gaps = Table(view, "cash_gaps")
BY_DAY = cash_gaps.order("by-day", "day", "courier_id")
