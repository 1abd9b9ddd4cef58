"""Which invoices are there, and how far are they?"""

from enum import StrEnum
from typing import Annotated, ClassVar
from zoneinfo import ZoneInfo

from fastapi import Query

from infra.http.answers import Answer, Answered, Listed, MoneyShown, Router, money
from infra.http.models import Day, Id, Instant
from infra.http.pages import Filters, Paging, Typed
from infra.http.request_context import RequestContext, requires
from infra.reading import Rows
from services.views.backoffice.days import in_days
from services.views.backoffice.invoice_details import InvoiceStatus
from services.views.backoffice.invoices import FIRST_DELIVERED, Invoice, invoices
from services.views.backoffice.persons import PersonShown, searched, with_drivers

LATEST_DELIVERED = invoices.order("latest-delivered", "delivered_at", "invoice_id", descending=True)


class InvoiceOrder(StrEnum):
    """How a list of invoices is sorted."""

    LATEST_DELIVERED = "latest_delivered"
    FIRST_DELIVERED = "first_delivered"


ORDERS = {
    InvoiceOrder.LATEST_DELIVERED: LATEST_DELIVERED,
    InvoiceOrder.FIRST_DELIVERED: FIRST_DELIVERED,
}


class InvoiceFilters(Filters):
    """Which invoices are wanted."""

    no_columns: ClassVar[frozenset[str]] = frozenset(
        {"q", "status", "delivered_from", "delivered_until", "order"}
    )

    q: Typed = ""
    """Words of a number, a trip id, a description or a driver."""
    status: InvoiceStatus | None = None
    driver_id: Id | None = None
    trip_id: Id | None = None
    delivered_from: Day | None = None
    """Delivered on this day or later, by the clock of the organisation."""
    delivered_until: Day | None = None
    """Delivered on this day or before."""
    order: InvoiceOrder = InvoiceOrder.LATEST_DELIVERED


def found(organisation_id: str, filters: InvoiceFilters, zone: ZoneInfo) -> Rows[Invoice]:
    """The invoices that match, whose days are days in a zone."""
    rows = filters.narrow(invoices.of(organisation_id))
    if filters.status is InvoiceStatus.DISPUTED:
        rows = rows.where("cardinality(contested) > 0")
    elif filters.status is not None:
        rows = rows.only(status=filters.status.value).where("cardinality(contested) = 0")
    first, last = filters.delivered_from, filters.delivered_until
    return in_days(rows, "delivered_at", first=first, last=last, zone=zone)


class InvoiceListed(Answer):
    """An invoice in a list; the sums are null before its approval."""

    invoice_id: str
    number: str | None
    trip_id: str
    driver: PersonShown
    description: str
    status: InvoiceStatus
    delivered_at: Instant
    service: MoneyShown | None
    """Null as long as no price was agreed on."""
    expenses: MoneyShown | None
    """The sum of the validated expenses."""
    net: MoneyShown | None
    tax: MoneyShown | None
    total: MoneyShown | None
    validated_at: Instant | None
    approved_at: Instant | None
    payout_id: str | None
    paid_at: Instant | None


def invoice_listed(row: Invoice, driver: PersonShown) -> InvoiceListed:
    return InvoiceListed(
        invoice_id=row.invoice_id,
        number=row.number,
        trip_id=row.trip_id,
        driver=driver,
        description=row.description,
        status=InvoiceStatus.DISPUTED if row.contested else InvoiceStatus(row.status),
        delivered_at=row.delivered_at,
        service=money(row.service_minor, row.currency),
        expenses=money(row.expenses_minor, row.currency),
        net=money(row.net_minor, row.currency),
        tax=money(row.tax_minor, row.currency),
        total=money(row.total_minor, row.currency),
        validated_at=row.validated_at,
        approved_at=row.approved_at,
        payout_id=row.payout_id,
        paid_at=row.paid_at,
    )


router = Router("Invoices")
Billing = Annotated[RequestContext, requires("billing")]


@router.get("/invoices")
async def invoices_found(
    context: Billing, page: Paging, filters: Annotated[InvoiceFilters, Query()]
) -> Answered[Listed[InvoiceListed]]:
    """Invoices of the organisation, the latest delivery first unless asked for otherwise."""

    rows = await searched(
        context, found(context.principal.organisation_id, filters, context.zone), filters.q
    )
    return await page.show_together(
        rows, ORDERS[filters.order], with_drivers(context, invoice_listed)
    )
