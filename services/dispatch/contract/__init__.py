"""A recurring service of one provider: agreed, paused, changed from a day on, and ended (M12).

What happened stays as it was: rules, pauses and ends count from today on, and a visit that is a job
already is moved or cancelled there.
"""

from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import ClassVar, assert_never
from zoneinfo import ZoneInfo

from contracts.common_v1 import Money
from contracts.dispatch.contract_v1 import (
    ContractAgreed,
    ContractContinued,
    ContractEnded,
    ContractEvent,
    ContractPaused,
    ContractReassigned,
    CustomerTold,
    RuleChanged,
    VisitMoved,
    VisitPlanned,
    VisitSwapped,
)
from contracts.recurrence import BadRule, bad_rule
from contracts.runtime import REDACTED
from contracts.timers import CancelTimer, SetTimer
from services.dispatch.contract import visits
from services.dispatch.contract.visits import Course, Rule, Visit
from services.dispatch.terms import ProposedPriceNotPossible, ProviderIsBarred, bad_price

PLAN = "plan"

# --- Commands ---------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class AgreeContract:
    """`contract_id` is the server's. The customer and the provider are those of the request.
    `barred` is looked up: whether the provider may not have a job on the first day."""

    barred: bool
    contract_id: str
    organisation_id: str
    request_id: str
    provider_id: str
    manager_id: str
    service_code: str
    price: Money
    currency: str
    unit: str | None
    vat_basis_points: int
    commission_basis_points: int
    rule: str
    first_day: date
    minute: int
    time_zone: str
    locality: str
    customer_name: str
    customer_email: str
    customer_phone: str | None
    address: str
    customer_link: str
    language: str
    by: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class PauseContract:
    """Both days are included."""

    from_day: date
    until_day: date
    by: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class MoveVisit:
    visit: date
    to_day: date
    to_minute: int
    by: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class SwapVisit:
    """`barred` is looked up: whether the provider may not have a job on that day."""

    visit: date
    provider_id: str
    barred: bool
    manager_id: str
    commission_basis_points: int
    by: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ReassignContract:
    """The provider makes the visits from a day on, for its own commission. `barred` is looked up:
    whether it may not have a job on that day."""

    provider_id: str
    barred: bool
    manager_id: str
    commission_basis_points: int
    first_day: date
    by: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeRule:
    rule: str
    first_day: date
    minute: int
    by: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class EndContract:
    """`last_day` may still have a visit."""

    last_day: date
    by: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class EndOfProvider:
    """The provider leaves the marketplace, and the contract ends with its last day there (M5), or
    with the last of another one's that it was to take over from; one that ends before, or is
    another one's for good by then, stays as it is."""

    contract_id: str
    provider_id: str
    last_day: date
    by: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ProviderStays:
    """The provider does not leave after all: a contract that ends for that, and for nothing that
    was said since, goes on, as far as no other provider leaves."""

    contract_id: str
    provider_id: str
    by: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanVisits:
    """Comes from the timer."""

    contract_id: str
    at: datetime


OfStaff = PauseContract | MoveVisit | SwapVisit | ReassignContract | ChangeRule | EndContract
Command = AgreeContract | OfStaff | EndOfProvider | ProviderStays | PlanVisits

# --- Rejections -------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class NoSuchContract:
    pass


@dataclass(frozen=True, slots=True)
class ContractIdTaken:
    contract_id: str


@dataclass(frozen=True, slots=True)
class RequestedDayIsPast:
    """The past is not changed."""

    field: str
    today: date


@dataclass(frozen=True, slots=True)
class PauseNotPossible:
    """It ends before it begins."""

    field: ClassVar[str] = "until_day"


@dataclass(frozen=True, slots=True)
class NoSuchVisit:
    """The contract has none to come on that day."""


@dataclass(frozen=True, slots=True)
class VisitIsPlanned:
    """It is a job, which is moved or cancelled."""

    job_id: str


@dataclass(frozen=True, slots=True)
class ContractIsOver:
    last_day: date


Rejection = (
    NoSuchContract
    | ContractIdTaken
    | RequestedDayIsPast
    | PauseNotPossible
    | NoSuchVisit
    | VisitIsPlanned
    | ContractIsOver
    | ProviderIsBarred
    | ProposedPriceNotPossible
    | BadRule
)

# --- State ------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class NotAgreed:
    pass


Contract = NotAgreed | Course

initial: Contract = NotAgreed()


def evolve(contract: Contract, event: ContractEvent) -> Contract:
    """Take history as recorded: a rule added today must not break yesterday's events."""
    if isinstance(event, ContractAgreed):
        rule = Rule(rule=event.rule, first_day=event.first_day, minute=event.minute)
        return Course(event, (rule,))
    if isinstance(contract, NotAgreed):
        return contract
    match event:
        case VisitPlanned():
            return replace(contract, planned={**contract.planned, event.visit: event})
        case ContractPaused():
            return replace(contract, pauses=(*contract.pauses, event))
        case VisitMoved():
            return replace(contract, moved={**contract.moved, event.visit: event})
        case VisitSwapped():
            return replace(contract, swapped={**contract.swapped, event.visit: event})
        case ContractReassigned():
            before = [one for one in contract.turns if one.first_day < event.first_day]
            return replace(contract, turns=(*before, event))
        case RuleChanged():
            # A later change that counts from an earlier day takes the place of those after it.
            earlier = [one for one in contract.rules if one.first_day < event.first_day]
            rule = Rule(rule=event.rule, first_day=event.first_day, minute=event.minute)
            return replace(contract, rules=(*earlier, rule))
        case ContractEnded():
            return end_changed(contract, event)
        case ContractContinued():
            return go_on_again(contract, event)
        case CustomerTold():
            return contract
        case unhandled:
            assert_never(unhandled)


def end_changed(course: Course, event: ContractEnded) -> Course:
    """The end that was said before stays known, and that of each provider that leaves, until people
    say another one."""
    if event.also_leaves_id is not None and event.also_last_day is not None:
        return replace(
            course, leavers={**course.leavers, event.also_leaves_id: event.also_last_day}
        )
    if event.leaver_id is not None:
        return replace(course, leavers={**course.leavers, event.leaver_id: event.last_day})
    return replace(course, said_last_day=event.last_day, leavers={})


def go_on_again(course: Course, event: ContractContinued) -> Course:
    if event.stayer_id is None:
        return replace(course, said_last_day=event.last_day or date.max, leavers={})
    return replace(course, leavers=without(course, event.stayer_id))


def without(course: Course, provider_id: str) -> dict[str, date]:
    """The providers that leave, less one."""
    return {one: day for one, day in course.leavers.items() if one != provider_id}


# --- Decisions --------------------------------------------------------------

Decision = list[ContractEvent] | Rejection


def decide(command: Command, contract: Contract) -> Decision:
    """New facts, an empty list when they are already recorded, or the rule that says no."""
    if isinstance(command, AgreeContract):
        return agree(command, contract)
    if isinstance(contract, NotAgreed):
        return NoSuchContract()
    match command:
        case PlanVisits():
            return plan(command, contract)
        case PauseContract():
            return pause(command, contract)
        case MoveVisit() | SwapVisit():
            return change_visit(command, contract)
        case ReassignContract():
            return reassign(command, contract)
        case ChangeRule():
            return change_rule(command, contract)
        case EndContract():
            return end(command, contract)
        case EndOfProvider():
            return end_of_provider(command, contract)
        case ProviderStays():
            return go_on(command, contract)
        case unhandled:
            assert_never(unhandled)


def today(contract: Course, at: datetime) -> date:
    """The day it is where the visits take place."""
    return at.astimezone(ZoneInfo(contract.agreed.time_zone)).date()


def past(contract: Course, field: str, day: date, at: datetime) -> RequestedDayIsPast | None:
    now = today(contract, at)
    return RequestedDayIsPast(field, now) if day < now else None


def agree(command: AgreeContract, contract: Contract) -> Decision:
    agreed = ContractAgreed(
        contract_id=command.contract_id,
        organisation_id=command.organisation_id,
        request_id=command.request_id,
        provider_id=command.provider_id,
        manager_id=command.manager_id,
        service_code=command.service_code,
        price=command.price,
        unit=command.unit,
        vat_basis_points=command.vat_basis_points,
        commission_basis_points=command.commission_basis_points,
        rule=command.rule,
        first_day=command.first_day,
        minute=command.minute,
        time_zone=command.time_zone,
        locality=command.locality,
        customer_name=command.customer_name,
        customer_email=command.customer_email,
        customer_phone=command.customer_phone,
        address=command.address,
        customer_link=command.customer_link,
        language=command.language,
        agreed_by=command.by,
        plan_at=None,
        agreed_at=command.at,
    )
    if isinstance(contract, Course):
        known = contract.agreed
        same = replace(agreed, plan_at=known.plan_at, agreed_at=known.agreed_at) == known
        return [] if same else ContractIdTaken(command.contract_id)
    if command.barred:
        return ProviderIsBarred()
    if bad := bad_price(command.price, command.currency):
        return bad
    course = evolve(contract, agreed)
    assert isinstance(course, Course)
    if bad_day := past(course, "first_day", command.first_day, command.at):
        return bad_day
    if unfit := bad_rule(command.rule, command.first_day):
        return unfit
    return [replace(agreed, plan_at=visits.next_plan_at(course, command.at))]


def plan(command: PlanVisits, course: Course) -> list[ContractEvent]:
    """Each visit that comes within a week becomes a job, once."""
    if course.agreed.customer_email == REDACTED:
        return []
    found = [planned(course, one, command.at) for one in visits.due(course, command.at)]
    after: Contract = course
    for one in found:
        after = evolve(after, one)
    assert isinstance(after, Course)
    following = visits.next_plan_at(after, command.at)
    return [replace(one, plan_at=following) for one in found]


def planned(course: Course, visit: Visit, at: datetime) -> VisitPlanned:
    agreed = course.agreed
    return VisitPlanned(
        contract_id=agreed.contract_id,
        organisation_id=agreed.organisation_id,
        request_id=agreed.request_id,
        visit=visit.day,
        job_id=f"{agreed.contract_id}-{visit.day:%Y%m%d}",
        provider_id=visit.provider_id,
        manager_id=visit.manager_id,
        service_code=agreed.service_code,
        price=agreed.price,
        unit=agreed.unit,
        vat_basis_points=agreed.vat_basis_points,
        commission_basis_points=visit.commission_basis_points,
        arrives_from=visit.arrives_from,
        time_zone=agreed.time_zone,
        locality=agreed.locality,
        customer_name=agreed.customer_name,
        customer_email=agreed.customer_email,
        customer_phone=agreed.customer_phone,
        address=agreed.address,
        customer_link=agreed.customer_link,
        language=agreed.language,
        plan_at=None,
        planned_at=at,
    )


def pause(command: PauseContract, course: Course) -> Decision:
    paused = ContractPaused(
        contract_id=course.agreed.contract_id,
        organisation_id=course.agreed.organisation_id,
        from_day=command.from_day,
        until_day=command.until_day,
        paused_by=command.by,
        plan_at=None,
        paused_at=command.at,
    )
    days = (command.from_day, command.until_day)
    if any((one.from_day, one.until_day) == days for one in course.pauses):
        return []
    if command.until_day < command.from_day:
        return PauseNotPossible()
    if bad := past(course, "from_day", command.from_day, command.at):
        return bad
    return [replace(paused, plan_at=following(course, paused, command.at))]


def change_visit(command: MoveVisit | SwapVisit, course: Course) -> Decision:
    if isinstance(command, SwapVisit) and is_swapped_so(command, course):
        return []
    if isinstance(command, MoveVisit) and is_moved_so(command, course):
        return []
    if known := course.planned.get(command.visit):
        return VisitIsPlanned(known.job_id)
    if not visits.has_visit(course, command.visit):
        return NoSuchVisit()
    if visits.time_of(course, command.visit) <= command.at:
        return NoSuchVisit()
    match command:
        case MoveVisit():
            return move(command, course)
        case SwapVisit():
            return ProviderIsBarred() if command.barred else [swapped(command, course)]
        case unhandled:
            assert_never(unhandled)


def is_swapped_so(command: SwapVisit, course: Course) -> bool:
    makes = course.swapped.get(command.visit) or visits.provider_of(course, command.visit)
    return makes.provider_id == command.provider_id


def is_moved_so(command: MoveVisit, course: Course) -> bool:
    known = course.moved.get(command.visit)
    return known is not None and (
        (known.to_day, known.to_minute) == (command.to_day, command.to_minute)
    )


def move(command: MoveVisit, course: Course) -> Decision:
    moved = VisitMoved(
        contract_id=course.agreed.contract_id,
        organisation_id=course.agreed.organisation_id,
        visit=command.visit,
        to_day=command.to_day,
        to_minute=command.to_minute,
        moved_by=command.by,
        plan_at=None,
        moved_at=command.at,
    )
    after = evolve(course, moved)
    assert isinstance(after, Course)
    if visits.time_of(after, command.visit) <= command.at:
        return RequestedDayIsPast("to_day", today(course, command.at))
    return [replace(moved, plan_at=following(course, moved, command.at))]


def swapped(command: SwapVisit, course: Course) -> VisitSwapped:
    return VisitSwapped(
        contract_id=course.agreed.contract_id,
        organisation_id=course.agreed.organisation_id,
        visit=command.visit,
        provider_id=command.provider_id,
        manager_id=command.manager_id,
        commission_basis_points=command.commission_basis_points,
        swapped_by=command.by,
        swapped_at=command.at,
    )


def reassign(command: ReassignContract, course: Course) -> Decision:
    """Visits that are jobs stay, and so do those that were swapped."""
    day = command.first_day
    later = any(one.first_day > day for one in course.turns)
    if not later and visits.provider_of(course, day).provider_id == command.provider_id:
        return []
    if bad := past(course, "first_day", day, command.at):
        return bad
    if day > course.last_day:
        return ContractIsOver(course.last_day)
    if command.barred:
        return ProviderIsBarred()
    return [
        ContractReassigned(
            contract_id=course.agreed.contract_id,
            organisation_id=course.agreed.organisation_id,
            provider_id=command.provider_id,
            manager_id=command.manager_id,
            commission_basis_points=command.commission_basis_points,
            first_day=day,
            reassigned_by=command.by,
            reassigned_at=command.at,
        )
    ]


def change_rule(command: ChangeRule, course: Course) -> Decision:
    """Planned visits stay; those that were moved keep their time where the day is still one."""
    rule = Rule(rule=command.rule, first_day=command.first_day, minute=command.minute)
    if course.rules[-1] == rule:
        return []
    if bad := past(course, "first_day", command.first_day, command.at):
        return bad
    if command.first_day > course.last_day:
        return ContractIsOver(course.last_day)
    if unfit := bad_rule(command.rule, command.first_day):
        return unfit
    changed = RuleChanged(
        contract_id=course.agreed.contract_id,
        organisation_id=course.agreed.organisation_id,
        rule=command.rule,
        first_day=command.first_day,
        minute=command.minute,
        changed_by=command.by,
        plan_at=None,
        changed_at=command.at,
    )
    return [replace(changed, plan_at=following(course, changed, command.at))]


def end(command: EndContract, course: Course) -> Decision:
    """The end may be put off while it has not come."""
    if command.last_day == course.said_last_day and not course.leavers:
        return []
    if bad := past(course, "last_day", command.last_day, command.at):
        return bad
    if course.last_day < today(course, command.at):
        return ContractIsOver(course.last_day)
    return ended(command, course)


def end_of_provider(command: EndOfProvider, course: Course) -> Decision:
    """With the day before the first visit that the provider would make after its last day. Where it
    ends before for another one that leaves, that is kept for the case that the other one stays."""
    if command.provider_id in course.leavers:
        return []
    first = visits.first_day_of(course, command.provider_id, command.last_day + visits.ONE_DAY)
    if first is None or course.said_last_day < first:
        return []
    return ended(replace(command, last_day=first - visits.ONE_DAY), course)


def ended(command: EndContract | EndOfProvider, course: Course) -> list[ContractEvent]:
    leaver = command.provider_id if isinstance(command, EndOfProvider) else None
    comes_later = leaver is not None and course.last_day <= command.last_day
    last_day = course.last_day if comes_later else command.last_day
    event = ContractEnded(
        contract_id=course.agreed.contract_id,
        organisation_id=course.agreed.organisation_id,
        last_day=last_day,
        ended_by=command.by,
        plan_at=None,
        ended_at=command.at,
        leaver_id=course.leaver_id if comes_later else leaver,
        also_leaves_id=leaver if comes_later else None,
        also_last_day=command.last_day if comes_later else None,
    )
    known = replace(event, plan_at=following(course, event, command.at))
    return [known, *told_anew(course, last_day, command.at)]


def go_on(command: ProviderStays, course: Course) -> list[ContractEvent]:
    if command.provider_id not in course.leavers:
        return []
    last_day = replace(course, leavers=without(course, command.provider_id)).last_day
    event = ContractContinued(
        contract_id=course.agreed.contract_id,
        organisation_id=course.agreed.organisation_id,
        last_day=None if last_day == date.max else last_day,
        continued_by=command.by,
        plan_at=None,
        continued_at=command.at,
        stayer_id=command.provider_id,
    )
    known = replace(event, plan_at=following(course, event, command.at))
    return [known, *told_anew(course, last_day, command.at)]


def told_anew(course: Course, last_day: date, at: datetime) -> list[ContractEvent]:
    """The customer is told of another end alone; nobody who was forgotten is written to."""
    agreed = course.agreed
    if last_day == course.last_day or agreed.customer_email == REDACTED:
        return []
    return [
        CustomerTold(
            contract_id=agreed.contract_id,
            organisation_id=agreed.organisation_id,
            request_id=agreed.request_id,
            last_day=None if last_day == date.max else last_day,
            customer_email=agreed.customer_email,
            customer_link=agreed.customer_link,
            language=agreed.language,
            told_at=at,
        )
    ]


def following(course: Course, event: ContractEvent, at: datetime) -> datetime | None:
    """When the next visit becomes a job after this fact."""
    after = evolve(course, event)
    assert isinstance(after, Course)
    return visits.next_plan_at(after, at)


# --- Timers -----------------------------------------------------------------


def timers(event: ContractEvent) -> tuple[SetTimer | CancelTimer, ...]:
    """One, for the next visit."""
    if isinstance(event, VisitSwapped | ContractReassigned | CustomerTold):
        return ()
    return (SetTimer(PLAN, event.plan_at) if event.plan_at else CancelTimer(PLAN),)


def on_timer(name: str, id: str, due: datetime) -> Command:
    """The command of a timer that came due. LookupError when no timer has that name."""
    if name == PLAN:
        return PlanVisits(contract_id=id, at=due)
    raise LookupError(name)
