"""The desk of support: when it is open, and how soon it answers and resolves what is asked."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from itertools import pairwise
from typing import ClassVar, assert_never
from zoneinfo import available_timezones

from contracts.support.desk_v1 import (
    DeskArranged,
    DeskEvent,
    Opening,
    Priority,
    RequestType,
    TargetTimes,
)
from services.support.desk.hours import MINUTES_A_DAY, Hours

DESK = "desk"
"""The id of the one desk that there is."""
LEAST_OPEN_MINUTES = 60
"""In a week: else a time by which something is to be done may be years away."""

# --- Commands ---------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class ArrangeDesk:
    """All of it: what was arranged before counts no more."""

    organisation_id: str
    time_zone: str
    openings: tuple[Opening, ...]
    holidays: tuple[date, ...]
    targets: tuple[TargetTimes, ...]
    warned_at_percent: int
    supervisor_id: str
    by: str
    at: datetime


Command = ArrangeDesk

# --- Rejections -------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class DeskIsNotArranged:
    pass


@dataclass(frozen=True, slots=True)
class NoSuchTimeZone:
    field: ClassVar[str] = "time_zone"
    name: str


@dataclass(frozen=True, slots=True)
class OpeningNotPossible:
    field: ClassVar[str] = "openings"
    weekday: int
    from_minute: int
    until_minute: int


@dataclass(frozen=True, slots=True)
class OpeningsOverlap:
    field: ClassVar[str] = "openings"
    weekday: int


@dataclass(frozen=True, slots=True)
class DeskIsHardlyOpen:
    field: ClassVar[str] = "openings"
    minutes: int
    fewest: int


@dataclass(frozen=True, slots=True)
class TargetNamedTwice:
    field: ClassVar[str] = "targets"
    type: RequestType
    priority: Priority


@dataclass(frozen=True, slots=True)
class ResolvedBeforeAnswered:
    """Nothing is resolved before it was answered."""

    field: ClassVar[str] = "targets"
    type: RequestType
    priority: Priority


Rejection = (
    DeskIsNotArranged
    | NoSuchTimeZone
    | OpeningNotPossible
    | OpeningsOverlap
    | DeskIsHardlyOpen
    | TargetNamedTwice
    | ResolvedBeforeAnswered
)

# --- State ------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Unarranged:
    pass


@dataclass(frozen=True, slots=True)
class Arranged:
    arranged: DeskArranged


Desk = Unarranged | Arranged

initial: Desk = Unarranged()


@dataclass(frozen=True, slots=True)
class Arrangement:
    """The hours and targets as clocks of requests are set by them, under the names of their types
    and priorities."""

    hours: Hours
    targets: Mapping[tuple[str, str], TargetTimes]
    warned_at_percent: int
    supervisor_id: str
    arranged_at: datetime


def evolve(_: Desk, event: DeskEvent) -> Desk:
    """Take history as recorded: a rule added today must not break yesterday's events."""
    match event:
        case DeskArranged():
            return Arranged(event)
        case unhandled:
            assert_never(unhandled)


def arrangement(arranged: DeskArranged) -> Arrangement:
    """The hours and targets that count from then on."""
    return Arrangement(
        hours=Hours(
            arranged.time_zone,
            tuple((one.weekday, one.from_minute, one.until_minute) for one in arranged.openings),
            frozenset(arranged.holidays),
        ),
        targets={(one.type.name, one.priority.name): one for one in arranged.targets},
        warned_at_percent=arranged.warned_at_percent,
        supervisor_id=arranged.supervisor_id,
        arranged_at=arranged.arranged_at,
    )


# --- Decisions --------------------------------------------------------------

Decision = list[DeskEvent] | Rejection


def decide(command: Command, desk: Desk) -> Decision:
    """New facts, an empty list when they are already recorded, or the rule that says no."""
    if bad := bad_hours(command) or bad_targets(command):
        return bad
    arranged = DeskArranged(
        desk_id=DESK,
        organisation_id=command.organisation_id,
        time_zone=command.time_zone,
        openings=command.openings,
        holidays=command.holidays,
        targets=command.targets,
        warned_at_percent=command.warned_at_percent,
        supervisor_id=command.supervisor_id,
        arranged_by=command.by,
        arranged_at=command.at,
    )
    match desk:
        case Unarranged():
            return [arranged]
        case Arranged(arranged=known):
            same = replace(known, arranged_by=command.by, arranged_at=command.at) == arranged
            return [] if same else [arranged]
        case unhandled:
            assert_never(unhandled)


def bad_hours(command: ArrangeDesk) -> Rejection | None:
    if command.time_zone not in available_timezones():
        return NoSuchTimeZone(command.time_zone)
    for one in command.openings:
        if not 0 <= one.from_minute < one.until_minute <= MINUTES_A_DAY:
            return OpeningNotPossible(one.weekday, one.from_minute, one.until_minute)
    ordered = sorted(command.openings, key=lambda one: (one.weekday, one.from_minute))
    for one, following in pairwise(ordered):
        if one.weekday == following.weekday and following.from_minute < one.until_minute:
            return OpeningsOverlap(one.weekday)
    minutes = sum(one.until_minute - one.from_minute for one in ordered)
    return DeskIsHardlyOpen(minutes, LEAST_OPEN_MINUTES) if minutes < LEAST_OPEN_MINUTES else None


def bad_targets(command: ArrangeDesk) -> Rejection | None:
    named = Counter((one.type, one.priority) for one in command.targets)
    for one in command.targets:
        if named[one.type, one.priority] > 1:
            return TargetNamedTwice(one.type, one.priority)
        answered, resolved = one.first_response_minutes, one.resolution_minutes
        if answered is not None and resolved is not None and resolved < answered:
            return ResolvedBeforeAnswered(one.type, one.priority)
    return None
