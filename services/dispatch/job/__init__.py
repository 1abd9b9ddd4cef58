"""A job at a customer's: planned, on the way, done or cancelled, reviewed by both (M10, M11)."""

from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import assert_never

from contracts.common_v1 import Money
from contracts.dispatch.job_v1 import (
    ArrivalMoved,
    CancellationCause,
    JobCancelled,
    JobDone,
    JobEvent,
    JobPlanned,
    OnTheWay,
    Participant,
    ReviewGiven,
    ReviewsPublished,
)
from contracts.runtime import REDACTED
from contracts.timers import CancelTimer, SetTimer
from services.dispatch.job import doing, reviewing
from services.dispatch.job.doing import FinishJob, Leave, MoveArrival
from services.dispatch.job.reviewing import PublishReviews, Review, Reviews
from services.dispatch.terms import ARRIVAL_WINDOW, CustomerIsForgotten

PUBLISH = "publish"

# --- Commands ---------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanJob:
    """Follows from the choice of a provider, or from the visit of a contract. `has_left` is looked
    up: the provider is on the marketplace no more by then, as it may be where both happen at
    once."""

    job_id: str
    organisation_id: str
    request_id: str
    contract_id: str | None
    visit: date | None
    provider_id: str
    manager_id: str
    service_code: str
    price: Money
    unit: str | None
    vat_basis_points: int
    commission_basis_points: int
    arrives_from: datetime
    time_zone: str
    locality: str
    customer_name: str
    customer_email: str
    customer_phone: str | None
    address: str
    customer_link: str
    language: str
    has_left: bool = False
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class CancelJob:
    """`replace` says whether another provider is looked for, where somebody other than the
    provider cancels: for a provider that cancels one always is (M6)."""

    cause: CancellationCause
    by: Participant
    replace: bool
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class SettleJob:
    """The provider leaves the marketplace and does not do the job, which is given to another one or
    cancelled (M5). What was done or cancelled meanwhile stays so."""

    job_id: str
    replace: bool
    at: datetime


OfPeople = MoveArrival | Leave | FinishJob | CancelJob | Review
Command = PlanJob | OfPeople | PublishReviews | SettleJob

# --- Rejections -------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class NoSuchJob:
    pass


@dataclass(frozen=True, slots=True)
class ProviderHasLeft:
    """On the way there, nothing is put off."""


@dataclass(frozen=True, slots=True)
class JobIsDone:
    pass


@dataclass(frozen=True, slots=True)
class JobIsNotDone:
    """Nobody reviews a job before it is done."""


@dataclass(frozen=True, slots=True)
class JobIsCancelled:
    pass


Rejection = (
    NoSuchJob
    | ProviderHasLeft
    | JobIsDone
    | JobIsNotDone
    | JobIsCancelled
    | CustomerIsForgotten
    | doing.Rejection
    | reviewing.Rejection
)

# --- State ------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Unplanned:
    pass


@dataclass(frozen=True, slots=True)
class Planned:
    """`plan` has the arrival window as it is now."""

    plan: JobPlanned


@dataclass(frozen=True, slots=True)
class Underway:
    plan: JobPlanned
    left: OnTheWay


@dataclass(frozen=True, slots=True)
class Done:
    plan: JobPlanned
    done: JobDone
    reviews: Reviews = field(default_factory=dict)
    published: ReviewsPublished | None = None


@dataclass(frozen=True, slots=True)
class Cancelled:
    plan: JobPlanned
    cancelled: JobCancelled


Known = Planned | Underway | Done | Cancelled
Job = Unplanned | Known

initial: Job = Unplanned()


def evolve(job: Job, event: JobEvent) -> Job:
    """Take history as recorded: a rule added today must not break yesterday's events."""
    if isinstance(event, JobPlanned):
        return Planned(event)
    if isinstance(job, Unplanned):
        return job
    match event:
        case ArrivalMoved():
            begin, end = event.arrives_from, event.arrives_until
            return replace(job, plan=replace(job.plan, arrives_from=begin, arrives_until=end))
        case OnTheWay():
            return Underway(job.plan, event)
        case JobDone():
            return Done(job.plan, event)
        case JobCancelled():
            return Cancelled(job.plan, event)
        case ReviewGiven():
            if not isinstance(job, Done):
                return job
            return replace(job, reviews={**job.reviews, event.given_by: event})
        case ReviewsPublished():
            return replace(job, published=event) if isinstance(job, Done) else job
        case unhandled:
            assert_never(unhandled)


# --- Decisions --------------------------------------------------------------

Decision = list[JobEvent] | Rejection


def decide(command: Command, job: Job) -> Decision:
    """New facts, an empty list when they are already recorded, or the rule that says no."""
    match command:
        case PlanJob():
            return plan(command, job)
        case PublishReviews():
            return publish(command, job)
        case SettleJob():
            return settle(command, job)
        case MoveArrival() | Leave() | FinishJob() | CancelJob() | Review():
            return decide_of_people(command, job)
        case unhandled:
            assert_never(unhandled)


def plan(command: PlanJob, job: Job) -> Decision:
    """The job of a provider that has left meanwhile is cancelled at once, and another provider is
    looked for (M5)."""
    if not isinstance(job, Unplanned) or command.customer_email == REDACTED:
        return []
    new = planned(command)
    return [new, cancelled(leaves(command.at), new, told=True)] if command.has_left else [new]


def planned(command: PlanJob) -> JobPlanned:
    return JobPlanned(
        job_id=command.job_id,
        organisation_id=command.organisation_id,
        request_id=command.request_id,
        contract_id=command.contract_id,
        visit=command.visit,
        provider_id=command.provider_id,
        manager_id=command.manager_id,
        service_code=command.service_code,
        price=command.price,
        unit=command.unit,
        vat_basis_points=command.vat_basis_points,
        commission_basis_points=command.commission_basis_points,
        arrives_from=command.arrives_from,
        arrives_until=command.arrives_from + ARRIVAL_WINDOW,
        time_zone=command.time_zone,
        locality=command.locality,
        customer_name=command.customer_name,
        customer_email=command.customer_email,
        customer_phone=command.customer_phone,
        address=command.address,
        customer_link=command.customer_link,
        language=command.language,
        planned_at=command.at,
    )


def publish(command: PublishReviews, job: Job) -> Decision:
    """Not where nobody has given one."""
    if not isinstance(job, Done) or job.published or not job.reviews:
        return []
    if command.at < job.done.reviews_at:
        return []
    return [reviewing.together(job.done, job.reviews, command.at)]


def decide_of_people(command: OfPeople, job: Job) -> Decision:
    if isinstance(job, Unplanned):
        return NoSuchJob()
    if isinstance(command, CancelJob):
        return cancel(command, job)
    if is_forgotten(job):
        return CustomerIsForgotten()
    match command:
        case Review():
            return review(command, job)
        case MoveArrival() | Leave() | FinishJob():
            return do(command, job)
        case unhandled:
            assert_never(unhandled)


def is_forgotten(job: Known) -> bool:
    """Whether the customer cannot be read any more."""
    return job.plan.customer_email == REDACTED


def cancel(command: CancelJob, job: Known) -> Decision:
    match job:
        case Cancelled(cancelled=known):
            same = (known.cause, known.cancelled_by) == (command.cause, command.by)
            return [] if same else JobIsCancelled()
        case Done():
            return JobIsDone()
        case Planned(plan=held) | Underway(plan=held):
            return [cancelled(command, held, told=not is_forgotten(job))]
        case unhandled:
            assert_never(unhandled)


def settle(command: SettleJob, job: Job) -> Decision:
    if isinstance(job, Unplanned):
        return NoSuchJob()
    wanted = leaves(command.at, is_replaced=command.replace)
    return cancel(wanted, job) if isinstance(job, Planned | Underway) else []


def leaves(at: datetime, *, is_replaced: bool = True) -> CancelJob:
    """The end of a job whose provider leaves."""
    return CancelJob(
        cause=CancellationCause.PROVIDER_LEAVES,
        by=Participant.OPERATOR,
        replace=is_replaced,
        at=at,
    )


def cancelled(command: CancelJob, held: JobPlanned, *, told: bool) -> JobCancelled:
    """A visit of a contract is not replaced: the contract goes on with the next one."""
    wanted = command.replace or command.by is Participant.PROVIDER
    return JobCancelled(
        job_id=held.job_id,
        organisation_id=held.organisation_id,
        request_id=held.request_id,
        contract_id=held.contract_id,
        provider_id=held.provider_id,
        manager_id=held.manager_id,
        service_code=held.service_code,
        locality=held.locality,
        cause=command.cause,
        cancelled_by=command.by,
        replaced=wanted and held.contract_id is None and told,
        arrives_from=held.arrives_from,
        customer_email=held.customer_email if told else None,
        customer_link=held.customer_link if told else None,
        language=held.language,
        cancelled_at=command.at,
    )


def do(command: MoveArrival | Leave | FinishJob, job: Known) -> Decision:
    match job:
        case Planned(plan=held):
            return do_planned(command, held)
        case Underway(plan=held, left=left):
            return do_underway(command, held, left)
        case Done(done=done):
            return [] if is_done_so(command, done) else JobIsDone()
        case Cancelled():
            return JobIsCancelled()
        case unhandled:
            assert_never(unhandled)


def do_planned(command: MoveArrival | Leave | FinishJob, held: JobPlanned) -> Decision:
    match command:
        case MoveArrival():
            moved = doing.move(command, held)
            return [*moved] if isinstance(moved, list) else moved
        case Leave():
            left = doing.leave(command, held)
            return [*left] if isinstance(left, list) else left
        case FinishJob():
            return finish(command, held)
        case unhandled:
            assert_never(unhandled)


def do_underway(
    command: MoveArrival | Leave | FinishJob, held: JobPlanned, left: OnTheWay
) -> Decision:
    """Somebody in a jam says again when they arrive."""
    match command:
        case MoveArrival():
            return [] if command.arrives_from == held.arrives_from else ProviderHasLeft()
        case Leave():
            if command.arrival_expected_at == left.arrival_expected_at:
                return []
            again = doing.leave(command, held)
            return [*again] if isinstance(again, list) else again
        case FinishJob():
            return finish(command, held)
        case unhandled:
            assert_never(unhandled)


def finish(command: FinishJob, held: JobPlanned) -> Decision:
    done = doing.finish(command, held)
    return [done] if isinstance(done, JobDone) else done


def is_done_so(command: MoveArrival | Leave | FinishJob, done: JobDone) -> bool:
    return isinstance(command, FinishJob) and (
        (command.report, command.file_ids, command.units_hundredths)
        == (done.report, done.file_ids, done.units_hundredths)
    )


def review(command: Review, job: Known) -> Decision:
    match job:
        case Planned() | Underway():
            return JobIsNotDone()
        case Cancelled():
            return JobIsCancelled()
        case Done(done=done, reviews=reviews, published=published):
            given = reviewing.review(command, done, reviews, published=published is not None)
            return [*given] if isinstance(given, list) else given
        case unhandled:
            assert_never(unhandled)


# --- Timers -----------------------------------------------------------------


def timers(event: JobEvent) -> tuple[SetTimer | CancelTimer, ...]:
    """A week after the job, reviews are published."""
    match event:
        case JobDone():
            return (SetTimer(PUBLISH, event.reviews_at),)
        case ReviewsPublished():
            return (CancelTimer(PUBLISH),)
        case _:
            return ()


def on_timer(name: str, _: str, due: datetime) -> Command:
    """The command of a timer that came due. LookupError when no timer has that name."""
    if name == PUBLISH:
        return PublishReviews(at=due)
    raise LookupError(name)
