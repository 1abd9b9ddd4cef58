"""Ending: announced with a notice, once it is said what becomes of every job (M4, M5, G-66)."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import assert_never
from zoneinfo import ZoneInfo

from contracts.marketplace.relation_v1 import (
    EndAnnounced,
    EndCalledOff,
    JobSettlement,
    ReasonCode,
    RelationDeactivated,
    RelationDeleted,
    RelationEnd,
    RelationEvent,
    RelationReactivated,
)
from contracts.providers import Relation, RelationStanding
from contracts.timers import CancelTimer, SetTimer
from services.marketplace import terms
from services.marketplace.relation.standings import NotInThisStanding, unless

WITHOUT_NOTICE = frozenset(
    {ReasonCode.REPEATED_BREACH, ReasonCode.LEGAL_DUTY, ReasonCode.FRAUD_OR_DANGER}
)
"""P2B excuses from the notice what the law asks for, and who breached the terms repeatedly (EU
2019/1150, article 4, 4)."""
AT_WORK = (RelationStanding.ACCEPTED, RelationStanding.SUSPENDED)
"""Only who works on the marketplace is given notice."""
END = "end"

# --- Commands ---------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class AnnounceEnd:
    """`jobs` says what becomes of each job, `open_jobs` are those that run or are to begin.
    `contracts` are to end with the last day, `open_contracts` are those with visits to come."""

    end: RelationEnd
    reason: ReasonCode
    explanation: str
    jobs: tuple[JobSettlement, ...]
    open_jobs: tuple[str, ...]
    contracts: tuple[str, ...]
    open_contracts: tuple[str, ...]
    notice_days: int
    time_zone: str
    by: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class CallOffEnd:
    by: str
    at: datetime


@dataclass(frozen=True, slots=True)
class TakeEffect:
    """Comes from the timer."""

    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Reactivate:
    by: str
    at: datetime


Command = AnnounceEnd | CallOffEnd | TakeEffect | Reactivate

# --- Rejections -------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class JobsInTheWay:
    """These jobs run or are to begin, and nothing was said of them: each is to be finished,
    reassigned or cancelled."""

    jobs: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ContractsInTheWay:
    """These contracts have visits to come: each is named to end, or another provider takes it over
    before."""

    contracts: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class EndIsAnnounced:
    """Another end is announced: it is called off first."""

    last_day: date


Rejection = JobsInTheWay | ContractsInTheWay | EndIsAnnounced | NotInThisStanding | terms.BadText

# --- Decisions --------------------------------------------------------------

Decision = list[RelationEvent] | Rejection


def decide(command: Command, known: Relation) -> Decision:
    match command:
        case AnnounceEnd():
            return announce(command, known)
        case CallOffEnd():
            return call_off(command, known)
        case TakeEffect():
            due = known.ending and command.at >= known.ending[0].effective_at
            end = RelationEnd[known.ending[0].end.upper()] if due else None
            return [ended(known, end, command.at)] if end is not None else []
        case Reactivate():
            return reactivate(command, known)
        case unhandled:
            assert_never(unhandled)


def announce(command: AnnounceEnd, known: Relation) -> Decision:
    if known.standing is over(command.end):
        return []
    if known.ending:
        is_same = known.ending[0].end == command.end.name.lower()
        return [] if is_same else EndIsAnnounced(known.ending[0].last_day)
    if command.end is RelationEnd.DEACTIVATED and (bad := unless(known, *AT_WORK)):
        return bad
    if known.standing is RelationStanding.DELETED:
        return NotInThisStanding(known.standing)
    if bad_text := terms.bad_text("explanation", command.explanation):
        return bad_text
    if sorted(one.job_id for one in command.jobs) != sorted(command.open_jobs):
        return JobsInTheWay(command.open_jobs)
    if sorted(command.contracts) != sorted(command.open_contracts):
        return ContractsInTheWay(command.open_contracts)
    last_day, effective_at = end_of(command, known)
    announced = EndAnnounced(
        relation_id=known.relation_id,
        marketplace_id=known.marketplace_id,
        provider_id=known.provider_id,
        marketplace_name=known.marketplace_name,
        told_id=known.told_id,
        end=command.end,
        reason=command.reason,
        explanation=command.explanation,
        jobs=command.jobs,
        last_day=last_day,
        effective_at=effective_at,
        announced_by=command.by,
        announced_at=command.at,
        contracts=command.contracts,
    )
    if effective_at > command.at:
        return [announced]
    return [announced, ended(known, command.end, command.at)]


def end_of(command: AnnounceEnd, known: Relation) -> tuple[date, datetime]:
    """The last day of the provider, and the instant at which it is over."""
    is_due = known.standing in AT_WORK and command.reason not in WITHOUT_NOTICE
    return end_of_notice(command, days=command.notice_days if is_due else 0)


def over(end: RelationEnd) -> RelationStanding:
    return RelationStanding.DELETED if end is RelationEnd.DELETED else RelationStanding.DEACTIVATED


def end_of_notice(command: AnnounceEnd, days: int) -> tuple[date, datetime]:
    """The last day of a notice of whole days, and the instant at which that day is over; without
    a notice today, and at once."""
    zone = ZoneInfo(command.time_zone)
    today = command.at.astimezone(zone).date()
    if days == 0:
        return today, command.at
    last = today + timedelta(days=days)
    midnight = datetime.combine(last + timedelta(days=1), time.min, zone)
    return last, midnight.astimezone(UTC)


def ended(known: Relation, end: RelationEnd, at: datetime) -> RelationEvent:
    if end is RelationEnd.DELETED:
        return RelationDeleted(
            relation_id=known.relation_id,
            marketplace_id=known.marketplace_id,
            provider_id=known.provider_id,
            marketplace_name=known.marketplace_name,
            told_id=known.told_id,
            deleted_at=at,
        )
    return RelationDeactivated(
        relation_id=known.relation_id,
        marketplace_id=known.marketplace_id,
        provider_id=known.provider_id,
        marketplace_name=known.marketplace_name,
        told_id=known.told_id,
        deactivated_at=at,
    )


def call_off(command: CallOffEnd, known: Relation) -> Decision:
    if not known.ending:
        return unless(known, *AT_WORK) or []
    return [
        EndCalledOff(
            relation_id=known.relation_id,
            marketplace_id=known.marketplace_id,
            provider_id=known.provider_id,
            marketplace_name=known.marketplace_name,
            told_id=known.told_id,
            called_off_by=command.by,
            called_off_at=command.at,
            contracts=known.ending[0].contracts,
        )
    ]


def reactivate(command: Reactivate, known: Relation) -> Decision:
    if known.standing is RelationStanding.ACCEPTED:
        return []
    if bad := unless(known, RelationStanding.DEACTIVATED):
        return bad
    return [
        RelationReactivated(
            relation_id=known.relation_id,
            marketplace_id=known.marketplace_id,
            provider_id=known.provider_id,
            marketplace_name=known.marketplace_name,
            told_id=known.told_id,
            reactivated_by=command.by,
            reactivated_at=command.at,
        )
    ]


# --- Timers -----------------------------------------------------------------


def timers(event: RelationEvent) -> tuple[SetTimer | CancelTimer, ...]:
    """An end that was announced comes at its time, unless it is called off before."""
    if isinstance(event, EndAnnounced) and event.effective_at > event.announced_at:
        return (SetTimer(END, event.effective_at),)
    if isinstance(event, EndCalledOff):
        return (CancelTimer(END),)
    return ()


def on_timer(name: str, relation_id: str, due: datetime) -> TakeEffect:
    """The command of a timer that came due. LookupError when no timer has that name."""
    if name != END:
        raise LookupError(f"no timer of {relation_id} is called {name}")
    return TakeEffect(due)
