"""A day of a workshop: the dealership offers slots, and customers take places in them (R7)."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time
from typing import ClassVar, assert_never
from zoneinfo import ZoneInfo

from contracts.hours import instant
from contracts.reminders.workday_v1 import (
    PlaceFreed,
    PlaceTaken,
    Slot,
    SlotsOffered,
    WorkdayEvent,
)

MOST_SLOTS = 100
MOST_PLACES = 100

# --- Commands ---------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Opening:
    """A slot by the dealership's clock."""

    begins: time
    ends: time
    places: int


@dataclass(frozen=True, slots=True, kw_only=True)
class OfferSlots:
    """All slots of the day; none closes it."""

    workday_id: str
    organisation_id: str
    dealership_id: str
    day: date
    time_zone: str
    openings: tuple[Opening, ...]
    today: date
    by: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class TakePlace:
    organisation_id: str
    reminder_id: str
    starts_at: datetime
    work_ids: tuple[str, ...]
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class FreePlace:
    """`by` is the colleague who cancels the appointment, None where the answer was not taken. With
    `taken_at`, only the place that was taken then."""

    workday_id: str
    organisation_id: str
    reminder_id: str
    by: str | None
    taken_at: datetime | None = None
    at: datetime


Command = OfferSlots | TakePlace | FreePlace

# --- Rejections -------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class NoSuchWorkday:
    """Nothing is offered on the day, or the dealership is none of the caller's."""


@dataclass(frozen=True, slots=True)
class WorkdayIsOver:
    day: date
    today: date


@dataclass(frozen=True, slots=True)
class SlotsNotPossible:
    """Too many slots, two at one time, one that ends before it begins, too few or many places."""

    field: ClassVar[str] = "slots"
    most: int
    places: int


@dataclass(frozen=True, slots=True)
class SlotHourLeftOut:
    """Clocks skip it on the day."""

    field: ClassVar[str] = "slots"
    hour: str
    day: date


@dataclass(frozen=True, slots=True)
class SlotHasAppointments:
    """More customers come then than there would be places."""

    field: ClassVar[str] = "slots"
    starts_at: datetime
    taken: int


@dataclass(frozen=True, slots=True)
class SlotNotOffered:
    pass


@dataclass(frozen=True, slots=True)
class SlotIsFull:
    """Somebody else was faster."""


Rejection = (
    NoSuchWorkday
    | WorkdayIsOver
    | SlotsNotPossible
    | SlotHourLeftOut
    | SlotHasAppointments
    | SlotNotOffered
    | SlotIsFull
)

# --- State ------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Unoffered:
    pass


@dataclass(frozen=True, slots=True)
class Offered:
    """`taken` are the places, by the reminder of whoever has one."""

    offered: SlotsOffered
    taken: Mapping[str, PlaceTaken] = field(default_factory=dict)

    def taken_at(self, starts_at: datetime) -> int:
        """How many places of a slot are taken."""
        return sum(one.starts_at == starts_at for one in self.taken.values())


Workday = Unoffered | Offered

initial: Workday = Unoffered()


def evolve(workday: Workday, event: WorkdayEvent) -> Workday:
    """Take history as recorded: a rule added today must not break yesterday's events."""
    if isinstance(event, SlotsOffered):
        return Offered(event, workday.taken if isinstance(workday, Offered) else {})
    if isinstance(workday, Unoffered):
        return workday
    match event:
        case PlaceTaken():
            return replace(workday, taken={**workday.taken, event.reminder_id: event})
        case PlaceFreed():
            left = {id: one for id, one in workday.taken.items() if id != event.reminder_id}
            return replace(workday, taken=left)
        case unhandled:
            assert_never(unhandled)


def id_of(dealership_id: str, day: date) -> str:
    """The id of the day of a dealership's workshop."""
    return f"{dealership_id}.{day.isoformat()}"


# --- Decisions --------------------------------------------------------------

Decision = list[WorkdayEvent] | Rejection


def decide(command: Command, workday: Workday) -> Decision:
    """New facts, an empty list when they are already recorded, or the rule that says no."""
    if isinstance(command, OfferSlots):
        return offer(command, workday)
    if isinstance(workday, Unoffered):
        return NoSuchWorkday()
    if workday.offered.organisation_id != command.organisation_id:
        return NoSuchWorkday()
    match command:
        case TakePlace():
            return take(command, workday)
        case FreePlace():
            return free(command, workday)
        case unhandled:
            assert_never(unhandled)


def offer(command: OfferSlots, workday: Workday) -> Decision:
    """Appointments stand: no slot has fewer places than customers who come."""
    if command.day < command.today:
        return WorkdayIsOver(command.day, command.today)
    slots = slots_of(command)
    if not isinstance(slots, tuple):
        return slots
    if isinstance(workday, Offered):
        if workday.offered.slots == slots:
            return []
        places = {one.starts_at: one.places for one in slots}
        for one in workday.taken.values():
            count = workday.taken_at(one.starts_at)
            if places.get(one.starts_at, 0) < count:
                return SlotHasAppointments(one.starts_at, count)
    elif not slots:
        return []
    return [
        SlotsOffered(
            workday_id=command.workday_id,
            organisation_id=command.organisation_id,
            dealership_id=command.dealership_id,
            day=command.day,
            slots=slots,
            offered_by=command.by,
            offered_at=command.at,
        )
    ]


def slots_of(command: OfferSlots) -> tuple[Slot, ...] | SlotsNotPossible | SlotHourLeftOut:
    """The slots in their order. Of an hour that comes twice it is the first."""
    zone, found = ZoneInfo(command.time_zone), []
    for one in sorted(command.openings, key=lambda opening: opening.begins):
        for clock in (one.begins, one.ends):
            if instant(command.day, clock, zone).astimezone(zone).time() != clock:
                return SlotHourLeftOut(f"{clock:%H:%M}", command.day)
        starts_at = instant(command.day, one.begins, zone)
        ends_at = instant(command.day, one.ends, zone)
        found.append(Slot(starts_at=starts_at, ends_at=ends_at, places=one.places))
    times = {one.starts_at for one in found}
    fit = all(one.starts_at < one.ends_at and 1 <= one.places <= MOST_PLACES for one in found)
    if len(found) > MOST_SLOTS or len(times) < len(found) or not fit:
        return SlotsNotPossible(MOST_SLOTS, MOST_PLACES)
    return tuple(found)


def take(command: TakePlace, workday: Offered) -> Decision:
    """A reminder has one place a day; whoever took that one before has it."""
    slots = {one.starts_at: one for one in workday.offered.slots}
    slot, known = slots.get(command.starts_at), workday.taken.get(command.reminder_id)
    if known is not None and known.starts_at == command.starts_at:
        return []
    if slot is None or known is not None or slot.starts_at <= command.at:
        return SlotNotOffered()
    if workday.taken_at(slot.starts_at) >= slot.places:
        return SlotIsFull()
    offered = workday.offered
    return [
        PlaceTaken(
            workday_id=offered.workday_id,
            organisation_id=offered.organisation_id,
            dealership_id=offered.dealership_id,
            reminder_id=command.reminder_id,
            starts_at=slot.starts_at,
            ends_at=slot.ends_at,
            work_ids=command.work_ids,
            taken_at=command.at,
        )
    ]


def free(command: FreePlace, workday: Offered) -> list[WorkdayEvent]:
    known = workday.taken.get(command.reminder_id)
    if known is None or command.taken_at not in (None, known.taken_at):
        return []
    return [
        PlaceFreed(
            workday_id=known.workday_id,
            organisation_id=known.organisation_id,
            dealership_id=known.dealership_id,
            reminder_id=known.reminder_id,
            starts_at=known.starts_at,
            freed_by=command.by,
            freed_at=command.at,
        )
    ]
