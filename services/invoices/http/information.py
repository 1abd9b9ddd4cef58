"""How invoicing works, for everybody."""

from typing import Annotated

from contracts.invoices.invoice_v1 import ExpenseKind
from infra.http.answers import Answer, Answered, Router
from infra.http.models import Named
from infra.http.request_context import PublicRequest, public
from services.invoices.http.invoices import InvoiceStatus

router = Router("Information")


class InformationShown(Answer):
    """How invoicing works."""

    states: list[InvoiceStatus]
    """The steps of an invoice, in order."""
    expense_kinds: list[Annotated[ExpenseKind, Named()]]
    contact: str
    """Where a driver asks the billing department something."""


@router.get("/information")
async def information(
    context: Annotated[PublicRequest, public()],
) -> Answered[InformationShown]:
    """How invoicing works, for the page the screen links to."""
    shown = InformationShown(
        states=list(InvoiceStatus),
        expense_kinds=list(ExpenseKind),
        contact="/payments/payees/{driver_id}/questions",
    )
    return Answered(shown)
