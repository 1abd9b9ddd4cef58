"""Tours, for requests about one: how far it is, and whose."""

from dataclasses import dataclass, replace
from typing import assert_never

from contracts.depot_tours.tour_v1 import (
    ExitUndone,
    OrderGivenBack,
    OrderHandedOver,
    TourCanceled,
    TourCheckedOut,
    TourComposed,
    TourReassigned,
    contract,
)
from infra.consumers.views import OutOfOrder, View

Reads = (
    TourComposed
    | TourReassigned
    | TourCanceled
    | TourCheckedOut
    | ExitUndone
    | OrderHandedOver
    | OrderGivenBack
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Tour:
    """A tour as support is told of it; `going` are the orders whose end is not known yet."""

    tour_id: str
    organisation_id: str
    called: str
    carrier_id: str
    status: str = "ready"
    going: tuple[str, ...] = ()


def key(event: Reads) -> tuple[str]:
    return (event.tour_id,)


def project(row: Tour | None, event: Reads) -> Tour:
    if isinstance(event, TourComposed):
        return Tour(
            tour_id=event.tour_id,
            organisation_id=event.organisation_id,
            called=event.tour_id,
            carrier_id=event.courier_id,
        )
    if row is None:
        raise OutOfOrder(event)
    match event:
        case TourReassigned():
            return replace(row, status="ready", carrier_id=event.courier_id)
        case TourCanceled():
            return replace(row, status="canceled")
        case TourCheckedOut():
            return replace(row, status="out", going=event.order_ids)
        case ExitUndone():
            return replace(row, status="ready", going=())
        case OrderHandedOver() | OrderGivenBack():
            going = tuple(one for one in row.going if one != event.order_id)
            return replace(row, status="out" if going else "over", going=going)
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
)
