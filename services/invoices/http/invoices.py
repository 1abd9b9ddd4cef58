"""Invoices over HTTP: show, price, reopen and approve them."""

from enum import StrEnum
from typing import Annotated, Any, assert_never

from fastapi import APIRouter
from starlette.responses import Response

from contracts.invoices.invoice_v1 import ExpenseKind
from infra.http.models import Body, Id, MoneyBody, plain
from infra.http.request_context import RequestContext, requires
from services.invoices import invoice, seller
from services.invoices.aggregates import BUYER, INVOICE, SELLER
from services.invoices.invoice.approval import AgreePrice, ApproveInvoice, ReopenExpenses
from services.invoices.invoice.rejections import NoSuchInvoice
from services.invoices.invoice.situations import (
    Approved,
    Bill,
    Delivered,
    Noted,
    Open,
    Paid,
    Prepared,
    Unknown,
    Validated,
)

router = APIRouter()

Anyone = Annotated[RequestContext, requires("driver", "billing")]
Billing = Annotated[RequestContext, requires("billing")]

# --- Bodies and answers -----------------------------------------------------


class PriceBody(Body):
    price: MoneyBody


class InvoiceStatus(StrEnum):
    """How far an invoice has come; one with a contested line is disputed as well."""

    TO_COMPLETE = "to_complete"
    VALIDATED = "validated"
    APPROVED = "approved"
    PAID = "paid"


def status_of(state: Delivered) -> InvoiceStatus:
    match state:
        case Open():
            return InvoiceStatus.TO_COMPLETE
        case Validated():
            return InvoiceStatus.VALIDATED
        case Approved():
            return InvoiceStatus.APPROVED
        case Paid():
            return InvoiceStatus.PAID
        case unhandled:
            assert_never(unhandled)


def invoice_shown(state: Delivered) -> dict[str, Any]:
    """An invoice to its driver and to billing; each amount names the fact it is from."""
    bill = state.bill
    stream = f"invoice-{bill.invoice_id}"
    receipts = {expense.expense_id: expense for expense in bill.expenses}
    approved = state if isinstance(state, Approved | Paid) else None
    return {
        "invoice_id": bill.invoice_id,
        "trip_id": bill.mission.trip_id,
        "driver_id": bill.driver_id,
        "description": bill.description,
        "status": status_of(state),
        "disputed": bool(bill.contests),
        "number": approved.numbers.get(None) if approved else None,
        "currency": bill.currency,
        "lines": [
            {
                "line_id": line.line_id,
                "kind": line.kind,
                "amount": line.amount,
                "fact": {"stream": stream, "version": line.version},
                "expense": receipts.get(line.line_id),
                "contest": bill.contest(line.line_id),
            }
            for line in bill.lines
        ],
        "compared": _compared(bill),
        "net": bill.net,
        "settlements": [
            {"number": approved.numbers.get(one.version) if approved else None, **plain(one)}
            for one in bill.settlements
        ],
        "approval": approved.approval if approved else None,
        "payment": state.payment if isinstance(state, Paid) else None,
        "delivered_at": bill.delivered_at,
    }


def _compared(bill: Bill) -> list[dict[str, Any]]:
    """Each kind of expense: what was quoted or accepted, and what is declared."""
    return [
        {
            "kind": kind,
            "allowed_minor": bill.allowed(kind),
            "declared_minor": bill.declared(kind),
        }
        for kind in ExpenseKind
        if bill.allowed(kind) or bill.declared(kind)
    ]


# --- Routes -----------------------------------------------------------------


@router.get("/invoices/{invoice_id}")
async def show_invoice(invoice_id: Id, context: Anyone) -> Response:
    """The invoice, never stale; not before the delivery, and drivers see their own."""
    loaded = await context.load(INVOICE, invoice_id)
    return context.show(invoice_shown(visible(context, loaded.state)), loaded)


@router.get("/invoices/{invoice_id}/history")
async def invoice_history(invoice_id: Id, context: Anyone) -> Response:
    """Every fact about the invoice, by the version that figures name."""
    visible(context, (await context.load(INVOICE, invoice_id)).state)
    return await context.history(INVOICE, invoice_id)


@router.put("/invoices/{invoice_id}/price")
async def agree_price(invoice_id: Id, body: PriceBody, context: Billing) -> Response:
    """Set the price of a mission that was assigned without one."""
    command = AgreePrice(
        invoice_id=invoice_id,
        organisation_id=context.principal.organisation_id,
        by=context.principal.subject,
        price=body.price.money(),
        at=context.occurred_at,
    )
    return await context.handle(INVOICE, invoice_id, command)


@router.post("/invoices/{invoice_id}/reopening")
async def reopen_expenses(invoice_id: Id, context: Billing) -> Response:
    """Let the driver declare what was forgotten, until the approval; they validate anew."""
    command = ReopenExpenses(
        invoice_id=invoice_id,
        organisation_id=context.principal.organisation_id,
        by=context.principal.subject,
        at=context.occurred_at,
    )
    return await context.handle(INVOICE, invoice_id, command)


@router.post("/invoices/{invoice_id}/approval")
async def approve_invoice(invoice_id: Id, context: Billing) -> Response:
    """The invoice is right: what it says is owed."""
    organisation_id = context.principal.organisation_id

    async def approval(state: invoice.State) -> ApproveInvoice:
        driver_id = (
            "nobody" if isinstance(state, Unknown | Noted | Prepared) else state.bill.driver_id
        )
        payer = await context.load(BUYER, organisation_id)
        paid = await context.load(SELLER, driver_id)
        ours = seller.of_organisation(paid.state, organisation_id)
        country = payer.state.country if payer.state else ""
        return ApproveInvoice(
            invoice_id=invoice_id,
            organisation_id=organisation_id,
            by=context.principal.subject,
            treatment=seller.treatment(ours.company if ours else None, country),
            self_billed=ours is not None and ours.self_billed,
            seller_version=paid.version,
            buyer_version=payer.version,
            at=context.at,
        )

    return await context.handle(INVOICE, invoice_id, approval)


# --- Whose ------------------------------------------------------------------


def is_billing(context: RequestContext) -> bool:
    return "billing" in context.principal.roles


def visible(context: RequestContext, state: invoice.State) -> Delivered:
    """The invoice, if the caller may see it; else as if there were none."""
    principal = context.principal
    if (
        isinstance(state, Unknown | Noted | Prepared)
        or state.bill.organisation_id != principal.organisation_id
        or not (is_billing(context) or state.bill.driver_id == principal.subject)
    ):
        raise context.refuse(NoSuchInvoice())
    return state
