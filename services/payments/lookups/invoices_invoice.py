"""The invoices of drivers, for questions that name one: does it exist, and whose is it?"""

from dataclasses import dataclass

from contracts.invoices.invoice_v1 import InvoiceOpened, contract
from infra.consumers.views import View
from infra.http.problems import unknown_reference
from infra.http.request_context import RequestContext

# Nobody sees an invoice before the delivery opens it.
Reads = InvoiceOpened


@dataclass(frozen=True, slots=True)
class Invoice:
    invoice_id: str
    organisation_id: str
    driver_id: str


def key(event: Reads) -> tuple[str]:
    return (event.invoice_id,)


def project(_: Invoice | None, event: Reads) -> Invoice:
    return Invoice(
        invoice_id=event.invoice_id,
        organisation_id=event.organisation_id,
        driver_id=event.driver_id,
    )


lookup = View(
    name="invoices",
    contract=contract,
    reads=Reads,
    row=Invoice,
    primary_key=("invoice_id",),
    key=key,
    project=project,
)


async def require(context: RequestContext, field: str, invoice_id: str) -> None:
    """Refuse a command whose field names no invoice of the caller's, who is a driver.

    Raises the 422 `Problem` of the field.
    """
    invoice = await context.lookup(lookup, invoice_id)
    owner = (context.principal.organisation_id, context.principal.subject)
    if invoice is None or (invoice.organisation_id, invoice.driver_id) != owner:
        raise unknown_reference(field, "invoice")
