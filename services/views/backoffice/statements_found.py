"""Which statements of drivers were closed, and which are paid? One row a statement."""

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Annotated, ClassVar, assert_never
from zoneinfo import ZoneInfo

from fastapi import Query

from contracts.payments.payout_v1 import PayoutPaid, StatementClosed, contract
from infra.consumers.views import OutOfOrder, View
from infra.http.answers import Answer, Answered, Listed, MoneyShown, Router
from infra.http.models import Day, Id, Instant
from infra.http.pages import Filters, Paging, Typed
from infra.http.request_context import RequestContext, requires
from infra.reading import Rows, Table
from services.views.backoffice.days import in_days
from services.views.backoffice.persons import PersonShown, searched, with_drivers

Reads = StatementClosed | PayoutPaid


class StatementStatus(StrEnum):
    """Whether a statement waits for its payment; settled when there was nothing to pay."""

    TO_PAY = "to_pay"
    PAID = "paid"
    SETTLED = "settled"


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """Amounts in minor units; all but `vat_minor` and `net_minor` exclude VAT."""

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
    closed_at: datetime
    reference: str | None = None
    paid_at: datetime | None = None


def key(event: Reads) -> tuple[str, str]:
    return event.driver_id, event.payout_id


def project(row: Statement | None, event: Reads) -> Statement:
    match event:
        case StatementClosed():
            return _closed(event)
        case PayoutPaid():
            if row is None:
                raise OutOfOrder(event)
            return replace(row, status="paid", reference=event.reference, paid_at=event.paid_at)
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
        closed_at=event.closed_at,
    )


view = View(
    name="statements",
    contract=contract,
    reads=Reads,
    row=Statement,
    primary_key=("driver_id", "payout_id"),
    key=key,
    project=project,
    indexes=(
        "(organisation_id, closed_at, driver_id, payout_id)",
        "(organisation_id, net_minor, driver_id, payout_id)",
        "(organisation_id, driver_id)",
    ),
)

# --- The question -----------------------------------------------------------

statements = Table(view, "statements")
LATEST_CLOSED = statements.order(
    "latest-closed", "closed_at", "driver_id", "payout_id", descending=True
)
LARGEST = statements.order("largest", "net_minor", "driver_id", "payout_id", descending=True)


class StatementOrder(StrEnum):
    """How a list of statements is sorted."""

    LATEST_CLOSED = "latest_closed"
    LARGEST = "largest"


ORDERS = {StatementOrder.LATEST_CLOSED: LATEST_CLOSED, StatementOrder.LARGEST: LARGEST}


class StatementFilters(Filters):
    """Which statements are wanted."""

    no_columns: ClassVar[frozenset[str]] = frozenset({"q", "closed_from", "closed_until", "order"})

    q: Typed = ""
    """Words of a driver's name, town or phone number."""
    status: StatementStatus | None = None
    driver_id: Id | None = None
    closed_from: Day | None = None
    """Closed on this day or later, by the clock of the organisation."""
    closed_until: Day | None = None
    """Closed on this day or before."""
    order: StatementOrder = StatementOrder.LATEST_CLOSED


def found(organisation_id: str, filters: StatementFilters, zone: ZoneInfo) -> Rows[Statement]:
    """The statements that match, whose days are days in a zone."""
    rows = filters.narrow(statements.of(organisation_id))
    first, last = filters.closed_from, filters.closed_until
    return in_days(rows, "closed_at", first=first, last=last, zone=zone)


class StatementListed(Answer):
    """A statement in a list."""

    payout_id: str
    driver: PersonShown
    status: StatementStatus
    gross: MoneyShown
    """The services, excluding VAT."""
    expenses: MoneyShown
    adjustments: MoneyShown
    vat: MoneyShown
    carried_in: MoneyShown
    """The negative rest of the statement before."""
    carried_out: MoneyShown
    """The negative rest that the next statement takes over."""
    net: MoneyShown
    """The amount to be paid."""
    closed_at: Instant
    reference: str | None
    """The reference of the bank."""
    paid_at: Instant | None


def statement_listed(row: Statement, driver: PersonShown) -> StatementListed:
    def money(amount_minor: int) -> MoneyShown:
        return MoneyShown(amount_minor=amount_minor, currency=row.currency)

    return StatementListed(
        payout_id=row.payout_id,
        driver=driver,
        status=StatementStatus(row.status),
        gross=money(row.gross_minor),
        expenses=money(row.expenses_minor),
        adjustments=money(row.adjustments_minor),
        vat=money(row.vat_minor),
        carried_in=money(row.carried_in_minor),
        carried_out=money(row.carried_out_minor),
        net=money(row.net_minor),
        closed_at=row.closed_at,
        reference=row.reference,
        paid_at=row.paid_at,
    )


router = Router("Statements")
Billing = Annotated[RequestContext, requires("billing")]


@router.get("/statements")
async def statements_found(
    context: Billing, page: Paging, filters: Annotated[StatementFilters, Query()]
) -> Answered[Listed[StatementListed]]:
    """Statements of every driver, closed last first unless another order is asked for."""

    rows = await searched(
        context, found(context.principal.organisation_id, filters, context.zone), filters.q
    )
    return await page.show_together(
        rows, ORDERS[filters.order], with_drivers(context, statement_listed)
    )
