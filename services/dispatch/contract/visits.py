"""The visits of a contract: the days of its rules, less those it is paused on, with those that
were moved or swapped (M12)."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from itertools import takewhile

from contracts.dispatch.contract_v1 import (
    ContractAgreed,
    ContractPaused,
    ContractReassigned,
    VisitMoved,
    VisitPlanned,
    VisitSwapped,
)
from contracts.recurrence import OCCURS_WITHIN_YEARS, at_clock, days

PLANNED_AHEAD = timedelta(days=7)
"""A visit becomes a job so long before it."""
ONE_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """A rule, the first day on which it counts, and the minute of the day."""

    rule: str
    first_day: date
    minute: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Visit:
    """`day` is that of the rule, which names the visit; `arrives_from` is when it takes place."""

    day: date
    arrives_from: datetime
    provider_id: str
    manager_id: str
    commission_basis_points: int

    @property
    def plan_at(self) -> datetime:
        return self.arrives_from - PLANNED_AHEAD


@dataclass(frozen=True, slots=True)
class Course:
    """A contract as its facts left it; earlier rules count until the day before the next one."""

    agreed: ContractAgreed
    rules: tuple[Rule, ...]
    pauses: tuple[ContractPaused, ...] = ()
    moved: Mapping[date, VisitMoved] = field(default_factory=dict)
    swapped: Mapping[date, VisitSwapped] = field(default_factory=dict)
    planned: Mapping[date, VisitPlanned] = field(default_factory=dict)
    turns: tuple[ContractReassigned, ...] = ()
    """The providers that took over, by their first days."""
    said_last_day: date = date.max
    """The end that people said."""
    leavers: Mapping[str, date] = field(default_factory=dict)
    """The providers that leave the marketplace, each with the end for that."""

    @property
    def last_day(self) -> date:
        """The day with which it ends, for whatever comes first."""
        return min((self.said_last_day, *self.leavers.values()))

    @property
    def leaver_id(self) -> str | None:
        """The provider for whose leaving it ends."""
        first = min(self.leavers, key=lambda one: (self.leavers[one], one), default=None)
        return first if first and self.leavers[first] < self.said_last_day else None


def visits(course: Course, since: date, until: date) -> Iterator[Visit]:
    """The visits of these days, both included, in the order of the days that name them.

    Planned ones are as they were planned, whatever the rules say since.
    """
    for day in sorted({*_days(course, since, until), *_planned(course, since, until)}):
        yield visit(course, day)


def visit(course: Course, day: date) -> Visit:
    """A visit of a day that has one."""
    if planned := course.planned.get(day):
        return Visit(
            day=day,
            arrives_from=planned.arrives_from,
            provider_id=planned.provider_id,
            manager_id=planned.manager_id,
            commission_basis_points=planned.commission_basis_points,
        )
    by = course.swapped.get(day) or provider_of(course, day)
    return Visit(
        day=day,
        arrives_from=time_of(course, day),
        provider_id=by.provider_id,
        manager_id=by.manager_id,
        commission_basis_points=by.commission_basis_points,
    )


def provider_of(course: Course, day: date) -> ContractAgreed | ContractReassigned:
    """The provider who makes the visit of a day, unless it was swapped."""
    begun = [one for one in course.turns if one.first_day <= day]
    return begun[-1] if begun else course.agreed


def first_day_of(course: Course, provider_id: str, since: date) -> date | None:
    """The first day since one on which visits are those of a provider; None where none are."""
    days = (since, *(one.first_day for one in course.turns if one.first_day > since))
    return next((one for one in days if provider_of(course, one).provider_id == provider_id), None)


def time_of(course: Course, day: date) -> datetime:
    """When the visit of a day takes place, by the clock of the zone."""
    zone = course.agreed.time_zone
    if moved := course.moved.get(day):
        return at_clock(moved.to_day, moved.to_minute, zone)
    rule = next(one for one in reversed(course.rules) if one.first_day <= day)
    return at_clock(day, rule.minute, zone)


def next_plan_at(course: Course, at: datetime) -> datetime | None:
    """When the next visit becomes a job that is none yet; None where no more come."""
    moved, others = pending(course, at)
    first = next(others, None)
    return min((one.plan_at for one in (*moved, *filter(None, [first]))), default=None)


def due(course: Course, at: datetime) -> list[Visit]:
    """The visits that are to become jobs by now, and are none yet."""
    moved, others = pending(course, at)
    soon = takewhile(lambda one: one.plan_at <= at, others)
    found = [*(one for one in moved if one.plan_at <= at), *soon]
    return sorted(found, key=lambda one: one.arrives_from)


def pending(course: Course, at: datetime) -> tuple[list[Visit], Iterator[Visit]]:
    """The visits to come that are no jobs yet: those that were moved, and the others in order."""
    until = date(at.year + OCCURS_WITHIN_YEARS, 12, 31)

    def is_left(one: Visit) -> bool:
        return one.day not in course.planned and one.arrives_from > at

    moved = [visit(course, day) for day in course.moved if has_visit(course, day)]
    left = _days(course, at.date() - ONE_DAY, until)
    others = (visit(course, day) for day in left if day not in course.moved)
    return [one for one in moved if is_left(one)], filter(is_left, others)


def has_visit(course: Course, day: date) -> bool:
    """Whether a day names a visit."""
    return day in course.planned or any(True for _ in _days(course, day, day))


def _planned(course: Course, since: date, until: date) -> list[date]:
    return [day for day in course.planned if since <= day <= until]


def _days(course: Course, since: date, until: date) -> Iterator[date]:
    """The days of the rules that count on them, in order, without pauses and what is after the
    end."""
    ends = [*(one.first_day - ONE_DAY for one in course.rules[1:]), course.last_day]
    for rule, end in zip(course.rules, ends, strict=True):
        begin, last = max(since, rule.first_day), min(until, end)
        if begin > last:
            continue
        for day in days(rule.rule, rule.first_day, begin, last):
            if not any(one.from_day <= day <= one.until_day for one in course.pauses):
                yield day
