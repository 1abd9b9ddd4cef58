"""Commands that lead to a document: it is made and checked before they are decided."""

from dataclasses import replace
from typing import TypeVar

from contracts.invoices.invoice_v1 import ContestSettled, InvoiceApproved
from infra.http.request_context import RequestContext
from services.invoices import invoice
from services.invoices.adapters import issuing
from services.invoices.invoice.approval import ApproveInvoice
from services.invoices.invoice.contests import SettleContest
from services.invoices.invoice.situations import Approved

C = TypeVar("C", ApproveInvoice, SettleContest)


async def checked(context: RequestContext, command: C, state: invoice.State) -> C:
    """The command, with the rules that the document it leads to would break."""
    decided = invoice.decide(command, state)
    for event in decided if isinstance(decided, list) else ():
        after = invoice.evolve(state, event)
        if not isinstance(after, Approved):
            continue
        if isinstance(event, InvoiceApproved):
            return replace(command, broken=await issuing.broken_rules(context, after))
        if isinstance(event, ContestSettled) and event.adjustment is not None:
            return replace(command, broken=await issuing.broken_rules(context, after, event))
    return command
