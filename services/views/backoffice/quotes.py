"""What was offered for a trip, what was decided about it, and why? One row a driver and trip."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import assert_never

from psycopg import sql

from contracts.missions.trip_v1 import (
    AttachmentAdded,
    AttachmentRemoved,
    ClientNamed,
    CounterAccepted,
    CounterDeclined,
    CounterOffered,
    DeliveryConfirmed,
    ExtraCostAccepted,
    ExtraCostRefused,
    ExtraCostRequested,
    MissionAssigned,
    QuoteAccepted,
    QuotedExpense,
    QuoteExpired,
    QuoteModified,
    QuoteRefused,
    QuoteSubmitted,
    QuoteWithdrawn,
    StopDetailed,
    SubjectForgotten,
    TripEvent,
    TripExpired,
    TripProposed,
    TripPublished,
    contract,
)
from infra.consumers.views import OutOfOrder, View
from infra.store.postgres import Pool


@dataclass(frozen=True, slots=True)
class Input:
    """What a rule looked at."""

    name: str
    value: str


@dataclass(frozen=True, slots=True)
class Expense:
    """What of the price is for a kind of expense; the rest is the service."""

    kind: str
    amount_minor: int


@dataclass(frozen=True, slots=True)
class Quote:
    """The latest quote of a driver on a trip. `rule_id` is absent where a person decided.

    `counter_status`, where logistics named another price: offered, accepted, declined (C8).
    """

    trip_id: str
    driver_id: str
    status: str
    amount_minor: int
    currency: str
    expenses: tuple[Expense, ...]
    comment: str | None
    pickup_on: date | None
    delivery_on: date | None
    submitted_at: datetime
    modified_at: datetime | None = None
    processed_at: datetime | None = None
    refusal_reason: str | None = None
    rule_id: str | None = None
    rule_version: int | None = None
    rule_inputs: tuple[Input, ...] = ()
    valid_until: datetime | None = None
    counter_minor: int | None = None
    counter_status: str | None = None


def key(event: TripEvent) -> tuple[str, str] | None:
    match event:
        case QuoteSubmitted() | QuoteModified() | QuoteWithdrawn() | QuoteExpired():
            return event.trip_id, event.driver_id
        case QuoteRefused() | QuoteAccepted():
            return event.trip_id, event.driver_id
        case CounterOffered() | CounterAccepted() | CounterDeclined():
            return event.trip_id, event.driver_id
        case TripPublished() | MissionAssigned() | DeliveryConfirmed() | TripExpired():
            return None
        case ExtraCostRequested() | ExtraCostAccepted() | ExtraCostRefused():
            return None
        case AttachmentAdded() | AttachmentRemoved():
            return None
        case TripProposed() | StopDetailed() | ClientNamed() | SubjectForgotten():
            return None
        case unhandled:
            assert_never(unhandled)


def project(row: Quote | None, event: TripEvent) -> Quote | None:
    if isinstance(event, QuoteSubmitted):
        return _submitted(event)
    if row is None:
        raise OutOfOrder(event)
    match event:
        case QuoteModified():
            return replace(
                row,
                amount_minor=event.price.amount_minor,
                currency=event.price.currency,
                expenses=_expenses(event.expenses),
                comment=event.comment,
                pickup_on=event.pickup_on,
                delivery_on=event.delivery_on,
                modified_at=event.modified_at,
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
            return _refused(row, event)
        case QuoteAccepted():
            return replace(row, status="accepted", processed_at=event.accepted_at)
        case TripPublished() | MissionAssigned() | DeliveryConfirmed() | TripExpired():
            return row
        case ExtraCostRequested() | ExtraCostAccepted() | ExtraCostRefused():
            return row
        case AttachmentAdded() | AttachmentRemoved():
            return row
        case TripProposed() | StopDetailed() | ClientNamed() | SubjectForgotten():
            return row
        case unhandled:
            assert_never(unhandled)


def _submitted(event: QuoteSubmitted) -> Quote:
    return Quote(
        trip_id=event.trip_id,
        driver_id=event.driver_id,
        status="submitted",
        amount_minor=event.price.amount_minor,
        currency=event.price.currency,
        expenses=_expenses(event.expenses),
        comment=event.comment,
        pickup_on=event.pickup_on,
        delivery_on=event.delivery_on,
        submitted_at=event.submitted_at,
        valid_until=event.valid_until,
    )


def _expenses(quoted: Sequence[QuotedExpense]) -> tuple[Expense, ...]:
    return tuple(Expense(one.kind.name.lower(), one.amount.amount_minor) for one in quoted)


def _refused(row: Quote, event: QuoteRefused) -> Quote:
    rule = event.rule
    return replace(
        row,
        status="refused",
        processed_at=event.refused_at,
        refusal_reason=event.reason,
        rule_id=rule.id if rule else None,
        rule_version=rule.version if rule else None,
        rule_inputs=tuple(Input(i.name, i.value) for i in rule.inputs) if rule else (),
    )


view = View(
    name="quotes",
    contract=contract,
    row=Quote,
    primary_key=("trip_id", "driver_id"),
    key=key,
    project=project,
    subject="driver_id",
    personal=("comment",),
)

# --- Queries ----------------------------------------------------------------


async def quotes_on(
    pool: Pool, organisation_id: str, trip_ids: Sequence[str], *, waiting: bool
) -> list[Quote]:
    """The quotes on these trips, cheapest first; `waiting`: only those without an answer."""
    columns = sql.SQL(", ").join(sql.Identifier("q", column) for column in view.columns)
    query = sql.SQL(
        "select {columns} from backoffice.quotes q join backoffice.trips t using (trip_id)"
        " where t.organisation_id = %s and q.trip_id = any(%s)"
        " and (q.status = 'submitted' or not %s)"
        " order by q.trip_id, q.amount_minor, q.driver_id"
    ).format(columns=columns)
    async with pool.connection() as connection:
        cursor = connection.cursor(row_factory=view.row_factory)
        await cursor.execute(query, (organisation_id, list(trip_ids), waiting))
        return await cursor.fetchall()
