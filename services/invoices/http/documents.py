"""The documents of an invoice over HTTP: itself, and what corrects it."""

import asyncio
from typing import Annotated

from fastapi import Path
from starlette.responses import Response

from contracts.invoices.invoice_v1 import ContestSettled
from infra.http.answers import Content, Router
from infra.http.models import Id
from infra.http.problems import try_again
from infra.http.request_context import RequestContext, requires
from services.invoices.adapters import issuing
from services.invoices.aggregates import INVOICE
from services.invoices.http.invoices import visible
from services.invoices.invoice.rejections import ExpensesNotValidated, NoSuchCorrection
from services.invoices.invoice.situations import Approved, Paid

router = Router("Documents")

Anyone = Annotated[RequestContext, requires("driver", "billing")]


PDF = "application/pdf"
Pdf = Annotated[Response, Content(PDF)]


@router.get("/invoices/{invoice_id}/document")
async def invoice_document(invoice_id: Id, context: Anyone) -> Pdf:
    """The invoice as PDF/A-3; a Factur-X where the organisation writes it in France."""
    state = visible(context, (await context.load(INVOICE, invoice_id)).state)
    if not isinstance(state, Approved | Paid):
        raise context.refuse(ExpensesNotValidated())
    return await document(context, state)


@router.get("/invoices/{invoice_id}/corrections/{version}/document")
async def correction_document(
    invoice_id: Id, version: Annotated[int, Path(ge=1, le=2**31 - 1)], context: Anyone
) -> Pdf:
    """The correction after a late settlement: a credit note, or an additional invoice.

    `version` is that of the settlement.
    """
    state = visible(context, (await context.load(INVOICE, invoice_id)).state)
    settled = next((one for one in state.bill.settlements if one.version == version), None)
    if not isinstance(state, Approved | Paid) or settled is None or settled.adjustment is None:
        raise context.refuse(NoSuchCorrection())
    return await document(context, state, settled)


async def document(
    context: RequestContext, state: Approved | Paid, settled: ContestSettled | None = None
) -> Response:
    """The document, with both companies as they were at the approval."""
    paper = await issuing.paper(context, state, settled)
    if state.approval.self_billed and paper.number is None:
        raise try_again(409, "not-numbered-yet", "The document is about to get its number.")
    return Response(await asyncio.to_thread(paper.pdf), media_type=PDF)
