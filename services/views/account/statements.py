"""The driver's statements, each figure with the fact it is from: one row a statement."""

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Annotated, assert_never

from contracts.payments.payout_v1 import LineKind, PayoutPaid, StatementClosed, contract
from infra.consumers.views import OutOfOrder, View
from infra.http.answers import Answer, Answered, Listed, Router, money
from infra.http.models import Id, Instant, Named
from infra.http.pages import Paging
from infra.http.problems import Problem
from infra.http.request_context import RequestContext, requires
from infra.reading import Rows, Table
from services.views.account.figures import FactShown, FigureShown, fact, figure

Reads = StatementClosed | PayoutPaid


class StatementStatus(StrEnum):
    """Whether a statement waits for its payment; settled when there was nothing to pay."""

    TO_PAY = "to_pay"
    PAID = "paid"
    SETTLED = "settled"


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One amount, from version `version` of `stream`; contesting names its invoice and line."""

    kind: str
    invoice_id: str
    line_id: str
    trip_id: str
    amount_minor: int
    currency: str
    stream: str
    version: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """`status`: to_pay, paid, or settled when there was nothing to pay. `version` closed it."""

    driver_id: str
    payout_id: str
    organisation_id: str
    status: str
    currency: str
    gross_minor: int
    expenses_minor: int
    adjustments_minor: int
    vat_minor: int
    carried_in_minor: int
    carried_out_minor: int
    net_minor: int
    carried_from_stream: str | None
    carried_from_version: int | None
    lines: tuple[Line, ...]
    closed_at: datetime
    version: int
    reference: str | None = None
    paid_at: datetime | None = None
    paid_version: int | None = None


def key(event: Reads) -> tuple[str, str]:
    return event.driver_id, event.payout_id


def project(row: Statement | None, event: Reads) -> Statement:
    match event:
        case StatementClosed():
            return _closed(event)
        case PayoutPaid():
            if row is None:
                raise OutOfOrder(event)
            return replace(
                row,
                status="paid",
                reference=event.reference,
                paid_at=event.paid_at,
                paid_version=event.version,
            )
        case unhandled:
            assert_never(unhandled)


def _closed(event: StatementClosed) -> Statement:
    return Statement(
        driver_id=event.driver_id,
        payout_id=event.payout_id,
        organisation_id=event.organisation_id,
        status="to_pay" if event.payable else "settled",
        currency=event.net.currency,
        gross_minor=event.gross.amount_minor,
        expenses_minor=event.expenses.amount_minor,
        adjustments_minor=event.adjustments.amount_minor,
        vat_minor=event.vat.amount_minor,
        carried_in_minor=event.carried_in.amount_minor,
        carried_out_minor=event.carried_out.amount_minor,
        net_minor=event.net.amount_minor,
        carried_from_stream=event.carried_from.stream if event.carried_from else None,
        carried_from_version=event.carried_from.version if event.carried_from else None,
        lines=_lines(event),
        closed_at=event.closed_at,
        version=event.version,
    )


def _lines(event: StatementClosed) -> tuple[Line, ...]:
    return tuple(
        Line(
            kind=line.kind.name.lower(),
            invoice_id=line.invoice_id,
            line_id=line.line_id,
            trip_id=line.trip_id,
            amount_minor=line.amount.amount_minor,
            currency=line.amount.currency,
            stream=line.fact.stream,
            version=line.fact.version,
        )
        for line in event.lines
    )


view = View(
    name="statements",
    contract=contract,
    reads=Reads,
    row=Statement,
    primary_key=("driver_id", "payout_id"),
    key=key,
    project=project,
    indexes=("(driver_id, closed_at desc, payout_id desc)",),
)

# --- Answers ----------------------------------------------------------------


class LineShown(FigureShown):
    """One amount of a statement."""

    kind: Annotated[LineKind, Named()]
    invoice_id: str
    line_id: str
    trip_id: str
    contest: str | None
    """Where the line is contested; null for VAT, which follows from the other lines."""


class MyStatement(Answer):
    """A payout statement: each sum names the facts that it adds up."""

    payout_id: str
    status: StatementStatus
    lines: list[LineShown]
    gross: FigureShown
    expenses: FigureShown
    adjustments: FigureShown
    vat: FigureShown
    carried_in: FigureShown
    """The negative rest of the statement before."""
    carried_out: FigureShown
    """The negative rest that the next statement takes over."""
    net: FigureShown
    closed_at: Instant
    reference: str | None
    paid_at: Instant | None
    payment: FactShown | None


def statement_shown(row: Statement) -> MyStatement:
    stream, unit = f"payout-{row.driver_id}", row.currency
    itself = fact(stream, row.version)
    return MyStatement(
        payout_id=row.payout_id,
        status=StatementStatus(row.status),
        lines=[line_shown(line) for line in row.lines],
        gross=figure(row.gross_minor, unit, *facts_of(row, "service")),
        expenses=figure(row.expenses_minor, unit, *facts_of(row, "expense")),
        adjustments=figure(row.adjustments_minor, unit, *facts_of(row, "adjustment")),
        vat=figure(row.vat_minor, unit, *facts_of(row, "vat")),
        carried_in=figure(row.carried_in_minor, unit, *carried_from(row)),
        carried_out=figure(row.carried_out_minor, unit, itself),
        net=figure(row.net_minor, unit, itself),
        closed_at=row.closed_at,
        reference=row.reference,
        paid_at=row.paid_at,
        payment=fact(stream, row.paid_version) if row.paid_version is not None else None,
    )


def line_shown(line: Line) -> LineShown:
    path = f"/invoices/invoices/{line.invoice_id}/lines/{line.line_id}/contest"
    return LineShown(
        kind=LineKind[line.kind.upper()],
        invoice_id=line.invoice_id,
        line_id=line.line_id,
        trip_id=line.trip_id,
        amount=money(line.amount_minor, line.currency),
        facts=[fact(line.stream, line.version)],
        contest=None if line.line_id == "vat" else path,
    )


def facts_of(row: Statement, kind: str) -> list[FactShown]:
    """The facts of the lines of a kind, each once."""
    facts = [(line.stream, line.version) for line in row.lines if line.kind == kind]
    return [fact(stream, version) for stream, version in dict.fromkeys(facts)]


def carried_from(row: Statement) -> list[FactShown]:
    """The statement before, where something was carried over."""
    stream, version = row.carried_from_stream, row.carried_from_version
    return [fact(stream, version)] if stream and version is not None else []


# --- The question -----------------------------------------------------------

statements = Table(view, "statements")
LATEST_CLOSED = statements.order("latest-closed", "closed_at", "payout_id", descending=True)

router = Router("Statements")
DriverContext = Annotated[RequestContext, requires("driver")]


def of_driver(context: RequestContext) -> Rows[Statement]:
    """The statements of the caller."""
    who = context.principal
    return statements.of(who.organisation_id, driver_id=who.subject)


@router.get("/statements")
async def my_statements(context: DriverContext, page: Paging) -> Answered[Listed[MyStatement]]:
    """One's payout statements, the latest first, every figure with its facts."""
    return await page.show(of_driver(context), LATEST_CLOSED, statement_shown)


@router.get("/statements/{payout_id}")
async def my_statement(payout_id: Id, context: DriverContext) -> Answered[MyStatement]:
    """One payout statement, every figure with its facts."""
    row = await of_driver(context).only(payout_id=payout_id).one(context.pool)
    if row is None:
        raise Problem(404, "no-such-statement")
    return Answered(statement_shown(row))
