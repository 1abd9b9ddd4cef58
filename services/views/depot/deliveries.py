"""The deliveries of couriers: one row an order on a tour, from its first attempt on."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import assert_never

from contracts.depot_tours.tour_v1 import (
    DeliveryFailed,
    OrderGivenBack,
    OrderHandedOver,
    contract,
)
from infra.consumers.views import View
from infra.reading import Table

Reads = DeliveryFailed | OrderHandedOver | OrderGivenBack


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """`attempts` failed; the outcome is unknown as long as the courier has the order."""

    tour_id: str
    order_id: str
    organisation_id: str
    courier_id: str
    attempts: int = 0
    outcome: str | None = None
    ended_at: datetime | None = None


def key(event: Reads) -> tuple[str, str]:
    return (event.tour_id, event.order_id)


def project(row: Delivery | None, event: Reads) -> Delivery:
    known = row or Delivery(
        tour_id=event.tour_id,
        order_id=event.order_id,
        organisation_id=event.organisation_id,
        courier_id=event.courier_id,
    )
    match event:
        case DeliveryFailed():
            return replace(known, attempts=event.attempt)
        case OrderHandedOver():
            return replace(known, outcome="handed_over", ended_at=event.handed_over_at)
        case OrderGivenBack():
            return replace(known, outcome="given_back", ended_at=event.given_back_at)
        case unhandled:
            assert_never(unhandled)


view = View(
    name="deliveries",
    contract=contract,
    reads=Reads,
    row=Delivery,
    primary_key=("tour_id", "order_id"),
    key=key,
    project=project,
    indexes=("(organisation_id, ended_at, courier_id) where outcome is not null",),
)
deliveries = Table(view, "deliveries")
LATEST_ENDED = deliveries.order("latest-ended", "ended_at", "tour_id", "order_id", descending=True)
