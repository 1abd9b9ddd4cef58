"""Tours, for inventories: which orders left the depot, with whom."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import assert_never

from contracts.depot_tours.tour_v1 import ExitUndone, TourCheckedOut, TourComposed, contract
from infra.consumers.views import OutOfOrder, View
from infra.reading import Table

Reads = TourComposed | TourCheckedOut | ExitUndone


@dataclass(frozen=True, slots=True, kw_only=True)
class Tour:
    """A tour; parcels of `orders_out` left with it, and those in `stayed` did not."""

    tour_id: str
    organisation_id: str
    orders_out: tuple[str, ...] = ()
    stayed: tuple[str, ...] = ()
    courier_id: str | None = None
    out_at: datetime | None = None


def key(event: Reads) -> tuple[str]:
    return (event.tour_id,)


def project(row: Tour | None, event: Reads) -> Tour:
    if isinstance(event, TourComposed):
        return Tour(tour_id=event.tour_id, organisation_id=event.organisation_id)
    if row is None:
        raise OutOfOrder(event)
    match event:
        case TourCheckedOut():
            return replace(
                row,
                orders_out=event.order_ids,
                stayed=tuple(one.parcel_code for one in event.left_behind),
                courier_id=event.courier_id,
                out_at=event.checked_out_at,
            )
        case ExitUndone():
            return replace(row, orders_out=(), stayed=(), courier_id=None, out_at=None)
        case unhandled:
            assert_never(unhandled)


lookup = View(
    name="tours",
    contract=contract,
    reads=Reads,
    row=Tour,
    primary_key=("tour_id",),
    key=key,
    project=project,
    indexes=(
        "(organisation_id, out_at) where out_at is not null",
        "using gin (orders_out)",
    ),
)
tours = Table(lookup, "tours")
BY_ID = tours.order("by-id", "tour_id")
