"""Which appointments can customers of a dealership still make?"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import assert_never

from contracts.reminders import workday_v1
from contracts.reminders.workday_v1 import PlaceFreed, PlaceTaken, SlotsOffered
from infra.consumers.views import OutOfOrder, View
from infra.database import Pool
from infra.reading import Table

Reads = SlotsOffered | PlaceTaken | PlaceFreed
DAYS = 60
"""So many days on which something is offered are looked at."""
MOST = 40
"""So many slots are shown to a customer."""


@dataclass(frozen=True, slots=True)
class SlotOfDay:
    starts_at: datetime
    ends_at: datetime
    places: int


@dataclass(frozen=True, slots=True)
class TakenPlace:
    reminder_id: str
    starts_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class OfferedDay:
    workday_id: str
    organisation_id: str
    dealership_id: str
    day: date
    slots: tuple[SlotOfDay, ...]
    taken: tuple[TakenPlace, ...] = ()


def key(event: Reads) -> tuple[str]:
    return (event.workday_id,)


def project(row: OfferedDay | None, event: Reads) -> OfferedDay:
    if isinstance(event, SlotsOffered):
        return OfferedDay(
            workday_id=event.workday_id,
            organisation_id=event.organisation_id,
            dealership_id=event.dealership_id,
            day=event.day,
            slots=tuple(SlotOfDay(o.starts_at, o.ends_at, o.places) for o in event.slots),
            taken=row.taken if row else (),
        )
    if row is None:
        raise OutOfOrder(event)
    others = tuple(one for one in row.taken if one.reminder_id != event.reminder_id)
    match event:
        case PlaceTaken():
            mine = TakenPlace(event.reminder_id, event.starts_at)
            return replace(row, taken=(*others, mine))
        case PlaceFreed():
            return replace(row, taken=others)
        case unhandled:
            assert_never(unhandled)


view = View(
    name="workdays",
    contract=workday_v1.contract,
    reads=Reads,
    row=OfferedDay,
    primary_key=("workday_id",),
    key=key,
    project=project,
    indexes=("(dealership_id, day)",),
)
workdays = Table(view, "workdays")
NEXT = workdays.order("next-workdays", "day", "workday_id")


async def free_slots(
    pool: Pool, organisation_id: str, dealership_id: str, now: datetime
) -> list[SlotOfDay]:
    """The slots to come of a dealership in which there is a place, the next first."""
    mine = workdays.of(organisation_id, dealership_id=dealership_id)
    # A day begins up to 14 hours earlier than in UTC.
    rows = mine.where("day >= (%(now)s)::date - 1", now=now)
    days = await rows.page(pool, NEXT, after=None, limit=DAYS)
    return [slot for row in days for slot in free_in(row, now)][:MOST]


def free_in(row: OfferedDay, now: datetime) -> Iterator[SlotOfDay]:
    """The slots of a day that are to come and have a place."""
    for slot in row.slots:
        taken = sum(one.starts_at == slot.starts_at for one in row.taken)
        if slot.starts_at > now and taken < slot.places:
            yield slot
