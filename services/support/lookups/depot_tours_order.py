"""Orders of depots, for requests about one: how far its preparation is."""

from dataclasses import dataclass, replace
from typing import assert_never

from contracts.depot_tours.order_v1 import (
    OrderPrepared,
    OrderRegistered,
    PreparationAssigned,
    PreparationUndone,
    contract,
)
from infra.consumers.views import OutOfOrder, View

Reads = OrderRegistered | PreparationAssigned | OrderPrepared | PreparationUndone


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """An order as support is told of it; no courier has it by itself."""

    order_id: str
    organisation_id: str
    called: str
    status: str = "registered"
    carrier_id: str | None = None


def key(event: Reads) -> tuple[str]:
    return (event.order_id,)


def project(row: Order | None, event: Reads) -> Order:
    if isinstance(event, OrderRegistered):
        return Order(
            order_id=event.order_id,
            organisation_id=event.organisation_id,
            called=event.tracking_number,
        )
    if row is None:
        raise OutOfOrder(event)
    match event:
        case PreparationAssigned() | PreparationUndone():
            return replace(row, status="to_prepare")
        case OrderPrepared():
            return replace(row, status="prepared")
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
)
