"""The inbound tours of a depot: one row a pickup."""

from dataclasses import dataclass, replace
from datetime import date, datetime
from enum import StrEnum
from typing import assert_never

from contracts.depot_tours.pickup_v1 import (
    PickupAssigned,
    PickupCanceled,
    PickupPlanned,
    PickupVerified,
    contract,
)
from infra.consumers.views import OutOfOrder, View
from infra.reading import Table
from infra.searching import filed_under

Reads = PickupPlanned | PickupAssigned | PickupCanceled | PickupVerified


class PickupStatus(StrEnum):
    """How far a pickup has come."""

    PENDING = "pending"
    ASSIGNED = "assigned"
    VERIFIED = "verified"
    CANCELED = "canceled"


@dataclass(frozen=True, slots=True)
class Ordered:
    """An order of a pickup."""

    order_id: str
    tracking_number: str
    city: str
    parcel_codes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Lacking:
    """A parcel that was not brought."""

    parcel_code: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Pickup:
    """A canceled one names the courier who canceled; `filed_cities` are compared."""

    pickup_id: str
    organisation_id: str
    day: date
    orders: tuple[Ordered, ...]
    order_ids: tuple[str, ...]
    tracking_numbers: tuple[str, ...]
    filed_cities: tuple[str, ...]
    planned_at: datetime
    status: str = "pending"
    courier_id: str | None = None
    assigned_at: datetime | None = None
    canceled_at: datetime | None = None
    brought: tuple[str, ...] = ()
    not_brought: tuple[Lacking, ...] = ()
    verified_by: str | None = None
    verified_at: datetime | None = None


def key(event: Reads) -> tuple[str]:
    return (event.pickup_id,)


def project(row: Pickup | None, event: Reads) -> Pickup:
    if isinstance(event, PickupPlanned):
        return _planned(event)
    if row is None:
        raise OutOfOrder(event)
    match event:
        case PickupAssigned():
            return replace(
                row,
                status="assigned",
                courier_id=event.courier_id,
                assigned_at=event.assigned_at,
                canceled_at=None,
            )
        case PickupCanceled():
            return replace(row, status="canceled", canceled_at=event.canceled_at)
        case PickupVerified():
            return replace(
                row,
                status="verified",
                brought=event.parcel_codes,
                not_brought=tuple(
                    Lacking(one.parcel_code, one.reason.name.lower()) for one in event.not_brought
                ),
                verified_by=event.verified_by,
                verified_at=event.verified_at,
            )
        case unhandled:
            assert_never(unhandled)


def _planned(event: PickupPlanned) -> Pickup:
    orders = event.orders
    return Pickup(
        pickup_id=event.pickup_id,
        organisation_id=event.organisation_id,
        day=event.day,
        orders=tuple(
            Ordered(one.order_id, one.tracking_number, one.city, one.parcel_codes) for one in orders
        ),
        order_ids=tuple(one.order_id for one in orders),
        tracking_numbers=tuple(one.tracking_number for one in orders),
        filed_cities=tuple(sorted({filed_under(one.city) for one in orders})),
        planned_at=event.planned_at,
    )


view = View(
    name="pickups",
    contract=contract,
    reads=Reads,
    row=Pickup,
    primary_key=("pickup_id",),
    key=key,
    project=project,
    indexes=(
        "(organisation_id, day, pickup_id)",
        "(organisation_id, status, day, pickup_id)",
        "(organisation_id, courier_id, day, pickup_id)",
        "(organisation_id, courier_id, planned_at)",
        "using gin (filed_cities)",
        "using gin (tracking_numbers)",
        "using gin (order_ids)",
    ),
)
pickups = Table(view, "pickups")
FIRST = pickups.order("first", "day", "pickup_id")
