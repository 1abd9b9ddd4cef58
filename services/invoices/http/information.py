"""How invoicing works, for everybody."""

from typing import Annotated

from fastapi import APIRouter
from starlette.responses import Response

from contracts.invoices.invoice_v1 import ExpenseKind
from infra.http.models import to_json
from infra.http.request_context import RequestContext, public
from services.invoices.http.invoices import InvoiceStatus

router = APIRouter()


@router.get("/information")
async def information(context: Annotated[RequestContext, public()]) -> Response:
    """How invoicing works, for the page the screen links to."""
    body = {
        "states": list(InvoiceStatus),
        "expense_kinds": list(ExpenseKind),
        "contact": "/payments/payees/{driver_id}/questions",
    }
    return Response(to_json(body), media_type="application/json")
