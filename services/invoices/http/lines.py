"""The lines of an invoice over HTTP: contest one that is not right, settle what is."""

from typing import Annotated

from pydantic import StringConstraints

from infra.http.answers import Answered, Recorded, Router
from infra.http.models import Body, Id, Instant, MoneyBody, Text
from infra.http.request_context import RequestContext, requires
from services.invoices import invoice
from services.invoices.aggregates import INVOICE
from services.invoices.http.checked import checked
from services.invoices.http.ids import InvoiceId
from services.invoices.http.invoices import is_billing
from services.invoices.invoice.contests import ContestLine, SettleContest
from services.invoices.invoice.situations import Noted, Prepared, Unknown

router = Router("Lines")

Anyone = Annotated[RequestContext, requires("driver", "billing")]
Billing = Annotated[RequestContext, requires("billing")]
SomeText = Annotated[Text, StringConstraints(min_length=1)]


class ContestBody(Body):
    amount: MoneyBody
    """The amount of the line as it was seen; 412 when it is another one now."""
    reason: SomeText


class SettlementBody(Body):
    contested_at: Instant
    """Tells which contest was read; 412 when the line is contested anew."""
    instead_of: MoneyBody
    """The amount of the line as it was seen; 412 when it is another one now."""
    amount: MoneyBody
    """The amount of the line from now on."""
    explanation: SomeText


@router.post("/invoices/{invoice_id}/lines/{line_id}/contest")
async def contest_line(
    invoice_id: InvoiceId, line_id: Id, body: ContestBody, context: Anyone
) -> Answered[Recorded]:
    """A line is not right: the driver says so of a statement, billing before it approves."""
    principal = context.principal

    async def contest(state: invoice.State) -> ContestLine:
        # Billing speaks for itself, but not about an invoice of its own.
        delivered = None if isinstance(state, Unknown | Noted | Prepared) else state
        own = delivered is not None and delivered.bill.driver_id == principal.subject
        return ContestLine(
            invoice_id=invoice_id,
            organisation_id=principal.organisation_id,
            driver_id=None if is_billing(context) and not own else principal.subject,
            line_id=line_id,
            amount=body.amount.money(),
            reason=body.reason,
            at=context.occurred_at,
        )

    return await context.handle(INVOICE, invoice_id, contest)


@router.post("/invoices/{invoice_id}/lines/{line_id}/settlement")
async def settle_contest(
    invoice_id: InvoiceId, line_id: Id, body: SettlementBody, context: Billing
) -> Answered[Recorded]:
    """Say what is right for a contested line; once approved, the next payout adjusts it."""
    command = SettleContest(
        invoice_id=invoice_id,
        organisation_id=context.principal.organisation_id,
        by=context.principal.subject,
        line_id=line_id,
        contested_at=body.contested_at,
        instead_of=body.instead_of.money(),
        amount=body.amount.money(),
        explanation=body.explanation,
        at=context.occurred_at,
    )

    async def settlement(state: invoice.State) -> SettleContest:
        return await checked(context, command, state)

    return await context.handle(INVOICE, invoice_id, settlement)
