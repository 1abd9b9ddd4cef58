"""Which jobs came of requests, when are they, and what is whose of their price? (OGU-25)"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from enum import StrEnum
from typing import Annotated, assert_never

from fastapi import Query

from contracts.common_v1 import Money
from contracts.dispatch.job_v1 import (
    ArrivalMoved,
    CancellationCause,
    JobCancelled,
    JobDone,
    JobPlanned,
    OnTheWay,
    Participant,
    ReviewsPublished,
    contract,
)
from infra.consumers.views import OutOfOrder, View
from infra.http.answers import Answer, Answered, Listed, MoneyShown, Router, money
from infra.http.models import Day, Id, Instant, Named
from infra.http.pages import Filters, Paging
from infra.reading import Table
from services.views.market.access import EitherContext, of_side
from services.views.market.relations import Names, names_of

Reads = JobPlanned | ArrivalMoved | OnTheWay | JobDone | JobCancelled | ReviewsPublished


class JobStatus(StrEnum):
    """How far a job is."""

    PLANNED = "planned"
    ON_THE_WAY = "on_the_way"
    DONE = "done"
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """`organisation_id` is that of the marketplace; all amounts are in the currency."""

    job_id: str
    organisation_id: str
    request_id: str
    contract_id: str | None
    visit: date | None
    provider_id: str
    status: str
    service_code: str
    locality: str
    address: str
    customer_name: str
    customer_phone: str | None
    arrives_from: datetime
    arrives_until: datetime
    time_zone: str
    currency: str
    price_minor: int
    unit: str | None
    vat_basis_points: int
    commission_basis_points: int
    arrival_expected_at: datetime | None = None
    amount_minor: int | None = None
    commission_minor: int | None = None
    commission_vat_minor: int | None = None
    done_at: datetime | None = None
    cancelled_cause: str | None = None
    cancelled_by: str | None = None
    cancelled_at: datetime | None = None
    provider_mark: int | None = None
    customer_mark: int | None = None


def key(event: Reads) -> tuple[str]:
    return (event.job_id,)


def project(row: Job | None, event: Reads) -> Job:
    if isinstance(event, JobPlanned):
        return planned(event)
    if row is None:
        raise OutOfOrder(event)
    match event:
        case ArrivalMoved():
            return replace(row, arrives_from=event.arrives_from, arrives_until=event.arrives_until)
        case OnTheWay():
            return replace(
                row,
                status=JobStatus.ON_THE_WAY.value,
                arrival_expected_at=event.arrival_expected_at,
            )
        case JobDone():
            return replace(
                row,
                status=JobStatus.DONE.value,
                arrival_expected_at=None,
                amount_minor=event.amount.amount_minor,
                commission_minor=event.commission.amount_minor,
                commission_vat_minor=(
                    event.commission_vat.amount_minor if event.commission_vat else None
                ),
                done_at=event.done_at,
            )
        case JobCancelled():
            return cancelled(row, event)
        case ReviewsPublished():
            return replace(
                row, provider_mark=event.provider_mark, customer_mark=event.customer_mark
            )
        case unhandled:
            assert_never(unhandled)


def planned(event: JobPlanned) -> Job:
    return Job(
        job_id=event.job_id,
        organisation_id=event.organisation_id,
        request_id=event.request_id,
        contract_id=event.contract_id,
        visit=event.visit,
        provider_id=event.provider_id,
        status=JobStatus.PLANNED.value,
        service_code=event.service_code,
        locality=event.locality,
        address=event.address,
        customer_name=event.customer_name,
        customer_phone=event.customer_phone,
        arrives_from=event.arrives_from,
        arrives_until=event.arrives_until,
        time_zone=event.time_zone,
        currency=event.price.currency,
        price_minor=event.price.amount_minor,
        unit=event.unit,
        vat_basis_points=event.vat_basis_points,
        commission_basis_points=event.commission_basis_points,
    )


def cancelled(row: Job, event: JobCancelled) -> Job:
    return replace(
        row,
        status=JobStatus.CANCELLED.value,
        arrival_expected_at=None,
        cancelled_cause=event.cause.name.lower(),
        cancelled_by=event.cancelled_by.name.lower(),
        cancelled_at=event.cancelled_at,
    )


view = View(
    name="jobs",
    contract=contract,
    reads=Reads,
    row=Job,
    primary_key=("job_id",),
    key=key,
    project=project,
    indexes=(
        "(organisation_id, arrives_from, job_id)",
        "(provider_id, arrives_from, job_id)",
        "(request_id)",
    ),
    subject="request_id",
    personal=("customer_name", "customer_phone", "address"),
)
table = Table(view, "jobs")
LATEST = table.order("latest-job", "arrives_from", "job_id", descending=True)

# --- The question -----------------------------------------------------------

router = Router("Jobs")


class JobFilters(Filters):
    """Which jobs are wanted."""

    status: JobStatus | None = None
    provider_id: Id | None = None
    request_id: Id | None = None
    service_code: Id | None = None


class JobListed(Answer):
    """A job in a list, as its operator and its provider see it."""

    job_id: str
    request_id: str
    contract_id: str | None
    visit: Day | None
    marketplace_id: str
    marketplace_name: str | None
    provider_id: str
    provider_name: str | None
    status: JobStatus
    service_code: str
    locality: str
    address: str
    customer_name: str
    customer_phone: str | None
    """All three are XXXX once the customer was forgotten."""
    arrives_from: Instant
    arrives_until: Instant
    arrival_expected_at: Instant | None
    """While the provider is on the way."""
    time_zone: str
    price: MoneyShown
    """Without VAT; of one unit, where there is one."""
    unit: str | None
    vat_basis_points: int
    commission_basis_points: int
    """That of the day of the request."""
    amount: MoneyShown | None
    """What it came to without VAT, once it is done."""
    commission: MoneyShown | None
    """The operator's part of the amount."""
    commission_vat: MoneyShown | None
    """The VAT on the commission, by the rate of the day on which the job was done."""
    net: MoneyShown | None
    """The provider's part of the amount."""
    done_at: Instant | None
    cancelled_cause: Annotated[CancellationCause, Named()] | None
    cancelled_by: Annotated[Participant, Named()] | None
    cancelled_at: Instant | None
    provider_mark: int | None
    """The mark that the customer gave, once reviews are published."""
    customer_mark: int | None
    """The mark that the provider gave, once reviews are published."""


@router.get("/jobs")
async def list_jobs(
    context: EitherContext, page: Paging, filters: Annotated[JobFilters, Query()]
) -> Answered[Listed[JobListed]]:
    """List jobs, those to come and then the past ones: the operator those of its marketplace, a
    provider its own."""

    async def present(rows: Sequence[Job]) -> list[JobListed]:
        names = await names_of(context, ((row.organisation_id, row.provider_id) for row in rows))
        return [listed(row, names) for row in rows]

    return await page.show_together(filters.narrow(of_side(context, table)), LATEST, present)


def listed(row: Job, names: Names) -> JobListed:
    cause, by = row.cancelled_cause, row.cancelled_by
    return JobListed(
        job_id=row.job_id,
        request_id=row.request_id,
        contract_id=row.contract_id,
        visit=row.visit,
        marketplace_id=row.organisation_id,
        marketplace_name=names.marketplaces.get(row.organisation_id),
        provider_id=row.provider_id,
        provider_name=names.providers.get(row.provider_id),
        status=JobStatus(row.status),
        service_code=row.service_code,
        locality=row.locality,
        address=row.address,
        customer_name=row.customer_name,
        customer_phone=row.customer_phone,
        arrives_from=row.arrives_from,
        arrives_until=row.arrives_until,
        arrival_expected_at=row.arrival_expected_at,
        time_zone=row.time_zone,
        price=MoneyShown.of(Money(row.price_minor, row.currency)),
        unit=row.unit,
        vat_basis_points=row.vat_basis_points,
        commission_basis_points=row.commission_basis_points,
        amount=money(row.amount_minor, row.currency),
        commission=money(row.commission_minor, row.currency),
        commission_vat=money(row.commission_vat_minor, row.currency),
        net=net_of(row),
        done_at=row.done_at,
        cancelled_cause=CancellationCause[cause.upper()] if cause else None,
        cancelled_by=Participant[by.upper()] if by else None,
        cancelled_at=row.cancelled_at,
        provider_mark=row.provider_mark,
        customer_mark=row.customer_mark,
    )


def net_of(row: Job) -> MoneyShown | None:
    if row.amount_minor is None or row.commission_minor is None:
        return None
    return money(row.amount_minor - row.commission_minor, row.currency)
