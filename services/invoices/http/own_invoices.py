"""The invoice that a driver writes over HTTP: sent, read, accepted or sent back."""

from collections.abc import Awaitable
from typing import Annotated

from pydantic import StringConstraints

from contracts.invoices.invoice_v1 import Difference
from contracts.media.file_v1 import Purpose
from infra.http.answers import Answered, Recorded, Router
from infra.http.models import Body, Day, Id, MoneyBody, Text, Whole
from infra.http.problems import FieldError, Problem, try_again
from infra.http.request_context import RequestContext, requires
from infra.lookups import files
from infra.lookups.files import File
from infra.objects import ObjectMissing, Objects, ObjectsAway
from services.invoices import invoice
from services.invoices.adapters import issuing, own_invoices
from services.invoices.adapters.own_invoices import Expected
from services.invoices.aggregates import INVOICE
from services.invoices.http.ids import InvoiceId
from services.invoices.http.invoices import visible
from services.invoices.invoice import own_invoice
from services.invoices.invoice.own_invoice import (
    AcceptOwnInvoice,
    RefuseOwnInvoice,
    SendOwnInvoice,
)
from services.invoices.invoice.situations import Approved, Delivered

DriverContext = Annotated[RequestContext, requires("driver")]
Billing = Annotated[RequestContext, requires("billing")]
OwnNumber = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9 ._/+-]{0,34}$")]


class OwnInvoiceBody(Body):
    file_id: Id
    """A PDF of the driver's own, plain or Factur-X, that was sent for the purpose `other`."""
    number: OwnNumber
    """The number that the driver gave it."""
    issued_on: Day
    settlement_version: Whole | None = None
    """The settlement that it follows from; null for the invoice itself."""


class OwnInvoiceAcceptanceBody(Body):
    file_id: Id
    """The document that was looked at; 412 when the driver sent another one."""
    total: MoneyBody
    """The total that it was compared with, VAT included, as it was seen."""
    settlement_version: Whole | None = None


class OwnInvoiceRefusalBody(Body):
    file_id: Id
    """The document that was looked at; 412 when the driver sent another one."""
    reason: Annotated[Text, StringConstraints(min_length=1)]
    settlement_version: Whole | None = None


def router(objects: Objects) -> Router:
    """The routes, over where files are kept."""
    own = Router("Own invoices")

    @own.post("/invoices/{invoice_id}/own-invoice")
    async def send_own_invoice(
        invoice_id: InvoiceId, body: OwnInvoiceBody, context: DriverContext
    ) -> Answered[Recorded]:
        """Send the invoice that one wrote oneself, where the organisation has no mandate to.

        It is read and compared with what is owed. One that agrees is accepted at once; else the
        invoice shows the differences, and billing looks at it. Nothing is paid before.
        """

        async def sending(state: invoice.State) -> SendOwnInvoice:
            found = visible(context, state)
            file = await files.require(context, "file_id", body.file_id, {Purpose.OTHER})
            return SendOwnInvoice(
                invoice_id=invoice_id,
                organisation_id=context.principal.organisation_id,
                driver_id=context.principal.subject,
                settlement_version=body.settlement_version,
                file_id=body.file_id,
                number=body.number,
                issued_on=body.issued_on,
                differences=await _differences(objects, context, body, file, found),
                today=context.today,
                at=context.at,
            )

        return await context.handle(INVOICE, invoice_id, sending)

    @own.post("/invoices/{invoice_id}/own-invoice/acceptance")
    async def accept_own_invoice(
        invoice_id: InvoiceId, body: OwnInvoiceAcceptanceBody, context: Billing
    ) -> Answered[Recorded]:
        """Accept what could not be read: somebody looked at it. What was read and differs is not.

        From now on the amounts are owed.
        """
        command = AcceptOwnInvoice(
            invoice_id=invoice_id,
            organisation_id=context.principal.organisation_id,
            by=context.principal.subject,
            settlement_version=body.settlement_version,
            file_id=body.file_id,
            total=body.total.money(),
            at=context.at,
        )
        return await context.handle(INVOICE, invoice_id, command)

    @own.post("/invoices/{invoice_id}/own-invoice/refusal")
    async def refuse_own_invoice(
        invoice_id: InvoiceId, body: OwnInvoiceRefusalBody, context: Billing
    ) -> Answered[Recorded]:
        """Send it back with a reason; the driver is told, and sends another one."""
        command = RefuseOwnInvoice(
            invoice_id=invoice_id,
            organisation_id=context.principal.organisation_id,
            by=context.principal.subject,
            settlement_version=body.settlement_version,
            file_id=body.file_id,
            reason=body.reason,
            at=context.at,
        )
        return await context.handle(INVOICE, invoice_id, command)

    return own


async def _differences(
    objects: Objects, context: RequestContext, body: OwnInvoiceBody, file: File, state: Delivered
) -> tuple[Difference, ...]:
    """The statements that the document makes otherwise; none where no document is wanted."""
    if not isinstance(state, Approved) or state.approval.self_billed:
        return ()
    owed = own_invoice.owed(state, body.settlement_version)
    if owed is None:
        return ()
    paper = await issuing.paper(context, state)
    expected = Expected(
        number=body.number,
        issued_on=body.issued_on,
        owed=owed,
        seller=paper.seller,
        buyer=paper.buyer,
    )
    if file.size_bytes > own_invoices.MOST_BYTES:
        raise _unfit("size", most=own_invoices.MOST_BYTES)
    try:
        pdf = await files.content(objects, file)
    except (ObjectMissing, ObjectsAway) as error:
        raise try_again(503, "unavailable") from error
    return await answered(own_invoices.compare(pdf, expected))


async def answered(comparing: Awaitable[tuple[Difference, ...]]) -> tuple[Difference, ...]:
    """The differences; a document that cannot be compared is a problem."""
    try:
        return await comparing
    except TimeoutError as error:
        raise try_again(503, "unavailable") from error
    except (own_invoices.TooCostly, own_invoices.Unreadable) as error:
        raise _unfit("readable") from error


def _unfit(rule: str, **facts: object) -> Problem:
    errors = [FieldError("/file_id", rule, facts=facts)]
    return Problem(422, "unfit-file", facts=facts, errors=errors)
