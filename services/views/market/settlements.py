"""How much is owed to each provider for done jobs, and what was paid? (OGU-27, G-68)"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Annotated, assert_never

from fastapi import Query

from contracts.common_v1 import Money
from contracts.payments.settlement_v1 import JobCredited, ProviderPaid, contract
from infra.consumers.views import OutOfOrder, View
from infra.http.answers import Answer, Answered, Listed, MoneyShown, Router
from infra.http.models import Id, Instant
from infra.http.pages import Filters, Paging
from infra.reading import Table
from services.views.market.access import EitherContext, of_side
from services.views.market.relations import Names, names_of

Reads = JobCredited | ProviderPaid


@dataclass(frozen=True, slots=True, kw_only=True)
class Settlement:
    """`organisation_id` is that of the marketplace; sums are one a currency, by their codes."""

    settlement_id: str
    organisation_id: str
    provider_id: str
    jobs: tuple[JobCredited, ...]
    """Those that are not paid."""
    commission: tuple[Money, ...]
    """All that the operator has had of done jobs, without VAT."""
    paid: tuple[Money, ...]
    reference: str | None = None
    paid_at: datetime | None = None
    changed_at: datetime
    version: int
    """Of the last event that is in the sums; one that comes again is in them already."""


def key(event: Reads) -> tuple[str]:
    return (event.settlement_id,)


def project(row: Settlement | None, event: Reads) -> Settlement:
    if row is not None and event.version <= row.version:
        return row
    match event:
        case JobCredited():
            known = row or Settlement(
                settlement_id=event.settlement_id,
                organisation_id=event.organisation_id,
                provider_id=event.provider_id,
                jobs=(),
                commission=(),
                paid=(),
                changed_at=event.credited_at,
                version=0,
            )
            return replace(
                known,
                jobs=(*known.jobs, event),
                commission=sums((*known.commission, event.commission)),
                changed_at=event.credited_at,
                version=event.version,
            )
        case ProviderPaid():
            if row is None:
                raise OutOfOrder(event)
            return replace(
                row,
                jobs=tuple(one for one in row.jobs if one.job_id not in event.job_ids),
                paid=sums((*row.paid, event.net)),
                reference=event.reference,
                paid_at=event.paid_at,
                changed_at=event.paid_at,
                version=event.version,
            )
        case unhandled:
            assert_never(unhandled)


def sums(amounts: Iterable[Money]) -> tuple[Money, ...]:
    """The sum of each currency, by their codes."""
    known = tuple(amounts)
    return tuple(
        Money(sum(one.amount_minor for one in known if one.currency == currency), currency)
        for currency in sorted({one.currency for one in known})
    )


view = View(
    name="settlements",
    contract=contract,
    reads=Reads,
    row=Settlement,
    primary_key=("settlement_id",),
    key=key,
    project=project,
    indexes=(
        "(organisation_id, changed_at, settlement_id)",
        "(provider_id, changed_at, settlement_id)",
    ),
)
table = Table(view, "settlements")
LATEST = table.order("latest-settlement", "changed_at", "settlement_id", descending=True)

# --- The question -----------------------------------------------------------

router = Router("Settlements")


class SettlementFilters(Filters):
    """Which settlements are wanted."""

    provider_id: Id | None = None


class SettlementListed(Answer):
    """A provider of a marketplace and its money, as both sides see it."""

    settlement_id: str
    """That of the relation; `payments` has each job and each payment."""
    marketplace_id: str
    marketplace_name: str | None
    provider_id: str
    provider_name: str | None
    jobs_due: int
    """Done jobs that are not paid to the provider."""
    due: tuple[MoneyShown, ...]
    """Their sum; negative where the provider owes it."""
    commission: tuple[MoneyShown, ...]
    """All that the operator has had of done jobs, without VAT."""
    paid: tuple[MoneyShown, ...]
    """All that was paid to the provider."""
    last_reference: str | None
    """The bank's reference of the last payment."""
    last_paid_at: Instant | None


@router.get("/settlements")
async def list_settlements(
    context: EitherContext, page: Paging, filters: Annotated[SettlementFilters, Query()]
) -> Answered[Listed[SettlementListed]]:
    """List what is owed and was paid, the last changed first: the operator that of its providers,
    a provider its own at each of its marketplaces."""

    async def present(rows: Sequence[Settlement]) -> list[SettlementListed]:
        names = await names_of(context, ((row.organisation_id, row.provider_id) for row in rows))
        return [listed(row, names) for row in rows]

    return await page.show_together(filters.narrow(of_side(context, table)), LATEST, present)


def listed(row: Settlement, names: Names) -> SettlementListed:
    return SettlementListed(
        settlement_id=row.settlement_id,
        marketplace_id=row.organisation_id,
        marketplace_name=names.marketplaces.get(row.organisation_id),
        provider_id=row.provider_id,
        provider_name=names.providers.get(row.provider_id),
        jobs_due=len(row.jobs),
        due=tuple(map(MoneyShown.of, sums(one.payout for one in row.jobs))),
        commission=tuple(map(MoneyShown.of, row.commission)),
        paid=tuple(map(MoneyShown.of, row.paid)),
        last_reference=row.reference,
        last_paid_at=row.paid_at,
    )
