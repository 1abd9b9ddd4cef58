"""Quotes and their standing: one row a driver and trip."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import assert_never

from contracts.missions.trip_v1 import (
    CounterAccepted,
    CounterDeclined,
    CounterOffered,
    QuoteAccepted,
    QuotedExpense,
    QuoteExpired,
    QuoteModified,
    QuoteRefused,
    QuoteSubmitted,
    QuoteWithdrawn,
    contract,
)
from infra.consumers.rows import replace
from infra.consumers.views import OutOfOrder, View
from services.views.partner.trips import Expense

Reads = (
    QuoteSubmitted
    | QuoteModified
    | QuoteWithdrawn
    | QuoteRefused
    | QuoteAccepted
    | QuoteExpired
    | CounterOffered
    | CounterAccepted
    | CounterDeclined
)


@dataclass(frozen=True, slots=True)
class Earlier:
    """An earlier quote on the same trip; the reason is that of a refusal, or its rule is."""

    status: str
    amount_minor: int
    currency: str
    reason: str | None
    rule: str | None
    ended_at: datetime


@dataclass(frozen=True, slots=True)
class Quote:
    """The latest quote of a driver on a trip, and those before it (G-13).

    `counter_status`, where logistics named another price: offered, accepted, declined.
    """

    trip_id: str
    driver_id: str
    status: str
    amount_minor: int
    currency: str
    comment: str | None
    pickup_on: date | None
    delivery_on: date | None
    submitted_at: datetime
    modified_at: datetime | None = None
    processed_at: datetime | None = None
    refusal_reason: str | None = None
    refusal_rule: str | None = None
    earlier: tuple[Earlier, ...] = ()
    expenses: tuple[Expense, ...] = ()
    valid_until: datetime | None = None
    counter_minor: int | None = None
    counter_status: str | None = None


def key(event: Reads) -> tuple[str, str]:
    return event.trip_id, event.driver_id


def project(row: Quote | None, event: Reads) -> Quote:
    if isinstance(event, QuoteSubmitted):
        return _submitted(row, event)
    if row is None:
        raise OutOfOrder(event)
    match event:
        case QuoteModified():
            return replace(
                row,
                amount_minor=event.price.amount_minor,
                currency=event.price.currency,
                comment=event.comment,
                pickup_on=event.pickup_on,
                delivery_on=event.delivery_on,
                modified_at=event.modified_at,
                expenses=_expenses(event.expenses),
                valid_until=event.valid_until,
            )
        case CounterOffered():
            offered = event.price.amount_minor
            return replace(row, counter_minor=offered, counter_status="offered")
        case CounterAccepted():
            return replace(row, counter_status="accepted")
        case CounterDeclined():
            return replace(row, counter_status="declined")
        case QuoteExpired():
            return replace(row, status="expired", processed_at=event.expired_at)
        case QuoteWithdrawn():
            return replace(row, status="withdrawn", processed_at=event.withdrawn_at)
        case QuoteRefused():
            return replace(
                row,
                status="refused",
                refusal_reason=event.reason,
                refusal_rule=event.rule.id if event.rule else None,
                processed_at=event.refused_at,
            )
        case QuoteAccepted():
            return replace(row, status="accepted", processed_at=event.accepted_at)
        case unhandled:
            assert_never(unhandled)


def _submitted(row: Quote | None, event: QuoteSubmitted) -> Quote:
    return Quote(
        trip_id=event.trip_id,
        driver_id=event.driver_id,
        status="submitted",
        amount_minor=event.price.amount_minor,
        currency=event.price.currency,
        comment=event.comment,
        pickup_on=event.pickup_on,
        delivery_on=event.delivery_on,
        submitted_at=event.submitted_at,
        earlier=_earlier(row),
        expenses=_expenses(event.expenses),
        valid_until=event.valid_until,
    )


def _expenses(quoted: tuple[QuotedExpense, ...]) -> tuple[Expense, ...]:
    return tuple(Expense(one.kind.name.lower(), one.amount.amount_minor) for one in quoted)


def _earlier(row: Quote | None) -> tuple[Earlier, ...]:
    if row is None or row.processed_at is None:
        return row.earlier if row else ()
    price, why = (row.amount_minor, row.currency), (row.refusal_reason, row.refusal_rule)
    return (*row.earlier, Earlier(row.status, *price, *why, row.processed_at))


view = View(
    name="quotes",
    contract=contract,
    reads=Reads,
    row=Quote,
    primary_key=("trip_id", "driver_id"),
    key=key,
    project=project,
    indexes=("(driver_id, submitted_at desc, trip_id desc)",),
    subject="driver_id",
    personal=("comment",),
)
