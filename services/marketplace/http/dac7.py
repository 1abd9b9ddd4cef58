"""The yearly report of a marketplace about its providers to the tax office (DAC7)."""

from collections import defaultdict
from typing import Annotated

from fastapi import Path

from infra.http.answers import Answer, Answered, MoneyShown, Router
from infra.http.request_context import RequestContext
from infra.lookups import organisations
from services.marketplace.aggregates import PROVIDER
from services.marketplace.http.access import ActivatorContext, mine
from services.marketplace.http.profile import IdentityShown
from services.marketplace.lookups import dispatch_job
from services.marketplace.lookups.dispatch_job import Job, day_of
from services.marketplace.read_models import relations as rows_of

router = Router("Tax report")

Year = Annotated[int, Path(ge=2020, le=2100)]
FLAGGED_FROM_MINOR = 500_000
"""From 5 000 euros a year on, whoever has work done checks the certificate of social contributions
(Code du travail, R. 8222-1)."""


class QuarterShown(Answer):
    """The jobs of a provider that were done in a quarter, by the clocks of their places."""

    quarter: int
    """1 to 4."""
    jobs: int
    consideration: MoneyShown
    """Without VAT."""
    fees: MoneyShown
    """The part of it that the marketplace kept."""


class SellerShown(Answer):
    """A provider of the marketplace and what it earned there in a year."""

    provider_id: str
    provider_name: str
    identity: IdentityShown | None
    """Null while the provider has not stated it."""
    quarters: tuple[QuarterShown, ...]
    """Those in which a job was done."""
    consideration: MoneyShown
    """That of the year."""
    is_flagged: bool
    """It reaches 5 000 euros in the year: its certificate of social contributions is to be
    checked."""


class TaxReport(Answer):
    """All providers with a job done in a year, by name."""

    year: int
    items: list[SellerShown]


@router.get("/tax-reports/{year}")
async def show_tax_report(year: Year, context: ActivatorContext) -> Answered[TaxReport]:
    """Show who earned what on one's marketplace in a year, quarter by quarter, with who they are
    to the tax office; for its administration."""
    await organisations.require_marketplace(context)
    known = await mine(context)
    by_provider: dict[str, list[Job]] = defaultdict(list)
    for job in await dispatch_job.done_in(context, known.marketplace_id, year):
        by_provider[job.provider_id].append(job)
    rows = await rows_of.relations.of(known.marketplace_id).many(context.pool, rows_of.BY_NAME)
    items = [
        await seller(context, row.known[0].provider_name, row.provider_id, jobs)
        for row in rows
        if (jobs := by_provider.get(row.provider_id))
    ]
    return Answered(TaxReport(year=year, items=items))


async def seller(
    context: RequestContext, called: str, provider_id: str, jobs: list[Job]
) -> SellerShown:
    identity = (await context.load(PROVIDER, provider_id)).state.identity
    quarters: dict[int, list[Job]] = defaultdict(list)
    for job in jobs:
        quarters[(day_of(job).month + 2) // 3].append(job)
    total = sum(job.amount_minor for job in jobs)
    currency = jobs[0].currency
    return SellerShown(
        provider_id=provider_id,
        provider_name=called,
        identity=None if identity is None else IdentityShown.of(identity),
        quarters=tuple(quarter(number, quarters[number]) for number in sorted(quarters)),
        consideration=MoneyShown(amount_minor=total, currency=currency),
        is_flagged=currency == "EUR" and total >= FLAGGED_FROM_MINOR,
    )


def quarter(number: int, jobs: list[Job]) -> QuarterShown:
    currency = jobs[0].currency
    paid, kept = (
        sum(job.amount_minor for job in jobs),
        sum(job.commission_minor for job in jobs),
    )
    return QuarterShown(
        quarter=number,
        jobs=len(jobs),
        consideration=MoneyShown(amount_minor=paid, currency=currency),
        fees=MoneyShown(amount_minor=kept, currency=currency),
    )
