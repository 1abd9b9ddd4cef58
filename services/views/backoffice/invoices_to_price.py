"""Which delivered missions have no price yet?"""

from collections.abc import Sequence
from typing import Annotated

from infra.http.answers import Answered, Listed, Router
from infra.http.pages import Paging
from infra.http.request_context import RequestContext, requires
from infra.reading import Rows
from services.views.backoffice.invoice_details import InvoiceForBilling, detailed
from services.views.backoffice.invoices import FIRST_DELIVERED, Invoice, invoices


def to_price(organisation_id: str) -> Rows[Invoice]:
    """Invoices of missions assigned without a price, which nobody can validate."""
    return invoices.of(organisation_id).where("service_minor is null")


router = Router("Invoices")
Billing = Annotated[RequestContext, requires("billing")]


@router.get("/invoices/to-price")
async def invoices_to_price(context: Billing, page: Paging) -> Answered[Listed[InvoiceForBilling]]:
    """Delivered missions whose price was left open at their assignment."""

    async def with_details(rows: Sequence[Invoice]) -> list[InvoiceForBilling]:
        return await detailed(context, rows)

    return await page.show_together(
        to_price(context.principal.organisation_id), FIRST_DELIVERED, with_details
    )
