"""Which validated expenses wait to be checked?"""

from collections.abc import Sequence
from typing import Annotated

from infra.http.answers import Answered, Listed, Router
from infra.http.pages import Paging
from infra.http.request_context import RequestContext, requires
from infra.reading import Rows
from services.views.backoffice.invoice_details import InvoiceForBilling, detailed
from services.views.backoffice.invoices import LONGEST_WAITING, Invoice, invoices


def to_check(organisation_id: str) -> Rows[Invoice]:
    """Invoices that are validated and not approved."""
    return invoices.of(organisation_id, status="validated")


router = Router("Invoices")
Billing = Annotated[RequestContext, requires("billing")]


@router.get("/expenses/to-check")
async def expenses_to_check(context: Billing, page: Paging) -> Answered[Listed[InvoiceForBilling]]:
    """Validated expenses beside what was quoted and accepted, kind by kind."""

    async def with_details(rows: Sequence[Invoice]) -> list[InvoiceForBilling]:
        return await detailed(context, rows)

    return await page.show_together(
        to_check(context.principal.organisation_id), LONGEST_WAITING, with_details
    )
