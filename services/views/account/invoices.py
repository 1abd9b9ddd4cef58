"""The driver's invoices, each figure with the fact it is from: one row an invoice."""

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Annotated, assert_never

from contracts.invoices.invoice_v1 import (
    ContestSettled,
    CorrectionNumbered,
    ExpenseAdded,
    ExpenseKind,
    ExpenseRemoved,
    ExpensesReopened,
    ExpensesValidated,
    InvoiceApproved,
    InvoiceNumbered,
    InvoiceOpened,
    InvoicePaid,
    LineContested,
    OwnInvoiceAccepted,
    OwnInvoiceRefused,
    OwnInvoiceSent,
    PriceAgreed,
    contract,
)
from infra.consumers.views import OutOfOrder, View
from infra.http.answers import FORMER, Answer, Answered, Listed, MoneyShown, Router, money
from infra.http.models import Id, Instant, Named
from infra.http.pages import Paging
from infra.http.problems import Problem
from infra.http.request_context import RequestContext, requires
from infra.reading import Rows, Table
from services.views.account.figures import FigureShown, fact, figure

Reads = (
    InvoiceOpened
    | PriceAgreed
    | ExpenseAdded
    | ExpenseRemoved
    | ExpensesValidated
    | ExpensesReopened
    | LineContested
    | ContestSettled
    | InvoiceApproved
    | InvoiceNumbered
    | CorrectionNumbered
    | OwnInvoiceSent
    | OwnInvoiceAccepted
    | OwnInvoiceRefused
    | InvoicePaid
)


class InvoiceStatus(StrEnum):
    """How far an invoice has come; disputed as long as one of its lines is contested."""

    TO_COMPLETE = "to_complete"
    VALIDATED = "validated"
    APPROVED = "approved"
    PAID = "paid"
    DISPUTED = "disputed"


class OwnInvoiceStatus(StrEnum):
    """How far an invoice has come that the driver writes; nothing is owed before it is accepted."""

    AWAITED = "awaited"
    SENT = "sent"
    REFUSED = "refused"
    ACCEPTED = "accepted"


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceiptPart:
    """A rate of VAT on a receipt, in basis points; the amounts are in the expense's currency."""

    rate: int
    net_minor: int
    vat_minor: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Expense:
    """As declared, excluding VAT; no `receipt_country` when nobody said what the receipt says."""

    expense_id: str
    kind: str
    amount_minor: int
    currency: str
    receipt_file_id: str
    receipt_country: str | None = None
    receipt_parts: tuple[ReceiptPart, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """An approved amount, excluding VAT; `version` of the invoice's stream is its fact."""

    line_id: str
    kind: str | None
    amount_minor: int
    currency: str
    version: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Settlement:
    """The amount of a contested line from `version` on; the adjustment comes with a payout.

    `number` is that of its correction, where the organisation writes the invoice.
    """

    line_id: str
    amount_minor: int
    currency: str
    adjustment_minor: int | None
    version: int
    number: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnInvoice:
    """An invoice that the driver writes: for a settlement, or the invoice itself."""

    settlement_version: int | None
    status: str
    number: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Invoice:
    """`status`: to_complete, validated, approved, paid."""

    invoice_id: str
    trip_id: str
    organisation_id: str
    driver_id: str
    description: str
    delivered_at: datetime
    service_minor: int | None
    currency: str | None
    status: str = "to_complete"
    expenses: tuple[Expense, ...] = ()
    contested: tuple[str, ...] = ()
    settlements: tuple[Settlement, ...] = ()
    validated_at: datetime | None = None
    lines: tuple[Line, ...] = ()
    net_minor: int | None = None
    tax_rate: int | None = None
    tax_minor: int | None = None
    total_minor: int | None = None
    approved_version: int | None = None
    approved_at: datetime | None = None
    number: str | None = None
    own_invoices: tuple[OwnInvoice, ...] = ()
    payout_id: str | None = None
    paid_at: datetime | None = None


def key(event: Reads) -> tuple[str]:
    return (event.invoice_id,)


def project(row: Invoice | None, event: Reads) -> Invoice:
    if isinstance(event, InvoiceOpened):
        return _opened(event)
    if row is None:
        raise OutOfOrder(event)
    match event:
        case PriceAgreed():
            return _priced(row, event.service_price.amount_minor, event.service_price.currency)
        case ExpenseAdded():
            return replace(row, expenses=(*_declared(row, event.expense_id), _expense(event)))
        case ExpenseRemoved():
            return replace(row, expenses=_declared(row, event.expense_id))
        case ExpensesValidated():
            price = event.service_price
            priced = _priced(row, price.amount_minor, price.currency)
            return replace(priced, status="validated", validated_at=event.validated_at)
        case ExpensesReopened():
            return replace(row, status="to_complete", validated_at=None)
        case LineContested():
            return replace(row, contested=(*_others(row, event.line_id), event.line_id))
        case ContestSettled():
            return _settled(row, event)
        case InvoiceApproved():
            return _approved(row, event)
        case InvoiceNumbered():
            return replace(row, number=event.number)
        case CorrectionNumbered(settlement_version=settlement, number=number):
            numbered = (
                replace(one, number=number) if one.version == settlement else one
                for one in row.settlements
            )
            return replace(row, settlements=tuple(numbered))
        case OwnInvoiceSent():
            return _own(row, event.settlement_version, "sent", event.number)
        case OwnInvoiceRefused():
            return _own(row, event.settlement_version, "refused", event.number)
        case OwnInvoiceAccepted():
            return _accepted(row, event)
        case InvoicePaid():
            return replace(row, status="paid", payout_id=event.payout_id, paid_at=event.paid_at)
        case unhandled:
            assert_never(unhandled)


def _opened(event: InvoiceOpened) -> Invoice:
    price = event.service_price
    return Invoice(
        invoice_id=event.invoice_id,
        trip_id=event.trip_id,
        organisation_id=event.organisation_id,
        driver_id=event.driver_id,
        description=event.description,
        delivered_at=event.delivered_at,
        service_minor=price.amount_minor if price else None,
        currency=price.currency if price else None,
    )


def _priced(row: Invoice, amount_minor: int, currency: str) -> Invoice:
    return replace(row, service_minor=amount_minor, currency=currency)


def _declared(row: Invoice, but: str) -> tuple[Expense, ...]:
    return tuple(expense for expense in row.expenses if expense.expense_id != but)


def _expense(event: ExpenseAdded) -> Expense:
    receipt = event.receipt
    return Expense(
        expense_id=event.expense_id,
        kind=event.kind.name.lower(),
        amount_minor=event.amount.amount_minor,
        currency=event.amount.currency,
        receipt_file_id=event.receipt_file_id,
        receipt_country=receipt.country if receipt else None,
        receipt_parts=tuple(
            ReceiptPart(
                rate=part.rate,
                net_minor=part.net.amount_minor,
                vat_minor=part.vat.amount_minor,
            )
            for part in (receipt.parts if receipt else ())
        ),
    )


def _others(row: Invoice, line_id: str) -> tuple[str, ...]:
    return tuple(line for line in row.contested if line != line_id)


def _settled(row: Invoice, event: ContestSettled) -> Invoice:
    made = Settlement(
        line_id=event.line_id,
        amount_minor=event.amount.amount_minor,
        currency=event.amount.currency,
        adjustment_minor=event.adjustment.amount_minor if event.adjustment else None,
        version=event.version,
    )
    before = tuple(one for one in row.settlements if one.version != event.version)
    settled = replace(row, contested=_others(row, event.line_id), settlements=(*before, made))
    return _own(settled, event.version, "awaited") if event.waits_for_own_invoice else settled


def _own(row: Invoice, settlement: int | None, status: str, number: str | None = None) -> Invoice:
    others = tuple(one for one in row.own_invoices if one.settlement_version != settlement)
    own = OwnInvoice(settlement_version=settlement, status=status, number=number)
    return replace(row, own_invoices=(*others, own))


def _accepted(row: Invoice, event: OwnInvoiceAccepted) -> Invoice:
    """Contests that were settled before have changed what was approved."""
    accepted = _own(row, event.settlement_version, "accepted", event.number)
    if event.settlement_version is not None:
        return accepted
    return replace(_with_sums(accepted, event), number=event.number)


def _approved(row: Invoice, event: InvoiceApproved) -> Invoice:
    approved = replace(
        _with_sums(row, event),
        status="approved",
        approved_version=event.version,
        approved_at=event.approved_at,
    )
    return _own(approved, None, "awaited") if event.waits_for_own_invoice else approved


def _with_sums(row: Invoice, event: InvoiceApproved | OwnInvoiceAccepted) -> Invoice:
    return replace(
        row,
        currency=event.net.currency,
        lines=tuple(
            Line(
                line_id=line.line_id,
                kind=line.kind.name.lower() if line.kind else None,
                amount_minor=line.amount.amount_minor,
                currency=line.amount.currency,
                version=line.version,
            )
            for line in event.lines
        ),
        net_minor=event.net.amount_minor,
        tax_rate=event.tax.rate,
        tax_minor=event.tax.amount.amount_minor,
        total_minor=event.total.amount_minor,
    )


view = View(
    name="invoices",
    contract=contract,
    reads=Reads,
    row=Invoice,
    primary_key=("invoice_id",),
    key=key,
    project=project,
    indexes=("(driver_id, delivered_at desc, invoice_id desc)",),
)

# --- Answers ----------------------------------------------------------------


class ReceiptPartShown(Answer):
    """A rate of VAT on a receipt, in basis points, and the amounts it stands beside."""

    rate: int
    net: MoneyShown
    vat: MoneyShown


class ReceiptShown(Answer):
    """A receipt as it is printed, rate by rate, and the country it is from."""

    country: str
    parts: list[ReceiptPartShown]


class ExpenseShown(Answer):
    """An expense as it was declared, excluding VAT."""

    expense_id: str
    kind: Annotated[ExpenseKind, Named()]
    amount: MoneyShown
    amount_minor: Annotated[int, FORMER]
    currency: Annotated[str, FORMER]
    receipt_file_id: str
    receipt: ReceiptShown | None
    """Null where it was not said what it says."""


class SettlementShown(FigureShown):
    """The amount that a contested line was settled to."""

    line_id: str
    adjustment: MoneyShown | None
    """The difference, which comes with the next payout."""


class ApprovedLineShown(FigureShown):
    """An amount as it was approved, excluding VAT; the service has no kind."""

    line_id: str
    kind: Annotated[ExpenseKind, Named()] | None


class ApprovalShown(Answer):
    """The figures that were approved."""

    lines: list[ApprovedLineShown]
    net: FigureShown
    tax_rate: int | None
    """In basis points."""
    tax: FigureShown
    total: FigureShown
    approved_at: Instant | None


class OwnInvoiceShown(Answer):
    """An invoice that the driver writes."""

    settlement_version: int | None
    """The settlement that it follows from; null for the invoice itself."""
    status: OwnInvoiceStatus
    number: str | None


class MyInvoice(Answer):
    """An invoice as its driver follows it."""

    invoice_id: str
    trip_id: str
    description: str
    status: InvoiceStatus
    delivered_at: Instant
    service: MoneyShown | None
    """Null as long as no price was agreed on."""
    expenses: list[ExpenseShown]
    contested: list[str]
    """The lines that are contested and not settled yet."""
    settlements: list[SettlementShown]
    validated_at: Instant | None
    approval: ApprovalShown | None
    number: str | None
    own_invoices: list[OwnInvoiceShown]
    """Those that the driver writes, because the organisation has no mandate to."""
    payout_id: str | None
    paid_at: Instant | None


def invoice_shown(row: Invoice) -> MyInvoice:
    return MyInvoice(
        invoice_id=row.invoice_id,
        trip_id=row.trip_id,
        description=row.description,
        status=InvoiceStatus.DISPUTED if row.contested else InvoiceStatus(row.status),
        delivered_at=row.delivered_at,
        service=money(row.service_minor, row.currency),
        expenses=[expense_shown(expense) for expense in row.expenses],
        contested=list(row.contested),
        settlements=[
            settlement_shown(settlement, stream_of(row)) for settlement in row.settlements
        ],
        validated_at=row.validated_at,
        approval=approval_shown(row),
        number=row.number,
        own_invoices=[
            OwnInvoiceShown(
                settlement_version=one.settlement_version,
                status=OwnInvoiceStatus(one.status),
                number=one.number,
            )
            for one in row.own_invoices
        ],
        payout_id=row.payout_id,
        paid_at=row.paid_at,
    )


def stream_of(row: Invoice) -> str:
    return f"invoice-{row.invoice_id}"


def expense_shown(expense: Expense) -> ExpenseShown:
    return ExpenseShown(
        expense_id=expense.expense_id,
        kind=ExpenseKind[expense.kind.upper()],
        amount=MoneyShown(amount_minor=expense.amount_minor, currency=expense.currency),
        amount_minor=expense.amount_minor,
        currency=expense.currency,
        receipt_file_id=expense.receipt_file_id,
        receipt=receipt_shown(expense),
    )


def receipt_shown(expense: Expense) -> ReceiptShown | None:
    if expense.receipt_country is None:
        return None
    unit = expense.currency
    return ReceiptShown(
        country=expense.receipt_country,
        parts=[
            ReceiptPartShown(
                rate=part.rate,
                net=MoneyShown(amount_minor=part.net_minor, currency=unit),
                vat=MoneyShown(amount_minor=part.vat_minor, currency=unit),
            )
            for part in expense.receipt_parts
        ],
    )


def settlement_shown(settlement: Settlement, stream: str) -> SettlementShown:
    return SettlementShown(
        line_id=settlement.line_id,
        amount=money(settlement.amount_minor, settlement.currency),
        facts=[fact(stream, settlement.version)],
        adjustment=money(settlement.adjustment_minor, settlement.currency),
    )


def approval_shown(row: Invoice) -> ApprovalShown | None:
    if row.approved_version is None:
        return None
    approved = fact(stream_of(row), row.approved_version)
    return ApprovalShown(
        lines=[line_shown(line, stream_of(row)) for line in row.lines],
        net=figure(row.net_minor, row.currency, approved),
        tax_rate=row.tax_rate,
        tax=figure(row.tax_minor, row.currency, approved),
        total=figure(row.total_minor, row.currency, approved),
        approved_at=row.approved_at,
    )


def line_shown(line: Line, stream: str) -> ApprovedLineShown:
    return ApprovedLineShown(
        line_id=line.line_id,
        kind=ExpenseKind[line.kind.upper()] if line.kind else None,
        amount=money(line.amount_minor, line.currency),
        facts=[fact(stream, line.version)],
    )


# --- The question -----------------------------------------------------------

invoices = Table(view, "invoices")
LATEST_DELIVERY = invoices.order("latest-delivery", "delivered_at", "invoice_id", descending=True)

router = Router("Invoices")
DriverContext = Annotated[RequestContext, requires("driver")]


def of_driver(context: RequestContext) -> Rows[Invoice]:
    """The invoices of the caller."""
    who = context.principal
    return invoices.of(who.organisation_id, driver_id=who.subject)


@router.get("/invoices")
async def my_invoices(context: DriverContext, page: Paging) -> Answered[Listed[MyInvoice]]:
    """One's invoices from the delivery to the payment, the latest delivery first."""
    return await page.show(of_driver(context), LATEST_DELIVERY, invoice_shown)


@router.get("/invoices/{invoice_id}")
async def my_invoice(invoice_id: Id, context: DriverContext) -> Answered[MyInvoice]:
    """One invoice, each approved figure with its fact."""
    row = await of_driver(context).only(invoice_id=invoice_id).one(context.pool)
    if row is None:
        raise Problem(404, "no-such-invoice")
    return Answered(invoice_shown(row))
