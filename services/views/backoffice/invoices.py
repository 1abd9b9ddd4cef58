"""Delivered invoices with the facts behind their figures: one row an invoice."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import assert_never

from contracts.invoices.invoice_v1 import (
    AcceptedExtra,
    ContestSettled,
    ExpensesReopened,
    ExpensesValidated,
    ExtraNoted,
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
from infra.reading import Table
from infra.searching import Words, words

Reads = (
    InvoiceOpened
    | ExtraNoted
    | PriceAgreed
    | ExpensesValidated
    | ExpensesReopened
    | LineContested
    | ContestSettled
    | InvoiceApproved
    | InvoiceNumbered
    | OwnInvoiceSent
    | OwnInvoiceAccepted
    | OwnInvoiceRefused
    | InvoicePaid
)


@dataclass(frozen=True, slots=True)
class Allowed:
    """An amount that may be declared: quoted, or accepted later as the extra `extra_id`."""

    kind: str
    amount_minor: int
    currency: str
    extra_id: str | None


@dataclass(frozen=True, slots=True)
class Line:
    """An amount as it was approved; `version` of the invoice's stream is the fact it is from."""

    line_id: str
    kind: str | None
    amount_minor: int
    currency: str
    version: int


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnInvoice:
    """An invoice that the driver wrote: for a settlement, or the invoice itself.

    `status`: sent, refused, accepted. `differing` are the fields in which it does not agree.
    """

    settlement_version: int | None
    file_id: str
    number: str
    status: str
    differing: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Invoice:
    """`status`: to_complete, validated, approved, paid. `contested` are the lines in dispute.

    Amounts exclude VAT but for `total_minor`. `lines` and what follows come with the approval.
    `search` has the words that find it.
    """

    invoice_id: str
    trip_id: str
    organisation_id: str
    driver_id: str
    description: str
    delivered_at: datetime
    service_minor: int | None
    currency: str | None
    allowed: tuple[Allowed, ...]
    search: Words
    status: str = "to_complete"
    contested: tuple[str, ...] = ()
    expenses_minor: int | None = None
    validated_at: datetime | None = None
    lines: tuple[Line, ...] = ()
    net_minor: int | None = None
    tax_category: str | None = None
    tax_rate: int | None = None
    tax_minor: int | None = None
    total_minor: int | None = None
    self_billed: bool | None = None
    approved_version: int | None = None
    seller_version: int | None = None
    buyer_version: int | None = None
    approved_at: datetime | None = None
    number: str | None = None
    own_invoices: tuple[OwnInvoice, ...] = ()
    own_invoice_sent_at: datetime | None = None
    payout_id: str | None = None
    paid_at: datetime | None = None


def key(event: Reads) -> tuple[str]:
    return (event.invoice_id,)


def project(row: Invoice | None, event: Reads) -> Invoice | None:
    if isinstance(event, InvoiceOpened):
        return _opened(event)
    if row is None:
        if isinstance(event, ExtraNoted):
            # The invoice, once it is opened, says so itself.
            return None
        raise OutOfOrder(event)
    match event:
        case ExtraNoted():
            return _with_extra(row, event)
        case PriceAgreed():
            return _priced(row, event.service_price.amount_minor, event.service_price.currency)
        case ExpensesValidated():
            return _validated(row, event)
        case ExpensesReopened():
            return replace(row, status="to_complete", expenses_minor=None, validated_at=None)
        case LineContested():
            return replace(row, contested=(*_others(row, event.line_id), event.line_id))
        case ContestSettled():
            return _settled(row, event)
        case InvoiceApproved():
            return _approved(row, event)
        case InvoiceNumbered():
            return _numbered(row, event.number)
        case OwnInvoiceSent():
            return _own(replace(row, own_invoice_sent_at=event.sent_at), event, "sent")
        case OwnInvoiceRefused():
            return _own(row, event, "refused")
        case OwnInvoiceAccepted():
            return _accepted(row, event)
        case InvoicePaid():
            return replace(row, status="paid", payout_id=event.payout_id, paid_at=event.paid_at)
        case unhandled:
            assert_never(unhandled)


def _opened(event: InvoiceOpened) -> Invoice:
    price = event.service_price
    quoted = [
        Allowed(one.kind.name.lower(), one.amount.amount_minor, one.amount.currency, None)
        for one in event.quoted
    ]
    extras = [_extra(extra) for extra in event.extras]
    return Invoice(
        invoice_id=event.invoice_id,
        trip_id=event.trip_id,
        organisation_id=event.organisation_id,
        driver_id=event.driver_id,
        description=event.description,
        delivered_at=event.delivered_at,
        service_minor=price.amount_minor if price else None,
        currency=price.currency if price else None,
        allowed=(*quoted, *extras),
        search=words(event.invoice_id, event.trip_id, event.description),
    )


def _numbered(row: Invoice, number: str) -> Invoice:
    search = words(row.invoice_id, row.trip_id, row.description, number)
    return replace(row, number=number, search=search)


def _extra(extra: AcceptedExtra) -> Allowed:
    amount = extra.amount
    return Allowed(extra.kind.name.lower(), amount.amount_minor, amount.currency, extra.extra_id)


def _with_extra(row: Invoice, event: ExtraNoted) -> Invoice:
    others = tuple(one for one in row.allowed if one.extra_id != event.extra.extra_id)
    return replace(row, allowed=(*others, _extra(event.extra)))


def _priced(row: Invoice, amount_minor: int, currency: str) -> Invoice:
    return replace(row, service_minor=amount_minor, currency=currency)


def _validated(row: Invoice, event: ExpensesValidated) -> Invoice:
    priced = _priced(row, event.service_price.amount_minor, event.service_price.currency)
    return replace(
        priced,
        status="validated",
        expenses_minor=event.expenses.amount_minor,
        validated_at=event.validated_at,
    )


def _others(row: Invoice, line_id: str) -> tuple[str, ...]:
    return tuple(line for line in row.contested if line != line_id)


def _settled(row: Invoice, event: ContestSettled) -> Invoice:
    settled = replace(row, contested=_others(row, event.line_id))
    # What was approved stays as it is; the difference is on the next statement.
    if event.line_id == "service" and row.approved_at is None:
        return _priced(settled, event.amount.amount_minor, event.amount.currency)
    return settled


def _own(
    row: Invoice, event: OwnInvoiceSent | OwnInvoiceRefused | OwnInvoiceAccepted, status: str
) -> Invoice:
    others = tuple(
        one for one in row.own_invoices if one.settlement_version != event.settlement_version
    )
    sent = event if isinstance(event, OwnInvoiceSent) else None
    own = OwnInvoice(
        settlement_version=event.settlement_version,
        file_id=event.file_id,
        number=event.number,
        status=status,
        differing=tuple(one.field.name.lower() for one in sent.differences) if sent else (),
    )
    return replace(row, own_invoices=(*others, own))


def _accepted(row: Invoice, event: OwnInvoiceAccepted) -> Invoice:
    """Contests that were settled before have changed what was approved."""
    accepted = _own(row, event, "accepted")
    if event.settlement_version is not None:
        return accepted
    return _numbered(_with_sums(accepted, event), event.number)


def _approved(row: Invoice, event: InvoiceApproved) -> Invoice:
    return replace(
        _with_sums(row, event),
        status="approved",
        self_billed=event.self_billed,
        approved_version=event.version,
        seller_version=event.seller_version,
        buyer_version=event.buyer_version,
        approved_at=event.approved_at,
    )


def _with_sums(row: Invoice, event: InvoiceApproved | OwnInvoiceAccepted) -> Invoice:
    return replace(
        row,
        currency=event.net.currency,
        lines=tuple(
            Line(
                line.line_id,
                line.kind.name.lower() if line.kind else None,
                line.amount.amount_minor,
                line.amount.currency,
                line.version,
            )
            for line in event.lines
        ),
        net_minor=event.net.amount_minor,
        tax_category=event.tax.category.name.lower(),
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
    indexes=(
        "(organisation_id, validated_at, invoice_id) where status = 'validated'",
        "(organisation_id, delivered_at, invoice_id)",
        "(organisation_id, driver_id)",
    ),
)
invoices = Table(view, "invoices", key="invoice_id")
FIRST_DELIVERED = invoices.order("first-delivered", "delivered_at", "invoice_id")
LONGEST_SENT = invoices.order("longest-sent", "own_invoice_sent_at", "invoice_id")
LONGEST_WAITING = invoices.order("longest-waiting", "validated_at", "invoice_id")
