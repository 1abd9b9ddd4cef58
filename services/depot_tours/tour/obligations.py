"""Obligations towards people of a tour: nobody is forgotten who carries or awaits its parcels."""

from typing import assert_never

from contracts.obligations import Obligations
from services.depot_tours.tour import Canceled, Tour, Uncomposed
from services.depot_tours.tour.deliveries import Out
from services.depot_tours.tour.departure import Ready


def obligations(tour: Tour, person: str) -> Obligations:
    """Those towards its courier, and towards the recipients, who are named by their orders."""
    match tour:
        case Ready(composed=composed):
            awaited = {one.order_id for one in composed.orders}
        case Out(deliveries=deliveries):
            awaited = {id for id, one in deliveries.items() if one.with_courier}
        case Canceled() | Uncomposed():
            return Obligations()
        case unhandled:
            assert_never(unhandled)
    if awaited and person in {tour.courier_id, *awaited}:
        return Obligations(
            f"{len(awaited)} orders of tour {tour.composed.tour_id} are not handed over"
        )
    return Obligations()
