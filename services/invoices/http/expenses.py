"""The expenses of an invoice over HTTP: its driver declares and validates them."""

from typing import Annotated

from pydantic import Field, StringConstraints

from contracts.invoices.invoice_v1 import ExpenseKind, Receipt, ReceiptPart
from contracts.media.file_v1 import Purpose
from infra.http.answers import Answered, Recorded, Router
from infra.http.models import Body, Id, MoneyBody, Named, Text
from infra.http.request_context import RequestContext, requires
from infra.lookups import files
from services.invoices import invoice, seller
from services.invoices.aggregates import INVOICE, SELLER
from services.invoices.http.ids import InvoiceId
from services.invoices.http.invoices import visible
from services.invoices.invoice.expenses import AddExpense, RemoveExpense, ValidateExpenses
from services.invoices.terms import Taxpayer

router = Router("Expenses")

DriverContext = Annotated[RequestContext, requires("driver")]


class ReceiptPartBody(Body):
    """A rate of VAT on a receipt, in basis points, and the amounts it stands beside."""

    rate: Annotated[int, Field(ge=0, le=10_000, examples=[2000])]
    net: MoneyBody
    """Excluding VAT."""
    vat: MoneyBody


class ReceiptBody(Body):
    """A receipt as it is printed, each rate once; one without VAT has the rate 0."""

    country: Annotated[str, StringConstraints(pattern=r"^[A-Z]{2}$"), Field(examples=["FR"])]
    """Where it was bought, of ISO 3166."""
    parts: Annotated[list[ReceiptPartBody], Field(min_length=1, max_length=10)]

    def receipt(self) -> Receipt:
        """The contract's value."""
        parts = (
            ReceiptPart(rate=one.rate, net=one.net.money(), vat=one.vat.money())
            for one in self.parts
        )
        return Receipt(self.country, tuple(parts))


class ExpenseBody(Body):
    kind: Annotated[ExpenseKind, Named()]
    amount: MoneyBody
    """What it cost, without VAT that the driver deducts; the invoice adds the VAT of the service.

    At most the net amounts of the receipt, and the VAT that is lost: all of it for a driver who
    charges none.
    """
    receipt_file_id: Id
    """A file of the driver's own that was sent as a receipt."""
    receipt: ReceiptBody | None = None
    """What the receipt says; it wants the driver's company declared."""
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
        sold = await context.load(SELLER, context.principal.subject)
        ours = seller.of_organisation(sold.state, context.principal.organisation_id)
        company = ours.company if ours else None
        return AddExpense(
            invoice_id=invoice_id,
            organisation_id=context.principal.organisation_id,
            driver_id=context.principal.subject,
            expense_id=expense_id,
            kind=body.kind,
            amount=body.amount.money(),
            receipt_file_id=body.receipt_file_id,
            note=body.note,
            receipt=body.receipt.receipt() if body.receipt else None,
            company=Taxpayer(company.country, company.charges_vat) if company else None,
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
