"""The days on which a driver can be called: declared by day, week or month, and taken back."""

from calendar import monthrange
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import assert_never

from contracts.missions.driver_v1 import (
    AvailabilityDeclared,
    AvailabilityWithdrawn,
    DriverEvent,
    Period,
)
from services.missions import terms

REASON_LIMIT = 255

# --- Commands ---------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class DeclareAvailability:
    driver_id: str
    organisation_id: str
    availability_id: str
    period: Period
    starting: date
    reason: str | None
    today: date
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class WithdrawAvailability:
    driver_id: str
    organisation_id: str
    availability_id: str
    today: date
    at: datetime


Command = DeclareAvailability | WithdrawAvailability

# --- Rejections -------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class NoSuchAvailability:
    pass


@dataclass(frozen=True, slots=True)
class AvailabilityIdTaken:
    availability_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AvailabilityOverlaps:
    """The days already declared, both included."""

    availability_id: str
    from_day: date
    until_day: date


@dataclass(frozen=True, slots=True)
class AvailabilityIsOver:
    until_day: date


Rejection = (
    NoSuchAvailability
    | AvailabilityIdTaken
    | AvailabilityOverlaps
    | AvailabilityIsOver
    | terms.TextTooLong
    | terms.DayNotPossible
)

# --- State ------------------------------------------------------------------

Availability = AvailabilityDeclared | AvailabilityWithdrawn
"""An availability is what happened to it last."""

# --- Decisions --------------------------------------------------------------

Decision = list[DriverEvent] | Rejection


def decide(command: Command, availabilities: Mapping[str, Availability]) -> Decision:
    """As in every aggregate; `availabilities` are those of the driver, by their id."""
    match command:
        case DeclareAvailability():
            return declare(command, availabilities)
        case WithdrawAvailability():
            return withdraw(command, availabilities.get(command.availability_id))
        case unhandled:
            assert_never(unhandled)


def declare(command: DeclareAvailability, availabilities: Mapping[str, Availability]) -> Decision:
    earlier = availabilities.get(command.availability_id)
    if earlier is not None:
        return [] if repeats(command, earlier) else AvailabilityIdTaken(command.availability_id)
    latest = command.today + terms.HORIZON
    return (
        terms.not_possible("starting", command.starting, first=command.today, last=latest)
        or terms.too_long("reason", command.reason, REASON_LIMIT)
        or overlap(command, availabilities.values())
        or [
            AvailabilityDeclared(
                driver_id=command.driver_id,
                availability_id=command.availability_id,
                period=command.period,
                from_day=command.starting,
                until_day=last_day(command.period, command.starting),
                reason=command.reason,
                declared_at=command.at,
            )
        ]
    )


def repeats(command: DeclareAvailability, earlier: Availability) -> bool:
    return isinstance(earlier, AvailabilityDeclared) and (
        (earlier.period, earlier.from_day, earlier.reason)
        == (command.period, command.starting, command.reason)
    )


def overlap(
    command: DeclareAvailability, others: Iterable[Availability]
) -> AvailabilityOverlaps | None:
    first, last = command.starting, last_day(command.period, command.starting)
    for other in others:
        if isinstance(other, AvailabilityDeclared) and (
            first <= other.until_day and other.from_day <= last
        ):
            return AvailabilityOverlaps(
                availability_id=other.availability_id,
                from_day=other.from_day,
                until_day=other.until_day,
            )
    return None


def last_day(period: Period, first: date) -> date:
    match period:
        case Period.DAY:
            return first
        case Period.WEEK:
            return first + timedelta(days=6)
        case Period.MONTH:
            return last_day_of_month_from(first)
        case unhandled:
            assert_never(unhandled)


def last_day_of_month_from(first: date) -> date:
    """The eve of the same day next month; where that month is too short, its last day."""
    next_month = first.replace(day=1) + timedelta(days=monthrange(first.year, first.month)[1])
    length = monthrange(next_month.year, next_month.month)[1]
    return next_month + timedelta(days=min(first.day - 1, length) - 1)


def withdraw(command: WithdrawAvailability, earlier: Availability | None) -> Decision:
    match earlier:
        case None:
            return NoSuchAvailability()
        case AvailabilityWithdrawn():
            return []
        case AvailabilityDeclared() if earlier.until_day < command.today:
            return AvailabilityIsOver(earlier.until_day)
        case AvailabilityDeclared():
            return [
                AvailabilityWithdrawn(
                    driver_id=command.driver_id,
                    availability_id=command.availability_id,
                    withdrawn_at=command.at,
                )
            ]
        case unhandled:
            assert_never(unhandled)
