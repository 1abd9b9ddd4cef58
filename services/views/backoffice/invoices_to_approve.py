"""Which invoices can be approved?"""

from collections.abc import Sequence
from typing import Annotated

from infra.http.answers import Answered, Listed, Router
from infra.http.pages import Paging
from infra.http.request_context import RequestContext, requires
from infra.reading import Rows
from services.views.backoffice.invoice_details import InvoiceForBilling, detailed
from services.views.backoffice.invoices import LONGEST_WAITING, Invoice, invoices


def to_approve(organisation_id: str) -> Rows[Invoice]:
    """Validated invoices none of whose lines is contested."""
    return invoices.of(organisation_id, status="validated").where("cardinality(contested) = 0")


router = Router("Invoices")
Billing = Annotated[RequestContext, requires("billing")]


@router.get("/invoices/to-approve")
async def invoices_to_approve(
    context: Billing, page: Paging
) -> Answered[Listed[InvoiceForBilling]]:
    """Validated invoices none of whose lines is contested."""

    async def with_details(rows: Sequence[Invoice]) -> list[InvoiceForBilling]:
        return await detailed(context, rows)

    return await page.show_together(
        to_approve(context.principal.organisation_id), LONGEST_WAITING, with_details
    )
