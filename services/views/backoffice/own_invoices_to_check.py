"""Which invoices that drivers wrote themselves have to be looked at?"""

from collections.abc import Sequence
from typing import Annotated

from infra.http.answers import Answered, Listed, Router
from infra.http.pages import Paging
from infra.http.request_context import RequestContext, requires
from infra.reading import Rows
from services.views.backoffice.invoice_details import InvoiceForBilling, detailed
from services.views.backoffice.invoices import LONGEST_SENT, Invoice, invoices


def to_check(organisation_id: str) -> Rows[Invoice]:
    """Invoices with one of the driver's own that was sent, and neither accepted nor refused."""
    return invoices.of(organisation_id).where("""own_invoices @> '[{"status": "sent"}]'""")


router = Router("Invoices")
Billing = Annotated[RequestContext, requires("billing")]


@router.get("/invoices/own-to-check")
async def own_invoices_to_check(
    context: Billing, page: Paging
) -> Answered[Listed[InvoiceForBilling]]:
    """Invoices that drivers wrote and that do not agree in everything, the longest waiting first.

    Nothing of them is owed before they are accepted.
    """

    async def with_details(rows: Sequence[Invoice]) -> list[InvoiceForBilling]:
        return await detailed(context, rows)

    return await page.show_together(
        to_check(context.principal.organisation_id), LONGEST_SENT, with_details
    )
