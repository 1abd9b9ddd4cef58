"""The jobs of providers at end customers': which providers have one of a request, for threads about
it, and whose each job is, for threads with the customer."""

from dataclasses import dataclass, replace
from typing import assert_never

from contracts.dispatch.job_v1 import JobCancelled, JobPlanned, contract
from infra.consumers.views import OutOfOrder, View

Reads = JobPlanned


@dataclass(frozen=True, slots=True, kw_only=True)
class Worker:
    """A provider that has a job of a request; one that makes a visit of a contract in place of
    another one was never offered the request. `manager_id` is somebody of it, who is told."""

    request_id: str
    provider_id: str
    manager_id: str


def key(event: Reads) -> tuple[str, str]:
    return event.request_id, event.provider_id


def project(_: Worker | None, event: Reads) -> Worker:
    return Worker(
        request_id=event.request_id, provider_id=event.provider_id, manager_id=event.manager_id
    )


lookup = View(
    name="workers",
    contract=contract,
    reads=Reads,
    row=Worker,
    primary_key=("request_id", "provider_id"),
    key=key,
    project=project,
)


# --- Each job ---------------------------------------------------------------

ReadsOfJob = JobPlanned | JobCancelled
OPEN, CLOSED, PASSED_ON = "open", "closed", "passed_on"
"""Closed: cancelled. Passed on: another provider is looked for (M6). What is done stays open."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """A job; `organisation_id` is that of the marketplace, `manager_id` who is told of the
    provider. The address of the customer's page is no part of it: threads have their own."""

    job_id: str
    organisation_id: str
    request_id: str
    provider_id: str
    manager_id: str
    customer_name: str
    customer_email: str
    language: str
    time_zone: str
    state: str = OPEN


def key_of_job(event: ReadsOfJob) -> tuple[str]:
    return (event.job_id,)


def job(row: Job | None, event: ReadsOfJob) -> Job:
    if isinstance(event, JobPlanned):
        return Job(
            job_id=event.job_id,
            organisation_id=event.organisation_id,
            request_id=event.request_id,
            provider_id=event.provider_id,
            manager_id=event.manager_id,
            customer_name=event.customer_name,
            customer_email=event.customer_email,
            language=event.language,
            time_zone=event.time_zone,
        )
    if row is None:
        raise OutOfOrder(event)
    match event:
        case JobCancelled():
            return replace(row, state=PASSED_ON if event.replaced else CLOSED)
        case unhandled:
            assert_never(unhandled)


jobs = View(
    name="service_jobs",
    contract=contract,
    reads=ReadsOfJob,
    row=Job,
    primary_key=("job_id",),
    key=key_of_job,
    project=job,
    subject="request_id",
    personal=("customer_name", "customer_email"),
)
