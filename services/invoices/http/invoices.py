"""Invoices over HTTP: show, price, reopen and approve them."""

from enum import StrEnum
from typing import Annotated, assert_never

from contracts.invoices.invoice_v1 import (
    ContestSettled,
    ExpenseKind,
    OwnInvoiceAccepted,
    OwnInvoiceRefused,
    OwnInvoiceSent,
)
from infra.http.answers import FORMER, Answer, Answered, MoneyShown, Recorded, Router
from infra.http.history import HistoryPart
from infra.http.models import Body, Instant, MoneyBody, Named
from infra.http.request_context import RequestContext, requires
from services.invoices import buyer, invoice, seller
from services.invoices.aggregates import BUYER, INVOICE, SELLER
from services.invoices.http.checked import checked
from services.invoices.http.facts import (
    ApprovalShown,
    ContestShown,
    ExpenseShown,
    InvoiceHistory,
    OwnInvoiceAcceptedShown,
    OwnInvoiceRefusedShown,
    OwnInvoiceSentShown,
    PaymentShown,
    SettledShown,
)
from services.invoices.http.ids import InvoiceId
from services.invoices.invoice.approval import AgreePrice, ApproveInvoice, ReopenExpenses
from services.invoices.invoice.rejections import NoSuchInvoice
from services.invoices.invoice.situations import (
    Approved,
    Bill,
    Delivered,
    Noted,
    Open,
    OwnInvoice,
    Prepared,
    Unknown,
    Validated,
)

router = Router("Invoices")

Anyone = Annotated[RequestContext, requires("driver", "billing")]
Billing = Annotated[RequestContext, requires("billing")]

# --- Bodies and answers -----------------------------------------------------


class PriceBody(Body):
    price: MoneyBody
    instead_of: MoneyBody | None = None
    """The price that it replaces, as it was seen; 412 when there is another one now."""


class ApprovalBody(Body):
    net: MoneyBody
    """The sum of all lines as it was seen; 412 when it is another one now."""
    validated_at: Instant
    """The time when the driver validated the expenses that were seen; 412 when they were reopened
    and validated anew."""


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
        case Approved(payment=None):
            return InvoiceStatus.APPROVED
        case Approved():
            return InvoiceStatus.PAID
        case unhandled:
            assert_never(unhandled)


class FactShown(Answer):
    """The recorded fact behind a figure: an entry of the history of a stream."""

    stream: str
    version: int


class LineShown(Answer):
    """An amount of the invoice, excluding VAT."""

    line_id: str
    kind: Annotated[ExpenseKind, Named()] | None
    """Null for the service itself."""
    amount: MoneyShown
    fact: FactShown
    expense: ExpenseShown | None
    contest: ContestShown | None
    """The contest that is not settled yet."""


class ComparedShown(Answer):
    """The sum quoted or accepted for a kind of expense, beside the sum declared."""

    kind: Annotated[ExpenseKind, Named()]
    allowed: MoneyShown
    allowed_minor: Annotated[int, FORMER]
    declared: MoneyShown
    declared_minor: Annotated[int, FORMER]


class SettlementShown(SettledShown):
    """A settled contest, and the number of the correction that follows from it."""

    number: str | None


class OwnInvoiceShown(Answer):
    """An invoice that the driver wrote, as it last was: exactly one of the three is there."""

    sent: OwnInvoiceSentShown | None
    accepted: OwnInvoiceAcceptedShown | None
    refused: OwnInvoiceRefusedShown | None


class InvoiceShown(Answer):
    """An invoice; each amount names the fact it is from."""

    invoice_id: str
    trip_id: str
    driver_id: str
    description: str
    status: InvoiceStatus
    disputed: bool
    """A line of it is contested."""
    number: str | None
    currency: str
    lines: list[LineShown]
    compared: list[ComparedShown]
    net: MoneyShown
    settlements: list[SettlementShown]
    approval: ApprovalShown | None
    own_invoices: list[OwnInvoiceShown]
    """Those that the driver wrote, the last one for the invoice and for each settlement."""
    payment: PaymentShown | None
    delivered_at: Instant
    validated_at: Instant | None
    """The time when the driver validated the expenses; null while they are open."""


def invoice_shown(state: Delivered) -> InvoiceShown:
    bill = state.bill
    approved = state if isinstance(state, Approved) else None
    return InvoiceShown(
        invoice_id=bill.invoice_id,
        trip_id=bill.mission.trip_id,
        driver_id=bill.driver_id,
        description=bill.description,
        status=status_of(state),
        disputed=bool(bill.contests),
        number=approved.numbers.get(None) if approved else None,
        currency=bill.currency,
        lines=_lines(bill),
        compared=_compared(bill),
        net=MoneyShown.of(bill.net),
        settlements=[
            _settlement(settled, approved.numbers.get(settled.version) if approved else None)
            for settled in bill.settlements
        ],
        approval=ApprovalShown.of(approved.approval) if approved else None,
        own_invoices=[_own(one) for one in approved.own.values()] if approved else [],
        payment=PaymentShown.of(approved.payment) if approved and approved.payment else None,
        delivered_at=bill.delivered_at,
        validated_at=bill.validated_at,
    )


def _own(own: OwnInvoice) -> OwnInvoiceShown:
    return OwnInvoiceShown(
        sent=OwnInvoiceSentShown.of(own) if isinstance(own, OwnInvoiceSent) else None,
        accepted=OwnInvoiceAcceptedShown.of(own) if isinstance(own, OwnInvoiceAccepted) else None,
        refused=OwnInvoiceRefusedShown.of(own) if isinstance(own, OwnInvoiceRefused) else None,
    )


def _lines(bill: Bill) -> list[LineShown]:
    stream = f"invoice-{bill.invoice_id}"
    expenses = {expense.expense_id: ExpenseShown.of(expense) for expense in bill.expenses}
    contests = {contest.line_id: ContestShown.of(contest) for contest in bill.contests}
    return [
        LineShown(
            line_id=line.line_id,
            kind=line.kind,
            amount=MoneyShown.of(line.amount),
            fact=FactShown(stream=stream, version=line.version),
            expense=expenses.get(line.line_id),
            contest=contests.get(line.line_id),
        )
        for line in bill.lines
    ]


def _compared(bill: Bill) -> list[ComparedShown]:
    return [
        ComparedShown(
            kind=kind,
            allowed=MoneyShown(amount_minor=bill.allowed(kind), currency=bill.currency),
            allowed_minor=bill.allowed(kind),
            declared=MoneyShown(amount_minor=bill.declared(kind), currency=bill.currency),
            declared_minor=bill.declared(kind),
        )
        for kind in ExpenseKind
        if bill.allowed(kind) or bill.declared(kind)
    ]


def _settlement(settled: ContestSettled, number: str | None) -> SettlementShown:
    return SettlementShown(
        number=number,
        invoice_id=settled.invoice_id,
        organisation_id=settled.organisation_id,
        driver_id=settled.driver_id,
        line_id=settled.line_id,
        amount=MoneyShown.of(settled.amount),
        explanation=settled.explanation,
        adjustment=MoneyShown.of(settled.adjustment) if settled.adjustment else None,
        adjustment_vat=MoneyShown.of(settled.adjustment_vat) if settled.adjustment_vat else None,
        version=settled.version,
        trip_id=settled.trip_id,
        settled_at=settled.settled_at,
        waits_for_own_invoice=settled.waits_for_own_invoice,
    )


# --- Routes -----------------------------------------------------------------


@router.get("/invoices/{invoice_id}")
async def show_invoice(invoice_id: InvoiceId, context: Anyone) -> Answered[InvoiceShown]:
    """The invoice, never stale; not before the delivery, and drivers see their own."""
    loaded = await context.load(INVOICE, invoice_id)
    return context.show(invoice_shown(visible(context, loaded.state)), loaded)


@router.get("/invoices/{invoice_id}/history")
async def invoice_history(
    invoice_id: InvoiceId, context: Anyone, part: HistoryPart
) -> Answered[InvoiceHistory]:
    """Every fact about the invoice, by the version that figures name."""
    visible(context, (await context.load(INVOICE, invoice_id)).state)
    return await context.history(INVOICE, invoice_id, InvoiceHistory, part)


@router.put("/invoices/{invoice_id}/price")
async def agree_price(
    invoice_id: InvoiceId, body: PriceBody, context: Billing
) -> Answered[Recorded]:
    """Set the price of a mission that was assigned without one."""
    command = AgreePrice(
        invoice_id=invoice_id,
        organisation_id=context.principal.organisation_id,
        by=context.principal.subject,
        price=body.price.money(),
        instead_of=body.instead_of.money() if body.instead_of else None,
        at=context.occurred_at,
    )
    return await context.handle(INVOICE, invoice_id, command)


@router.post("/invoices/{invoice_id}/reopening")
async def reopen_expenses(invoice_id: InvoiceId, context: Billing) -> Answered[Recorded]:
    """Let the driver declare what was forgotten, until the approval; they validate anew."""
    command = ReopenExpenses(
        invoice_id=invoice_id,
        organisation_id=context.principal.organisation_id,
        by=context.principal.subject,
        at=context.occurred_at,
    )
    return await context.handle(INVOICE, invoice_id, command)


@router.post("/invoices/{invoice_id}/approval")
async def approve_invoice(
    invoice_id: InvoiceId, body: ApprovalBody, context: Billing
) -> Answered[Recorded]:
    """The invoice is right: what it says is owed.

    It is refused with the names of the rules that its document would break, so that no number is
    given to an invoice that is not valid.
    """
    organisation_id = context.principal.organisation_id

    async def approval(state: invoice.State) -> ApproveInvoice:
        payer = await context.load(BUYER, organisation_id)
        if isinstance(state, Unknown | Noted | Prepared):
            paid, ours = None, None
        else:
            paid = await context.load(SELLER, state.bill.driver_id)
            ours = seller.of_organisation(paid.state, organisation_id)
        country = payer.state.country if payer.state else ""
        command = ApproveInvoice(
            invoice_id=invoice_id,
            organisation_id=organisation_id,
            by=context.principal.subject,
            net=body.net.money(),
            validated_at=body.validated_at,
            treatment=seller.treatment(ours.company if ours else None, country),
            self_billed=ours is not None and ours.self_billed,
            seller_version=paid.version if paid else 0,
            buyer_version=payer.version,
            due_on=buyer.due_on(payer.state, context.today),
            time_zone=context.zone.key,
            at=context.at,
        )
        return await checked(context, command, state)

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
