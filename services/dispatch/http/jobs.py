"""Jobs over HTTP: for operators and providers, and for whoever has the link on a phone (M11)."""

from enum import StrEnum
from typing import Annotated, assert_never

from pydantic import Field

from contracts.dispatch import job_v1
from contracts.dispatch.job_v1 import (
    ArrivalMoved,
    JobCancelled,
    JobDone,
    JobPlanned,
    OnTheWay,
    Participant,
    ReviewGiven,
    ReviewsPublished,
)
from contracts.media.file_v1 import Purpose
from infra.http.answers import Answer, Answered, MoneyShown, Recorded, Router
from infra.http.history import History, HistoryPart
from infra.http.models import Body, Day, Id, Instant
from infra.http.request_context import RequestContext
from infra.lookups import files
from services.dispatch import job
from services.dispatch.aggregates import JOB
from services.dispatch.http.access import (
    PROVIDER,
    Anybody,
    EitherContext,
    ProviderContext,
    Token,
    customer_of,
    is_operator_of,
    on_phone,
    own_job,
    require_job,
)
from services.dispatch.http.fields import (
    CancellationNamed,
    Hundredths,
    ReviewBody,
    SideNamed,
    Written,
)
from services.dispatch.http.links import Doors
from services.dispatch.job.doing import FinishJob, Leave, MoveArrival
from services.dispatch.job.reviewing import Review
from services.dispatch.lookups import marketplace_marketplace

MOST_FILES = 20
OF_JOBS = (Purpose.PHOTO, Purpose.OTHER)

# --- Bodies and answers -----------------------------------------------------


class ArrivalBody(Body):
    arrives_from: Instant
    """The provider arrives within two hours from then on."""


class DepartureBody(Body):
    arrival_expected_at: Instant


class ReportBody(Body):
    report: Written
    units_hundredths: Hundredths | None = None
    """How many units it took, 250 for two and a half; where the price is of one unit."""


class CompletionBody(ReportBody):
    file_ids: Annotated[tuple[Id, ...], Field(max_length=MOST_FILES, strict=False)] = ()
    """Photos of the caller's."""


class CancellationBody(Body):
    cause: CancellationNamed
    replace: bool = False
    """Another provider is looked for. Where the provider itself cancels, one always is."""


class JobStatus(StrEnum):
    PLANNED = "planned"
    ON_THE_WAY = "on_the_way"
    DONE = "done"
    CANCELLED = "cancelled"


class ReviewShown(Answer):
    given_by: SideNamed
    mark: int
    comment: str | None


class JobShown(Answer):
    """A job for its operator, its provider or its customer; reviews once they are published."""

    job_id: str
    request_id: str
    contract_id: str | None
    visit: Day | None
    status: JobStatus
    provider_id: str
    service_code: str
    price: MoneyShown
    """Without VAT; of one unit, where there is one."""
    unit: str | None
    vat_basis_points: int
    arrives_from: Instant
    arrives_until: Instant
    arrival_expected_at: Instant | None
    """Once the provider is on the way."""
    time_zone: str
    locality: str
    address: str
    customer_name: str
    customer_phone: str | None
    report: str | None
    file_ids: tuple[str, ...]
    amount: MoneyShown | None
    """What it was worth without VAT, once it is done."""
    done_at: Instant | None
    cancelled_cause: CancellationNamed | None
    cancelled_by: SideNamed | None
    reviews: tuple[ReviewShown, ...]


class JobForBusiness(JobShown):
    """A job with the part of the operator, which customers do not see."""

    commission_basis_points: int
    """That of the time of the request."""
    commission: MoneyShown | None
    commission_vat: MoneyShown | None
    """By the rate of the day on which it was done."""


class PhoneLink(Answer):
    """The address with which whoever does the job says so from a phone."""

    url: str


class PlannedFact(Answer):
    job_id: str
    request_id: str
    contract_id: str | None
    visit: Day | None
    provider_id: str
    service_code: str
    price: MoneyShown
    unit: str | None
    arrives_from: Instant
    arrives_until: Instant
    planned_at: Instant


class JobHistory(
    History,
    of=job_v1.contract,
    shows={
        JobPlanned: PlannedFact,
        ArrivalMoved: ("arrives_from", "arrives_until", "moved_by", "moved_at"),
        OnTheWay: ("arrival_expected_at", "left_at"),
        JobDone: (
            *("report", "amount", "units_hundredths", "commission", "commission_vat"),
            *("reviews_at", "done_at"),
        ),
        JobCancelled: ("cause", "cancelled_by", "replaced", "cancelled_at"),
        ReviewGiven: ("given_by", "given_at"),
        ReviewsPublished: ("provider_mark", "customer_mark", "published_at"),
    },
):
    """Every fact about a job, oldest first; reviews once they are published."""


# --- Routes -----------------------------------------------------------------


def router(doors: Doors) -> Router:
    """The routes for those who sign in."""
    routes = Router("Jobs")

    @routes.get("/jobs/{job_id}")
    async def show_job(job_id: Id, context: EitherContext) -> Answered[JobForBusiness]:
        """Show a job, never stale."""
        found = await context.load(JOB, job_id)
        state = own_job(context, found.state)
        return context.show(for_business(state), found)

    @routes.get("/jobs/{job_id}/history")
    async def job_history(
        job_id: Id, context: EitherContext, part: HistoryPart
    ) -> Answered[JobHistory]:
        """List every fact about a job."""
        await require_job(context, job_id)
        return await context.history(JOB, job_id, JobHistory, part)

    @routes.get("/jobs/{job_id}/phone-link")
    async def show_phone_link(job_id: Id, context: ProviderContext) -> Answered[PhoneLink]:
        """Show the link for the phone of whoever does the job; it needs no account."""
        await require_job(context, job_id)
        return Answered(PhoneLink(url=await doors.to_job(job_id)))

    @routes.put("/jobs/{job_id}/arrival")
    async def move_arrival(
        job_id: Id, body: ArrivalBody, context: EitherContext
    ) -> Answered[Recorded]:
        """Arrive in another window; the customer is told."""
        state = await require_job(context, job_id)
        command = MoveArrival(
            arrives_from=body.arrives_from, by=side_of(context, state), at=context.at
        )
        return await context.handle(JOB, job_id, command)

    @routes.put("/jobs/{job_id}/departure")
    async def leave(
        job_id: Id, body: DepartureBody, context: ProviderContext
    ) -> Answered[Recorded]:
        """Say that somebody is on the way, and when they expect to arrive."""
        await require_job(context, job_id)
        return await context.handle(JOB, job_id, departure(body, context))

    @routes.put("/jobs/{job_id}/completion")
    async def finish_job(
        job_id: Id, body: CompletionBody, context: ProviderContext
    ) -> Answered[Recorded]:
        """Report that the job is done, with photos."""
        state = await require_job(context, job_id)
        for index, file_id in enumerate(body.file_ids):
            await files.require(context, f"file_ids/{index}", file_id, OF_JOBS)
        command = await completion(body, body.file_ids, context, state.plan)
        return await context.handle(JOB, job_id, command)

    @routes.put("/jobs/{job_id}/cancellation")
    async def cancel_job(
        job_id: Id, body: CancellationBody, context: EitherContext
    ) -> Answered[Recorded]:
        """Cancel a job, with the cause; in one step another provider is looked for (M6)."""
        state = await require_job(context, job_id)
        command = job.CancelJob(
            cause=body.cause, by=side_of(context, state), replace=body.replace, at=context.at
        )
        return await context.handle(JOB, job_id, command)

    @routes.put("/jobs/{job_id}/review")
    async def review_customer(
        job_id: Id, body: ReviewBody, context: ProviderContext
    ) -> Answered[Recorded]:
        """Review the customer; it is published with the customer's review, or after a week."""
        await require_job(context, job_id)
        command = Review(
            by=Participant.PROVIDER, mark=body.mark, comment=body.comment, at=context.at
        )
        return await context.handle(JOB, job_id, command)

    return routes


def by_link(doors: Doors) -> Router:
    """The routes for whoever has a link: on the phone of a provider, or as the customer."""
    routes = Router("Jobs by link")

    @routes.get("/phone/{token}/job")
    async def show_job_on_phone(token: Token, context: Anybody) -> Answered[JobShown]:
        """Show the job to whoever has its link."""
        _, state = await on_phone(doors, context, token)
        return Answered(shown(state))

    @routes.put("/phone/{token}/departure")
    async def leave_by_phone(
        token: Token, body: DepartureBody, context: Anybody
    ) -> Answered[Recorded]:
        """Say that somebody is on the way, and when they expect to arrive."""
        known, state = await on_phone(doors, context, token)
        return await known.handle(JOB, state.plan.job_id, departure(body, known))

    @routes.put("/phone/{token}/completion")
    async def finish_by_phone(
        token: Token, body: ReportBody, context: Anybody
    ) -> Answered[Recorded]:
        """Report that the job is done."""
        known, state = await on_phone(doors, context, token)
        command = await completion(body, (), known, state.plan)
        return await known.handle(JOB, state.plan.job_id, command)

    @routes.get("/page/{token}/jobs/{job_id}")
    async def show_job_to_customer(
        token: Token, job_id: Id, context: Anybody
    ) -> Answered[JobShown]:
        """Show a job of the request, or of a contract that came of it, to its customer."""
        _, state = await of_customer(doors, context, token, job_id)
        return Answered(shown(state))

    @routes.put("/page/{token}/jobs/{job_id}/review")
    async def review_provider(
        token: Token, job_id: Id, body: ReviewBody, context: Anybody
    ) -> Answered[Recorded]:
        """Review the provider; it is published with the provider's review, or after a week."""
        known, _ = await of_customer(doors, context, token, job_id)
        command = Review(by=Participant.CUSTOMER, mark=body.mark, comment=body.comment, at=known.at)
        return await known.handle(JOB, job_id, command)

    @routes.put("/page/{token}/jobs/{job_id}/cancellation")
    async def cancel_by_customer(token: Token, job_id: Id, context: Anybody) -> Answered[Recorded]:
        """Cancel a job that is not wanted any more; no other provider is looked for."""
        known, _ = await of_customer(doors, context, token, job_id)
        command = job.CancelJob(
            cause=job_v1.CancellationCause.NOT_WANTED_ANY_MORE,
            by=Participant.CUSTOMER,
            replace=False,
            at=known.at,
        )
        return await known.handle(JOB, job_id, command)

    return routes


# --- What is asked, and what is shown ---------------------------------------


async def of_customer(
    doors: Doors, context: Anybody, token: str, job_id: str
) -> tuple[RequestContext, job.Known]:
    """A job of the customer of a link. Raises 404 for any other."""
    known, customer = await customer_of(doors, context, token)
    state = (await known.load(JOB, job_id)).state
    request_id = customer.dossier.created.request_id
    if isinstance(state, job.Unplanned) or state.plan.request_id != request_id:
        raise known.refuse(job.NoSuchJob())
    return known, state


def side_of(context: RequestContext, state: job.Known) -> Participant:
    """The side of the caller in a job: its operator before its provider, should they be both."""
    if is_operator_of(context, state.plan.organisation_id):
        return Participant.OPERATOR
    assert PROVIDER in context.principal.roles
    return Participant.PROVIDER


def departure(body: DepartureBody, context: RequestContext) -> Leave:
    return Leave(arrival_expected_at=body.arrival_expected_at, at=context.occurred_at)


async def completion(
    body: ReportBody, file_ids: tuple[str, ...], context: RequestContext, plan: JobPlanned
) -> FinishJob:
    at = context.occurred_at
    return FinishJob(
        report=body.report,
        file_ids=file_ids,
        units_hundredths=body.units_hundredths,
        commission_vat_basis_points=await marketplace_marketplace.commission_vat(
            context, plan.organisation_id, at
        ),
        at=at,
    )


def status_of(state: job.Known) -> JobStatus:
    match state:
        case job.Planned():
            return JobStatus.PLANNED
        case job.Underway():
            return JobStatus.ON_THE_WAY
        case job.Done():
            return JobStatus.DONE
        case job.Cancelled():
            return JobStatus.CANCELLED
        case unhandled:
            assert_never(unhandled)


def reviews_of(state: job.Known) -> tuple[ReviewShown, ...]:
    """Once they are published, the customer's first."""
    if not isinstance(state, job.Done) or state.published is None:
        return ()
    readable = [one for one in state.reviews.values() if one.mark.isdigit()]
    return tuple(
        ReviewShown(given_by=one.given_by, mark=int(one.mark), comment=one.comment)
        for one in sorted(readable, key=lambda one: one.given_by)
    )


def shown(state: job.Known) -> JobShown:
    plan = state.plan
    done = state.done if isinstance(state, job.Done) else None
    gone = state.cancelled if isinstance(state, job.Cancelled) else None
    return JobShown(
        job_id=plan.job_id,
        request_id=plan.request_id,
        contract_id=plan.contract_id,
        visit=plan.visit,
        status=status_of(state),
        provider_id=plan.provider_id,
        service_code=plan.service_code,
        price=MoneyShown.of(plan.price),
        unit=plan.unit,
        vat_basis_points=plan.vat_basis_points,
        arrives_from=plan.arrives_from,
        arrives_until=plan.arrives_until,
        arrival_expected_at=(
            state.left.arrival_expected_at if isinstance(state, job.Underway) else None
        ),
        time_zone=plan.time_zone,
        locality=plan.locality,
        address=plan.address,
        customer_name=plan.customer_name,
        customer_phone=plan.customer_phone,
        report=done.report if done else None,
        file_ids=done.file_ids if done else (),
        amount=MoneyShown.of(done.amount) if done else None,
        done_at=done.done_at if done else None,
        cancelled_cause=gone.cause if gone else None,
        cancelled_by=gone.cancelled_by if gone else None,
        reviews=reviews_of(state),
    )


def for_business(state: job.Known) -> JobForBusiness:
    done = state.done if isinstance(state, job.Done) else None
    more = {
        "commission_basis_points": state.plan.commission_basis_points,
        "commission": MoneyShown.of(done.commission) if done else None,
        "commission_vat": (
            MoneyShown.of(done.commission_vat) if done and done.commission_vat else None
        ),
    }
    return JobForBusiness.model_validate(shown(state).model_dump() | more)
