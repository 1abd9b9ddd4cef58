"""Orders, for inventories: their parcels, and which were scanned when they were prepared."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import assert_never

from contracts.depot_tours.order_v1 import OrderPrepared, OrderRegistered, ParcelScanned, contract
from infra.consumers.views import OutOfOrder, View
from infra.reading import Table

Reads = OrderRegistered | ParcelScanned | OrderPrepared


@dataclass(frozen=True, slots=True)
class Scanned:
    """A parcel that somebody scanned."""

    parcel_code: str
    at: datetime
    by: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """An order with its parcels; `missing` are those that could not be scanned."""

    order_id: str
    organisation_id: str
    parcel_codes: tuple[str, ...]
    registered_at: datetime
    scanned: tuple[Scanned, ...] = ()
    scanned_at: datetime | None = None
    missing: tuple[str, ...] = ()


def key(event: Reads) -> tuple[str]:
    return (event.order_id,)


def project(row: Order | None, event: Reads) -> Order:
    if isinstance(event, OrderRegistered):
        return Order(
            order_id=event.order_id,
            organisation_id=event.organisation_id,
            parcel_codes=event.parcel_codes,
            registered_at=event.registered_at,
        )
    if row is None:
        raise OutOfOrder(event)
    match event:
        case ParcelScanned():
            others = tuple(one for one in row.scanned if one.parcel_code != event.parcel_code)
            scan = Scanned(event.parcel_code, event.scanned_at, event.scanned_by)
            missing = tuple(code for code in row.missing if code != event.parcel_code)
            return replace(
                row, scanned=(*others, scan), scanned_at=event.scanned_at, missing=missing
            )
        case OrderPrepared():
            return replace(row, missing=tuple(one.parcel_code for one in event.missing))
        case unhandled:
            assert_never(unhandled)


lookup = View(
    name="orders",
    contract=contract,
    reads=Reads,
    row=Order,
    primary_key=("order_id",),
    key=key,
    project=project,
    indexes=(
        "(organisation_id, scanned_at) where scanned_at is not null",
        "using gin (parcel_codes)",
    ),
)
orders = Table(lookup, "orders")
BY_ID = orders.order("by-id", "order_id")
