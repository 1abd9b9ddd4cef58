"""HTTP to commands: complete, approve, contest and settle invoices; say who sells and who buys."""

import asyncio
from typing import Annotated, Any

from fastapi import APIRouter, Path
from starlette.responses import Response

from contracts.invoices.invoice_v1 import ContestSettled, ExpenseKind, InvoiceApproved
from infra.host import Running
from infra.http.models import Id, to_json
from infra.http.problems import try_again
from infra.http.request_context import RequestContext, public, requires
from services.invoices import bodies, invoice, seller
from services.invoices.aggregates import BUYER, INVOICE, SELLER
from services.invoices.buyer import DeclareBuyer
from services.invoices.edge import document

router = APIRouter()

Anyone = Annotated[RequestContext, requires("driver", "billing")]
DriverContext = Annotated[RequestContext, requires("driver")]
Billing = Annotated[RequestContext, requires("billing")]

# --- Invoices ---------------------------------------------------------------


@router.get("/invoices/{invoice_id}")
async def show_invoice(invoice_id: Id, context: Anyone) -> Response:
    """The invoice, never stale; not before the delivery, and drivers see their own (HIF-29)."""
    found = await context.load(INVOICE, invoice_id)
    return context.show(bodies.invoice_shown(visible(context, found.state)), found)


@router.get("/invoices/{invoice_id}/history")
async def invoice_history(invoice_id: Id, context: Anyone) -> Response:
    """Every fact about the invoice, by the version that figures name."""
    visible(context, (await context.load(INVOICE, invoice_id)).state)
    return await context.history(INVOICE, invoice_id)


@router.put("/invoices/{invoice_id}/price")
async def agree_price(invoice_id: Id, body: bodies.PriceBody, context: Billing) -> Response:
    """Set the price of a mission that was assigned without one."""
    who = context.principal
    command = invoice.AgreePrice(
        invoice_id, who.organisation_id, who.subject, body.price.money(), context.occurred_at
    )
    return await context.handle(INVOICE, invoice_id, command)


@router.post("/invoices/{invoice_id}/expenses", status_code=201)
async def add_expense(invoice_id: Id, body: bodies.ExpenseBody, context: DriverContext) -> Response:
    """Declare an expense that was quoted or accepted, with its receipt (HIF-28)."""
    expense_id = f"e-{context.command_context.command_id.hex[:16]}"
    command = invoice.AddExpense(
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
    who = context.principal
    command = invoice.RemoveExpense(
        invoice_id, who.organisation_id, who.subject, expense_id, context.occurred_at
    )
    return await context.handle(INVOICE, invoice_id, command)


@router.post("/invoices/{invoice_id}/validation")
async def validate_expenses(invoice_id: Id, context: DriverContext) -> Response:
    """The expenses are complete, and locked from now on (HIF-28)."""
    who = context.principal
    command = invoice.ValidateExpenses(
        invoice_id, who.organisation_id, who.subject, context.occurred_at
    )
    return await context.handle(INVOICE, invoice_id, command)


@router.post("/invoices/{invoice_id}/reopening")
async def reopen_expenses(invoice_id: Id, context: Billing) -> Response:
    """Let the driver declare what was forgotten, until the approval; they validate anew (C5)."""
    who = context.principal
    command = invoice.Reopen(invoice_id, who.organisation_id, who.subject, context.occurred_at)
    return await context.handle(INVOICE, invoice_id, command)


@router.post("/invoices/{invoice_id}/approval")
async def approve_invoice(invoice_id: Id, context: Billing) -> Response:
    """The invoice is right: what it says is owed."""
    who = context.principal

    async def approval(found: invoice.State) -> invoice.Approve:
        paid = found.prepared.driver_id if isinstance(found, invoice.Invoice) else "nobody"
        payer = await context.load(BUYER, who.organisation_id)
        known = await context.load(SELLER, paid)
        state = known.state if isinstance(known.state, seller.Seller) else None
        ours = state if state and state.organisation_id == who.organisation_id else None
        country = payer.state.country if payer.state else ""
        return invoice.Approve(
            invoice_id=invoice_id,
            organisation_id=who.organisation_id,
            by=who.subject,
            treatment=seller.treatment(ours.company if ours else None, country),
            self_billed=ours is not None and ours.self_billed,
            seller_version=known.version,
            buyer_version=payer.version,
            at=context.at,
        )

    return await context.handle(INVOICE, invoice_id, approval)


@router.post("/invoices/{invoice_id}/lines/{line_id}/contest")
async def contest_line(
    invoice_id: Id, line_id: Id, body: bodies.ContestBody, context: Anyone
) -> Response:
    """A line is not right: the driver says so of a statement, billing before it approves (P6)."""
    who = context.principal

    async def contest(found: invoice.State) -> invoice.Contest:
        # Billing speaks for itself about an invoice of its own.
        own = isinstance(found, invoice.Invoice) and found.prepared.driver_id == who.subject
        driver_id = None if is_billing(context) and not own else who.subject
        said = (driver_id, line_id, body.reason)
        return invoice.Contest(invoice_id, who.organisation_id, *said, context.occurred_at)

    return await context.handle(INVOICE, invoice_id, contest)


@router.post("/invoices/{invoice_id}/lines/{line_id}/settlement")
async def settle_contest(
    invoice_id: Id, line_id: Id, body: bodies.SettlementBody, context: Billing
) -> Response:
    """Say what is right for a contested line; once approved, the next payout adjusts it."""
    command = invoice.Settle(
        invoice_id=invoice_id,
        organisation_id=context.principal.organisation_id,
        by=context.principal.subject,
        line_id=line_id,
        amount=body.amount.money(),
        explanation=body.explanation,
        at=context.occurred_at,
    )
    return await context.handle(INVOICE, invoice_id, command)


# --- Sellers ----------------------------------------------------------------


@router.get("/sellers/{driver_id}")
async def show_seller(driver_id: Id, context: Anyone) -> Response:
    """The company and mandate, never stale; drivers see their own."""
    only_own(context, driver_id)
    found = await context.load(SELLER, driver_id)
    return context.show(bodies.seller_shown(known(context, found.state)), found)


@router.get("/sellers/{driver_id}/history")
async def seller_history(driver_id: Id, context: Anyone) -> Response:
    """Every fact about the company and mandate: who changed what, and when."""
    await show_seller(driver_id, context)
    return await context.history(SELLER, driver_id)


@router.put("/sellers/{driver_id}/company")
async def declare_company(
    driver_id: Id, body: bodies.CompanyBody, context: DriverContext
) -> Response:
    """Who invoices, with identifiers that are checked (HIF-43)."""
    only_own(context, driver_id)
    number, vat_number = body.identifiers()
    command = seller.DeclareCompany(
        driver_id=driver_id,
        organisation_id=context.principal.organisation_id,
        legal_name=body.legal_name,
        street=body.street,
        postal_code=body.postal_code,
        city=body.city,
        country=body.country,
        company_number=number,
        vat_number=vat_number,
        at=context.occurred_at,
    )
    return await context.handle(SELLER, driver_id, command)


@router.put("/sellers/{driver_id}/mandate")
async def give_mandate(driver_id: Id, context: DriverContext) -> Response:
    """Let the organisation write one's invoices (self-billing)."""
    only_own(context, driver_id)
    who = context.principal
    command = seller.GiveMandate(driver_id, who.organisation_id, context.occurred_at)
    return await context.handle(SELLER, driver_id, command)


@router.delete("/sellers/{driver_id}/mandate")
async def withdraw_mandate(driver_id: Id, context: DriverContext) -> Response:
    """Write one's own invoices from now on."""
    only_own(context, driver_id)
    who = context.principal
    command = seller.WithdrawMandate(driver_id, who.organisation_id, context.occurred_at)
    return await context.handle(SELLER, driver_id, command)


# --- The organisation as the buyer ------------------------------------------


@router.get("/buyer")
async def show_buyer(context: Billing) -> Response:
    """What stands on invoices about the organisation; empty until it is declared."""
    found = await context.load(BUYER, context.principal.organisation_id)
    return answer({"buyer": found.state})


@router.get("/buyer/history")
async def buyer_history(context: Billing) -> Response:
    """What stood on invoices about the organisation, by the version that approvals name (G-05)."""
    return await context.history(BUYER, context.principal.organisation_id)


@router.put("/buyer")
async def declare_buyer(body: bodies.BuyerBody, context: Billing) -> Response:
    """Say what stands on invoices about the organisation."""
    organisation_id = context.principal.organisation_id
    number, vat_number = body.identifiers()
    command = DeclareBuyer(
        organisation_id=organisation_id,
        legal_name=body.legal_name,
        registered_office=body.registered_office,
        postal_code=body.postal_code,
        city=body.city,
        country=body.country,
        company_number=number,
        vat_number=vat_number,
        at=context.occurred_at,
    )
    return await context.handle(BUYER, organisation_id, command)


@router.get("/information")
async def information(context: Annotated[RequestContext, public()]) -> Response:
    """How invoicing works, for the page the screen links to (HIF-30)."""
    return answer(
        {
            "states": [one for one in invoice.Status if one is not invoice.Status.PREPARED],
            "expense_kinds": list(ExpenseKind),
            "contact": "/payments/payees/{driver_id}/questions",
        }
    )


# --- Documents --------------------------------------------------------------


class Pdf(Response):
    """Documents a route what it answers."""

    media_type = "application/pdf"


def routes(running: Running | None) -> APIRouter:
    """All routes; a document also reads companies as they were. None: only to be listed."""
    made = APIRouter()

    @made.get("/invoices/{invoice_id}/document", response_class=Pdf)
    async def invoice_document(invoice_id: Id, context: Anyone) -> Response:
        """The invoice as PDF/A-3; a Factur-X where the organisation writes it in France."""
        found = visible(context, (await context.load(INVOICE, invoice_id)).state)
        if found.approval is None:
            raise context.refuse(invoice.ExpensesNotValidated())
        return await paper(context, found, found.approval)

    @made.get("/invoices/{invoice_id}/corrections/{version}/document", response_class=Pdf)
    async def correction_document(
        invoice_id: Id, version: Annotated[int, Path(ge=1, le=2**31 - 1)], context: Anyone
    ) -> Response:
        """What a settlement after the approval changed: a credit note, or an additional invoice.

        `version` is that of the settlement.
        """
        found = visible(context, (await context.load(INVOICE, invoice_id)).state)
        settled = next((s for s in found.settlements if s.version == version), None)
        if found.approval is None or settled is None or settled.adjustment is None:
            raise context.refuse(invoice.NoSuchCorrection())
        return await paper(context, found, found.approval, settled)

    async def paper(
        context: RequestContext,
        found: invoice.Invoice,
        bill: InvoiceApproved,
        settled: ContestSettled | None = None,
    ) -> Response:
        assert running is not None
        load = running.commands.load
        sold = await load(SELLER, bill.driver_id, at_version=bill.seller_version)
        bought = await load(BUYER, bill.organisation_id, at_version=bill.buyer_version)
        assert isinstance(sold.state, seller.Seller)
        assert sold.state.company is not None
        assert bought.state is not None
        companies = (sold.state.company, bought.state)
        made = document.Paper(found, bill, *companies, context.zone, settled)
        if bill.self_billed and made.number is None:
            raise try_again(409, "not-numbered-yet", "The document is about to get its number.")
        return Pdf(await asyncio.to_thread(made.pdf))

    return APIRouter(routes=[*router.routes, *made.routes])


# --- Who may ----------------------------------------------------------------


def is_billing(context: RequestContext) -> bool:
    return "billing" in context.principal.roles


def only_own(context: RequestContext, driver_id: str) -> None:
    """Refuse a driver who means somebody else, as if there were nobody."""
    if not is_billing(context) and context.principal.subject != driver_id:
        raise context.refuse(seller.NoSuchSeller())


def visible(context: RequestContext, found: invoice.State) -> invoice.Invoice:
    """The invoice, if the caller may see it; else as if there were none."""
    who = context.principal
    if (
        not isinstance(found, invoice.Invoice)
        or found.opened is None
        or found.prepared.organisation_id != who.organisation_id
        or not (is_billing(context) or found.prepared.driver_id == who.subject)
    ):
        raise context.refuse(invoice.NoSuchInvoice())
    return found


def known(context: RequestContext, found: seller.State) -> seller.Seller:
    if (
        not isinstance(found, seller.Seller)
        or found.organisation_id != context.principal.organisation_id
    ):
        raise context.refuse(seller.NoSuchSeller())
    return found


def answer(body: Any) -> Response:
    return Response(to_json(body), media_type="application/json")
