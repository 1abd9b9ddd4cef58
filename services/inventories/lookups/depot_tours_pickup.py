"""Pickups, for inventories: which parcels they brought to the depot."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import assert_never

from contracts.depot_tours.pickup_v1 import PickupPlanned, PickupVerified, contract
from infra.consumers.views import OutOfOrder, View
from infra.reading import Table

Reads = PickupPlanned | PickupVerified


@dataclass(frozen=True, slots=True, kw_only=True)
class Pickup:
    """A pickup; `brought` are the parcels of its orders that were scanned at the depot."""

    pickup_id: str
    organisation_id: str
    order_ids: tuple[str, ...]
    brought: tuple[str, ...] = ()
    verified_by: str | None = None
    verified_at: datetime | None = None


def key(event: Reads) -> tuple[str]:
    return (event.pickup_id,)


def project(row: Pickup | None, event: Reads) -> Pickup:
    if isinstance(event, PickupPlanned):
        return Pickup(
            pickup_id=event.pickup_id,
            organisation_id=event.organisation_id,
            order_ids=tuple(one.order_id for one in event.orders),
        )
    if row is None:
        raise OutOfOrder(event)
    match event:
        case PickupVerified():
            return replace(
                row,
                brought=event.parcel_codes,
                verified_by=event.verified_by,
                verified_at=event.verified_at,
            )
        case unhandled:
            assert_never(unhandled)


lookup = View(
    name="pickups",
    contract=contract,
    reads=Reads,
    row=Pickup,
    primary_key=("pickup_id",),
    key=key,
    project=project,
    indexes=(
        "(organisation_id, verified_at) where verified_at is not null",
        "using gin (order_ids)",
    ),
)
pickups = Table(lookup, "pickups")
BY_ID = pickups.order("by-id", "pickup_id")
