"""What became of my invoices, and which fact is each figure from? One row an invoice."""

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import assert_never

from psycopg import sql

from contracts.invoices.invoice_v1 import (
    ContestSettled,
    CorrectionNumbered,
    ExpenseAdded,
    ExpenseRemoved,
    ExpensesReopened,
    ExpensesValidated,
    ExtraNoted,
    InvoiceApproved,
    InvoiceEvent,
    InvoiceNumbered,
    InvoiceOpened,
    InvoicePaid,
    InvoicePrepared,
    LineContested,
    PriceAgreed,
    TripNoted,
    contract,
)
from infra.consumers.views import OutOfOrder, View
from infra.store.postgres import Pool

LATEST = datetime.max.replace(tzinfo=UTC)
"""After every time there is: where a list that shows the newest first begins."""


@dataclass(frozen=True, slots=True)
class Expense:
    """As declared, excluding VAT."""

    expense_id: str
    kind: str
    amount_minor: int
    currency: str
    receipt_file_id: str


@dataclass(frozen=True, slots=True)
class Line:
    """An approved amount, excluding VAT; `version` of the invoice's stream is its fact."""

    line_id: str
    kind: str | None
    amount_minor: int
    currency: str
    version: int


@dataclass(frozen=True, slots=True)
class Settlement:
    """What a contested line is from version `version` on; the adjustment comes with a payout.

    `number` is that of its correction, where the organisation writes the invoice.
    """

    line_id: str
    amount_minor: int
    currency: str
    adjustment_minor: int | None
    version: int
    number: str | None = None


@dataclass(frozen=True, slots=True)
class Invoice:
    """`status`: to_complete, validated, approved, paid; disputed while a line is contested."""

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
    payout_id: str | None = None
    paid_at: datetime | None = None


def key(event: InvoiceEvent) -> tuple[str] | None:
    match event:
        case TripNoted() | InvoicePrepared() | ExtraNoted():
            return None
        case InvoiceOpened() | PriceAgreed() | ExpenseAdded() | ExpenseRemoved():
            return (event.invoice_id,)
        case ExpensesValidated() | ExpensesReopened() | LineContested() | ContestSettled():
            return (event.invoice_id,)
        case InvoiceApproved() | InvoiceNumbered() | CorrectionNumbered() | InvoicePaid():
            return (event.invoice_id,)
        case unhandled:
            assert_never(unhandled)


def project(row: Invoice | None, event: InvoiceEvent) -> Invoice:
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
        case InvoicePaid():
            return replace(row, status="paid", payout_id=event.payout_id, paid_at=event.paid_at)
        case TripNoted() | InvoicePrepared() | ExtraNoted():
            return row
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
    kind, amount = event.kind.name.lower(), event.amount
    return Expense(
        event.expense_id, kind, amount.amount_minor, amount.currency, event.receipt_file_id
    )


def _others(row: Invoice, line_id: str) -> tuple[str, ...]:
    return tuple(line for line in row.contested if line != line_id)


def _settled(row: Invoice, event: ContestSettled) -> Invoice:
    made = Settlement(
        event.line_id,
        event.amount.amount_minor,
        event.amount.currency,
        event.adjustment.amount_minor if event.adjustment else None,
        event.version,
    )
    before = tuple(one for one in row.settlements if one.version != event.version)
    return replace(row, contested=_others(row, event.line_id), settlements=(*before, made))


def _approved(row: Invoice, event: InvoiceApproved) -> Invoice:
    return replace(
        row,
        status="approved",
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
        tax_rate=event.tax.rate,
        tax_minor=event.tax.amount.amount_minor,
        total_minor=event.total.amount_minor,
        approved_version=event.version,
        approved_at=event.approved_at,
    )


view = View(
    name="invoices",
    contract=contract,
    row=Invoice,
    primary_key=("invoice_id",),
    key=key,
    project=project,
    indexes=("(driver_id, delivered_at desc, invoice_id desc)",),
)

# --- Queries ----------------------------------------------------------------

_COLUMNS = sql.SQL(", ").join(map(sql.Identifier, view.columns))


async def invoices_of(
    pool: Pool,
    organisation_id: str,
    driver_id: str,
    after: tuple[datetime, str] | None,
    limit: int,
) -> list[Invoice]:
    """The driver's invoices, the latest delivery first (HIF-29)."""
    query = sql.SQL(
        "select {columns} from account.invoices where organisation_id = %s and driver_id = %s"
        " and (delivered_at, invoice_id) < (%s, %s)"
        " order by delivered_at desc, invoice_id desc limit %s"
    ).format(columns=_COLUMNS)
    time, id = after or (LATEST, "")
    async with pool.connection() as connection:
        cursor = connection.cursor(row_factory=view.row_factory)
        await cursor.execute(query, (organisation_id, driver_id, time, id, limit))
        return await cursor.fetchall()


async def invoice_of(
    pool: Pool, organisation_id: str, driver_id: str, invoice_id: str
) -> Invoice | None:
    """One invoice; None when it is another driver's."""
    query = sql.SQL(
        "select {columns} from account.invoices"
        " where organisation_id = %s and driver_id = %s and invoice_id = %s"
    ).format(columns=_COLUMNS)
    async with pool.connection() as connection:
        cursor = connection.cursor(row_factory=view.row_factory)
        await cursor.execute(query, (organisation_id, driver_id, invoice_id))
        return await cursor.fetchone()
