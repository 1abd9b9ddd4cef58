"""Reaction: what a courier gives back waits at the depot to be checked; what left again is gone."""

from typing import assert_never

from contracts.depot_tours.returned_v1 import ReturnReason
from contracts.depot_tours.tour_v1 import OrderGivenBack, TourCheckedOut
from services.depot_tours.returned import Leave, ReceiveOrder

Reads = OrderGivenBack | TourCheckedOut


def react(event: Reads) -> list[ReceiveOrder | Leave]:
    """Receive the order, or let those leave that the tour took along."""
    match event:
        case OrderGivenBack():
            return [
                ReceiveOrder(
                    order_id=event.order_id,
                    organisation_id=event.organisation_id,
                    tour_id=event.tour_id,
                    courier_id=event.courier_id,
                    tracking_number=event.tracking_number,
                    city=event.city,
                    parcel_codes=event.parcel_codes,
                    stayed=event.stayed,
                    cash_on_delivery=event.cash_on_delivery,
                    reason=ReturnReason[event.reason.name],
                    attempts=event.attempts,
                    at=event.given_back_at,
                )
            ]
        case TourCheckedOut():
            return [
                Leave(
                    order_id=order_id,
                    tour_id=event.tour_id,
                    courier_id=event.courier_id,
                    by=event.checked_out_by,
                    at=event.checked_out_at,
                )
                for order_id in event.order_ids
            ]
        case unhandled:
            assert_never(unhandled)


def target(command: ReceiveOrder | Leave) -> str:
    """The order whose stream takes the command."""
    return command.order_id
