"""The expenses of an invoice over HTTP: its driver declares and validates them."""

from typing import Annotated

from fastapi import APIRouter
from starlette.responses import Response

from contracts.invoices.invoice_v1 import ExpenseKind
from infra.http.models import Body, Id, MoneyBody, Named, Text
from infra.http.request_context import RequestContext, requires
from services.invoices.aggregates import INVOICE
from services.invoices.invoice.expenses import AddExpense, RemoveExpense, ValidateExpenses

router = APIRouter()

DriverContext = Annotated[RequestContext, requires("driver")]


class ExpenseBody(Body):
    """Excluding VAT, with the receipt as a file of media."""

    kind: Annotated[ExpenseKind, Named()]
    amount: MoneyBody
    receipt_file_id: Id
    note: Text | None = None


@router.post("/invoices/{invoice_id}/expenses", status_code=201)
async def add_expense(invoice_id: Id, body: ExpenseBody, context: DriverContext) -> Response:
    """Declare an expense that was quoted or accepted, with its receipt."""
    expense_id = f"e-{context.command_context.command_id.hex[:16]}"
    command = AddExpense(
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
    return await context.handle(INVOICE, invoice_id, command, created=created)


@router.delete("/invoices/{invoice_id}/expenses/{expense_id}")
async def remove_expense(invoice_id: Id, expense_id: Id, context: DriverContext) -> Response:
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
async def validate_expenses(invoice_id: Id, context: DriverContext) -> Response:
    """The expenses are complete, and locked from now on."""
    command = ValidateExpenses(
        invoice_id=invoice_id,
        organisation_id=context.principal.organisation_id,
        driver_id=context.principal.subject,
        at=context.occurred_at,
    )
    return await context.handle(INVOICE, invoice_id, command)
