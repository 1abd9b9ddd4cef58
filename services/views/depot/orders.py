"""The orders of a depot, and how far their preparation has come: one row an order."""

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import assert_never

from contracts.depot_tours.order_v1 import (
    OrderPrepared,
    OrderRegistered,
    ParcelScanned,
    PreparationAssigned,
    PreparationUndone,
    SubjectForgotten,
    contract,
)
from infra.consumers.views import OutOfOrder, View
from infra.http.answers import Answer, MoneyShown
from infra.reading import Table
from infra.searching import filed_under

Reads = (
    OrderRegistered
    | PreparationAssigned
    | ParcelScanned
    | OrderPrepared
    | PreparationUndone
    | SubjectForgotten
)


class OrderStatus(StrEnum):
    """How far a preparation has come."""

    REGISTERED = "registered"
    TO_PREPARE = "to_prepare"
    PREPARED = "prepared"


@dataclass(frozen=True, slots=True)
class Missing:
    """A parcel that was not there when the order was prepared."""

    parcel_code: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """The texts about the recipient are empty once they are forgotten; `filed_city` is the city
    as it is compared."""

    order_id: str
    organisation_id: str
    tracking_number: str
    city: str
    filed_city: str
    recipient_name: str
    phone: str
    address: str
    parcel_codes: tuple[str, ...]
    cash_minor: int | None
    cash_currency: str | None
    registered_by: str
    registered_at: datetime
    status: str = "registered"
    operator_id: str | None = None
    assigned_at: datetime | None = None
    scanned: tuple[str, ...] = ()
    missing: tuple[Missing, ...] = ()
    prepared_by: str | None = None
    prepared_at: datetime | None = None
    forgotten: bool = False


def key(event: Reads) -> tuple[str]:
    return (event.order_id,)


def project(row: Order | None, event: Reads) -> Order:
    if isinstance(event, OrderRegistered):
        return _registered(event)
    if row is None:
        raise OutOfOrder(event)
    match event:
        case PreparationAssigned():
            return replace(
                row,
                status="to_prepare",
                operator_id=event.operator_id,
                assigned_at=event.assigned_at,
            )
        case ParcelScanned():
            others = tuple(code for code in row.scanned if code != event.parcel_code)
            return replace(row, scanned=(*others, event.parcel_code))
        case OrderPrepared():
            return replace(
                row,
                status="prepared",
                missing=tuple(
                    Missing(one.parcel_code, one.reason.name.lower()) for one in event.missing
                ),
                prepared_by=event.prepared_by,
                prepared_at=event.prepared_at,
            )
        case PreparationUndone():
            return replace(
                row, status="to_prepare", scanned=(), missing=(), prepared_by=None, prepared_at=None
            )
        case SubjectForgotten():
            return replace(row, recipient_name="", phone="", address="", forgotten=True)
        case unhandled:
            assert_never(unhandled)


def _registered(event: OrderRegistered) -> Order:
    cash = event.cash_on_delivery
    return Order(
        order_id=event.order_id,
        organisation_id=event.organisation_id,
        tracking_number=event.tracking_number,
        city=event.city,
        filed_city=filed_under(event.city),
        recipient_name=event.recipient_name,
        phone=event.phone,
        address=event.address,
        parcel_codes=event.parcel_codes,
        cash_minor=cash.amount_minor if cash else None,
        cash_currency=cash.currency if cash else None,
        registered_by=event.registered_by,
        registered_at=event.registered_at,
    )


view = View(
    name="orders",
    contract=contract,
    reads=Reads,
    row=Order,
    primary_key=("order_id",),
    key=key,
    project=project,
    indexes=(
        "(organisation_id, assigned_at, order_id) where status = 'to_prepare'",
        "(organisation_id, registered_at) where status = 'to_prepare'",
        "(organisation_id, registered_at, order_id)",
        "(organisation_id, registered_at, order_id) where status = 'registered'",
        "(organisation_id, tracking_number)",
    ),
)
orders = Table(view, "orders")
BY_ID = orders.order("by-id", "order_id")

# --- Parts of answers -------------------------------------------------------


class RecipientShown(Answer):
    """To whom an order goes."""

    name: str
    phone: str
    address: str


def recipient(row: Order) -> RecipientShown | None:
    """To whom an order goes; None once they are forgotten."""
    if row.forgotten:
        return None
    return RecipientShown(name=row.recipient_name, phone=row.phone, address=row.address)


def money(minor: int | None, currency: str | None) -> MoneyShown | None:
    """An amount in two columns; None where there is none."""
    if minor is None or currency is None:
        return None
    return MoneyShown(amount_minor=minor, currency=currency)
