"""The documents of an invoice over HTTP: itself, and what corrects it."""

import asyncio
from typing import Annotated
from urllib.parse import quote

from fastapi import Path
from starlette.responses import Response

from contracts.invoices.invoice_v1 import ContestSettled, ProofArchived
from infra.http.answers import Content, Router
from infra.http.problems import Problem, try_again
from infra.http.request_context import RequestContext, requires
from infra.objects import ObjectsAway
from services.invoices.adapters import issuing
from services.invoices.adapters.archive import Archive, shown
from services.invoices.aggregates import INVOICE
from services.invoices.http.ids import InvoiceId
from services.invoices.http.invoices import visible
from services.invoices.invoice.rejections import ExpensesNotValidated, NoSuchCorrection
from services.invoices.invoice.situations import Approved, Archived

Anyone = Annotated[RequestContext, requires("driver", "billing")]


PDF = "application/pdf"
Pdf = Annotated[Response, Content(PDF)]


def router(archive: Archive) -> Router:
    """The routes of documents, over where issued ones are kept."""
    documents = Router("Documents")

    @documents.get("/invoices/{invoice_id}/document")
    async def invoice_document(invoice_id: InvoiceId, context: Anyone) -> Pdf:
        """The invoice as PDF/A-3; a Factur-X where the organisation writes it in France.

        Once it is issued, or the driver's own is accepted, it is the same for ten years, whatever
        becomes of the driver. After these it is gone: 410.
        """
        state = visible(context, (await context.load(INVOICE, invoice_id)).state)
        if not isinstance(state, Approved):
            raise context.refuse(ExpensesNotValidated())
        return await document(archive, context, state)

    @documents.get("/invoices/{invoice_id}/corrections/{version}/document")
    async def correction_document(
        invoice_id: InvoiceId, version: Annotated[int, Path(ge=1, le=2**31 - 1)], context: Anyone
    ) -> Pdf:
        """The correction after a late settlement: a credit note, or an additional invoice.

        `version` is that of the settlement.
        """
        state = visible(context, (await context.load(INVOICE, invoice_id)).state)
        settled = next((one for one in state.bill.settlements if one.version == version), None)
        if not isinstance(state, Approved) or settled is None or settled.adjustment is None:
            raise context.refuse(NoSuchCorrection())
        return await document(archive, context, state, settled)

    return documents


async def document(
    archive: Archive,
    context: RequestContext,
    state: Approved,
    settled: ContestSettled | None = None,
) -> Response:
    """The document as it was issued, or else with both companies as they were at the approval."""
    key = settled.version if settled else None
    if kept := state.archive.get(key):
        if key in state.emptied:
            raise Problem(410, "kept-no-longer", facts={"kept_until": kept.kept_until})
        return await _archived(archive, kept)
    paper = await issuing.paper(context, state, settled)
    if state.approval.self_billed and paper.number is None:
        raise try_again(409, "not-numbered-yet")
    name = paper.number or state.bill.invoice_id
    return _answer(await asyncio.to_thread(paper.pdf), name)


async def _archived(archive: Archive, kept: Archived) -> Response:
    try:
        content = await archive.read(shown(kept))
    except ObjectsAway as error:
        raise try_again(503, "archive-away") from error
    # What somebody else made is not opened in the page.
    way = "attachment" if isinstance(kept, ProofArchived) else "inline"
    return _answer(content, kept.number, way)


def _answer(pdf: bytes, name: str, way: str = "inline") -> Response:
    disposition = f"{way}; filename*=UTF-8''{quote(name, safe='')}.pdf"
    return Response(pdf, media_type=PDF, headers={"Content-Disposition": disposition})
