"""The jobs of providers, as `dispatch` tells of them: those that run or are to begin (OGU-19), and
the amounts of those that are done (M7, M14)."""

from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from typing import assert_never
from zoneinfo import ZoneInfo

from contracts.dispatch import job_v1
from contracts.dispatch.job_v1 import JobCancelled, JobDone, JobPlanned
from contracts.providers import Relation
from infra.consumers.views import OutOfOrder, View
from infra.http.request_context import RequestContext
from infra.reading import Table

Reads = JobPlanned | JobDone | JobCancelled


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """`organisation_id` is that of the marketplace; amounts are without VAT."""

    job_id: str
    organisation_id: str
    provider_id: str
    is_open: bool
    """It runs, or is to begin."""
    time_zone: str
    arrives_from: datetime
    done_at: datetime | None = None
    amount_minor: int = 0
    commission_minor: int = 0
    currency: str = ""


def key(event: Reads) -> tuple[str]:
    return (event.job_id,)


def project(row: Job | None, event: Reads) -> Job:
    if isinstance(event, JobPlanned):
        return Job(
            job_id=event.job_id,
            organisation_id=event.organisation_id,
            provider_id=event.provider_id,
            is_open=True,
            time_zone=event.time_zone,
            arrives_from=event.arrives_from,
        )
    if row is None:
        raise OutOfOrder(event)
    match event:
        case JobDone():
            return replace(
                row,
                is_open=False,
                done_at=event.done_at,
                amount_minor=event.amount.amount_minor,
                commission_minor=event.commission.amount_minor,
                currency=event.amount.currency,
            )
        case JobCancelled():
            return replace(row, is_open=False)
        case unhandled:
            assert_never(unhandled)


lookup = View(
    name="jobs",
    contract=job_v1.contract,
    reads=Reads,
    row=Job,
    primary_key=("job_id",),
    key=key,
    project=project,
    indexes=("(organisation_id, provider_id, is_open)",),
)
jobs = Table(lookup, "jobs")
SOONEST = jobs.order("soonest", "arrives_from", "job_id")


async def open_jobs(context: RequestContext, known: Relation) -> tuple[str, ...]:
    """The jobs of the provider on the marketplace that run or are to begin, the soonest first."""
    rows = jobs.of(known.marketplace_id, provider_id=known.provider_id, is_open=True)
    return tuple(job.job_id for job in await rows.many(context.pool, SOONEST))


async def done_in(
    context: RequestContext, marketplace_id: str, year: int, provider_id: str | None = None
) -> list[Job]:
    """The jobs of a marketplace that were done in a year by the clocks of their places."""
    first = datetime(year - 1, 12, 31, tzinfo=UTC)
    last = datetime(year + 1, 1, 2, tzinfo=UTC)
    rows = jobs.of(marketplace_id).where(
        "done_at >= %(first)s and done_at < %(last)s", first=first, last=last
    )
    if provider_id is not None:
        rows = rows.only(provider_id=provider_id)
    return [one for one in await rows.many(context.pool, SOONEST) if day_of(one).year == year]


def day_of(job: Job) -> date:
    """The day on which a job was done, where it was done."""
    assert job.done_at is not None
    return job.done_at.astimezone(ZoneInfo(job.time_zone)).date()
