"""Which commissions did an operator invoice to its providers? (OGU-27, G-68)"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

from fastapi import Query

from contracts.common_v1 import Money
from contracts.payments.settlement_v1 import CommissionInvoiced, contract
from infra.consumers.views import View
from infra.http.answers import Answer, Answered, Listed, MoneyShown, Router
from infra.http.models import Id, Instant
from infra.http.pages import Filters, Paging
from infra.reading import Table
from services.views.market.access import EitherContext, of_side
from services.views.market.relations import Names, names_of

Reads = CommissionInvoiced


@dataclass(frozen=True, slots=True, kw_only=True)
class Invoice:
    """`organisation_id` is that of the marketplace; amounts are in the currency."""

    settlement_id: str
    number: str
    organisation_id: str
    provider_id: str
    payout_id: str
    jobs: int
    currency: str
    commission_minor: int
    vat_minor: int
    reference: str
    issued_at: datetime


def key(event: Reads) -> tuple[str, str]:
    return event.settlement_id, event.number


def project(_: Invoice | None, event: Reads) -> Invoice:
    return Invoice(
        settlement_id=event.settlement_id,
        number=event.number,
        organisation_id=event.organisation_id,
        provider_id=event.provider_id,
        payout_id=event.payout_id,
        jobs=len(event.lines),
        currency=event.commission.currency,
        commission_minor=event.commission.amount_minor,
        vat_minor=event.vat.amount_minor,
        reference=event.reference,
        issued_at=event.issued_at,
    )


view = View(
    name="invoices",
    contract=contract,
    reads=Reads,
    row=Invoice,
    primary_key=("settlement_id", "number"),
    key=key,
    project=project,
    indexes=(
        "(organisation_id, issued_at, settlement_id, number)",
        "(provider_id, issued_at, settlement_id, number)",
    ),
)
table = Table(view, "invoices")
LATEST = table.order("latest-invoice", "issued_at", "settlement_id", "number", descending=True)

# --- The question -----------------------------------------------------------

router = Router("Invoices")


class InvoiceFilters(Filters):
    """Which invoices are wanted."""

    provider_id: Id | None = None


class InvoiceListed(Answer):
    """An invoice of commissions, as both sides see it; `payments` has the document, at the payment
    of which they were kept."""

    number: str
    settlement_id: str
    payout_id: str
    marketplace_id: str
    marketplace_name: str | None
    provider_id: str
    provider_name: str | None
    jobs: int
    """How many its lines are."""
    commission: MoneyShown
    """Without VAT."""
    vat: MoneyShown
    including_vat: MoneyShown
    reference: str
    """The bank's, of the payment."""
    issued_at: Instant


@router.get("/invoices")
async def list_invoices(
    context: EitherContext, page: Paging, filters: Annotated[InvoiceFilters, Query()]
) -> Answered[Listed[InvoiceListed]]:
    """List the invoices of commissions, the latest first: the operator those to its providers, a
    provider its own of each of its marketplaces."""

    async def present(rows: Sequence[Invoice]) -> list[InvoiceListed]:
        names = await names_of(context, ((row.organisation_id, row.provider_id) for row in rows))
        return [listed(row, names) for row in rows]

    return await page.show_together(filters.narrow(of_side(context, table)), LATEST, present)


def listed(row: Invoice, names: Names) -> InvoiceListed:
    return InvoiceListed(
        number=row.number,
        settlement_id=row.settlement_id,
        payout_id=row.payout_id,
        marketplace_id=row.organisation_id,
        marketplace_name=names.marketplaces.get(row.organisation_id),
        provider_id=row.provider_id,
        provider_name=names.providers.get(row.provider_id),
        jobs=row.jobs,
        commission=MoneyShown.of(Money(row.commission_minor, row.currency)),
        vat=MoneyShown.of(Money(row.vat_minor, row.currency)),
        including_vat=MoneyShown.of(Money(row.commission_minor + row.vat_minor, row.currency)),
        reference=row.reference,
        issued_at=row.issued_at,
    )
