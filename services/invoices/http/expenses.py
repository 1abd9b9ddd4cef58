"""The expenses of an invoice over HTTP: its driver declares and validates them."""

from typing import Annotated

from contracts.invoices.invoice_v1 import ExpenseKind
from contracts.media.file_v1 import Purpose
from infra.http.answers import Answered, Recorded, Router
from infra.http.models import Body, Id, MoneyBody, Named, Text
from infra.http.request_context import RequestContext, requires
from infra.lookups import files
from services.invoices import invoice
from services.invoices.aggregates import INVOICE
from services.invoices.http.ids import InvoiceId
from services.invoices.http.invoices import visible
from services.invoices.invoice.expenses import AddExpense, RemoveExpense, ValidateExpenses

router = Router("Expenses")

DriverContext = Annotated[RequestContext, requires("driver")]


class ExpenseBody(Body):
    kind: Annotated[ExpenseKind, Named()]
    amount: MoneyBody
    """Excluding VAT."""
    receipt_file_id: Id
    """A file of the driver's own that was sent as a receipt."""
    note: Text | None = None


class ValidationBody(Body):
    net: MoneyBody
    """The sum of all lines as the driver saw it; 412 when it is another one now."""


@router.post("/invoices/{invoice_id}/expenses", status_code=201)
async def add_expense(
    invoice_id: InvoiceId, body: ExpenseBody, context: DriverContext
) -> Answered[Recorded]:
    """Declare an expense that was quoted or accepted, with its receipt."""
    expense_id = f"e-{context.command_context.command_id.hex[:16]}"

    async def expense(state: invoice.State) -> AddExpense:
        visible(context, state)
        await files.require(context, "receipt_file_id", body.receipt_file_id, {Purpose.RECEIPT})
        return AddExpense(
            invoice_id=invoice_id,
            organisation_id=context.principal.organisation_id,
            driver_id=context.principal.subject,
            expense_id=expense_id,
            kind=body.kind,
            amount=body.amount.money(),
            receipt_file_id=body.receipt_file_id,
            note=body.note,
            at=context.occurred_at,
        )

    created = f"/invoices/invoices/{invoice_id}/expenses/{expense_id}"
    return await context.handle(INVOICE, invoice_id, expense, created=created)


@router.delete("/invoices/{invoice_id}/expenses/{expense_id}")
async def remove_expense(
    invoice_id: InvoiceId, expense_id: Id, context: DriverContext
) -> Answered[Recorded]:
    """Take an expense back before validating."""
    command = RemoveExpense(
        invoice_id=invoice_id,
        organisation_id=context.principal.organisation_id,
        driver_id=context.principal.subject,
        expense_id=expense_id,
        at=context.occurred_at,
    )
    return await context.handle(INVOICE, invoice_id, command)


@router.post("/invoices/{invoice_id}/validation")
async def validate_expenses(
    invoice_id: InvoiceId, body: ValidationBody, context: DriverContext
) -> Answered[Recorded]:
    """The expenses are complete, and locked from now on."""
    command = ValidateExpenses(
        invoice_id=invoice_id,
        organisation_id=context.principal.organisation_id,
        driver_id=context.principal.subject,
        net=body.net.money(),
        at=context.occurred_at,
    )
    return await context.handle(INVOICE, invoice_id, command)
