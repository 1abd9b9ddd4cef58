"""What became of my quotes? One row a driver and trip."""

from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import assert_never

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
from infra.searching import LATEST, pattern
from infra.store.postgres import Pool


@dataclass(frozen=True, slots=True)
class Earlier:
    """An earlier quote on the same trip; the reason is that of a refusal."""

    status: str
    amount_minor: int
    currency: str
    reason: str | None
    ended_at: datetime


@dataclass(frozen=True, slots=True)
class Expense:
    """What of the price is for a kind of expense; the rest is the service (C4)."""

    kind: str
    amount_minor: int


@dataclass(frozen=True, slots=True)
class Quote:
    """The latest quote of a driver on a trip, and those before it (G-13).

    `counter_status`, where logistics named another price: offered, accepted, declined (C8).
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
    earlier: tuple[Earlier, ...] = ()
    expenses: tuple[Expense, ...] = ()
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
                processed_at=event.refused_at,
            )
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
    price, why = (row.amount_minor, row.currency), row.refusal_reason
    return (*row.earlier, Earlier(row.status, *price, why, row.processed_at))


view = View(
    name="quotes",
    contract=contract,
    row=Quote,
    primary_key=("trip_id", "driver_id"),
    key=key,
    project=project,
    indexes=("(driver_id, submitted_at desc, trip_id desc)",),
    subject="driver_id",
    personal=("comment",),
)

# --- Queries ----------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class QuotedTrip:
    """A quote with enough of its trip to recognise it."""

    quote: Quote
    departure_city: str
    arrival_city: str
    client_brand: str
    from_day: date
    until_day: date


async def quotes_of(
    pool: Pool,
    organisation_id: str,
    driver_id: str,
    text: str,
    after: tuple[datetime, str] | None,
    limit: int,
) -> list[QuotedTrip]:
    """All quotes the driver ever submitted, newest first (HIF-19)."""
    time, id = after or (LATEST, "")
    columns = ", ".join(f"q.{column}" for column in view.columns)
    async with pool.connection() as connection:
        cursor = await connection.execute(
            "select t.departure_city, t.arrival_city, t.client_brand, t.from_day, t.until_day,"
            f" {columns} from partner.quotes q join partner.trips t using (trip_id)"
            " where t.organisation_id = %s and q.driver_id = %s and t.search like %s"
            " and (q.submitted_at, q.trip_id) < (%s, %s)"
            " order by q.submitted_at desc, q.trip_id desc limit %s",
            (organisation_id, driver_id, pattern(text), time, id, limit),
        )
        make = view.row_factory(connection.cursor())
        return [QuotedTrip(make(row[5:]), *row[:5]) for row in await cursor.fetchall()]


async def quotes_on(pool: Pool, organisation_id: str, trip_id: str) -> list[Quote]:
    """The quotes on a trip that hold, or held at the award, cheapest first: what is compared."""
    columns = ", ".join(f"q.{column}" for column in view.columns)
    async with pool.connection() as connection:
        cursor = connection.cursor(row_factory=view.row_factory)
        await cursor.execute(
            f"select {columns} from partner.quotes q join partner.trips t using (trip_id)"
            " where t.organisation_id = %s and q.trip_id = %s"
            " and q.status in ('submitted', 'accepted') order by q.amount_minor, q.driver_id",
            (organisation_id, trip_id),
        )
        return await cursor.fetchall()
