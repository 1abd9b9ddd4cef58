"""Orders that came back, for requests about one: where it is, and who brought it or has it."""

from dataclasses import dataclass, replace
from typing import assert_never

from contracts.depot_tours.returned_v1 import (
    CheckUndone,
    DiscrepancyFound,
    OrderReturned,
    ReturnApproved,
    ReturnLeft,
    SentBack,
    contract,
)
from infra.consumers.views import OutOfOrder, View

Reads = OrderReturned | DiscrepancyFound | ReturnApproved | CheckUndone | ReturnLeft | SentBack


@dataclass(frozen=True, slots=True, kw_only=True)
class Return:
    """An order that came back, as support is told of it."""

    order_id: str
    organisation_id: str
    called: str
    carrier_id: str
    status: str = "in_depot"


def key(event: Reads) -> tuple[str]:
    return (event.order_id,)


def project(row: Return | None, event: Reads) -> Return:
    if isinstance(event, OrderReturned):
        return Return(
            order_id=event.order_id,
            organisation_id=event.organisation_id,
            called=event.tracking_number,
            carrier_id=event.courier_id,
        )
    if row is None:
        raise OutOfOrder(event)
    match event:
        case DiscrepancyFound():
            return replace(row, status="disputed")
        case ReturnApproved():
            return replace(row, status="approved")
        case CheckUndone():
            return replace(row, status="in_depot")
        case ReturnLeft():
            return replace(row, status="out_of_depot", carrier_id=event.courier_id)
        case SentBack():
            return replace(row, status="back_to_sender")
        case unhandled:
            assert_never(unhandled)


lookup = View(
    name="returns",
    contract=contract,
    reads=Reads,
    row=Return,
    primary_key=("order_id",),
    key=key,
    project=project,
)
