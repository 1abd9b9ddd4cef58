"""The clocks of a request: what has to be done by when, in time in which the desk is open.

They run while the request waits for support, and stand while it waits for its requester. What the
targets allow was used up by all times in which it waited, by the hours that count when the clocks
are set: another arrangement of the desk counts from the next fact on.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from contracts.common_v1 import Rule, RuleInput
from contracts.support.request_v1 import (
    ClocksSet,
    Due,
    RequestEvent,
    Target,
    TargetMissed,
    TargetNear,
)
from contracts.timers import CancelTimer, SetTimer
from services.support.desk import Arrangement
from services.support.request.thread import Clocks, Thread

NEAR, MISSED = "near", "missed"
RULE = "support-targets"

# --- Commands ---------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class SetClocks:
    """Follows from what happened to the request; the arrangement is looked up."""

    request_id: str
    arrangement: Arrangement | None = None
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Warn:
    """Comes from the timer."""

    target: Target
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Miss:
    """Comes from the timer."""

    target: Target
    at: datetime


Command = SetClocks | Warn | Miss

# --- Decisions --------------------------------------------------------------

Decision = list[RequestEvent]


def set_clocks(command: SetClocks, thread: Thread) -> Decision:
    """Nothing new where they run so already; `thread` waits for support."""
    arrangement = command.arrangement
    if arrangement is None:
        return []
    dues = dues_of(arrangement, thread)
    if {one.target: one for one in dues} == thread.clocks.dues:
        return []
    opened = thread.opened
    inputs = {
        "arranged_at": arrangement.arranged_at.isoformat(),
        "type": opened.type.name.lower(),
        "priority": thread.priority.name.lower(),
    }
    return [
        ClocksSet(
            request_id=opened.request_id,
            organisation_id=opened.organisation_id,
            user_id=opened.user_id,
            dues=dues,
            supervisor_id=arrangement.supervisor_id,
            rule=rule_of(inputs),
            set_at=command.at,
        )
    ]


def rule_of(inputs: Mapping[str, str]) -> Rule:
    """The rule that clocks were set by, so that there is an answer to why."""
    found = tuple(RuleInput(name=name, value=value) for name, value in inputs.items())
    return Rule(id=RULE, version=1, inputs=found)


def dues_of(arrangement: Arrangement, thread: Thread) -> tuple[Due, ...]:
    """Those of the targets that are neither reached nor missed."""
    times = arrangement.targets.get((thread.opened.type.name, thread.priority.name))
    if times is None:
        return ()
    allowed = {
        Target.FIRST_RESPONSE: None if thread.is_answered else times.first_response_minutes,
        Target.RESOLUTION: times.resolution_minutes,
    }
    hours, waits = arrangement.hours, thread.waits
    used = sum((hours.between(w.since, w.until) for w in waits if w.until), timedelta())
    since = waits[-1].since
    dues = []
    for target, minutes in allowed.items():
        if minutes is None or target in thread.missed:
            continue
        whole = timedelta(minutes=minutes)
        warned_after = whole * arrangement.warned_at_percent / 100
        dues.append(
            Due(
                target=target,
                warned_at=hours.after(since, warned_after - used),
                due_at=hours.after(since, whole - used),
                minutes=minutes,
            )
        )
    return tuple(dues)


def warn(command: Warn, thread: Thread) -> Decision:
    """One of support is warned: who has the request, else the supervisor; once a setting."""
    clocks, opened = thread.clocks, thread.opened
    due = clocks.dues.get(command.target)
    if due is None or command.at < due.warned_at or command.target in clocks.warned:
        return []
    return [
        TargetNear(
            request_id=opened.request_id,
            organisation_id=opened.organisation_id,
            user_id=opened.user_id,
            target=command.target,
            due_at=due.due_at,
            warned_id=thread.assignee_id or clocks.supervisor_id,
            warned_at=command.at,
        )
    ]


def miss(command: Miss, thread: Thread) -> Decision:
    """The supervisor looks at it, once for each target."""
    clocks, opened = thread.clocks, thread.opened
    due = clocks.dues.get(command.target)
    if due is None or command.at < due.due_at:
        return []
    return [
        TargetMissed(
            request_id=opened.request_id,
            organisation_id=opened.organisation_id,
            user_id=opened.user_id,
            target=command.target,
            supervisor_id=clocks.supervisor_id,
            missed_at=command.at,
        )
    ]


def were_set(event: ClocksSet) -> Clocks:
    """The clocks from then on."""
    return Clocks(dues={one.target: one for one in event.dues}, supervisor_id=event.supervisor_id)


# --- Timers -----------------------------------------------------------------


def started(event: ClocksSet) -> tuple[SetTimer | CancelTimer, ...]:
    """A timer for each warning and each end; those of clocks that do not run are gone."""
    dues = {one.target: one for one in event.dues}
    orders: list[SetTimer | CancelTimer] = []
    for target in (Target.FIRST_RESPONSE, Target.RESOLUTION):
        if target in dues:
            orders.append(SetTimer(named(NEAR, target), dues[target].warned_at))
            orders.append(SetTimer(named(MISSED, target), dues[target].due_at))
        else:
            orders.extend(stopped(target))
    return tuple(orders)


def stopped(*targets: Target) -> tuple[CancelTimer, ...]:
    return tuple(CancelTimer(named(what, one)) for one in targets for what in (NEAR, MISSED))


def named(what: str, target: Target) -> str:
    return f"{what}:{target.name.lower()}"


def on_timer(name: str, _: str, due: datetime) -> Warn | Miss:
    """The command of a timer that came due. LookupError when no timer has that name."""
    what, _, target = name.partition(":")
    for one in (Target.FIRST_RESPONSE, Target.RESOLUTION):
        if one.name.lower() == target and what == NEAR:
            return Warn(target=one, at=due)
        if one.name.lower() == target and what == MISSED:
            return Miss(target=one, at=due)
    raise LookupError(name)
