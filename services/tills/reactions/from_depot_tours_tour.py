"""Reaction: what a recipient pays is expected of the courier, on the day of the handover."""

from contracts.depot_tours.tour_v1 import OrderHandedOver
from services.tills import till
from services.tills.till import CollectCash

Reads = OrderHandedOver


def react(event: Reads) -> list[CollectCash]:
    """Collect the cash; of an order for which nothing was due there is none."""
    if event.cash is None:
        return []
    day = till.day_of(event.handed_over_at)
    return [
        CollectCash(
            till_id=till.till_id(event.organisation_id, day),
            organisation_id=event.organisation_id,
            day=day,
            courier_id=event.courier_id,
            tour_id=event.tour_id,
            order_id=event.order_id,
            amount=event.cash,
            at=event.handed_over_at,
        )
    ]


def target(command: CollectCash) -> str:
    """The till whose stream takes the command."""
    return command.till_id
